"""What a file is in words: by where it lies."""

from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.pattern import matcher

_ANYWHERE = "{ASTVARLIBDIR,ASTDATADIR}"
_KINDS = tuple(
    (matcher(patterns), kind)
    for patterns, kind in (
        (("ASTETCDIR/extensions*custom*.conf", "ASTETCDIR/extensions_override_freepbx.conf"), "dialplanfile"),
        (("ASTETCDIR/**/*custom*", "ASTETCDIR/*custom*"), "customfile"),
        (("ASTETCDIR/**",), "configfile"),
        (("ASTSPOOLDIR/voicemail/*/*/{unavail,busy,greet,temp}.*",), "greeting"),
        (("ASTSPOOLDIR/voicemail/*/*/*/**",), "message"),
        (("ASTSPOOLDIR/monitor/**",), "callaudio"),
        (("ASTSPOOLDIR/fax/**",), "fax"),
        ((f"{_ANYWHERE}/moh*/**", f"{_ANYWHERE}/moh/**"), "musicfile"),
        ((f"{_ANYWHERE}/sounds/**",), "soundfile"),
        ((f"{_ANYWHERE}/agi-bin/**",), "script"),
    )
)
NAMED = frozenset({"dialplanfile", "customfile", "configfile", "script"})
"""Kinds of which each file is worth its name; of the others only their number is told."""


def kind_of_file(item: Item) -> str:
    """Return the kind of a file, folder or link."""
    if item.kind is ItemKind.DIRECTORY:
        return "folder"
    return next((kind for match, kind in _KINDS if match(item.name)), "otherfile")
