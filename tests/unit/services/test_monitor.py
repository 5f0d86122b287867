"""The sweeper on a real store: it wakes what nobody does, and leaves alone what somebody does."""

from itertools import pairwise

import pytest

from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.wish import Give, OfferPairing
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.monitor import Sweeper
from pbxsync_worker.wiring import Installation
from tests.fakes.clock import HandClock
from tests.fakes.waker import Wakes
from tests.unit.core.values import run


class Quiet(Installation):
    """An installation whose clock is moved by hand and whose waker wakes nobody."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.clock = HandClock()  # type: ignore[assignment]  # another Clock
        self.wakes = self.__dict__["waker"] = Wakes()
        self.sweeper = Sweeper(self)


@pytest.fixture
def here(tmp_path):
    installation = Quiet(Settings(home=tmp_path))
    yield installation
    installation.store.database.close()


def swept(here: Quiet, seconds: float = 16.0) -> list[str]:
    here.clock.move(seconds)  # type: ignore[attr-defined]  # moved by hand
    here.sweeper.step()
    return here.wakes.woken


def test_with_nothing_to_do_nobody_is_woken(here):
    assert swept(here) == []


def test_a_run_that_nobody_took_is_woken_once_its_time_has_passed(here):
    here.store.runs.request([run("r")])
    assert swept(here, 10.0) == []
    assert swept(here, 6.0) == ["execute r"]


def test_while_somebody_works_on_this_host_no_run_is_woken(here):
    here.store.runs.request([run("r")])
    with here.host_lock():
        assert swept(here) == []
    assert swept(here) == ["execute r"]


def test_a_rollout_that_nobody_coordinates_is_woken(here):
    here.store.runs.request([run("r", rollout="o", here=False)])
    with held(here.rollout_lock("o")):
        assert swept(here) == []
    assert swept(here) == ["rollout o"]


def test_a_run_that_was_cut_off_is_woken_together_with_its_rollout(here):
    here.store.runs.request([run("r", rollout="o")])
    here.store.runs.move(here.store.runs.get("r"), State.SCANNING)
    assert swept(here) == ["execute r", "rollout o"]


def test_a_wish_that_was_never_answered_is_woken(here):
    wish = here.store.wishes.add(OfferPairing(Give.SEND), "ann")
    assert swept(here, 10.0) == []
    assert swept(here, 6.0) == [f"grant {wish}"]


def test_the_patience_is_the_one_in_the_settings(tmp_path):
    here = Quiet(Settings(home=tmp_path, sweep_seconds=1))
    here.store.runs.request([run("r")])
    assert swept(here, 2.0) == ["execute r"]
    here.store.database.close()


def test_a_rollout_that_was_woken_is_woken_again_after_ever_longer_pauses(here):
    here.store.runs.request([run("r", rollout="o", here=False)])
    times = [second for second in range(16, 700) if swept(here, 1.0 if second > 16 else 16.0) and _taken(here)]
    assert [later - sooner for sooner, later in pairwise(times)][:5] == [15, 30, 60, 120, 120]


def test_a_rollout_that_somebody_coordinated_is_woken_at_once_when_he_is_gone(here):
    here.store.runs.request([run("r", rollout="o", here=False)])
    with held(here.rollout_lock("o")):
        assert [swept(here, 10.0) for _ in range(9)] == [[]] * 9
    assert swept(here, 1.0) == ["rollout o"]


def _taken(here: Quiet) -> bool:
    """Forget who was woken; tell whether anybody was."""
    woken, here.wakes.woken = here.wakes.woken, []
    return woken != []
