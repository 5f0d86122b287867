"""A STAND-IN for FreePBX's `fwconsole`, for laboratories without FreePBX; never part of the product.

It does what PBXSync uses, as it was measured on FreePBX 17 modules with framework 15: `reload` reads the rows of a
MariaDB database and rewrites the generated files in place (same inode, also when nothing changed, ari_additional.conf
always with a new salt), touches missing includes, never touches voicemail.conf and `*_custom*.conf`, needs a running
Asterisk with AMI, holds a lock file with its process number, prints one JSON object a line with `--json`, leaves
need_reload and a notification behind with `--dont-reload-asterisk`, and fails with status 255 and an `error` object.

`install` writes a small program `fwconsole` that starts it for one laboratory host.
"""

import argparse
import hashlib
import json
import os
import re
import secrets
import shlex
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import mysql.connector

from scripts.lab.fwfiles import generated

TABLES = (
    "users",
    "devices",
    "sip",
    "trunks",
    "pjsip",
    "ringgroups",
    "music",
    "kvstore_Sipsettings",
    "queues_config",
    "queues_details",
)
ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """The reload failed; its text is what FreePBX says."""


def install(folder: Path, conf: Path) -> Path:
    """Write the program `fwconsole` for the host whose freepbx.conf this is; return its path."""
    program = folder / "fwconsole"
    command = shlex.join([sys.executable, "-m", "scripts.lab.fwconsole", "--stand-in-for", str(conf)])
    program.write_text(
        f'#!/bin/sh\n# STAND-IN for FreePBX\nexport PYTHONPATH={shlex.quote(str(ROOT))}\nexec {command} "$@"\n'
    )
    program.chmod(0o755)
    return program


def main(argv: list[str]) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="fwconsole (stand-in)")
    parser.add_argument("--stand-in-for", type=Path, required=True)
    parser.add_argument("command")
    for option in ("json", "dry-run", "skip-registry-checks", "dont-reload-asterisk"):
        parser.add_argument(f"--{option}", action="store_true")
    wanted = parser.parse_args(argv)
    if wanted.command not in ("reload", "r"):
        print(f'  Command "{wanted.command}" is not defined.', file=sys.stderr)
        return 1
    tell = _teller(as_json=wanted.json)
    try:
        with closing(open_database(wanted.stand_in_for)) as database:
            _reload(database, tell, wanted)
    except (Failed, mysql.connector.Error) as error:
        if wanted.json:
            print(json.dumps({"error": str(error), "trace": "#0 stand-in"}), flush=True)
            return 255
        print(f"\nIn stand-in line 1:\n\n  {error}\n", file=sys.stderr)
        return 1
    return 0


def _teller(*, as_json: bool) -> Callable[[str], None]:
    def tell(message: str) -> None:
        print(json.dumps({"message": message}) if as_json else message, flush=True)

    return tell


def open_database(conf: Path) -> Any:
    """Log in to the database as freepbx.conf says."""
    text = conf.read_text(encoding="utf-8")
    found = dict(re.findall(r"^\$amp_conf\['(\w+)'\]\s*=\s*'([^']*)';", text, re.MULTILINE))
    where = {"unix_socket": found["AMPDBSOCK"]} if found.get("AMPDBSOCK") else {
        "host": found.get("AMPDBHOST", "localhost"), "port": int(found.get("AMPDBPORT") or 3306),
    }  # fmt: skip
    return mysql.connector.connect(
        user=found["AMPDBUSER"], password=found["AMPDBPASS"], database=found["AMPDBNAME"], use_pure=True, **where
    )


def _reload(database: Any, tell: Callable[[str], None], wanted: argparse.Namespace) -> None:
    settings = {row["keyword"]: row["value"] or "" for row in _select(database, "freepbx_settings")}
    lock = Path(settings["ASTRUNDIR"]) / "reload.lock"
    with suppress(OSError, ValueError):
        holder = int(lock.read_text())
        os.kill(holder, 0)
        raise Failed("Process is already running.")
    lock.write_text(str(os.getpid()))
    try:
        tell("Reload Started")
        _check_core(database)
        with closing(_asterisk(settings)) as asterisk:
            rows = {name: _select(database, name) for name in TABLES}
            if not wanted.dry_run:
                write_files(Path(settings["ASTETCDIR"]), generated(rows), settings)
                _flag(database, reloads=not wanted.dont_reload_asterisk)
            if not (wanted.dont_reload_asterisk or wanted.dry_run):
                asterisk.sendall(b"Action: Reload\r\nActionID: 2\r\n\r\n")
                asterisk.recv(4096)
        tell("Reload Complete")
    finally:
        lock.unlink(missing_ok=True)


def _select(database: Any, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table; a module that is not installed has none."""
    with closing(database.cursor(dictionary=True)) as cursor:
        cursor.execute("SHOW TABLES LIKE %s", (table,))
        if not cursor.fetchall():
            if table in ("users", "devices", "sip"):
                raise Failed(f"SQLSTATE[42S02]: Base table or view not found: 1146 Table '{table}' doesn't exist")
            return []
        cursor.execute(f"SELECT * FROM `{table}`")
        return list(cursor.fetchall())


def _check_core(database: Any) -> None:
    modules = _select(database, "modules")
    if modules and "core" not in {row["modulename"] for row in modules}:
        raise Failed("Unable to locate the FreePBX BMO Class 'Core'")


def _asterisk(settings: Mapping[str, str]) -> socket.socket:
    """Log in to AMI as FreePBX does."""
    where = (settings.get("ASTMANAGERHOST") or "localhost", int(settings.get("ASTMANAGERPORT") or 5038))
    try:
        connection = socket.create_connection(where, timeout=5)
        who = f"Username: {settings['AMPMGRUSER']}\r\nSecret: {settings['AMPMGRPASS']}\r\n"
        connection.sendall(f"Action: Login\r\nActionID: 1\r\n{who}\r\n".encode())
        said, until = b"", time.monotonic() + 5
        while b"Response:" not in said or not said.endswith(b"\r\n\r\n"):
            part = connection.recv(4096)
            if not part or time.monotonic() > until:
                break
            said += part
    except OSError as error:
        raise Failed("Unable to connect to Asterisk Manager") from error
    if b"Response: Success" not in said:
        connection.close()
        raise Failed("Unable to connect to Asterisk Manager")
    return connection


def write_files(etc: Path, files: Mapping[str, str], settings: Mapping[str, str]) -> None:
    """Rewrite every generated file in place, then make what they include and nobody has."""
    salt = secrets.token_hex(8)
    hidden = hashlib.sha512((salt + settings.get("FPBX_ARI_PASSWORD", "")).encode()).hexdigest()
    ari = f"[{settings.get('FPBX_ARI_USER') or 'ari'}]\ntype=user\npassword=$6${salt}${hidden}\npassword_format=crypt\n"
    for name, text in {**files, "ari_additional.conf": ari}.items():
        path = etc / name
        with path.open("r+b" if path.exists() else "wb") as file:
            file.write(text.encode())
            file.truncate()
    for path in filter(Path.exists, etc.glob("*.conf")):
        for included in re.findall(r"^#include\s+\"?([\w.-]+)", path.read_text(errors="replace"), re.MULTILINE):
            if not (etc / included).exists():
                (etc / included).touch()


def _flag(database: Any, *, reloads: bool) -> None:
    """Leave behind what FreePBX leaves behind."""
    with closing(database.cursor()) as cursor:
        cursor.execute("UPDATE admin SET value = %s WHERE variable = 'need_reload'", ("false" if reloads else "true",))
        cursor.execute("SHOW TABLES LIKE 'notifications'")
        if cursor.fetchall():
            cursor.execute("DELETE FROM notifications WHERE module = 'freepbx' AND id = 'ASTRELOADSKIP'")
            if not reloads:
                cursor.execute(
                    "INSERT INTO notifications (module, id, level, display_text, extended_text, link, reset, candelete,"
                    " timestamp) VALUES ('freepbx', 'ASTRELOADSKIP', 500, 'Asterisk Reload Skipped', '', '', 0, 0, %s)",
                    (int(time.time()),),
                )
    database.commit()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
