"""Where the work lies: a folder with `tree`, `big` and `sql`, made by our own generator or brought along."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.work import astdb
from benchmarks.work.config import config_files
from benchmarks.work.media import BEGAN, File, large, prompts, recordings, voicemail
from scripts.lab.people import people

FIRST, PHONES = 1000, 1000
RECORDINGS = 100_000
_LARGE = 50
"""Pieces of 4 MiB."""


@dataclass(frozen=True, slots=True)
class Work:
    """The state before anything changes.

    tree: `etc-asterisk`, `voicemail`, `sounds` and `astdb.sqlite3`; big: one folder with one file of 200 MB.
    """

    folder: Path
    seed: int

    @property
    def tree(self) -> Path:
        """Return the folder of the small files."""
        return self.folder / "tree"

    @property
    def big(self) -> Path:
        """Return the folder of the large file."""
        return self.folder / "big"

    @property
    def monitor(self) -> Path:
        """Return the folder that holds the same as `tree`, and 100,000 recordings."""
        return self.folder / "tree-with-recordings"

    @property
    def sql(self) -> Path:
        """Return the folder of the tables."""
        return self.folder / "sql"


def build(work: Work, parts: Iterable[str]) -> None:
    """Make what is missing of these parts: tree, big, monitor."""
    makers = {"tree": _tree, "big": _big, "monitor": _monitor}
    for part in parts:
        done = work.folder / f".{part}-{work.seed}"
        if done.exists() or (part != "monitor" and getattr(work, part).exists()):
            continue
        makers[part](work)
        done.touch()


def put(root: Path, files: Iterable[File]) -> None:
    """Write files with their times."""
    for name, content, at in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (at, at))


def _tree(work: Work) -> None:
    phones = people(PHONES, work.seed, FIRST)
    texts = sorted(config_files(phones, work.seed).items())
    put(work.tree, ((f"etc-asterisk/{name}", text.encode(), BEGAN + at) for at, (name, text) in enumerate(texts)))
    put(work.tree, voicemail(phones, work.seed))
    for one in phones:
        (work.tree / f"voicemail/default/{one.number}/INBOX").mkdir(parents=True, exist_ok=True)
    put(work.tree, prompts(work.seed))
    path = work.tree / "astdb.sqlite3"
    astdb.write(path, astdb.keys(phones, work.seed))
    os.utime(path, (BEGAN, BEGAN))


def _big(work: Work) -> None:
    work.big.mkdir(parents=True, exist_ok=True)
    path = work.big / "recordings.bin"
    with path.open("wb") as file:
        file.writelines(large(_LARGE, work.seed))
    os.utime(path, (BEGAN, BEGAN))


def _monitor(work: Work) -> None:
    shutil.copytree(work.tree, work.monitor, dirs_exist_ok=True)
    put(work.monitor, recordings(RECORDINGS, work.seed))
