"""What belongs to one host and never travels, with the reason; presets, gate and coverage all look here.

`core/model/protected.py` holds the same for files.
"""

import re
from dataclasses import dataclass
from functools import cache

from pbxsync_worker.core.model.pattern import matcher


@dataclass(frozen=True, slots=True)
class Never:
    """Names that never travel; `*` at the end stands for anything."""

    names: tuple[str, ...]
    why: str


def _never(names: str, why: str) -> Never:
    return Never(tuple(names.split()), why)


SETTINGS: tuple[Never, ...] = (
    _never("FREEPBX_SYSTEM_IDENT AMPWEBADDRESS SERVERINTITLE", "the name and address of this host"),
    _never(
        "AMPMGRUSER AMPMGRPASS ASTMANAGERHOST ASTMANAGERPORT ASTMANAGERPROXYPORT ASTMGRWRITETIMEOUT"
        " FPBX_ARI_USER FPBX_ARI_PASSWORD",
        "how FreePBX logs in to this Asterisk: another value cuts it off",
    ),
    _never(
        "AMPDBHOST AMPDBNAME AMPDBUSER AMPDBPASS AMPDBENGINE AMPDBPORT AMPDBSOCK CDRDBHOST CDRDBNAME CDRDBUSER"
        " CDRDBPASS CDRDBPORT CDRDBTYPE CDRDBTABLENAME CDRUSEGMT CELDBNAME CELDBTABLENAME",
        "the databases of this host and their passwords",
    ),
    _never(
        "AMPBIN AMPSBIN AMPWEBROOT AMPCGIBIN AMPLOCALBIN AMPPLAYBACK ASTAGIDIR ASTETCDIR ASTLOGDIR ASTMODDIR ASTRUNDIR"
        " ASTSPOOLDIR ASTVARLIBDIR MOHDIR MIXMON_DIR CERTKEYLOC FPBXDBUGFILE FPBX_LOG_FILE FOPWEBROOT AMPASTERISKUSER"
        " AMPASTERISKGROUP AMPASTERISKWEBUSER AMPASTERISKWEBGROUP AMPDEVUSER AMPDEVGROUP PM2SHELL WHICH_*",
        "folders, programs and users of this installation",
    ),
    _never(
        "HTTPBINDADDRESS HTTPBINDPORT HTTPTLSBINDADDRESS HTTPTLSBINDPORT HTTPTLSCERTFILE HTTPTLSPRIVATEKEY HTTPPREFIX"
        " NODEJSBINDADDRESS NODEJSBINDPORT NODEJSHTTPSBINDADDRESS NODEJSHTTPSBINDPORT NODEJSTLSCERTFILE"
        " NODEJSTLSPRIVATEKEY",
        "the addresses this host listens on, and its certificate",
    ),
    _never(
        "ASTVERSION FORCED_ASTVERSION AMPENGINE AST_APP_VQA ASTSIPDRIVER ASTCONFAPP AST_FUNC_DEVICE_STATE MODULE_REPO"
        " MODULEADMINEDGE MODULEADMIN_SKIP_CACHE AMPTRACKENABLE BROWSER_STATS NOTICE_BROWSER_STATS"
        " mainstyle_css_generated SIPUSERAGENT DEVEL DEVELRELOAD SIGNATURECHECK PHP_CONSOLE PHP_CONSOLE_PASSWORD",
        "what is installed on this host, and where its updates come from",
    ),
    _never(
        "PRE_RELOAD POST_RELOAD POST_RELOAD_DEBUG MIXMON_POST DIALPARTIESDIALPLAN",
        "commands that run on this host: a peer must not bring them",
    ),
    _never(
        "AUTHTYPE CHECKREFERER SESSION_TIMEOUT AMP_ACCESS_DB_CREDS REMOTEUNLOCK PROXY_ENABLED PROXY_ADDRESS"
        " PROXY_USERNAME PROXY_PASSWORD PM2USEPROXY PM2PROXY",
        "how this host is protected: a weaker value must not spread",
    ),
    _never("PHPTIMEZONE", "sites may lie in other time zones"),
    _never("VIEW_* BRAND_* DASHBOARD_*", "the branding that this host is licensed for"),
)
"""Keywords of `freepbx_settings`."""

TABLES: tuple[Never, ...] = (
    _never("modules module_xml admin", "which modules are installed here, and the identity of the installation"),
    _never("notifications freepbx_log", "what happened on this host"),
    _never("cron_jobs cronmanager hotelwakeup_calls", "jobs of this host: a copied one would run twice"),
    _never("ucp_sessions userman_password_reminder", "log-ins of this host"),
    _never("api_*", "programs that may log in to this host"),
    _never("certman_certs certman_csrs certman_cas", "private keys, and certificates with this host's name"),
    _never("soundlang_packages soundlang_prompts", "which sound packages are installed on this disk"),
    _never("dahdi dahdichandids", "telephony hardware of this host"),
    _never("transient_cdr", "a copy that FreePBX makes of the call records by itself"),
    _never("sysadmin_* endpoint_*", "addresses and licences of commercial modules"),
    _never("kvstore_FreePBX_Hooks kvstore_FreePBX_Media kvstore_FreePBX_Framework", "caches that FreePBX fills itself"),
    _never("kvstore_FreePBX kvstore_OOBE kvstore_Dashboard", "the state and statistics of this installation"),
    _never("kvstore_*Firewall", "networks and trusted addresses of this host: a copy can lock its administrator out"),
    _never("kvstore_*Backup kvstore_*Filestore", "backup jobs and their passwords: a copied job runs twice"),
    _never("kvstore_*Manager", "secrets of programs that run on this host"),
    _never("kvstore_*Api", "programs that may log in to this host"),
    _never("kvstore_*Cdr kvstore_*Core", "which upgrade steps this installation has done"),
    _never("kvstore_*Sysadmin kvstore_*Sipstation", "settings and licences of commercial modules"),
)
"""Tables of FreePBX's own databases."""

FAMILIES: tuple[Never, ...] = (
    _never("registrar subscription_persistence SIP IAX iax dundi", "where phones are registered on this host"),
    _never("pbx", "the identity of this Asterisk"),
    _never("Queue", "which agents are logged in on this host"),
    _never("MediaCache", "temporary files of this host"),
    _never("StasisDeviceState CustomDevstate", "lamps, which follow from other state"),
    _never("RG RECCONF CALLTRACE", "belongs to calls in progress"),
    _never("cidname privacy", "answers that this host looked up and remembers"),
    _never("dahdi EDEVICE ZULU", "devices of this host"),
)
"""Families of the AstDB."""

KEYS: tuple[Never, ...] = (
    _never("AMPUSER/*/queuehint AMPUSER/*/pausequeuehint", "FreePBX makes them again at every reload"),
)
"""Keys of families that otherwise travel."""

STORE_KEYS: dict[str, tuple[Never, ...]] = {
    "Sipsettings": (
        _never("externip externhost localnets binds", "the addresses of this host"),
        _never("pjsipcertid csipcertid certfile privkeyfile tlsportowner", "the certificate of this host"),
        _never(
            "stunaddr turnaddr turnusername turnpassword ice-blacklist ice-host-candidates",
            "how this host finds its way through its own network",
        ),
    ),
    "Userman": (
        _never(
            "adminpassresettoken unlockkey directory-last-sync-time auth-settings", "the state of this host's log-ins"
        ),
    ),
}
"""Keys of key-value stores that otherwise travel."""

CHAN_SIP: tuple[str, ...] = (
    *("bindaddr", "bindport", "tlsbindaddr", "tlsbindport", "externip_val", "externhost_val"),
    *("externip", "externhost", "externrefresh", "nat_mode"),
)
"""Keywords of `sipsettings` that are addresses of the host."""

BOUND = tuple(
    f"{protocol}{what}-"
    for protocol in ("udp", "tcp", "tls", "ws", "wss")
    for what in ("port", "extip", "extport", "localnet", "domain")
)
"""How the keys of `Sipsettings` begin that belong to one listening address."""


def _row_patterns() -> tuple[str, ...]:
    tables = [name for group in TABLES for name in group.names]
    # A dataset may name a key-value store by its module; every host then finds the real name.
    stores = [name.replace("kvstore_", "kvstore:", 1) for name in tables if name.startswith("kvstore_")]
    settings = [name for group in SETTINGS for name in group.names]
    patterns = [f"SQL/*/{{{','.join([*tables, *stores])}}}/**", f"SQL/*/freepbx_settings/{{{','.join(settings)}}}"]
    patterns.append(f"SQL/*/sipsettings/{{{','.join(CHAN_SIP)}}},*")
    for module in STORE_KEYS:
        keys = [*store_keys(module), *((f"{one}*" for one in BOUND) if module == "Sipsettings" else ())]
        patterns.append(f"SQL/*/kvstore{{_,:}}*{module}/*,{{{','.join(keys)}}}")
    return tuple(patterns)


def why_setting(keyword: str) -> str:
    """Return why a keyword of `freepbx_settings` never travels, "" where it may."""
    return _why(SETTINGS, keyword)


def why_table(name: str) -> str:
    """Return why a table never travels, "" where it may."""
    return _why(TABLES, name)


def why_key(key: bytes) -> str:
    """Return why an AstDB key (`family/rest`) never travels, "" where it may."""
    family = key.partition(b"/")[0].decode("utf-8", "surrogateescape")
    for group in KEYS:
        if matcher(group.names)(key):
            return group.why
    return _why(FAMILIES, family)


def setting_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (keywords, beginnings of keywords) that never travel."""
    names = [name for group in SETTINGS for name in group.names]
    exact = tuple(name for name in names if not name.endswith("*"))
    return exact, tuple(name[:-1] for name in names if name.endswith("*"))


def store_keys(module: str) -> tuple[str, ...]:
    """Return the keys of a module's key-value store that never travel."""
    return tuple(name for group in STORE_KEYS.get(module, ()) for name in group.names)


def _why(groups: tuple[Never, ...], name: str) -> str:
    return next((group.why for group in groups if any(_pattern(one).fullmatch(name) for one in group.names)), "")


@cache
def _pattern(name: str) -> "re.Pattern[str]":
    return re.compile(re.escape(name).replace(r"\*", ".*"))


ROW_PATTERNS: tuple[str, ...] = _row_patterns()
"""Item names of rows that never travel; they hold where settings and stores are named by their `row_key`."""


def row_key(table: str) -> tuple[str, ...] | None:
    """Return the key by which a table must be named so that what never travels is known by its name, None for any."""
    known = {"freepbx_settings": ("keyword",), "sipsettings": ("keyword", "seq", "type")}
    if table in known:
        return known[table]
    store = table.startswith("kvstore") and table.endswith(tuple(STORE_KEYS))
    return ("id", "key") if store else None
