"""What differed when somebody last looked, and since when."""

from dataclasses import replace

from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store.drift import looks
from tests.unit.core.values import A, B, run

KEY = ("farm", "files", B)
WAYS = {
    State.PREVIEWED: (State.SCANNING, State.PLANNED, State.PREVIEWED),
    State.HELD: (State.SCANNING, State.PLANNED, State.HELD),
    State.UNCHANGED: (State.SCANNING, State.UNCHANGED),
    State.FAILED: (State.SCANNING, State.FAILED),
}


def look(store, clock, state: State, **more) -> float:
    """Make a run that ends so a minute later, and return when it was asked for."""
    clock.move(60)
    number = len(store.runs.find())
    store.runs.request([replace(run(f"r{number}", target=B), **more)])
    one = store.runs.get(f"r{number}")
    for step in WAYS[state]:
        one = store.runs.move(one, step)
    return float(one.requested_at)


def only(store):
    (found,) = looks(store.database, [KEY]).values()
    return found


def test_a_difference_is_told_since_it_was_first_seen(store, clock):
    look(store, clock, State.UNCHANGED)
    first = look(store, clock, State.PREVIEWED)
    last = look(store, clock, State.HELD)
    found = only(store)
    assert (found.differs, found.since, found.run.requested_at) == (True, first, last)


def test_in_step_again_means_nothing_differs(store, clock):
    look(store, clock, State.PREVIEWED)
    look(store, clock, State.UNCHANGED)
    assert (only(store).differs, only(store).since) == (False, 0.0)


def test_a_run_that_could_not_compare_is_no_look(store, clock):
    at = look(store, clock, State.UNCHANGED)
    look(store, clock, State.FAILED)
    assert only(store).run.requested_at == at


def test_the_way_back_to_an_old_state_is_no_look(store, clock):
    look(store, clock, State.PREVIEWED, goal="r0:before")
    assert looks(store.database, [KEY]) == {}


def test_what_nobody_asks_about_is_not_told(store, clock):
    look(store, clock, State.PREVIEWED, target=A)
    assert looks(store.database, [KEY]) == {}
    assert looks(store.database, []) == {}


def test_many_are_told_at_once(store, clock):
    look(store, clock, State.PREVIEWED)
    others = [("farm", f"job-{number}", A) for number in range(2500)]
    assert list(looks(store.database, [*others, KEY])) == [KEY]
