"""Presets about sound and history: recordings, music, and records of calls."""

from pbxsync_worker.core.model.dataset import DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.presets.tables import records, tables
from pbxsync_worker.core.model.presets.types import Fits, LeftOut, Option, Parts, Preset

GREETINGS_RECORDINGS = Preset(
    "greetings-recordings",
    "Greetings & recordings",
    "Announcements that were recorded or uploaded here, with their names.",
    Parts(
        file_sets=(FileSet(Place.VARLIB, "sounds", ("*/custom/**", "custom/**"), ("**/*.part",), DeletePolicy.MIRROR),),
        tables=tables("recordings", "soundlang_customlangs"),
    ),
    fits=Fits.BOTH,
    leaves_out=(LeftOut("Sound packs", "each host installs them with its own package manager"),),
    modules=("recordings", "soundlang"),
    reloads=("regen", "dialplan"),
)

MUSIC_ON_HOLD = Preset(
    "music-on-hold",
    "Music on hold",
    "All classes of music with their files.",
    Parts(
        file_sets=(FileSet(Place.VARLIB, "moh", ("**",), (".nomusic_reserved/**", "**/*.part"), DeletePolicy.MIRROR),),
        tables=tables("music"),
    ),
    fits=Fits.BOTH,
    leaves_out=(
        LeftOut("The silent class", "FreePBX makes it on each host"),
        LeftOut("A music folder of another name", "only the usual folder `moh` is known"),
    ),
    modules=("music",),
    reloads=("regen", "moh"),
    warning="A class can be a command that Asterisk runs: look at the plan before you apply it.",
)

CALL_RECORDS = Preset(
    "call-records",
    "Call records",
    "The history of calls, collected: what is missing is added, nothing is ever changed or removed.",
    Parts(tables=(records("cdr"),)),
    farm="collect",
    options=(
        Option(
            "cel",
            "Call events",
            "Five to fifteen rows a call, which few reports need.",
            on=False,
            parts=Parts(tables=(records("cel"),)),
        ),
        Option(
            "queuelog",
            "Log of queues",
            "Only where Asterisk writes it into the database, with a number for each line.",
            on=False,
            parts=Parts(tables=(records("queuelog"),)),
        ),
    ),
    leaves_out=(
        LeftOut("The short copy of recent calls", "FreePBX makes it by itself"),
        LeftOut("The numbers of call events", "each host counts its own"),
        LeftOut("Records that a host collected", "each host gives only those that it wrote itself"),
    ),
    modules=("cdr", "cel"),
)

CALL_RECORDINGS = Preset(
    "call-recordings",
    "Call recordings",
    "The audio of recorded calls, collected: what is missing is added, nothing is removed.",
    Parts(
        file_sets=(
            FileSet(
                Place.SPOOL,
                "monitor",
                ("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]/**",),
                ("**/*.part",),
                DeletePolicy.NEVER,
            ),
        )
    ),
    farm="collect",
    fits=Fits.BOTH,
    leaves_out=(LeftOut("Recordings outside the usual folder", "the setting MIXMON_DIR belongs to one host"),),
    not_yet=(
        "A recording that is still being written makes the run start again later: use it outside office hours.",
        "Two recordings of one name that differ are not kept both.",
    ),
)
