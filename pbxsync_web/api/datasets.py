"""Datasets of a group: what they hold, and new ones made of presets."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from werkzeug.datastructures import MultiDict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import accepted, endpoint
from pbxsync_web.api.values import Answer, AskedValue, Name, Title, Value
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.forms.presets import field, read
from pbxsync_web.pages.datasets import without
from pbxsync_web.pages.groups import managed
from pbxsync_web.pages.presets import offered_here
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.presets import Preset, expanded
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.core.store.people import Role


class OptionValue(Answer, frozen=True):
    """What a preset leaves to choose; on: whether it is taken where nobody says anything."""

    name: str
    title: str
    on: bool


class PresetValue(Answer, frozen=True):
    """A dataset that ships with the product; requires: presets that must travel too."""

    name: str
    title: str
    purpose: str
    warning: str
    requires: list[str]
    options: list[OptionValue]


class Options(Value, frozen=True):
    """Which options of a preset are taken, beside those that are on where nobody says anything."""

    on: tuple[Name, ...] = ()
    off: tuple[Name, ...] = ()


class FromPresets(Value, frozen=True):
    """A dataset made of presets; title: "" for theirs; options: by the name of the preset they belong to."""

    presets: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=100)]
    title: Title | None = None
    options: dict[str, Options] = msgspec.field(default_factory=dict)


@endpoint("GET /presets", list[PresetValue])
def presets() -> list[PresetValue]:
    """List what a dataset can begin from on this host."""
    return [_preset_value(one) for one in offered_here()]


@endpoint("GET /groups/<group>/datasets/<dataset>", Dataset)
def dataset_one(group: str, dataset: str) -> Dataset:
    """Tell what a dataset selects."""
    return the_store().catalogues.current(group).dataset(dataset)


@endpoint("POST /groups/<group>/datasets", AskedValue, role=Role.ADMIN, body=FromPresets, status=HTTPStatus.ACCEPTED)
def make_dataset(group: str, body: FromPresets) -> AskedValue:
    """Make a dataset of presets; its name is made of its title, of a single preset it is the preset's."""
    catalogue, found = managed(group), offered_here()
    known = {one.name: one for one in found}
    unknown = [name for name in body.presets if name not in known]
    if unknown:
        raise NotFound(what="preset", name=unknown[0])
    form = MultiDict([("title", body.title or ""), *(("preset", name) for name in body.presets)])
    form.update(_chosen(body, expanded(known[name] for name in body.presets)))
    return asked_value(
        wish(SaveCatalogue(catalogue.with_dataset(accepted(read(form, found, catalogue.datasets)))), me().name)
    )


@endpoint("DELETE /groups/<group>/datasets/<dataset>", AskedValue, role=Role.ADMIN, status=HTTPStatus.ACCEPTED)
def remove_dataset(group: str, dataset: str) -> AskedValue:
    """Take a dataset that no job uses out of its group."""
    return asked_value(wish(SaveCatalogue(without(managed(group), dataset)), me().name))


def _chosen(body: FromPresets, whole: tuple[Preset, ...]) -> dict[str, str]:
    """Return the fields of the form that the options are; raise NotFound for an option that there is not."""
    fields = {(one.name, option.name): field(one, option.name) for one in whole for option in one.options}
    said = [
        (preset, name, text)
        for preset, options in body.options.items()
        for names, text in ((options.on, "yes"), (options.off, "no"))
        for name in names
    ]
    for preset, name, _ in said:
        if (preset, name) not in fields:
            raise NotFound(what="option", name=f"{preset} {name}")
    return {fields[preset, name]: text for preset, name, text in said}


def _preset_value(one: Preset) -> PresetValue:
    options = [OptionValue(option.name, told(option.title), option.on) for option in one.options]
    return PresetValue(one.name, told(one.title), told(one.purpose), told(one.warning), list(one.requires), options)
