"""Datasets to start from: file selections that fit every plain Asterisk, offered by pages and command line alike."""

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Keep, Place

_GREETINGS = ("*/*/{unavail,busy,greet,temp}.*",)

STARTERS: tuple[Dataset, ...] = (
    Dataset(
        "asterisk-config",
        "Asterisk configuration",
        (FileSet(Place.ETC, include=("**",), exclude=("**/*.bak", "**/*~", "**/.*"), delete=DeletePolicy.KNOWN),),
    ),
    Dataset(
        "voicemail-greetings",
        "Voicemail greetings",
        (FileSet(Place.SPOOL, "voicemail", include=_GREETINGS, delete=DeletePolicy.KNOWN, keep=Keep(mtime=False)),),
    ),
    Dataset(
        "music-on-hold",
        "Music on hold",
        (FileSet(Place.VARLIB, "moh", exclude=("**/*.part", ".nomusic_reserved/**"), delete=DeletePolicy.KNOWN),),
    ),
    Dataset(
        "custom-sounds",
        "Greetings and recordings",
        (FileSet(Place.VARLIB, "sounds", include=("*/custom/**", "custom/**"), delete=DeletePolicy.KNOWN),),
    ),
)


def everything() -> Dataset:
    """Return one dataset with all of the above: a warm replica of a plain Asterisk's files."""
    sets = tuple(file_set for one in STARTERS for file_set in one.file_sets)
    return Dataset("pbx-files", "All files of the PBX", sets)
