"""What rows had been that an undo leaves as they are: written down for the administrator, one JSON object a line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pbxsync_worker.core.durable import Disk, put_file
from pbxsync_worker.datasets.groups import Group

Stays = tuple[bytes, Group]
"""Rows of one key that stay: the name of their first item, and the way back that was not gone."""


def stays(base: bytes, groups: Iterable[Group]) -> list[Stays]:
    """Return the rows of some keys of a table; base: what the names of its rows begin with."""
    return [(base + group.part, group) for group in groups]


def write_originals(disk: Disk, file: Path, rows: Iterable[tuple[bytes, list[Mapping[str, object]]]]) -> None:
    """Write down, durably, what the rows of each name had been."""
    lines = (
        json.dumps({"row": name.decode(errors="replace"), "before": had}, ensure_ascii=False) for name, had in rows
    )
    put_file(disk, file, "".join(f"{line}\n" for line in lines).encode())


def names_of_originals(file: Path) -> tuple[bytes, ...]:
    """Return the names of the rows that were written down, none where there is no such file."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(str(json.loads(line)["row"]).encode() for line in lines)
