"""Mailboxes of voicemail.conf through the whole product: two real Asterisks, one of which rewrites the file meanwhile.

AMI's `UpdateConfig` makes Asterisk write here: the same reading, changing and writing of the whole file as where
somebody changes a PIN by phone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.session import AmiAddress, Session
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.dataset import BoxSet, Dataset
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.voicemail import mailboxes
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from scripts.lab.node import PbxNode
from tests.integration.installation import Installed, Pair, pair_of, remains

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

BOXES = Dataset("boxes", "Mailboxes", boxes=(BoxSet(),))
EVERY_SECONDS = 0.2


@pytest.fixture
def pair(pbx_node, tmp_path) -> Iterator[Pair]:
    source, target = pbx_node("A", extensions=12), pbx_node("B", extensions=8, seed=2)
    with pair_of(tmp_path, source, target, probe_seconds=10) as made:
        catalogue = made.source.here.store.catalogues.find_job(made.job)
        job = replace(catalogue.job(made.job), dataset=BOXES.name)
        grant(made.source.here, SaveCatalogue(catalogue.with_dataset(BOXES).with_job(job)), "test")
        yield made


def text(host: Installed) -> str:
    return (host.node.etc / "voicemail.conf").read_text()


def boxes(host: Installed) -> dict[str, str]:
    return mailboxes(text(host))


def edit(host: Installed, old: str, new: str) -> None:
    assert old in text(host)
    (host.node.etc / "voicemail.conf").write_text(text(host).replace(old, new))


def set_pin(node: PbxNode, box: str, value: str) -> None:
    """Let Asterisk write another value of a box of the context default."""
    names = {"Action": "Update", "Cat": "default", "Var": box, "Value": value}
    fields = {f"{name}-000000": one for name, one in names.items()}
    address = AmiAddress(*node.ami_address, node.host.ami_user, lambda: node.ami_secret)
    with Session(address, SystemClock(), 10.0) as session:
        files = {"SrcFilename": "voicemail.conf", "DstFilename": "voicemail.conf"}
        session.ask(SimpleAction("UpdateConfig", **files, **fields))


@contextmanager
def somebody_changing(node: PbxNode, box: str) -> Iterator[list[str]]:
    """Change the PIN of a box again and again; gives the values that Asterisk took, the last one at the end."""
    done: list[str] = []
    stop = threading.Event()

    def change() -> None:
        while not stop.wait(EVERY_SECONDS):
            value = f"{5000 + len(done)},By phone"
            set_pin(node, box, value)
            done.append(value)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def known(host: Installed) -> set[str]:
    """Return the mailboxes that the running Asterisk has."""
    lines = host.node.cli("voicemail show users").splitlines()
    return {line.split()[1] for line in lines if line.startswith("default ")}


def test_mailboxes_of_a_second_pbx(pair):
    """One test, because two such hosts are costly to bring up; each step stands on the one before."""
    a, b = pair.source, pair.target
    first = min(box.partition("/")[2] for box in boxes(a))
    _a_first_sync_brings_the_boxes_and_nothing_else(pair, a, b)
    _nothing_new_writes_nothing(pair, b)
    _a_pin_changed_by_phone_stays(pair, a, b, first)
    _a_pin_changed_by_phone_within_a_run_stays(pair, a, b, first)
    _a_change_on_the_source_wins_over_an_older_one_here(pair, a, b, first)
    _a_return_takes_only_back_what_the_run_brought(pair, a, b, first)
    _what_a_return_took_back_comes_again(pair, a, b)


def _a_first_sync_brings_the_boxes_and_nothing_else(pair, a, b):
    edit(b, "[general]\n", "[general]\n; this host sends the mail\nserveremail = b@example.org\n")
    edit(a, "[default]\n", "[default]\n9001=1234,New one,,,attach=no|tz=madrid\n")
    head = text(b).partition("[default]")[0]
    run = pair.sync()
    assert run.state is State.COMMITTED, run.sentence
    assert boxes(b) == boxes(a)
    assert text(b).partition("[default]")[0] == head
    assert known(b) == {box.partition("/")[2] for box in boxes(a)}
    assert pair.target.show(run.id)["result"]["reloaded"] == ["app_voicemail.so"]
    assert remains(b) == []


def _nothing_new_writes_nothing(pair, b):
    before = (b.node.etc / "voicemail.conf").stat()
    assert pair.sync().state is State.UNCHANGED
    after = (b.node.etc / "voicemail.conf").stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def _a_pin_changed_by_phone_stays(pair, a, b, first):
    set_pin(b.node, first, "7777,Changed here")
    edit(a, "9001=1234", "9001=4321")
    for state in (State.COMMITTED, State.UNCHANGED):
        assert pair.sync().state is state
        assert boxes(b)[f"default/{first}"] == "7777,Changed here"
        assert boxes(b)["default/9001"] == "4321,New one,,,attach=no|tz=madrid"


def _a_pin_changed_by_phone_within_a_run_stays(pair, a, b, first):
    for pin in range(1000, 1010):
        edit(a, boxes(a)["default/9001"], f"{pin},New one,,,attach=no|tz=madrid")
        with somebody_changing(b.node, first) as values:
            # Asterisk writes what it read before: where our exchange falls in between, the run is taken back.
            while (run := pair.sync()).state is State.ROLLED_BACK:
                assert run.error == "target-changed", run.sentence
        assert run.state is State.COMMITTED, run.sentence
        assert values
        assert boxes(b)[f"default/{first}"] == values[-1]
        assert boxes(b)["default/9001"].startswith(f"{pin},")
    assert remains(b) == []


def _a_change_on_the_source_wins_over_an_older_one_here(pair, a, b, first):
    edit(a, boxes(a)[f"default/{first}"], "8888,Changed there")
    assert pair.sync().state is State.COMMITTED
    assert boxes(b) == boxes(a)


def _a_return_takes_only_back_what_the_run_brought(pair, a, b, first):
    edit(a, "9001=", "9002=1,Another\n9001=")
    run = pair.sync()
    assert run.state is State.COMMITTED
    set_pin(b.node, first, "6666,Changed here")
    b.ask("rollback", run.id, seconds=120)
    assert "default/9002" not in boxes(b)
    assert boxes(b)[f"default/{first}"] == "6666,Changed here"
    assert "9002" not in known(b)


def _what_a_return_took_back_comes_again(pair, a, b):
    assert pair.sync().state is State.COMMITTED
    edit(a, boxes(a)["default/9001"], "4444,Newest")
    run = pair.sync()
    b.ask("rollback", run.id, seconds=120)
    assert boxes(b)["default/9001"] != "4444,Newest"
    assert pair.sync().state is State.COMMITTED
    assert boxes(b)["default/9001"] == "4444,Newest"
