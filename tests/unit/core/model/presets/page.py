"""docs/presets.md, written from the data; `python -m tests.unit.core.model.presets.page` brings the page up to date."""

from collections.abc import Iterator
from pathlib import Path

from pbxsync_worker.core.model.dataset import Condition, FileSet, Match, RowPolicy, TableSet
from pbxsync_worker.core.model.presets import PRESETS, Fits, Parts, Preset
from pbxsync_worker.core.model.presets.host_specific import FAMILIES, KEYS, SETTINGS, STORE_KEYS, TABLES, Never

PAGE = Path(__file__).parents[5] / "docs/presets.md"

_INTRO = """# Presets

What each preset contains, what it leaves out and why. This page is written from the data in
`pbxsync_worker/core/model/presets/`; a test compares them. Databases, folders and the real names of key-value stores
are found by each host itself.

A preset never removes anything that it does not hold. What belongs to one host (the last section) never travels.
"""
_FITS = {
    Fits.FREEPBX: "FreePBX",
    Fits.PLAIN: "Asterisk without FreePBX",
    Fits.BOTH: "both; without FreePBX its files only",
}
_POLICY = {
    RowPolicy.MIRROR: "",
    RowPolicy.UPDATE: "only rows that both hosts have",
    RowPolicy.COLLECT: "only added to",
}
_SHOWN = 6


def page() -> str:
    """Return the whole page."""
    parts = [_INTRO, *(_preset(one) for one in PRESETS), _host()]
    return "\n".join(parts)


def _preset(one: Preset) -> str:
    lines = [f"## {one.title}", "", f"`{one.name}`: {one.purpose}", ""]
    lines += [f"- For: {_FITS[one.fits]}", f"- In a farm: {one.farm}"]
    lines += _listed("Includes", one.includes) + _listed("Needs the presets", one.requires)
    lines += [f"- Both hosts need: {need}" for need in one.needs]
    if one.warning:
        lines.append(f"- Take care: {one.warning}")
    lines += _listed("FreePBX modules", one.modules) + _listed("Reloads", one.reloads)
    lines += _section("Contains", _contents(one.parts))
    for option in one.options:
        state = "on" if option.on else "off"
        lines += _section(f"Option `{option.name}`: {option.title} ({state})", [option.why, *_contents(option.parts)])
    lines += _section("Leaves out", (_left(left.what, left.names, left.why) for left in one.leaves_out))
    lines += _section("Not yet", one.not_yet)
    return "\n".join(lines) + "\n"


def _left(what: str, names: tuple[str, ...], why: str) -> str:
    shown = f" ({', '.join(f'`{name}`' for name in names)})" if names else ""
    return f"{what}{shown}: {why}"


def _listed(title: str, names: tuple[str, ...]) -> list[str]:
    return [f"- {title}: {', '.join(f'`{name}`' for name in names)}"] if names else []


def _section(title: str, lines: Iterator[str] | list[str] | tuple[str, ...]) -> list[str]:
    items = [f"- {line}" for line in lines]
    return ["", f"**{title}**", "", *items] if items else []


def _contents(parts: Parts) -> list[str]:
    files = [f"files `{_folder(one)}`: {_patterns(one)}" for one in parts.file_sets]
    keys = [f"AstDB `{one.family}/{one.keys}`" for one in parts.families]
    boxes = [f"mailboxes `{one.box}@{one.context}` of voicemail.conf" for one in parts.boxes]
    messages = [f"messages of the mailboxes `{one.box}@{one.context}`" for one in parts.messages]
    return [*files, *keys, *boxes, *messages, *(_table(one) for one in parts.tables)]


def _folder(one: FileSet) -> str:
    return one.base.decode()


def _patterns(one: FileSet) -> str:
    shown = ", ".join(f"`{pattern}`" for pattern in one.include)
    without = ", ".join(f"`{pattern}`" for pattern in one.exclude)
    return f"{shown}; without {without}" if without else shown


def _table(one: TableSet) -> str:
    said = [f"rows named by {', '.join(f'`{column}`' for column in one.key)}", _POLICY[one.policy]]
    if one.columns:
        said.append(f"columns {', '.join(f'`{column}`' for column in one.columns)}")
    if one.drop:
        said.append(f"without columns {', '.join(f'`{column}`' for column in one.drop)}")
    said += [_condition(condition) for condition in one.rows]
    if one.optional:
        said.append("where there is one")
    return f"`{one.database}.{one.table}`: {'; '.join(part for part in said if part)}"


def _condition(one: Condition) -> str:
    values = ", ".join(f"`{value}`" for value in one.values[:_SHOWN])
    rest = len(one.values) - _SHOWN
    shown = f"{values} and {rest} more" if rest > 0 else values
    words = {Match.IN: "is", Match.NOT_IN: "is none of", Match.LIKE: "is like", Match.NOT_LIKE: "is not like"}
    return f"`{one.column}` {words[one.match]} {shown}"


def _host() -> str:
    lines = ["## What never travels", ""]
    lines += _group("Settings of FreePBX", SETTINGS)
    lines += _group("Tables", TABLES)
    for module, groups in STORE_KEYS.items():
        lines += _group(f"Keys of the store of {module}", groups)
    lines += _group("AstDB families", FAMILIES)
    lines += _group("AstDB keys", KEYS)
    return "\n".join(lines)


def _group(title: str, groups: tuple[Never, ...]) -> list[str]:
    rows = [f"| {', '.join(f'`{name}`' for name in group.names)} | {group.why} |" for group in groups]
    return [f"### {title}", "", "| what | why |", "|---|---|", *rows, ""]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
