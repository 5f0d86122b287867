"""Presets about the PBX itself: custom files, settings, administrators, and all of it together."""

from pbxsync_worker.core.model.dataset import Condition, DeletePolicy, FileSet, Match, Place, RowPolicy
from pbxsync_worker.core.model.presets import host_specific
from pbxsync_worker.core.model.presets.tables import only, rows, store, tables, unlike, without
from pbxsync_worker.core.model.presets.types import Fits, LeftOut, Option, Parts, Preset

ASTERISK_CONFIGURATION = Preset(
    "asterisk-configuration",
    "Asterisk configuration",
    "Every file of the configuration folder that is not this host's own: dialplan, endpoints, queues, features.",
    Parts(file_sets=(FileSet(Place.ETC, exclude=("**/*.bak", "**/*~", "**/.*")),)),
    fits=Fits.PLAIN,
    leaves_out=(
        LeftOut("Addresses, keys and secrets of the host", "they are protected on every host"),
        LeftOut("Backup copies of editors", "Asterisk does not read them"),
    ),
)

_CUSTOM = (
    *("extensions_custom.conf", "extensions_override_freepbx.conf", "extensions_custom_*.conf", "globals_custom.conf"),
    *("macro*_custom.conf", "queues_custom.conf", "queues_custom_general.conf", "queues_post_custom.conf"),
    *("queues_general_custom.conf", "features_*_custom.conf", "musiconhold_custom.conf", "confbridge_custom.conf"),
    *("meetme_*_custom.conf", "res_parking_custom.conf", "pjsip_custom.conf", "pjsip_custom_post.conf"),
    "pjsip.{aor,auth,endpoint,identify,registration}_custom.conf",
    "pjsip.{aor,auth,endpoint,identify,registration}_custom_post.conf",
    *("sip_custom.conf", "sip_custom_post.conf", "sip_general_custom.conf", "sip_notify_custom.conf"),
    *("iax_custom.conf", "iax_custom_post.conf", "iax_general_custom.conf", "iax_registrations_custom.conf"),
    *("cdr_general_custom.conf", "cel_general_custom.conf", "indications_custom.conf", "logger_*_custom.conf"),
)
_CUSTOM_OF_THE_HOST = (
    *("pjsip.transports_custom.conf", "pjsip.transports_custom_post.conf", "sip_nat.conf", "http_custom.conf"),
    *("rtp_custom.conf", "udptl_custom.conf", "manager_custom.conf", "res_odbc_custom.conf", "cel_odbc_custom.conf"),
    *("*_odbc_custom.conf", "modules_custom.conf"),
)

CUSTOM_DIALPLAN = Preset(
    "custom-dialplan",
    "Custom dialplan & configuration",
    "The files that administrators write beside those of FreePBX.",
    # Not mirrored: FreePBX makes every missing file empty at its next reload, so removals would never end.
    Parts(file_sets=(FileSet(Place.ETC, "", _CUSTOM, _CUSTOM_OF_THE_HOST, DeletePolicy.KNOWN),)),
    leaves_out=(
        LeftOut("Custom transports, addresses, ports and database log-ins", "they belong to one host"),
        LeftOut("Generated files", "each host writes them by itself"),
        LeftOut("Own AGI scripts", "a peer must not bring programs unless somebody lists them"),
    ),
)

SIP_SETTINGS_PORTABLE = Preset(
    "sip-settings-portable",
    "SIP settings without addresses",
    "Codecs, timers and options of SIP and IAX; no address, port or certificate.",
    Parts(
        tables=(
            rows(
                "sipsettings",
                without("keyword", host_specific.CHAN_SIP),
            ),
            rows("iaxsettings", without("keyword", ("bindaddr", "bindport"))),
            store(
                "Sipsettings",
                without("key", host_specific.store_keys("Sipsettings")),
                *unlike("key", *(f"{beginning}%" for beginning in host_specific.BOUND)),
            ),
        )
    ),
    leaves_out=tuple(
        LeftOut(what, group.why)
        for what, group in zip(
            ("External address, local networks and binds", "Certificates", "STUN, TURN and ICE"),
            host_specific.STORE_KEYS["Sipsettings"],
            strict=True,
        )
    ),
    modules=("sipsettings",),
    reloads=("regen", "rtp", "pjsip", "dialplan"),
)


def _portable_settings() -> tuple[Condition, ...]:
    exact, beginnings = host_specific.setting_names()
    return (
        Condition("keyword", Match.NOT_IN, exact),
        *unlike("keyword", *(f"{beginning}%" for beginning in beginnings)),
        only("readonly", "0"),
        only("hidden", "0"),
    )


ADVANCED_SETTINGS_PORTABLE = Preset(
    "advanced-settings-portable",
    "Advanced settings & feature codes",
    "Settings that mean the same on every host, tones, languages, and which feature codes are switched on.",
    Parts(
        tables=(
            rows("freepbx_settings", *_portable_settings(), columns=("value",), policy=RowPolicy.UPDATE),
            rows("featurecodes", columns=("customcode", "enabled"), policy=RowPolicy.UPDATE),
            *tables("globals", "indications_zonelist", "soundlang_settings"),
        )
    ),
    options=(
        Option(
            "logging",
            "Logging",
            "How much a host logs, and where, is often its own choice.",
            on=False,
            parts=Parts(tables=tables("logfile_settings", "logfile_logfiles")),
        ),
    ),
    leaves_out=(
        *(LeftOut("Settings of the host", group.why, group.names) for group in host_specific.SETTINGS),
        LeftOut("Settings that are hidden or read-only", "FreePBX sets them by itself"),
    ),
    modules=("core", "soundlang", "logfiles"),
    reloads=("regen", "features", "indications", "dialplan"),
)

ADMIN_ACCOUNTS = Preset(
    "admin-accounts",
    "Administrators & ARI accounts",
    "Who may log in to FreePBX by its old user list, and accounts of programs that use ARI.",
    Parts(tables=(*tables("ampusers"), rows("arimanager", drop=("id",)))),
    farm="off unless somebody switches it on",
    leaves_out=(LeftOut("The accounts of FreePBX itself", "each host has its own secrets"),),
    not_yet=(
        "AMI accounts: those of programs that run on one host cannot be told from the others yet, so none travels.",
    ),
    modules=("core", "arimanager"),
    reloads=("regen", "manager", "http"),
    default_on=False,
    warning="It holds password hashes, and secrets that can be read.",
)

WHOLE_CONFIGURATION = Preset(
    "whole-configuration",
    "Whole configuration",
    "A warm replica: every preset of the configuration together.",
    includes=(
        *("extensions-users", "trunks-routes", "call-flow", "voicemail-boxes", "voicemail-greetings"),
        *("greetings-recordings", "music-on-hold", "custom-dialplan", "feature-state", "sip-settings-portable"),
        "advanced-settings-portable",
    ),
    leaves_out=(
        LeftOut("Messages, call records, call recordings and administrators", "each is asked for separately"),
        LeftOut("Tables of other modules", "only what is known and tested travels; the coverage page lists the rest"),
    ),
)
