"""What has to be read again after rows changed, in the order in which it is done."""

from collections.abc import Iterable

from pbxsync_worker.core.model.plan import Reload

REGENERATE = "regen"
"""FreePBX writes its configuration files from the rows: before every reload."""

APPLY = "fwconsole reload"
"""FreePBX applies its whole configuration by itself, Asterisk included."""

RESTART = "restart"
"""Asterisk reads it only when it starts."""

MWI = "mwi"
"""Asterisk counts the messages of the mailboxes that phones watch, and lights their lamps; not a module."""

ACTIONS: dict[str, tuple[str, bool]] = {
    "acl": ("acl", True),
    "features": ("features", False),
    "indications": ("indications", True),
    "moh": ("res_musiconhold.so", False),
    "voicemail": ("app_voicemail.so", False),
    "queues": ("app_queue.so", False),
    "parking": ("res_parking.so", True),
    "confbridge": ("app_confbridge.so", True),
    "fax": ("res_fax.so", True),
    "iax": ("chan_iax2.so", True),
    "chansip": ("chan_sip.so", True),
    "rtp": ("res_rtp_asterisk.so", False),
    "http": ("http", False),
    "cdr": ("cdr", False),
    "cdr_odbc": ("cdr_adaptive_odbc.so", True),
    "cel": ("cel", False),
    "cel_odbc": ("cel_odbc.so", True),
    "manager": ("manager", False),
    "logger": ("logger", False),
    "pjsip_notify": ("res_pjsip_notify.so", True),
    "pjsip": ("res_pjsip.so", False),
    "dialplan": ("pbx_config.so", False),
    "mwi": (MWI, True),
}
"""Name of the action: (AMI module, whether a host may lack it); the order is the order of the reloads."""


def reloads(names: Iterable[str], because: str) -> tuple[Reload, ...]:
    """Return the reloads of these actions in their order, each once; REGENERATE is not one of them."""
    wanted = frozenset(names)
    return tuple(Reload(module, because, optional) for name, (module, optional) in ACTIONS.items() if name in wanted)


def regenerates(names: Iterable[str]) -> bool:
    """Tell whether FreePBX has to write its files first."""
    return REGENERATE in frozenset(names)
