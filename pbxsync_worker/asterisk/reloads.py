"""Which change needs which reload, in which order; pure. The facts are DOMAIN knowledge of Asterisk 18 to 22.

The order: what others refer to first (access lists, music), the dialplan last, because it refers to everything.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pbxsync_worker.asterisk.config import MAX_DEPTH, expand, relative
from pbxsync_worker.core.model.change import Change, ChangeKind
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.item import ItemKind, show_name
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.ports import ConfigView

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Family:
    """One main file, the names its parts usually have, and the module that reads them.

    optional: a host that lacks the module is still fine.
    """

    main: str
    parts: tuple[str, ...]
    module: str
    optional: bool = True


FAMILIES: tuple[Family, ...] = (
    Family("logger.conf", ("logger_*.conf",), "logger"),
    Family("acl.conf", (), "acl"),
    Family("extconfig.conf", (), "extconfig"),
    Family("dnsmgr.conf", (), "dnsmgr"),
    Family("enum.conf", (), "enum"),
    Family("dsp.conf", (), "dsp"),
    Family("codecs.conf", (), "plc"),
    Family("indications.conf", ("indications_*.conf",), "indications"),
    Family("udptl.conf", ("udptl_*.conf",), "udptl"),
    Family("http.conf", ("http_*.conf",), "http"),
    Family("ari.conf", ("ari_*.conf",), "res_ari.so"),
    Family("manager.conf", ("manager_*.conf", "manager.d/*.conf"), "manager"),
    Family("features.conf", ("features_*.conf",), "features", optional=False),
    Family("res_odbc.conf", ("res_odbc_*.conf",), "res_odbc.so"),
    Family("func_odbc.conf", ("func_odbc_*.conf",), "func_odbc.so"),
    Family("cdr.conf", ("cdr_general_*.conf",), "cdr"),
    Family("cdr_adaptive_odbc.conf", (), "cdr_adaptive_odbc.so"),
    Family("cdr_manager.conf", ("cdr_manager_*.conf",), "cdr_manager.so"),
    Family("cdr_custom.conf", (), "cdr_custom.so"),
    Family("cel.conf", ("cel_general_*.conf", "cel_custom_post.conf"), "cel"),
    Family("cel_odbc.conf", ("cel_odbc_*.conf",), "cel_odbc.so"),
    Family("rtp.conf", ("rtp_*.conf",), "res_rtp_asterisk.so"),
    Family("res_stun_monitor.conf", (), "res_stun_monitor.so"),
    Family("res_fax.conf", (), "res_fax.so"),
    Family("phoneprov.conf", (), "res_phoneprov.so"),
    Family("calendar.conf", (), "res_calendar.so"),
    Family("amd.conf", (), "app_amd.so"),
    Family("followme.conf", (), "app_followme.so"),
    Family("musiconhold.conf", ("musiconhold_*.conf",), "res_musiconhold.so"),
    Family("voicemail.conf", (), "app_voicemail.so"),
    Family("queues.conf", ("queues_*.conf",), "app_queue.so"),
    Family("queuerules.conf", ("queuerules_*.conf",), "app_queue.so"),
    Family("res_parking.conf", ("res_parking_*.conf",), "res_parking.so"),
    Family("confbridge.conf", ("confbridge_*.conf",), "app_confbridge.so"),
    Family("meetme.conf", ("meetme_*.conf",), "app_meetme.so"),
    Family("chan_dahdi.conf", ("chan_dahdi_*.conf",), "chan_dahdi.so"),
    Family("iax.conf", ("iax_*.conf",), "chan_iax2.so"),
    Family("sip.conf", ("sip_*.conf",), "chan_sip.so"),
    Family("pjsip_notify.conf", ("pjsip_notify_*.conf",), "res_pjsip_notify.so"),
    Family("pjsip.conf", ("pjsip.*.conf",), "res_pjsip.so", optional=False),
    Family("pjsip_wizard.conf", (), "res_pjsip_config_wizard.so"),
    Family(
        "extensions.conf",
        ("extensions_*.conf", "localprefixes.conf", "globals_custom.conf"),
        "pbx_config.so",
        optional=False,
    ),
)
"""In the order in which their modules are reloaded."""

RESTART = (
    "asterisk.conf",
    "modules.conf",
    "modules_custom.conf",
    "sorcery.conf",
    "stasis.conf",
    "cli.conf",
    "ccss.conf",
)
"""Read only when Asterisk starts."""

_MUSIC = matcher(
    [f"{{{Place.VARLIB},{Place.DATA}}}/moh{{,-*,_*}}/**", f"{{{Place.VARLIB},{Place.DATA}}}/.nomusic_reserved/**"]
)
_KEYS = matcher([f"{Place.ETC}/keys/**", f"{{{Place.VARLIB},{Place.DATA}}}/keys/**"])
_INCLUDE = re.compile(rb"^\s*#(?:try)?include\s+[\"<]?([^\r\n;\">]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reloads:
    """actions: in the order they are sent; restart: files read only at start; unknown: no reload is known for them."""

    actions: tuple[Reload, ...]
    restart: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def reloads_for(changes: Iterable[Change], view: ConfigView) -> Reloads:
    """Decide what Asterisk must read again after these changes; `view` is the folder as it will be."""
    needed: dict[str, list[str]] = {}
    restart: list[str] = []
    unknown: list[str] = []
    reached: Mapping[str, list[Family]] | None = None
    for change in changes:
        if not _matters(change):
            continue
        name = change.name
        path = config_path(name)
        if path is None or _KEYS(name):
            for module in _outside_config(name):
                needed.setdefault(module, []).append(show_name(name))
            continue
        if path in RESTART:
            restart.append(path)
            continue
        reached = _reached(view) if reached is None else reached
        families = _families(path, reached)
        for family in families:
            needed.setdefault(family.module, []).append(show_name(name).partition("/")[2])
        if not families and path.endswith(".conf"):
            unknown.append(path)
    return Reloads(tuple(_in_order(needed)), tuple(restart), tuple(unknown))


def config_path(name: bytes) -> str | None:
    """Return an item's path below the configuration folder, or None where it lies elsewhere."""
    place, _, path = name.partition(b"/")
    return path.decode("utf-8", "surrogateescape") if place == Place.ETC.encode() else None


def family_files(view: ConfigView, family: Family) -> tuple[str, ...]:
    """Return the main file, or the files that look like its parts where the main file cannot be read from here."""
    if view.read(family.main) is not None:
        return (family.main,)
    match = matcher(family.parts)
    return tuple(sorted(name for name in view.names() if match(name.encode("utf-8", "surrogateescape"))))


def _matters(change: Change) -> bool:
    kinds = {item.kind for item in (change.before, change.after) if item is not None}
    return change.kind is not ChangeKind.ATTRIBUTES and kinds != {ItemKind.DIRECTORY}


def _outside_config(name: bytes) -> tuple[str, ...]:
    if _MUSIC(name):
        return ("res_musiconhold.so",)
    return ("http", "res_pjsip.so") if _KEYS(name) else ()


def _families(path: str, reached: Mapping[str, list[Family]]) -> list[Family]:
    raw = path.encode("utf-8", "surrogateescape")
    found = [family for family in FAMILIES if path == family.main or matcher(family.parts)(raw)]
    for pattern, families in reached.items():
        if path == pattern or path in expand((path,), pattern):
            found += [family for family in families if family not in found]
    return found


def _reached(view: ConfigView) -> dict[str, list[Family]]:
    """Return, for every name or glob that is included, the families whose main file leads there."""
    names = tuple(view.names())
    reached: dict[str, list[Family]] = {}
    for family in FAMILIES:
        for pattern in included_from(view, names, family.main):
            reached.setdefault(pattern, []).append(family)
    return reached


def included_from(view: ConfigView, names: Iterable[str], main: str) -> frozenset[str]:
    """Return every name or glob that a file includes, directly or through others; circles end by themselves."""
    found: set[str] = set()
    level = [main]
    for _ in range(MAX_DEPTH):
        following: set[str] = set()
        for file in level:
            for raw in _INCLUDE.findall(view.read(file) or b""):
                pattern = relative(raw.decode("utf-8", "surrogateescape").strip())
                if pattern is not None and pattern not in found:
                    found.add(pattern)
                    following.update(expand(names, pattern))
        level = sorted(following)
    return frozenset(found)


def _in_order(needed: Mapping[str, list[str]]) -> Iterable[Reload]:
    done: set[str] = set()
    for family in FAMILIES:
        if family.module in needed and family.module not in done:
            done.add(family.module)
            # Certificates concern these two only where they are in use.
            keys_only = all("/keys/" in one for one in needed[family.module])
            yield Reload(family.module, _because(needed[family.module]), family.optional or keys_only)


def _because(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    rest = len(names) - _NAMED
    return f"{shown} and {rest} more changed" if rest > 0 else f"{shown} changed"
