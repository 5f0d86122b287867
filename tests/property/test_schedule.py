"""Whatever the clock does, whoever looks and however often it is restarted: nothing starts twice, nothing is lost."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.job import Missed, Schedule
from pbxsync_worker.core.model.occurrence import Cause, Stage
from pbxsync_worker.core.model.schedule import put_off
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.sync.schedule import GRACE, MOST, decide
from tests.unit.sync.ledger import Ledger

QUARTER, DAY = 900, 86400
BEGAN = 1_800_000_000
MISSED = "nobody could start it at its time"


@dataclass
class History:
    """A job every quarter of an hour, and what must have become of each of its times."""

    missed: Missed
    jitter: int
    now: float = BEGAN + 0.5
    mark: float = BEGAN + 0.5
    passed: dict[int, float] = field(default_factory=dict)
    on_time: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        schedule = Schedule("every 15 min", missed=self.missed, jitter=self.jitter)
        self.ledger = Ledger(Job("music", "Music", "music", "a", ("b",), schedule=schedule))
        self.ledger.look(self.now)

    def see(self) -> None:
        """Write down, by counting quarters, what has come since somebody looked last."""
        self.mark = min(self.mark, self.now)
        first = int(self.mark - self.jitter) // QUARTER * QUARTER
        for at in range(first, int(self.now) + 1, QUARTER)[-MOST:]:
            due = at + put_off(self.ledger.job.schedule, "farm/music", at)
            if self.mark < due <= self.now:
                self.passed.setdefault(at, due)
                if self.now - due <= GRACE:
                    self.on_time.add(at)
        self.mark = max([self.mark, *(due for due in self.passed.values() if due <= self.now)])

    def look(self) -> None:
        """Look once, as a scheduler that knows only what was written."""
        self.see()
        self.ledger.look(self.now)

    def look_together(self, apart: float) -> None:
        """Let two schedulers read the same, and write one after the other; who is refused looks again."""
        known = self.ledger.known()
        first = decide(known, self.now)
        self.see()
        self.ledger.write(known, first, self.now)
        self.now += apart
        second = decide(known, self.now)
        self.see()
        self.ledger.write(known, second, self.now)
        self.ledger.look(self.now)

    def settle(self) -> None:
        """Let everything that waits have its turn."""
        self.ledger.busy = False
        while self.ledger.look(self.now):
            self.ledger.busy = False

    def check(self) -> None:
        """Hold what became of each time against the policy; a second start was caught by the ledger."""
        rows = {at: one for (_, at), one in self.ledger.rows.items()}
        started = {at for cause, at in self.ledger.starts if cause is Cause.SCHEDULE}
        assert started <= set(self.passed), "started what never came"
        assert not any(one.stage is Stage.WAITING for one in rows.values())
        lost = set(self.passed) - started
        if self.missed is Missed.ALL:
            assert lost == set()
            return
        assert lost <= set(rows), "neither started nor skipped"
        for at in lost & self.on_time:
            assert as_text(rows[at].sentence) != MISSED, "one that came in time was called missed"
        if self.missed is Missed.ONCE and lost:
            # Whatever was skipped, one that was due later stood for it.
            assert max(map(self.passed.__getitem__, started)) > max(map(self.passed.__getitem__, lost))


MOVES = st.one_of(
    st.tuples(st.just("wait"), st.floats(0.1, 1000)),
    st.tuples(st.just("wait"), st.floats(0.1, 20 * QUARTER)),
    st.tuples(st.just("jump"), st.sampled_from([-DAY, DAY, -3600, 3600, -0.7, 0.7])),
    st.tuples(st.just("ended"), st.just(0.0)),
    st.tuples(st.just("look"), st.just(0.0)),
    st.tuples(st.just("together"), st.floats(0, 2)),
)


@given(st.sampled_from(Missed), st.sampled_from([0, 60, 1500]), st.lists(MOVES, max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_start_is_lost_or_doubled(missed, jitter, moves):
    history = History(missed, jitter)
    for kind, seconds in moves:
        match kind:
            case "wait" | "jump":
                history.now += seconds
            case "ended":
                history.ledger.busy = False
            case "look":
                history.look()
            case _:
                history.look_together(seconds)
    history.look()
    history.settle()
    history.check()


@given(st.sampled_from(Missed), st.lists(st.floats(0.2, 50), min_size=1, max_size=60), st.lists(st.booleans()))
@settings(max_examples=100, deadline=None)
def test_somebody_who_looks_every_minute_starts_or_folds_each_time(missed, waits, ends):
    history = History(missed, 0)
    for at, seconds in enumerate([*waits, *[60.0] * 40]):
        history.now += seconds
        history.ledger.busy = not (at < len(ends) and ends[at]) and history.ledger.busy
        history.look()
    history.settle()
    history.check()
    assert not any(as_text(one.sentence) == MISSED for one in history.ledger.rows.values())
