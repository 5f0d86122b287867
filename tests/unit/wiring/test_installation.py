"""The parts of an installation and who gets them; and tasks as RQ calls them."""

import pytest

from pbxsync_worker.core.model.errors import NotAllowed, NotFound
from pbxsync_worker.core.model.host import PeerState
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.run import Mode, State
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.jobs import execute_on
from pbxsync_worker.wiring.port import Given
from tests.unit.core.values import A, B, inventory, run
from tests.unit.wiring.conftest import Quiet


def test_a_peer_must_be_known_and_paired(here):
    with pytest.raises(NotFound):
        here.paired(B)
    here.knows(B, PeerState.PENDING)
    with pytest.raises(NotAllowed, match="not paired"):
        here.paired(B)
    here.knows(B)
    assert here.paired(B).host.id == B


def test_what_belongs_to_the_host_is_protected_and_what_its_settings_add(tmp_path):
    here = Quiet(Settings(home=tmp_path, protected=("ASTETCDIR/mine.conf",)))
    names = (b"ASTETCDIR/manager.conf", b"ASTETCDIR/mine.conf", b"ASTETCDIR/extensions.conf")
    assert [here.protected(name) for name in names] == [True, True, False]


def test_where_freepbx_is_its_files_are_protected_as_well(tmp_path):
    (tmp_path / "freepbx.conf").touch()
    here = Quiet(Settings(home=tmp_path, freepbx_conf=tmp_path / "freepbx.conf"))
    assert here.protected(b"ASTETCDIR/extensions_additional.conf")


def test_this_host_is_held_by_one_at_a_time(here):
    with here.host_lock() as mine, here.host_lock() as again:
        assert (mine, again) == (True, False)
    with here.host_lock() as later:
        assert later


def test_the_parts_of_a_run_need_its_catalogue_and_a_trusted_source(here):
    with pytest.raises(NotFound), here.parts(run()):
        pass
    here.has_catalogue()
    with pytest.raises(NotFound), here.parts(run()):
        pass
    here.knows(A)
    with here.parts(run()) as parts:
        assert (parts.dataset.name, parts.policy.rights) == ("etc", here.paired(A).policy.rights)


def test_a_way_back_needs_no_peer_and_may_write_everything(here):
    here.has_catalogue()
    with here.parts(run(mode=Mode.ROLLBACK, goal="r0:before")) as parts:
        assert parts.link.traffic() == (0, 0)
        with pytest.raises(NotFound):
            parts.link.pull(parts.dataset, None)


def test_old_states_go_with_the_contents_that_only_they_needed(tmp_path):
    here = Quiet(Settings(home=tmp_path, keep_states=1))
    store = here.store
    for number, text in enumerate((b"first", b"second", b"third")):
        here.contents.put([text], digest_of(text))
        one = run(f"r{number}")
        store.inventories.expect(one, inventory(a=text), inventory(a=text), inventory(a=b"never kept"))
        store.inventories.remember(one)
    here.tidy(thorough=False)
    assert {state.run for state in store.inventories.kept()} == {"r2"}
    assert here.contents.has(digest_of(b"first"))
    here.tidy()
    assert [here.contents.has(digest_of(text)) for text in (b"first", b"second", b"third")] == [False, False, True]
    store.database.close()


def test_a_quota_forgets_older_states_early(tmp_path):
    here = Quiet(Settings(home=tmp_path, keep_states=8, contents_quota=1))
    for number in range(4):
        text = b"%d" % number * 1000
        here.contents.put([text], digest_of(text))
        one = run(f"r{number}")
        here.store.inventories.expect(one, inventory(a=text), inventory(a=text), inventory())
        here.store.inventories.remember(one)
    here.tidy()
    assert {state.run for state in here.store.inventories.kept()} == {"r3"}
    here.store.database.close()


def test_given_inventories_are_remembered_for_a_while(here):
    given = Given(here.store)
    given.remember(inventory(a=b"x"))
    assert given.remembered(inventory(a=b"x").root) == inventory(a=b"x")
    assert given.remembered(b"\0" * 32) is None


def test_a_run_whose_host_is_held_by_another_process_is_left_to_it(here):
    here.store.runs.request([run("r")])
    with here.host_lock():
        assert execute_on(here, "r") is None
    assert here.store.runs.get("r").state is State.REQUESTED


def test_a_run_that_names_what_is_not_here_fails_before_it_begins(here):
    here.store.runs.request([run("r")])
    ended = execute_on(here, "r")
    assert ended is not None
    assert (ended.state, ended.error) == (State.FAILED, "not-found")


def test_a_run_that_was_cancelled_before_its_turn_never_begins(here):
    here.store.runs.request([run("r")])
    here.store.runs.cancel("r", "ann")
    ended = execute_on(here, "r")
    assert ended is not None
    assert [move.after for move in here.store.runs.moves("r")] == [State.REQUESTED, State.CANCELLED]


def test_a_run_that_has_ended_is_not_executed_again(here):
    here.store.runs.request([run("r")])
    first = execute_on(here, "r")
    moves = here.store.runs.moves("r")
    assert execute_on(here, "r") == first
    assert here.store.runs.moves("r") == moves


def test_what_was_cut_off_is_ended_before_any_new_work(here):
    here.store.runs.request([run("cut"), run("new")])
    here.store.runs.move(here.store.runs.get("cut"), State.SCANNING)
    execute_on(here, "new")
    assert [here.store.runs.get(one).error for one in ("cut", "new")] == ["interrupted", "not-found"]


def test_a_source_that_is_away_fails_the_run_and_changes_nothing(here):
    here.has_catalogue()
    here.knows(A)
    here.store.runs.request([run("r")])
    ended = execute_on(here, "r")
    assert ended is not None
    assert (ended.state, ended.error) == (State.FAILED, "host-unreachable")
