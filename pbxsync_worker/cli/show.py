"""How commands print: words for people, one JSON value for programs."""

import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any

import click

from pbxsync_worker.core.model.sentence import as_text

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")


def show(value: object, words: Callable[[], str], *, as_json: bool) -> None:
    """Print a value as JSON, or in words."""
    click.echo(json.dumps(plain(value), ensure_ascii=False) if as_json else words())


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: bytes as hex, stored sentences as English text."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    return as_text(value) if isinstance(value, str) else value


def table(heads: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Return rows under their heads, in columns."""
    lines = [heads, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(str(line[column])) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(f"{cell!s:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def when(at: float) -> str:
    """Return a time for people, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") if at else "-"
