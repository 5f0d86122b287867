"""Presets about calls: trunks, routes, and what happens to a call on its way."""

from pbxsync_worker.core.model.dataset import FamilySet
from pbxsync_worker.core.model.presets.tables import like, rows, store, tables
from pbxsync_worker.core.model.presets.types import LeftOut, Option, Parts, Preset

TRUNKS_ROUTES = Preset(
    "trunks-routes",
    "Trunks & routes",
    "Trunks with their settings, inbound and outbound routes, and caller ID look-up.",
    Parts(
        families=(FamilySet("TRUNK", "*/dialopts"),),
        tables=(
            # overlay.py has what becomes of them on arrival: switched off on a replica, with the replica's addresses.
            *tables("trunks", "pjsip"),
            *(rows(name, like("id", "tr-%")) for name in ("sip", "iax")),
            *tables("trunk_dialpatterns", "outbound_routes", "outbound_route_patterns", "outbound_route_sequence"),
            *tables("outbound_route_trunks", "outbound_route_email", "incoming", "cidlookup_incoming", "fax_incoming"),
            *tables("setcid", "pinsets", "pinset_usage", "outroutemsg"),
        ),
    ),
    farm="mirror; trunks arrive switched off on a replica, unless its policy says otherwise",
    options=(
        Option(
            "lookup-secrets",
            "Caller ID sources",
            "They may hold passwords of databases and web services.",
            on=True,
            parts=Parts(tables=tables("cidlookup")),
        ),
    ),
    leaves_out=(
        LeftOut("Transport and media address of a trunk", "they name an address of one host; each host keeps its own"),
        LeftOut("Telephony cards and their numbers", "they are hardware of one host"),
    ),
    modules=("core", "cidlookup", "setcid", "pinsets", "outroutemsg", "fax"),
    reloads=("regen", "pjsip", "chansip", "iax", "dialplan"),
)

CALL_FLOW = Preset(
    "call-flow",
    "Call flow",
    "Ring groups, queues, IVRs, time conditions, announcements, conferences, paging, parking and feature codes.",
    Parts(
        families=(FamilySet("RINGGROUP"), FamilySet("CONFERENCE"), FamilySet("QPENALTY"), FamilySet("paging", "quiet")),
        tables=(
            *tables("ringgroups", "queues_config", "queues_details", "queueprio", "ivr_details", "ivr_entries"),
            *tables("timeconditions", "timegroups_groups", "timegroups_details", "daynight", "announcement"),
            *tables("miscdests", "miscapps", "custom_extensions", "meetme", "paging_config", "paging_groups"),
            *tables("paging_autoanswer", "paging_core_routing", "parkplus", "vmblast", "vmblast_groups"),
            *tables("callrecording", "callrecording_module", "directory_details", "directory_entries", "featurecodes"),
            *(store(module) for module in ("Calendar", "Conferences", "Customappsreg", "Paging", "Queues")),
        ),
    ),
    leaves_out=(
        LeftOut("Agents that are logged in to queues", "they are true only on the host the phone talks to"),
        LeftOut("Wake-up calls", "every host would ring"),
    ),
    not_yet=("Direct inward access and languages: the keys of their tables are not known for certain.",),
    modules=(
        *("core", "ringgroups", "queues", "queueprio", "ivr", "timeconditions", "calendar", "daynight", "announcement"),
        *("miscdests", "miscapps", "customappsreg", "conferences", "paging", "parking", "vmblast", "callrecording"),
        *("directory", "featurecodeadmin"),
    ),
    requires=("extensions-users", "greetings-recordings"),
    reloads=("regen", "features", "queues", "parking", "confbridge", "dialplan"),
)
