"""What of this PBX is in no job, and what is left out on purpose and why."""

from http import HTTPStatus

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer, AskedValue
from pbxsync_web.api.wishes import asked_value, wish
from pbxsync_web.parts import the_store
from pbxsync_web.present import told
from pbxsync_worker.core.model.coverage import Coverage, Found
from pbxsync_worker.core.model.wish import LookAtCoverage
from pbxsync_worker.core.store.people import Role


class FoundValue(Answer, frozen=True):
    """One thing; weight: 1 to 3, how much it would be missed; presets: those that hold it; partly: a job has some."""

    thing: str
    name: str
    weight: int
    count: int
    why: str
    presets: list[str]
    partly: bool


class CoverageValue(Answer, frozen=True):
    """What a worker found; at: 0 where nobody has looked; unseen: why some could not be looked at."""

    at: float
    covered: int
    missing: list[FoundValue]
    left_out: list[FoundValue]
    unseen: list[str]


@endpoint("GET /coverage", CoverageValue, role=Role.OPERATOR)
def coverage() -> CoverageValue:
    """Tell what a worker found when it last looked."""
    asked = the_store().wishes.newest(LookAtCoverage)
    if asked is None:
        return CoverageValue(0.0, 0, [], [], [])
    report = Coverage.restored(asked.answer)
    missing, left_out = [_value(one) for one in report.missing], [_value(one) for one in report.left_out]
    return CoverageValue(asked.at, report.covered, missing, left_out, [told(one) for one in report.unseen])


@endpoint("POST /coverage", AskedValue, role=Role.OPERATOR, status=HTTPStatus.ACCEPTED)
def look_at_coverage() -> AskedValue:
    """Ask a worker to look; the wish says when it has."""
    return asked_value(wish(LookAtCoverage(), me().name))


def _value(one: Found) -> FoundValue:
    names = (one.thing.value, one.name, int(one.weight), one.count)
    return FoundValue(*names, told(one.why), list(one.presets), one.partly)
