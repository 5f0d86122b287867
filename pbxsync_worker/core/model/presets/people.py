"""Presets about people: their extensions, mailboxes, greetings and what they set by phone."""

from pbxsync_worker.core.model.dataset import (
    BoxSet,
    DeletePolicy,
    FamilySet,
    FileSet,
    Keep,
    MessageSet,
    Place,
    RowPolicy,
)
from pbxsync_worker.core.model.presets import host_specific
from pbxsync_worker.core.model.presets.tables import only, rows, store, tables, unlike, without
from pbxsync_worker.core.model.presets.types import Fits, LeftOut, Option, Parts, Preset

ADDRESSES = ("transport", "media_address")
"""Keywords of `sip` rows that name an address of the host."""

_CERTIFICATES = LeftOut("Certificates of encrypted calls", "their keys belong to one host")

EXTENSIONS_USERS = Preset(
    "extensions-users",
    "Extensions & users",
    "Everybody's extension with its device, user account, follow-me, presence and contacts.",
    Parts(
        families=(FamilySet("AMPUSER"), FamilySet("DEVICE")),
        tables=(
            *tables("users", "devices"),
            rows("sip", *unlike("id", "tr-%"), without("keyword", ADDRESSES)),
            rows("iax", *unlike("id", "tr-%")),
            *tables("findmefollow", "presencestate_list", "presencestate_prefs", "fax_users"),
            rows("callrecording_module", only("display", "extensions", "users")),
            *tables("voicemail_admin", "userman_users", "userman_users_settings", "userman_groups"),
            *tables("userman_groups_settings", "userman_ucp_templates", "userman_template_settings"),
            *tables("userman_call_activity_groups", "userman_call_activity_users"),
            *tables("contactmanager_groups", "contactmanager_group_entries", "contactmanager_entry_numbers"),
            *tables("contactmanager_entry_emails", "contactmanager_entry_websites", "contactmanager_entry_xmpps"),
            *tables("contactmanager_entry_images", "contactmanager_entry_userman_images"),
            *tables("contactmanager_entry_speeddials", "contactmanager_general_favorites"),
            store("Userman", without("key", host_specific.store_keys("Userman"))),
            store("Contactmanager"),
            store("Voicemail", only("id", "vmmapping")),
        ),
        boxes=(BoxSet(),),
    ),
    options=(
        Option(
            "directories",
            "User directories",
            "LDAP and Active Directory servers, and the passwords to them, may differ from host to host.",
            on=False,
            parts=Parts(tables=tables("userman_directories")),
        ),
        Option(
            "presence",
            "Presence messages",
            "What people set as their presence is true on the host their phone talks to.",
            on=False,
            parts=Parts(families=(FamilySet("CustomPresence"),)),
        ),
    ),
    leaves_out=(
        LeftOut("Transport and media address of a device", "they name an address of one host; each host keeps its own"),
        LeftOut("Hints of queue log-ins", "FreePBX makes them again at every reload"),
        LeftOut("Password reset tokens and log-in settings", "they belong to the host somebody logs in to"),
        _CERTIFICATES,
    ),
    not_yet=(
        "Which certificate an extension uses for encrypted calls (certman_mapping, webrtc_clients).",
        "Personal favourites of contacts: their table has no key.",
        "The transport and media address of a removed extension stay behind in two rows of the target.",
    ),
    modules=(
        *("core", "userman", "voicemail", "findmefollow", "presencestate", "contactmanager", "fax", "callrecording"),
    ),
    needs=(
        "The same extension mode (extensions, or devices and users)",
        "The same major version of FreePBX",
        "Equal versions, or equal tables, of the modules",
    ),
    reloads=("regen", "voicemail", "queues", "pjsip", "chansip", "iax", "dialplan"),
)

VOICEMAIL_BOXES = Preset(
    "voicemail-boxes",
    "Voicemail boxes",
    "Mailboxes with their PIN, name, e-mail and options, and what callers may do there.",
    Parts(
        families=(
            FamilySet("AMPUSER", "*/voicemail"),
            FamilySet("AMPUSER", "*/novmpw"),
            FamilySet("AMPUSER", "*/vmx/**"),
        ),
        tables=(
            *tables("voicemail_admin"),
            rows("users", columns=("voicemail",), policy=RowPolicy.UPDATE),
            store("Voicemail"),
        ),
        boxes=(BoxSet(),),
    ),
    leaves_out=(
        LeftOut("Server name and mail command of voicemail.conf", "they belong to the host that sends the mail"),
        LeftOut("Messages", "they have a preset of their own"),
    ),
    modules=("core", "voicemail"),
    reloads=("voicemail",),
)

VOICEMAIL_MESSAGES = Preset(
    "voicemail-messages",
    "Voicemail messages",
    "What callers left, by message, whatever its number on a host.",
    Parts(messages=(MessageSet(),)),
    fits=Fits.BOTH,
    leaves_out=(
        LeftOut("A message of the last 15 seconds", "it comes with the next run, when it is certainly complete"),
        LeftOut("The number of a message", "each host counts its own; a message is known by its id and its sound"),
        LeftOut("What people move or hear on the target", "it stays as they left it until the source changes it too"),
        LeftOut("Mailboxes that keep their messages in a database or on an IMAP server", "they have no files"),
    ),
    modules=("voicemail",),
    reloads=("mwi",),
)

VOICEMAIL_GREETINGS = Preset(
    "voicemail-greetings",
    "Voicemail greetings",
    "What callers hear before the tone: unavailable, busy, temporary and name recordings.",
    Parts(
        file_sets=(
            FileSet(
                Place.SPOOL,
                "voicemail",
                ("*/*/{unavail,busy,greet,temp}.*",),
                ("device/**",),
                DeletePolicy.MIRROR,
                Keep(mtime=False),
            ),
        )
    ),
    fits=Fits.BOTH,
    leaves_out=(
        LeftOut("Messages", "they have a preset of their own"),
        LeftOut("The folder `device`", "it holds links that FreePBX makes on each host"),
    ),
)

FEATURE_STATE = Preset(
    "feature-state",
    "Feature state",
    "What people set by phone: call forward, do not disturb, call waiting, follow-me, blacklist, toggles.",
    Parts(
        families=(
            *(FamilySet(family) for family in ("CF", "CFB", "CFU", "CW", "DND")),
            FamilySet("AMPUSER", "*/followme/**"),
            FamilySet("AMPUSER", "*/cfringtimer"),
            FamilySet("AMPUSER", "*/screen"),
            FamilySet("AMPUSER", "*/vmx/**"),
            FamilySet("blacklist"),
            FamilySet("CM", "speeddial/**"),
        )
    ),
    farm="mirror, both ways while a replica serves the phones",
    options=(
        Option(
            "toggles",
            "Call flow toggles and time condition overrides",
            "A site in another time zone may want to switch its night mode by itself.",
            on=True,
            parts=Parts(families=(FamilySet("DAYNIGHT", "C*"), FamilySet("TC"))),
        ),
    ),
    leaves_out=(
        LeftOut("Lamps", "they follow from the state: each host sets its own after a run"),
        LeftOut("Registrations and queue log-ins", "they are true only on the host the phone talks to"),
    ),
)
