"""Datasets of one's own selection: made and changed as the pages do it, under the same checks."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint, name_in
from pbxsync_web.api.values import AskedValue, Title, Value
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.forms import datasets as form
from pbxsync_web.forms.families import FAMILIES
from pbxsync_web.forms.messages import MESSAGES
from pbxsync_web.forms.sqlite import DATABASES
from pbxsync_web.pages.groups import managed
from pbxsync_worker.core.model.dataset import (
    BoxSet,
    Dataset,
    DeletePolicy,
    FamilySet,
    FileSet,
    MessageSet,
    Place,
    SqliteSet,
    TableSet,
)
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.store.people import Role

T = TypeVar("T")
Patterns = Annotated[tuple[str, ...], msgspec.Meta(max_length=form.MOST_PATTERNS)]


class KeepValue(Value, frozen=True):
    """Which attributes of files are kept."""

    mode: bool = True
    owner: bool = True
    mtime: bool = True
    xattrs: bool = False


class FileSetValue(Value, frozen=True):
    """Files below a place; path: the folder below it; excludes win over includes."""

    place: Place
    path: str = ""
    include: Patterns = ("**",)
    exclude: Patterns = ()
    delete: DeletePolicy = DeletePolicy.KNOWN
    keep: KeepValue = KeepValue()


class FamilyValue(Value, frozen=True):
    """Keys of an AstDB family."""

    family: str
    keys: str = "**"
    delete: DeletePolicy = DeletePolicy.KNOWN


class SqliteValue(Value, frozen=True):
    """An SQLite database; include, exclude: tables; whole: it travels as one, not by rows."""

    place: Place
    path: str
    include: Patterns = ("**",)
    exclude: Patterns = ()
    delete: DeletePolicy = DeletePolicy.KNOWN
    whole: bool = False


class MessagesValue(Value, frozen=True):
    """Voicemail messages of some mailboxes."""

    context: str = "*"
    box: str = "*"
    delete: DeletePolicy = DeletePolicy.KNOWN


class SaveDataset(Value, frozen=True):
    """A dataset as it shall be; what is not given stays as it is.

    tables, boxes: they come with presets; a dataset keeps those of its own that are given here, as it tells of them.
    """

    title: Title
    file_sets: Annotated[tuple[FileSetValue, ...], msgspec.Meta(max_length=form.SETS.most)] | UnsetType = UNSET
    families: Annotated[tuple[FamilyValue, ...], msgspec.Meta(max_length=FAMILIES.most)] | UnsetType = UNSET
    databases: Annotated[tuple[SqliteValue, ...], msgspec.Meta(max_length=DATABASES.most)] | UnsetType = UNSET
    messages: Annotated[tuple[MessagesValue, ...], msgspec.Meta(max_length=MESSAGES.most)] | UnsetType = UNSET
    tables: tuple[TableSet, ...] | UnsetType = UNSET
    boxes: tuple[BoxSet, ...] | UnsetType = UNSET


@endpoint(
    "PUT /groups/<group>/datasets/<dataset>",
    AskedValue,
    role=Role.ADMIN,
    body=SaveDataset,
    status=HTTPStatus.ACCEPTED,
)
def save_dataset(group: str, dataset: str, body: SaveDataset) -> AskedValue:
    """Make a dataset, or change one; every member of the group gets the new catalogue."""
    catalogue = managed(group)
    try:
        known = catalogue.dataset(dataset)
    except NotFound:
        known = Dataset(name_in("dataset", dataset), body.title)
    shall = Dataset(
        name=known.name,
        title=body.title,
        file_sets=_given(body.file_sets, known.file_sets, FileSet),
        families=_given(body.families, known.families, FamilySet),
        databases=_given(body.databases, known.databases, SqliteSet),
        messages=_given(body.messages, known.messages, MessageSet),
        tables=_kept(body.tables, known.tables),
        boxes=_kept(body.boxes, known.boxes),
    )
    read = accepted(form.read(form.to_form(shall), shall, set()))
    return asked_value(wish(SaveCatalogue(catalogue.with_dataset(read)), me().name))


def _given(given: Sequence[Value] | UnsetType, known: tuple[T, ...], kind: type[T]) -> tuple[T, ...]:
    return known if given is UNSET else tuple(msgspec.convert(one, kind, from_attributes=True) for one in given)


def _kept(given: tuple[T, ...] | UnsetType, known: tuple[T, ...]) -> tuple[T, ...]:
    """Return those that stay; raise Invalid where one is not the dataset's own."""
    if given is UNSET:
        return known
    if any(one not in known for one in given):
        problems = say("tables and mailboxes come with presets, and stay as they are or go")
        raise Invalid(what=say("The dataset"), problems=problems)
    return given
