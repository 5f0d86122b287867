"""A laboratory host that looks like a FreePBX host: Asterisk, its databases in MariaDB, and stand-ins for FreePBX.

FreePBX itself is not there: `fwconsole.py` and `gui.py` stand in for its program and its pages, and say so.
"""

import re
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from scripts.lab import fwconsole, gui
from scripts.lab.ami import Ami
from scripts.lab.content import ETC, Age, content
from scripts.lab.fwfiles import generated
from scripts.lab.fwrows import inserts, keys, rows
from scripts.lab.fwtables import records, schema
from scripts.lab.hostfiles import AMI_CLASSES
from scripts.lab.mariadb import MariaDb
from scripts.lab.media import MUSIC
from scripts.lab.node import PbxNode
from scripts.lab.people import people

GENERATED = (
    "pjsip.endpoint.conf", "pjsip.aor.conf", "pjsip.auth.conf", "extensions_additional.conf",
    "queues_additional.conf", "musiconhold_additional.conf",
)  # fmt: skip
"""What FreePBX writes from rows that are the same on every host of a farm."""

CUSTOM_ENDPOINTS = "pjsip.endpoint_custom_post.conf"
"""Where an administrator adds to endpoints."""

_NOT_HERE = ("pjsip.endpoints.conf", "pjsip.auths.conf", "pjsip.aors.conf", "extensions_internal.conf",
             "extensions_flow.conf")  # fmt: skip
_FILES = {
    "pjsip.conf": (
        "[global]\ntype = global\nuser_agent = Office PBX\n\n#include pjsip.transports.conf\n"
        "#include pjsip.endpoint.conf\n#include pjsip.aor.conf\n#include pjsip.auth.conf\n#include pjsip_custom.conf\n"
    ),
    "extensions.conf": (
        "[general]\nstatic = yes\nwriteprotect = yes\nclearglobalvars = no\n\n[globals]\n"
        "#include globals_custom.conf\n\n#include extensions_additional.conf\n#include extensions_custom.conf\n\n"
        "[from-internal]\ninclude => from-internal-custom\ninclude => from-internal-additional\n"
    ),
    "queues.conf": "[general]\npersistentmembers = yes\nautofill = yes\n\n#include queues_additional.conf\n",
    "musiconhold.conf": "#include musiconhold_additional.conf\n",
}
_SETTINGS = {"AMPEXTENSIONS": "extensions", "MIXMON_FORMAT": "wav", "RINGTIMER": "20", "CALLWAITING": "enabled"}


MODULES = (
    *(
        "framework",
        "core",
        "voicemail",
        "findmefollow",
        "presencestate",
        "fax",
        "callrecording",
        "userman",
        "ringgroups",
    ),
    *(
        "contactmanager",
        "queues",
        "ivr",
        "timeconditions",
        "calendar",
        "daynight",
        "announcement",
        "miscdests",
        "music",
    ),
    *("conferences", "paging", "parking", "vmblast", "featurecodeadmin", "cidlookup", "setcid", "recordings", "cdr"),
    *("soundlang", "sipsettings", "customappsreg", "callforward", "callwaiting", "donotdisturb", "blacklist", "cel"),
)


def office_files(extensions: int, seed: int, age: Age) -> dict[str, bytes]:
    """Return every file that neither FreePBX generates nor one host owns, by its path below the folder of the PBX."""
    plain = {name: data for name, data in content(extensions, seed, age).items() if Path(name).name not in _NOT_HERE}
    files = {name.replace(f"{MUSIC}/default/", f"{MUSIC}/"): data for name, data in plain.items()}
    files |= {f"{ETC}/{name}": text.encode() for name, text in _FILES.items()}
    if age is Age.OLD:
        files[f"{ETC}/extensions_custom.conf"] = b"[from-internal-custom]\n"
    return files


class FreePbx:
    """One such host. `fill` it once, before its Asterisk starts."""

    def __init__(self, folder: Path, node: PbxNode, server: MariaDb, database: str = "asterisk") -> None:
        self.folder, self.node, self.server, self.database = folder, node, server, database
        self.records = f"{database}cdrdb"
        self.conf = folder / "freepbx.conf"
        self.secret = secrets.token_hex(16)

    @property
    def settings(self) -> Mapping[str, str]:
        """Return what PBXSync must be told of this host, where it is not at its usual place."""
        return {"freepbx_conf": str(self.conf), "fwconsole": str(self.folder / "fwconsole"), "fwconsole_user": ""}

    @property
    def gui(self) -> gui.Gui:
        """Return the stand-in for FreePBX's pages."""
        return gui.Gui(self.conf)

    def sql(self, text: str, database: str | None = None) -> str:
        """Run SQL by MariaDB's own client."""
        return self.server.client(text, self.database if database is None else database).strip("\n")

    def ami(self) -> Ami:
        """Log in to the running Asterisk with every right."""
        return Ami(self.node.ami_address, "admin", self.secret)

    def fill(self, extensions: int, seed: int, age: Age = Age.CURRENT) -> None:
        """Write files, rows and AstDB of a generated office, and the stand-ins beside them."""
        self.node.generate(extensions, seed, age)
        staff = people(extensions, seed)
        whole = rows(staff, age)
        whole["kvstore_Sipsettings"] = [*whole["kvstore_Sipsettings"], *self._addresses()]
        self._make_databases(inserts(whole))
        self._write_etc(office_files(extensions, seed, age))
        own = {"ASTETCDIR": str(self.node.etc), "ASTRUNDIR": str(self.folder), "AMPMGRUSER": "admin"}
        host, port = self.node.ami_address
        own |= {"ASTMANAGERHOST": host, "ASTMANAGERPORT": str(port), "AMPMGRPASS": self.secret}
        own |= {"FREEPBX_SYSTEM_IDENT": f"PBX {self.node.host.name}", "FPBX_ARI_PASSWORD": secrets.token_hex(8)}
        portable = _SETTINGS | ({"RINGTIMER": "15"} if age is Age.OLD else {})
        self.sql(
            inserts({"freepbx_settings": [{"keyword": name, "value": is_} for name, is_ in (own | portable).items()]})
        )
        fwconsole.write_files(self.node.etc, generated(whole), own)
        self._write_astdb(keys(staff, age))
        fwconsole.install(self.folder, self.conf)
        gui.install(self.folder, self.conf)

    def _addresses(self) -> list[Mapping[str, str | int]]:
        address, port = self.node.sip_address
        binds = f'{{"udp":{{"{address}":"on"}},"tcp":{{"{address}":"on"}}}}'
        found = {"binds": binds, f"udpport-{address}": str(port), f"tcpport-{address}": str(port)}
        return [{"key": key, "val": val, "type": "json-arr", "id": "noid"} for key, val in found.items()]

    def _make_databases(self, filled: str) -> None:
        password = secrets.token_hex(8)
        user = f"fpbx_{self.database}"
        for name in (self.database, self.records):
            self.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4", "")
            self.sql(f"GRANT ALL ON {name}.* TO '{user}'@'localhost' IDENTIFIED BY '{password}'", "")
        self.sql(schema() + filled)
        self.sql(records(), self.records)
        self.sql(
            "INSERT INTO admin VALUES ('need_reload', 'false'), ('version', '17.0.19.24');"
            + inserts({"modules": [{"modulename": one, "version": "17.0.5", "enabled": 1} for one in MODULES]})
        )
        values = {"AMPDBUSER": user, "AMPDBPASS": password, "AMPDBNAME": self.database, "CDRDBNAME": self.records}
        values["AMPDBSOCK"] = str(self.server.socket)
        text = "<?php\n" + "".join(f"$amp_conf['{name}'] = '{value}';\n" for name, value in values.items())
        self.conf.parent.mkdir(parents=True, exist_ok=True)
        self.conf.write_text(text)
        self.conf.chmod(0o600)

    def _write_etc(self, files: Mapping[str, bytes]) -> None:
        for name in _NOT_HERE:
            (self.node.etc / name).unlink(missing_ok=True)
        for song in (self.node.folder / MUSIC / "default").glob("*"):
            song.unlink()
        for name, data in files.items():
            path = self.node.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o640)
        # Its transports are rows here.
        (self.node.etc / "pjsip.transports_custom.conf").write_text("")
        manager = self.node.etc / "manager_custom.conf"
        # Lamps need one right more, see docs/ami.md; FreePBX itself has them all.
        mine = re.sub(rf"= {AMI_CLASSES}$", f"= {AMI_CLASSES},call", manager.read_text(), flags=re.MULTILINE)
        theirs = f"\n[admin]\nsecret = {self.secret}\npermit = 127.0.0.0/255.0.0.0\nread = all\nwrite = all\n"
        manager.write_text(mine + theirs)

    def _write_astdb(self, found: Mapping[str, str]) -> None:
        path = self.node.folder / "var/lib/asterisk/astdb.sqlite3"
        with closing(sqlite3.connect(path)) as link, link:
            link.execute("CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
            link.executemany("INSERT INTO astdb VALUES (?, ?)", [(f"/{key}", value) for key, value in found.items()])
