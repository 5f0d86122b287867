"""A STAND-IN for what FreePBX's pages and feature codes write when somebody saves; never part of the product.

`install` writes a small program `freepbx-gui` that does it for one laboratory host:

    freepbx-gui name 2005 "New Name" | group 600 2001-2002 | forward 2007 600 | pin 2009 4711 | show 2005
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from scripts.lab.ami import Ami
from scripts.lab.fwconsole import ROOT, Failed, open_database

PROGRAM = "freepbx-gui"


def install(folder: Path, conf: Path) -> Path:
    """Write the program for the host whose freepbx.conf this is; return its path."""
    program = folder / PROGRAM
    command = shlex.join([sys.executable, "-m", "scripts.lab.gui", str(conf)])
    text = f'#!/bin/sh\n# STAND-IN for FreePBX\nexport PYTHONPATH={shlex.quote(str(ROOT))}\nexec {command} "$@"\n'
    program.write_text(text)
    program.chmod(0o755)
    return program


class Gui:
    """Saves what a person enters, as FreePBX does: rows, AstDB keys over AMI, lines of voicemail.conf."""

    def __init__(self, conf: Path) -> None:
        self._conf = conf

    def name(self, extension: str, name: str) -> None:
        """Give an extension another name, and apply it."""
        with self._ami() as asterisk:
            asterisk.put(f"AMPUSER/{extension}/cidname", name)
        self._save("UPDATE users SET name = %s WHERE extension = %s", name, extension)
        self._save("UPDATE devices SET description = %s WHERE id = %s", name, extension)
        self.apply()

    def group(self, number: str, members: str) -> None:
        """Give a ring group other members, such as `2001-2002`, and apply it."""
        self._save("UPDATE ringgroups SET grplist = %s WHERE grpnum = %s", members, number)
        self.apply()

    def forward(self, extension: str, number: str) -> None:
        """Forward all calls, as the feature code does: true at once."""
        with self._ami() as asterisk:
            asterisk.put(f"CF/{extension}", number)

    def pin(self, box: str, pin: str) -> None:
        """Give a mailbox another PIN."""
        path = Path(self._settings()["ASTETCDIR"]) / "voicemail.conf"
        text, found = re.subn(rf"^{box} => [^,]*", f"{box} => {pin}", path.read_text(), flags=re.MULTILINE)
        if found != 1:
            raise Failed(f"there is no mailbox {box}")
        path.write_text(text)
        with self._ami() as asterisk:
            asterisk.reload("app_voicemail.so")

    def show(self, extension: str) -> None:
        """Print what the database, the AstDB and the running Asterisk say of an extension."""
        with closing(open_database(self._conf)) as database, closing(database.cursor()) as cursor:
            cursor.execute("SELECT name FROM users WHERE extension = %s", (extension,))
            print("users.name:    ", *(row[0] for row in cursor.fetchall()))
        with self._ami() as asterisk:
            print("AstDB cidname: ", asterisk.get(f"AMPUSER/{extension}/cidname"))
            print("AstDB CF:      ", asterisk.get(f"CF/{extension}"))
            print("Asterisk:      ", asterisk.value(f"PJSIP_ENDPOINT({extension},callerid)"))

    def apply(self) -> None:
        """Press "Apply Config"."""
        self._save("UPDATE admin SET value = 'true' WHERE variable = 'need_reload'")
        done = subprocess.run([self._conf.parent / "fwconsole", "reload", "--json"], capture_output=True, check=False)
        if done.returncode:
            raise Failed(done.stdout.decode(errors="replace"))

    def _ami(self) -> Ami:
        known = self._settings()
        address = (known["ASTMANAGERHOST"], int(known["ASTMANAGERPORT"]))
        return Ami(address, known["AMPMGRUSER"], known["AMPMGRPASS"])

    def _settings(self) -> dict[str, str]:
        with closing(open_database(self._conf)) as database, closing(database.cursor()) as cursor:
            cursor.execute("SELECT keyword, value FROM freepbx_settings")
            return {str(keyword): str(value) for keyword, value in cursor.fetchall()}

    def _save(self, statement: str, *values: str) -> None:
        with closing(open_database(self._conf)) as database, closing(database.cursor()) as cursor:
            cursor.execute(statement, values)
            database.commit()


def main(argv: list[str]) -> int:
    """Run one command; return the exit status."""
    page = Gui(Path(argv[0]))
    commands: dict[str, tuple[Callable[..., None], int]] = {
        "name": (page.name, 2), "group": (page.group, 2), "forward": (page.forward, 2), "pin": (page.pin, 2),
        "show": (page.show, 1),
    }  # fmt: skip
    words = argv[1:]
    command, wanted = commands.get(words[0], (None, 0)) if words else (None, 0)
    if command is None or len(words) - 1 != wanted:
        print((__doc__ or "").partition("\n")[2], file=sys.stderr)
        return 2
    try:
        command(*words[1:])
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
