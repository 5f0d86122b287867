"""Who has what since when."""

from pbxsync_worker.core.model.report import Version
from pbxsync_worker.core.model.run import State
from tests.unit.core.values import A, B, inventory, run


def test_what_a_host_has_is_kept_with_the_time_since_when(store, clock):
    store.versions.keep(A, [Version("farm", "files", B, "r1", "ff", 10.0, 100.0)])
    (one,) = store.versions.of(A)
    assert (one.at, one.since, one.root) == (clock.now() - 10, clock.now() - 100, "ff")


def test_what_a_host_no_longer_has_is_gone(store):
    store.versions.keep(
        A, [Version("farm", "files", B, "r1", "ff", 1, 1), Version("farm", "rows", B, "r2", "ee", 1, 1)]
    )
    store.versions.keep(A, [Version("farm", "rows", B, "r2", "ee", 1, 1)])
    assert [one.job for one in store.versions.of()] == ["rows"]


def test_what_a_host_told_is_written_anew_once_it_ran_again(store, clock):
    store.versions.keep(A, [Version("farm", "files", B, "r1", "ff", 100.0, 100.0)])
    store.versions.keep(A, [Version("farm", "files", B, "r1", "ff", 5.0, 100.0)])
    (one,) = store.versions.of(A)
    assert one.at == clock.now() - 5


def test_a_host_that_is_forgotten_has_nothing(store):
    store.versions.keep(A, [Version("farm", "files", B, "r1", "ff", 1, 1)])
    store.versions.forget(A)
    assert store.versions.of() == ()


def ended(store, identity: str, state: State, *, here: bool = True):
    one = run(identity, target=B, here=here)
    store.runs.request([one])
    path = [State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING, State.COMMITTED]
    one = store.runs.get(identity)
    for step in path[: path.index(state) + 1] if state in path else [State.SCANNING, state]:
        one = store.runs.move(one, step)
    return one


def test_before_its_first_run_a_host_has_nothing(store):
    assert store.versions.current(B, "farm", "files") is None


def test_what_a_host_has_is_what_its_last_run_brought_however_often_it_was_proven_since(store, clock):
    theirs = inventory(a=b"1")
    one = ended(store, "r1", State.COMMITTED)
    store.inventories.expect(one, inventory(), theirs, theirs)
    store.inventories.remember(one)
    clock.move(100)
    ended(store, "r2", State.UNCHANGED)
    clock.move(10)
    has = store.versions.current(B, "farm", "files")
    assert (has.run, has.root, has.age_s, has.since_s) == ("r1", theirs.root.hex(), 10, 110)
