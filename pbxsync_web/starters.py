"""Ready-made beginnings for datasets; a person changes them before the first run, or takes them as they are."""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place


@dataclass(frozen=True, slots=True)
class Starter:
    """A beginning: what it is called here, what it is good for, and its file sets."""

    name: str
    title: LazyString
    purpose: LazyString
    file_sets: tuple[FileSet, ...]

    @property
    def dataset(self) -> Dataset:
        """Return it as a dataset, titled in the language of this request."""
        return Dataset(self.name, str(self.title), self.file_sets)


STARTERS = (
    Starter(
        "asterisk-configuration",
        _l("Asterisk configuration"),
        _l(
            "Every file of the configuration folder that is not this host's own: dialplan, endpoints, queues, features."
        ),
        (FileSet(Place.ETC),),
    ),
    Starter(
        "voicemail-greetings",
        _l("Voicemail greetings"),
        _l("What callers hear before the tone: unavailable, busy and name recordings. No messages."),
        (FileSet(Place.SPOOL, "voicemail", ("*/*/{unavail,busy,greet,temp}.*",), ("device/**",)),),
    ),
    Starter(
        "music-on-hold",
        _l("Music on hold"),
        _l("All classes of music below the moh folder."),
        (FileSet(Place.VARLIB, "moh", ("**",), (".nomusic_reserved/**", "**/*.part"), DeletePolicy.MIRROR),),
    ),
    Starter(
        "custom-sounds",
        _l("Custom sounds"),
        _l("Announcements that were recorded here: the custom folders of every sound language."),
        (FileSet(Place.VARLIB, "sounds", ("custom/**", "*/custom/**")),),
    ),
)


def starter(name: str) -> Starter | None:
    """Return a beginning by its name, None where there is none."""
    return next((one for one in STARTERS if one.name == name), None)
