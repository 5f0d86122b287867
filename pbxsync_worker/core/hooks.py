"""The programs that this host lets run after a change: `[hooks.NAME]` in pbxsync.toml, nowhere else."""

from pathlib import PurePosixPath

from pbxsync_worker.core.model.asterisk_action import ActionKind, AsteriskAction, Hook
from pbxsync_worker.core.model.errors import Invalid

_FIELDS = frozenset({"argv", "seconds"})
_LONGEST = 3600


def hooks_of(raw: object, problems: list[str]) -> tuple[Hook, ...]:
    """Return the hooks of a TOML table; what is wrong is added to `problems`."""
    if not isinstance(raw, dict):
        problems.append("hooks must be tables such as [hooks.flush]")
        return ()
    found = []
    for name, fields in raw.items():
        wrong = _wrong(name, fields)
        if wrong:
            problems.append(f"hook {name!r}: {wrong}")
        else:
            found.append(Hook(name, tuple(fields["argv"]), float(fields.get("seconds", 30))))
    return tuple(found)


def _wrong(name: str, fields: object) -> str:
    try:
        AsteriskAction(ActionKind.HOOK, name=name)
    except Invalid as error:
        return str(error.fields["problems"])
    if not isinstance(fields, dict) or not set(fields) <= _FIELDS:
        return "it has argv and seconds, nothing else"
    argv, seconds = fields.get("argv"), fields.get("seconds", 30)
    if not isinstance(argv, list) or not argv or not all(isinstance(one, str) and "\0" not in one for one in argv):
        return "argv must be a list of texts"
    if not PurePosixPath(argv[0]).is_absolute():
        return "argv must begin with a whole path"
    whole = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= _LONGEST
    return "" if whole else f"seconds is not between 0 and {_LONGEST}"
