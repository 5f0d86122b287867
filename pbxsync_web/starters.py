"""The datasets to start from, in the words of the reader; what they select is told by the core."""

from dataclasses import dataclass, replace

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from pbxsync_worker.core.model import starters as core
from pbxsync_worker.core.model.dataset import Dataset

_WORDS: dict[str, tuple[LazyString, LazyString]] = {
    "asterisk-config": (
        _l("Asterisk configuration"),
        _l(
            "Every file of the configuration folder that is not this host's own: dialplan, endpoints, queues, features."
        ),
    ),
    "voicemail-greetings": (
        _l("Voicemail greetings"),
        _l("What callers hear before the tone: unavailable, busy and name recordings. No messages."),
    ),
    "music-on-hold": (_l("Music on hold"), _l("All classes of music below the moh folder.")),
    "custom-sounds": (
        _l("Custom sounds"),
        _l("Announcements that were recorded here: the custom folders of every sound language."),
    ),
}


@dataclass(frozen=True, slots=True)
class Starter:
    """A beginning: what it is called here, what it is good for, and what it selects."""

    name: str
    title: LazyString | str
    purpose: LazyString | str
    selection: Dataset

    @property
    def dataset(self) -> Dataset:
        """Return it as a dataset, titled in the language of this request."""
        return replace(self.selection, title=str(self.title))


STARTERS = tuple(Starter(one.name, *_WORDS.get(one.name, (one.title, "")), one) for one in core.STARTERS)


def starter(name: str) -> Starter | None:
    """Return a beginning by its name, None where there is none."""
    return next((one for one in STARTERS if one.name == name), None)
