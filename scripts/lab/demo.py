"""`scripts/demo`: two real PBXs on loopback, each with its own PBXSync, paired, in a farm."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scripts.lab.freepbx import CUSTOM_ENDPOINTS
from scripts.lab.gui import PROGRAM
from scripts.lab.mariadb import NoMariaDb
from scripts.lab.node import NodeFailed
from scripts.lab.product import ProductFailed
from scripts.lab.root import NoAsterisk, ensure_asterisk_root
from scripts.lab.story import PRESETS, Office, bring_up, form_farm, tell_it_all

_LONGEST_FOLDER = 60
"""Bytes; sockets lie below it, and the kernel allows their paths 107."""


def main(words: Sequence[str]) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Two PBXs, each with its own PBXSync.")
    parser.add_argument("--once", action="store_true", help="tell the whole story, stop, print one JSON object")
    parser.add_argument("--dir", type=Path, help="an empty or missing folder for everything (default: a temporary one)")
    options = parser.parse_args(words)
    # Ctrl-C as well: a shell that starts us in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        with ExitStack() as running:
            return _demo(_folder(options.dir, running), running, once=options.once)
    except (NodeFailed, NoAsterisk, NoMariaDb, ProductFailed, OSError) as error:
        print(f"scripts/demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _tell("stopped")
        return 130


def _demo(folder: Path, running: ExitStack, *, once: bool) -> int:
    root = ensure_asterisk_root(_tell)
    one, other = bring_up(folder, root, running, _tell)
    job = form_farm(one, other, _tell, PRESETS)
    if not once:
        _invite(one, other, job)
        signal.pause()
    told = tell_it_all(one, other, job, _tell)
    running.close()
    _tell("everything is stopped")
    problems = told.problems()
    for problem in problems:
        print(f"scripts/demo: {problem}", file=sys.stderr)
    print(json.dumps(told.as_json(), ensure_ascii=False), flush=True)
    return 1 if problems else 0


def _folder(wanted: Path | None, running: ExitStack) -> Path:
    if wanted is None:
        temporary = Path(tempfile.mkdtemp(prefix="pbxsync-demo-", dir="/tmp"))
        running.push(lambda kind, _error, _trace: _forget(temporary, failed=kind not in (None, KeyboardInterrupt)))
        return temporary
    folder = wanted.absolute()
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        raise OSError(f"{folder} is too long a name for the sockets in it: choose a shorter one with --dir")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise OSError(f"{folder} is not empty: choose another one with --dir, or remove it")
    return folder


def _forget(temporary: Path, *, failed: bool) -> None:
    if failed:
        _tell(f"logs and files of the demo are kept in {temporary}")
    else:
        shutil.rmtree(temporary, ignore_errors=True)


def _invite(one: Office, other: Office, job: str) -> None:
    for site in (one, other):
        print(f"{site.node.host.name}  {site.product.url}")
        print(f"   the first visit makes the administrator: {site.product.first_visit}")
    print(f'Open the job {job} on A and press "Sync now": B goes from 12 to 300 phones. Then edit A, as FreePBX would:')
    edit, show = one.pbx.folder / PROGRAM, other.pbx.folder / PROGRAM
    print(f"    {edit} name 2005 'Zoë Müller'\n    {edit} forward 2007 600\n    {edit} pin 2009 471147")
    print(f'press "Sync now" again, and see on B what its database, AstDB and Asterisk say:\n    {show} show 2005')
    print("To see a bad change undone by itself, put the two lines")
    print(f"    [2005](+)\n    colour = blue\ninto {one.node.etc}/{CUSTOM_ENDPOINTS} and sync again.")
    print("FreePBX itself is not here: two small programs stand in for it (scripts/lab/fwconsole.py, gui.py).")
    print("Ctrl-C stops everything.", flush=True)


def _tell(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
