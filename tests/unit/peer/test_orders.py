"""What a coordinating host may ask for: catalogues of its group, runs that a job names, and news of them."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import HostUnreachable, NotAllowed, PeerLied, PeerRefused
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Policy, Right
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.run import Mode, Numbers, Run, State
from pbxsync_worker.core.store import open_store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.runs import Result
from pbxsync_worker.peer.control import PeerControl, RunStatus
from pbxsync_worker.peer.digests import catalogue_digest
from pbxsync_worker.peer.exchange import Exchange
from pbxsync_worker.peer.identity import own_identity
from pbxsync_worker.peer.messages import Ask, Done, Follow, Give, Message, Moved, Status, Wait
from pbxsync_worker.peer.wire import write
from tests.fakes.clock import HandClock
from tests.fakes.inventories import InventoryMemory
from tests.fakes.link import DATASET, STREAMS, MemoryData, ScriptedTransport, WsgiTransport, app_for, peer_of


class BusyClock(HandClock):
    """A clock by hand that does something once while somebody sleeps on it."""

    def __init__(self):
        super().__init__()
        self.meanwhile = None

    def after(self, seconds, act):
        self.meanwhile = (self.monotonic() + seconds, act)

    def sleep(self, seconds):
        super().sleep(seconds)
        if self.meanwhile is not None and self.monotonic() >= self.meanwhile[0]:
            (_, act), self.meanwhile = self.meanwhile, None
            act()


class Farm:
    """Three hosts; `me` is the one that is asked, `boss` coordinates and is the source."""

    def __init__(self, root):
        self.me, self.boss, self.other = (own_identity(root / name, Disk()) for name in ("me", "boss", "other"))
        self.clock = BusyClock()
        self.store = open_store(f"sqlite:///{root / 'store.sqlite'}", self.clock)
        self.store.hosts.set_me(Host(self.me.id, "me", ""))
        self.store.hosts.save(peer_of(self.boss, "boss"))
        self.store.hosts.save(peer_of(self.other, "other", policy=Policy(frozenset({Right.READ}))))
        self.woken: list[str] = []
        app = app_for(
            self.me,
            self.store,
            MemoryData(),
            InventoryMemory(),
            asks=lambda: self.boss.certificate,
            clock=self.clock,
            enqueue=self.woken.append,
        )
        self.control = PeerControl(Exchange("me", WsgiTransport(app), STREAMS))

    def catalogue(self, version=1, hosts=None, **values):
        job = Job("files", "Files", "files", self.boss.id, (self.me.id,))
        members = tuple(Host(one.id, one.id[:6], "") for one in (hosts or (self.me, self.boss)))
        given = Catalogue("farm", "Farm", GroupKind.FARM, self.boss.id, version, members, (DATASET,), (job,))
        return replace(given, **values)

    def signed(self, signer=None, catalogue=None):
        signer = signer or self.boss
        document = document_of(catalogue or self.catalogue())
        return Signed(document, signer.id, signer.sign(document))

    def run(self, **values):
        given = {"id": "run1", "group": "farm", "job": "files", "source": self.boss.id, "target": self.me.id}
        given |= {"mode": Mode.APPLY, "state": State.REQUESTED, "requested_by": "ann"}
        return Run(**(given | values))


@pytest.fixture
def farm(tmp_path):
    made = Farm(tmp_path)
    yield made
    made.store.database.close()


def ask(farm, *messages: Message) -> None:
    follow = Follow("run1", 0, 0.0, plan=False)
    list(farm.control._exchange.ask("/v1/run", [*messages, follow], 2**16))


def test_a_newer_catalogue_replaces_the_known_one_and_the_same_one_is_fine(farm):
    farm.control.give_catalogue(farm.signed())
    farm.control.give_catalogue(farm.signed())
    farm.control.give_catalogue(farm.signed(catalogue=farm.catalogue(version=2)))
    assert farm.store.catalogues.current("farm").version == 2


def test_an_older_catalogue_is_refused(farm):
    farm.control.give_catalogue(farm.signed(catalogue=farm.catalogue(version=2)))
    with pytest.raises(PeerRefused, match="not newer"):
        farm.control.give_catalogue(farm.signed())


def test_what_the_old_primary_changed_since_does_not_take_a_promotion_back(farm):
    farm.control.give_catalogue(farm.signed())
    farm.store.catalogues.save(farm.signed(farm.me, farm.catalogue().promoted(farm.me.id)))
    with pytest.raises(PeerRefused, match="not newer"):
        farm.control.give_catalogue(farm.signed(catalogue=farm.catalogue(version=900_000)))


def test_an_old_primary_cannot_have_a_run_of_the_job_as_it_led_before(farm):
    farm.store.catalogues.save(farm.signed(farm.me, farm.catalogue().promoted(farm.me.id)))
    with pytest.raises(PeerRefused, match="not newer"):
        farm.control.ask_run(farm.run(), farm.signed())
    assert (farm.store.runs.find(), farm.woken) == ((), [])


def test_a_catalogue_signed_by_a_host_without_the_right_is_refused(farm):
    with pytest.raises(PeerRefused, match="right to coordinate"):
        farm.control.give_catalogue(farm.signed(farm.other))


def test_a_catalogue_signed_by_this_host_itself_is_taken_back(farm):
    farm.control.give_catalogue(farm.signed(farm.me))
    assert farm.store.catalogues.current("farm").version == 1


def test_a_host_that_is_no_member_cannot_take_a_group_over(farm):
    farm.store.catalogues.save(farm.signed(farm.me, farm.catalogue(hosts=(farm.me, farm.other))))
    with pytest.raises(PeerRefused, match="not a member"):
        farm.control.give_catalogue(farm.signed(catalogue=farm.catalogue(version=9)))


def test_a_catalogue_with_a_dataset_outside_of_the_places_is_refused(farm):
    bad = farm.catalogue(datasets=(Dataset("files", "", (FileSet(Place.ETC, "../.."),)),))
    with pytest.raises(PeerRefused, match="below its place"):
        farm.control.give_catalogue(farm.signed(catalogue=bad))


@pytest.mark.parametrize("document", [b"", b"\xc1", b"\x80"])
def test_a_signed_document_that_is_no_catalogue_is_refused(farm, document):
    with pytest.raises(PeerRefused):
        farm.control.give_catalogue(Signed(document, farm.boss.id, farm.boss.sign(document)))


def test_a_run_is_stored_as_new_whatever_it_claims(farm):
    claimed = farm.run(state=State.COMMITTED, token=7, cancel_by="x", here=False, sentence="done", requested_at=1.0)
    farm.control.ask_run(claimed, farm.signed())
    stored = farm.store.runs.get("run1")
    assert (stored.state, stored.token, stored.cancel_by, stored.sentence) == (State.REQUESTED, 0, "", "")
    assert stored.here
    assert stored.requested_by == "ann at boss"
    assert farm.woken == ["run1"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"id": "../../x"}, "id"), ({"job": "unknown"}, "no job"), ({"group": "unknown"}, "not the one")],
)
def test_it_refuses_a_run(farm, values, reason):
    signed = farm.signed()
    named = {"id": "run1", "group": "farm", "job": "files", "catalogue": catalogue_digest(signed.document)}
    asked = Ask(**(named | values), mode=Mode.APPLY, by="ann")
    with pytest.raises(PeerRefused, match=reason):
        ask(farm, Give(signed.document, signed.signer, signed.signature), asked)
    assert farm.woken == []


def test_a_job_for_other_hosts_is_refused(farm):
    job = replace(farm.catalogue().jobs[0], targets=(farm.other.id,))
    with pytest.raises(PeerRefused, match="does not bring this host"):
        farm.control.ask_run(farm.run(), farm.signed(catalogue=farm.catalogue(jobs=(job,))))


def test_a_run_whose_job_has_another_source_by_now_is_not_asked_for(farm):
    with pytest.raises(NotAllowed, match="another source"):
        farm.control.ask_run(farm.run(source=farm.other.id), farm.signed())
    assert farm.woken == []


def test_the_catalogue_travels_only_where_it_is_not_known(farm):
    transport = farm.control._exchange._transport
    farm.control.ask_run(farm.run(), farm.signed())
    assert transport.requests == 2
    farm.control.ask_run(farm.run(id="run2"), farm.signed())
    assert transport.requests == 3
    assert farm.woken == ["run1", "run2"]


def test_a_known_catalogue_whose_signer_lost_his_right_starts_no_run(farm):
    farm.store.catalogues.save(farm.signed(farm.other))
    with pytest.raises(PeerRefused, match="right to coordinate"):
        farm.control.ask_run(farm.run(), farm.signed(farm.other))


def test_another_catalogue_than_the_named_one_is_refused(farm):
    asked = Ask("run1", "farm", "files", b"\1" * 16, Mode.APPLY, "ann")
    signed = farm.signed()
    given = Give(signed.document, signed.signer, signed.signature)
    with pytest.raises(PeerRefused, match="not the one"):
        ask(farm, given, asked)


def test_a_run_that_was_taken_is_taken_although_the_link_breaks(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    answer = b"".join(write([Done(), Wait()], STREAMS, "zstd"))[:-3]

    class Breaking(ScriptedTransport):
        def request(self, path, body):
            yield from super().request(path, body)
            raise HostUnreachable(host="me", reason="gone")

    breaking = PeerControl(Exchange("me", Breaking(answer), STREAMS))
    assert breaking.ask_run(farm.run(), farm.signed(), 2.0).moves == ()
    with pytest.raises(HostUnreachable):
        PeerControl(Exchange("me", Breaking(b""), STREAMS)).ask_run(farm.run(), farm.signed())


def test_an_ended_run_is_told_at_once(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    farm.store.runs.move(farm.store.runs.get("run1"), State.FAILED, "no", "code")
    before = farm.clock.monotonic()
    (move,) = farm.control.follow("run1", after_move=1, before="REQUESTED").moves
    assert (move.before, move.after, move.sentence, move.error) == ("REQUESTED", State.FAILED, "no", "code")
    assert farm.control.follow("run1", after_move=2).moves == ()
    assert farm.clock.monotonic() == before


def test_what_was_measured_arrives_as_it_was(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    result = Result(Numbers(1, 2, 3, 4, 5, 6, 0.5, 0.25), ("res_pjsip",), (Finding(Level.WARNING, "a", "b"),))
    farm.store.runs.save_result("run1", result)
    assert farm.control.follow("run1", wait_seconds=0).result == result


def test_a_source_without_the_right_to_write_is_refused(farm):
    farm.store.hosts.set_policy(farm.boss.id, Policy(frozenset({Right.COORDINATE})))
    with pytest.raises(PeerRefused, match="right to write"):
        farm.control.ask_run(farm.run(), farm.signed())


def test_a_rollback_needs_no_source_but_a_goal(farm):
    farm.control.ask_run(farm.run(source=farm.me.id, goal="run0:before", mode=Mode.ROLLBACK), farm.signed())
    assert farm.store.runs.get("run1").source == farm.me.id
    assert farm.woken == ["run1"]


def test_following_waits_for_moves_and_gives_the_plan_when_asked(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    plan = Plan("files", ())
    farm.store.runs.save_plan("run1", plan, {"ASTETCDIR/x": "+ a line"})
    heard: list[RunStatus] = []
    farm.control.follow("run1", heard=heard.append, plan=True)
    status = heard[0]
    assert [move.after for move in status.moves] == [State.REQUESTED]
    assert status.plan is not None
    assert status.plan.digest == plan.digest.hex()
    assert status.plan.diffs == {"ASTETCDIR/x": "+ a line"}
    assert farm.control.follow("run1", wait_seconds=0.0).plan is None


def test_a_run_is_told_of_as_it_goes_on_in_one_answer(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    farm.store.runs.move(farm.store.runs.get("run1"), State.SCANNING)
    heard: list[RunStatus] = []
    requests = farm.control.requests
    farm.clock.after(5.0, lambda: farm.store.runs.move(farm.store.runs.get("run1"), State.FAILED, "no", "code"))
    last = farm.control.follow("run1", 1, heard=heard.append, before="REQUESTED")
    assert [[move.after for move in one.moves] for one in heard] == [[State.SCANNING]]
    assert [(move.before, move.after) for move in last.moves] == [("SCANNING", State.FAILED)]
    assert farm.control.requests == requests + 1


def test_a_run_that_waits_for_its_rules_is_told_of_at_once(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    farm.store.runs.move(farm.store.runs.get("run1"), State.WAITING, "calls go on")
    before = farm.clock.monotonic()
    assert farm.control.follow("run1", 1, before="REQUESTED").moves == ()
    assert farm.clock.monotonic() - before < 5


def test_what_tells_of_a_run_without_end_is_a_lie(farm):
    answer = b"".join(write([Status((), more=True)] * 200, STREAMS))
    with pytest.raises(PeerLied, match="again and again"):
        PeerControl(Exchange("evil", ScriptedTransport(answer), STREAMS)).follow("run1")


def test_a_long_plan_travels_compressed(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    farm.store.runs.save_plan("run1", Plan("files", ()), {"ASTETCDIR/x": "+ a line\n" * 20_000})
    before = farm.control._exchange.moved
    farm.control.follow("run1", plan=True)
    assert farm.control._exchange.moved - before < 5_000


def test_following_gives_up_waiting_after_the_asked_time(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    before = farm.clock.monotonic()
    assert farm.control.follow("run1", after_move=1, wait_seconds=5).moves == ()
    assert 5 <= farm.clock.monotonic() - before < 6


def test_the_beginning_of_an_id_is_not_enough(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    with pytest.raises(PeerRefused, match="no run"):
        farm.control.follow("run")


def test_cancelling_names_who_and_where(farm):
    farm.control.ask_run(farm.run(), farm.signed())
    farm.control.cancel("run1", "ann")
    assert farm.store.runs.get("run1").cancel_by == "ann at boss"
    assert farm.woken == ["run1", "run1"]


def test_a_ping_says_who_is_there(farm):
    assert farm.control.ping().id == farm.me.id


@pytest.mark.parametrize("asked", ["ping", "follow", "cancel"])
def test_another_answer_than_the_expected_one_is_a_lie(farm, asked):
    wrong: list[list[Message | bytes]] = [[Done(), Done()], [Status(()), Done()], [Done(), b"x"]]
    answers = [b"".join(write(one, STREAMS)) for one in wrong]
    questions = {
        "ping": lambda control: control.ping(),
        "follow": lambda control: control.follow("run1"),
        "cancel": lambda control: control.cancel("run1", "ann"),
    }
    for answer in answers:
        with pytest.raises(PeerLied, match="evil"):
            questions[asked](PeerControl(Exchange("evil", ScriptedTransport(answer), STREAMS)))


def test_a_sentence_without_end_is_a_lie(farm):
    answer = b"".join(write([Status((Moved(2, State.SCANNING, 1000, "x" * 10_000),))], STREAMS))
    with pytest.raises(PeerLied, match="8000"):
        PeerControl(Exchange("evil", ScriptedTransport(answer), STREAMS)).follow("run1")


def test_the_source_of_a_job_tells_that_it_changed(farm):
    farm.store.catalogues.save(farm.signed())
    farm.control.changed("farm", "files")
    assert list(farm.store.occurrences.changes()) == [("farm", "files")]


def test_another_host_cannot_say_that_the_source_changed(farm):
    job = Job("files", "Files", "files", farm.other.id, (farm.boss.id,))
    members = (farm.me, farm.boss, farm.other)
    farm.store.catalogues.save(farm.signed(farm.me, farm.catalogue(hosts=members, jobs=(job,))))
    with pytest.raises(PeerRefused, match="not the source of job files"):
        farm.control.changed("farm", "files")
    assert farm.store.occurrences.changes() == {}


def test_a_catalogue_whose_jobs_undo_each_other_is_refused(farm):
    back = Job("back", "Back", "files", farm.me.id, (farm.boss.id,))
    with pytest.raises(PeerRefused, match="in a circle"):
        farm.control.give_catalogue(farm.signed(catalogue=farm.catalogue(jobs=(*farm.catalogue().jobs, back))))
