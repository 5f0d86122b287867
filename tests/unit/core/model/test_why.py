"""Why a job does not run, in one sentence: what matters most first."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import OnChange, Schedule, Trigger
from pbxsync_worker.core.model.occurrence import Cause, Occurrence, SourceChange
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.why import Outlook, why_not

HOURLY = Job("music", "Music", "moh", "a", ("b",), schedule=Schedule("every hour"))
WAITING = Occurrence(
    "farm", "music", Cause.SCHEDULE, 0, 0.0, sentence=say("it waits until {names} ended well", names="x")
)


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (Outlook(HOURLY, busy=True), "It is running."),
        (Outlook(HOURLY, "north"), "It is started by north, which coordinates the group."),
        (Outlook(replace(HOURLY, paused=True)), "It is paused: only a person starts it."),
        (Outlook(replace(HOURLY, schedule=Schedule())), "Nothing starts it but a person"),
        (Outlook(HOURLY, waiting=(WAITING,)), "A start is due, and it waits until x ended well."),
        (Outlook(HOURLY, overdue=31.0), "Its time has come, but nobody looks"),
        (Outlook(HOURLY, after=("Recordings",)), "It waits until Recordings ended well."),
        (Outlook(HOURLY, changed=SourceChange(0, 0)), "Its source changed; it starts when things are quiet there."),
        (Outlook(HOURLY), "Its next time has not come yet."),
        (
            Outlook(replace(HOURLY, schedule=Schedule(), on_change=OnChange(Trigger.CHANGES))),
            "Nothing changed at its source since it started last.",
        ),
    ],
)
def test_it_says_what_matters_most(seen, says):
    assert as_text(why_not(seen)).startswith(says)
