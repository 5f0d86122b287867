"""What a preset is made of: a selection of PBX state with the reason for everything it contains and leaves out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from pbxsync_worker.core.model.dataset import BoxSet, FamilySet, FileSet, MessageSet, TableSet


class Fits(StrEnum):
    """On which hosts a preset is offered."""

    FREEPBX = "freepbx"
    PLAIN = "plain"  # Asterisk without FreePBX
    BOTH = "both"  # with its files and AstDB keys on a plain Asterisk, with its rows too on FreePBX


@dataclass(frozen=True, slots=True)
class Parts:
    """What is selected, in the terms of a dataset."""

    file_sets: tuple[FileSet, ...] = ()
    families: tuple[FamilySet, ...] = ()
    tables: tuple[TableSet, ...] = ()
    boxes: tuple[BoxSet, ...] = ()
    messages: tuple[MessageSet, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.file_sets or self.families or self.tables or self.boxes or self.messages)

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(
            self.file_sets + other.file_sets,
            self.families + other.families,
            self.tables + other.tables,
            self.boxes + other.boxes,
            self.messages + other.messages,
        )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a person could expect in a preset, and why it is not there; names: as FreePBX writes them."""

    what: str
    why: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """A part that a person can take or leave; on: it is taken unless somebody leaves it."""

    name: str
    title: str
    why: str
    on: bool
    parts: Parts


@dataclass(frozen=True, slots=True)
class Preset:
    """A dataset that ships with the product.

    farm: what it means in a farm; modules: FreePBX modules whose data it holds; needs: what must be equal on both
    hosts, for people; requires: presets that must travel too, because this one refers to their rows; includes:
    presets it is made of; reloads: names of actions.ACTIONS, in any order; not_yet: what belongs to it and is not
    done by this version; default_on: offered without a warning; warning: said before it is used.
    """

    name: str
    title: str
    purpose: str
    parts: Parts = Parts()
    farm: str = "mirror"
    fits: Fits = Fits.FREEPBX
    options: tuple[Option, ...] = ()
    leaves_out: tuple[LeftOut, ...] = ()
    not_yet: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    reloads: tuple[str, ...] = ()
    default_on: bool = True
    warning: str = ""

    @property
    def works(self) -> bool:
        """Tell whether anything of it is done by this version."""
        return bool(self.parts or self.options or self.includes)

    @property
    def without_rows(self) -> "Preset":
        """Return what is left of it on a plain Asterisk."""
        options = tuple(replace(one, parts=replace(one.parts, tables=())) for one in self.options)
        return replace(
            self,
            parts=replace(self.parts, tables=()),
            options=tuple(one for one in options if one.parts),
            modules=(),
            requires=(),
        )

    def chosen(self, options: frozenset[str] | None = None) -> Parts:
        """Return everything selected with these options; None for those that are on by themselves."""
        parts = self.parts
        for option in self.options:
            if option.on if options is None else option.name in options:
                parts += option.parts
        return parts

    def texts(self) -> Iterator[str]:
        """Yield every text that people read, for translation."""
        yield from (self.title, self.purpose, self.farm, *self.not_yet, *self.needs)
        if self.warning:
            yield self.warning
        for option in self.options:
            yield from (option.title, option.why)
        for one in self.leaves_out:
            yield from (one.what, one.why)
