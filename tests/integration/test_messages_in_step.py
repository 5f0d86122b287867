"""Voicemail messages through the whole product: two real Asterisks, of which one records them and both count them."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pbxsync_worker.core.model.dataset import Dataset, MessageSet
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from scripts.lab.node import PbxNode
from tests.integration.installation import Pair, pair_of, remains

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

MESSAGES = Dataset("messages", "Messages", messages=(MessageSet(),))
MOST_SECONDS = 30


@pytest.fixture
def pair(pbx_node, tmp_path) -> Iterator[Pair]:
    source, target = pbx_node("A", extensions=12), pbx_node("B", extensions=12)
    with pair_of(tmp_path, source, target, probe_seconds=10) as made:
        catalogue = made.source.here.store.catalogues.find_job(made.job)
        job = replace(catalogue.job(made.job), dataset=MESSAGES.name)
        grant(made.source.here, SaveCatalogue(catalogue.with_dataset(MESSAGES).with_job(job)), "test")
        yield made


def folder(node: PbxNode, box: str, name: str = "INBOX") -> Path:
    return node.folder / "var/spool/asterisk/voicemail/default" / box / name


def ids(node: PbxNode, box: str) -> list[str]:
    """Return what lies in the inbox, in the order in which it is heard."""
    texts = sorted(folder(node, box).glob("msg*.txt"))
    return [line for text in texts for line in text.read_text().splitlines() if line.startswith("msg_id=")]


def new_messages(node: PbxNode, box: str) -> int:
    """Return how many new messages the running Asterisk counts."""
    lines = (line.split() for line in node.cli("voicemail show users").splitlines())
    return next(int(words[-1]) for words in lines if words[:2] == ["default", box])


def leave(node: PbxNode, box: str) -> None:
    """Call a mailbox and speak for some seconds; then let the message be old enough to leave the host."""
    before = len(ids(node, box))
    for module in ("res_clioriginate.so", "app_milliwatt.so"):
        node.cli(f"module load {module}")
    node.cli(f"dialplan add extension {box},1,VoiceMail({box}@default,s) into test-voicemail")
    said = node.cli(f"channel originate Local/{box}@test-voicemail/n application Milliwatt")
    time.sleep(6)
    node.cli("channel request hangup all")
    until = time.monotonic() + MOST_SECONDS
    while len(ids(node, box)) == before and time.monotonic() < until:
        time.sleep(0.2)
    assert len(ids(node, box)) == before + 1, said
    for path in folder(node, box).glob("msg*"):
        os.utime(path, (time.time() - 60, time.time() - 60))


def test_what_a_caller_left_is_heard_on_the_other_host(pair: Pair):
    a, b = pair.source.node, pair.target.node
    box = a.cli("voicemail show users").split("default")[1].split()[0]
    leave(a, box)
    run = pair.sync()
    assert run.state is State.COMMITTED, run.sentence
    assert set(ids(a, box)) <= set(ids(b, box))
    assert new_messages(b, box) == len(ids(b, box))
    assert remains(pair.target) == []
    assert pair.sync().state is State.UNCHANGED
    _a_caller_on_the_target_loses_nothing(pair, a, b, box)
    _a_message_that_was_heard_moves(pair, a, b, box)


def _a_caller_on_the_target_loses_nothing(pair: Pair, a: PbxNode, b: PbxNode, box: str) -> None:
    leave(b, box)
    own = set(ids(b, box)) - set(ids(a, box))
    leave(a, box)
    assert pair.sync().state is State.COMMITTED
    assert set(ids(b, box)) == own | set(ids(a, box))
    assert not list(folder(b, box).glob(".lock*"))


def _a_message_that_was_heard_moves(pair: Pair, a: PbxNode, b: PbxNode, box: str) -> None:
    folder(a, box, "Old").mkdir(exist_ok=True)
    newest = max(folder(a, box).glob("msg*.txt"))
    heard = newest.read_text()
    for path in folder(a, box).glob(f"{newest.stem}.*"):
        path.rename(folder(a, box, "Old") / f"msg0000{path.suffix}")
    count = new_messages(b, box)
    assert pair.sync().state is State.COMMITTED
    assert new_messages(b, box) == count - 1
    assert [path.read_text() for path in folder(b, box, "Old").glob("msg*.txt")] == [heard]
