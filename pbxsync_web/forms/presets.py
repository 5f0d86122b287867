"""The form that makes a dataset of presets: which of them, with which options, and how it is called."""

from flask_babel import gettext as _

from pbxsync_web.forms import Refused, new_name, read_title
from pbxsync_web.forms.parts import Form
from pbxsync_web.present import told
from pbxsync_worker.core.model import offers
from pbxsync_worker.core.model.dataset import Dataset
from pbxsync_worker.core.model.presets import Preset, as_dataset, expanded


def to_form(offered: tuple[Preset, ...], begun: str = "") -> Form:
    """Return the form before anything is chosen, but for the preset it begins with."""
    form: Form = Form({field(one, option.name): "yes" for one in offered for option in one.options if option.on})
    form["preset"] = begun
    return form


def field(preset: Preset, option: str) -> str:
    """Return the name of the field of an option."""
    return f"option-{preset.name}-{option}"


def read(form: Form, offered: tuple[Preset, ...], here: tuple[Dataset, ...]) -> Dataset | Refused:
    """Return the dataset that was asked for; here: the datasets that the farm has already."""
    problems: dict[str, str] = {}
    names = set(form.getlist("preset"))
    wanted = tuple(one for one in offered if one.name in names)
    lacking = offers.missing(wanted, here)
    if not wanted:
        problems["preset"] = _("Choose at least one preset.")
    elif lacking:
        titles = ", ".join(told(one.title) for one in lacking)
        problems["preset"] = _("What you chose refers to more; choose these as well: %(titles)s.", titles=titles)
    given = form.get("title", "").strip()
    title = read_title(given or offers.title_of(wanted, told), problems) if wanted else given
    # A single preset keeps its own name, so that every host and the command line call it the same.
    base = wanted[0].name if len(wanted) == 1 and not given else title
    name = new_name(base, {one.name for one in here}, problems) if wanted else ""
    return Refused(problems) if problems else as_dataset(wanted, name, title, _options(form, wanted))


def _options(form: Form, wanted: tuple[Preset, ...]) -> dict[str, frozenset[str]]:
    return {
        one.name: frozenset(option.name for option in one.options if _taken(form, one, option.name, on=option.on))
        for one in expanded(wanted)
    }


def _taken(form: Form, preset: Preset, option: str, *, on: bool) -> bool:
    return form.get(field(preset, option), "yes" if on else "no") == "yes"
