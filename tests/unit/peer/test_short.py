"""How many bytes hosts say to each other of a small run: ceilings, so that nothing is said at length unseen."""

from dataclasses import replace

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.fact import HOST_KINDS
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.report import Report, Told
from pbxsync_worker.core.model.run import Mode, Move, Numbers, State
from pbxsync_worker.core.model.sent import Sent, Way, Ways
from pbxsync_worker.core.model.sentence import join, say
from pbxsync_worker.core.store.runs import Result, SavedPlan
from pbxsync_worker.core.wire import pack
from pbxsync_worker.peer.digests import catalogue_digest, dataset_digest
from pbxsync_worker.peer.facts import telling
from pbxsync_worker.peer.messages import (
    Ask,
    AskFacts,
    Changed,
    Contents,
    Done,
    End,
    Follow,
    Message,
    Pull,
    Tell,
    Wait,
)
from pbxsync_worker.peer.smalls import smalls_of
from pbxsync_worker.peer.status import packed_plan, status_of
from pbxsync_worker.peer.wire import LINE, write
from tests.fakes.link import STREAMS

ACCEPT = (*STREAMS.accepted, f"{LINE}20000000")
OLD = {"cidname": b"Ana Lopez", "ringtimer": b"54d6c069", "voicemail": b"novm"}
NEW = {"cidname": b"Berta Mendez", "ringtimer": b"82936a50", "voicemail": b"default"}


def size(*messages: Message | bytes) -> int:
    return len(b"".join(write(messages, STREAMS, "zstd")))


def key(name: str, value: bytes) -> Item:
    return Item(f"ASTDB/AMPUSER/1234/{name}".encode(), ItemKind.KEY, len(value), digest_of(value))


def test_a_question_for_a_run_is_short():
    asked = Ask("a2c2310f342b", "farm", "keys", catalogue_digest(b"x"), Mode.APPLY, "ann")
    assert size(asked, Follow("a2c2310f342b", 1, 25.0, plan=True, accept=STREAMS.accepted)) < 90


def test_a_question_for_facts_and_changes_is_short():
    digest = dataset_digest(b"x")
    asked = AskFacts(digest, b"", digest_of(b"ours")[:16], ACCEPT)
    assert size(asked, Pull(digest, b"", digest_of(b"root"), ACCEPT)) < 120


def test_three_keys_with_the_facts_before_them_are_short():
    items = [key(name, value) for name, value in NEW.items()]
    facts = telling(HostFacts("A", clock=1_795_422_519.5), HostFacts("").lasting[:16])
    assert size(facts, Wait(), Changed(digest_of(b"root")), *smalls_of(items, NEW.values()), End(3)) < 165


def test_what_a_run_of_three_keys_did_is_short_with_its_plan_and_values():
    lines = [say("{what} {old} → {new}", what=name, old=OLD[name].decode(), new=NEW[name].decode()) for name in OLD]
    told = say("{thing} {name} changed: {what}", thing="extension", name="1234 Berta Mendez", what=join(lines))
    summary = say("{what}; reload: {reloads}; calls in progress: {calls}", what=told, reloads="-", calls=0)
    changes = tuple(Change(key(name, OLD[name]), key(name, NEW[name])) for name in OLD)
    plan = Plan("keys", changes, summary=summary, told=(told,), facts=(("plan.changes", 3), ("plan.bytes", 27)))
    diffs = {one.after.text: f"-value: {one.before.size}\n+value: {one.after.size}" for one in changes}  # type: ignore[union-attr]  # both are there
    states = (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING, State.COMMITTED)
    moves = [Move(at, "", state, 1_795_422_519.5 + at / 7, "") for at, state in enumerate(states, 2)]
    moves[1] = replace(moves[1], sentence=summary)
    done = say("{changes} changes applied, verified and committed in {seconds} s", changes=3, seconds=0.651)
    moves[-1] = replace(moves[-1], sentence=done)
    status = status_of(moves, Result(Numbers(49_000, 286_826, 3, 27, 493, 1, 0.651, 0.001)))
    contents = Contents(Sent((Ways(Way.ALONG, "", 3, 27, 27),)))
    saved = SavedPlan(plan.digest.hex(), plan, diffs)
    assert len(pack(saved)) > 1500
    assert size(Done(), Wait(), contents, packed_plan(saved), status) < 400


def test_a_report_of_all_facts_is_short():
    facts = tuple(Told(one.name, None, 0.5, say("it does not tell")) for one in HOST_KINDS)
    assert size(Tell(Report("0.1.0", 1_795_422_519.5, facts))) < 150
