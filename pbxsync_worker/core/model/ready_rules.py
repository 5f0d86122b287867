"""Rules that ship with the product, as data: an administrator adds one to a group or a job and changes its numbers."""

from pbxsync_worker.core.model.rule import Rule, Then

_HOUR = 3600

READY: tuple[Rule, ...] = (
    Rule("not-during-calls", "Not during calls", "local.asterisk.calls > 0", Then.WAIT, 4 * _HOUR, Then.HOLD),
    Rule(
        "not-while-callers-wait", "Not while callers wait in a queue", "local.asterisk.callers_waiting > 0",
        Then.WAIT, _HOUR, Then.HOLD,
    ),
    Rule(
        "not-from-an-unhealthy-source", "Not while the source is unhealthy",
        "remote.reachable = no or remote.asterisk.up = no", Then.SKIP, reason="the source is not healthy",
    ),
    Rule(
        "not-after-an-emergency-call", "Not within 30 minutes of an emergency call",
        "local.asterisk.since_emergency_s < 30 min", Then.WAIT, 2 * _HOUR, Then.HOLD,
    ),
    Rule(
        "maintenance-window", "Only in the maintenance window", "not within 22:00-06:00 UTC", Then.WAIT, 24 * _HOUR,
    ),
    Rule(
        "many-deletions", "Ask before many items are deleted", "plan.deletes_percent > 10 %", Then.HOLD,
        reason="many items would be deleted",
    ),
    Rule(
        "new-trunk-or-administrator", "Ask before a trunk or an administrator appears",
        "plan.new_trunks > 0 or plan.new_admins > 0", Then.HOLD, reason="a trunk or an administrator would appear",
    ),
    Rule(
        "new-commands", "Ask before the dialplan runs new commands of the system", "plan.new_commands > 0", Then.HOLD,
        reason="the dialplan would run new commands of the system",
    ),
    Rule("no-reload-during-calls", "During calls only what needs no reload", "local.asterisk.calls > 0", Then.PART),
)  # fmt: skip
