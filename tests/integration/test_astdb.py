"""The AstDB of a real Asterisk: the contracts, 10,000 keys, its own writes in between, and its sudden end."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.database import AstdbOverAmi
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.durable import Disk
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.dataset import Dataset, FamilySet
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from pbxsync_worker.core.model.step import Step, Undone
from pbxsync_worker.datasets.astdb import AstdbData, AstdbFile
from pbxsync_worker.datasets.astdb.keys import Keys, item_of
from scripts.lab.node import PbxNode
from tests.contract.test_host_data_astdb import AstdbDataContract, AstdbHost, Host, KeysContract

pytestmark = pytest.mark.integration

MANY = 10_000
FEATURES = Dataset("d", "D", families=(FamilySet("AMPUSER"), FamilySet("pbx"), FamilySet("CF")))


def database_of(node: PbxNode, user: str = "", secret: str = "") -> AstdbOverAmi:
    ami = AmiAddress(*node.ami_address, user or node.host.ami_user, lambda: secret or node.ami_secret)
    control = node.folder / "run/asterisk.ctl"
    return AstdbOverAmi(ami, SystemClock(), deadline=10.0, control=control)


def path_of(node: PbxNode) -> Path:
    return node.folder / "var/lib/asterisk/astdb.sqlite3"


def data_of(node: PbxNode, home: Path) -> AstdbData:
    asterisk = database_of(node)
    file = AstdbFile(path_of(node), Disk(), SystemClock(), lambda: not asterisk.running())
    return AstdbData(asterisk, file, matcher(ALWAYS), home, Disk())


def clear(keys: Keys) -> None:
    for family in (b"T", b"t", b"TT", b"AMPUSER"):
        for key in keys.tree(family):
            keys.remove(key)


@pytest.fixture(scope="module")
def node(module_pbx_node):
    return module_pbx_node("astdb", extensions=2)


class TestRealKeys(KeysContract):
    @pytest.fixture
    def keys(self, node: PbxNode) -> Iterator[Keys]:
        with database_of(node) as keys:
            clear(keys)
            yield keys


class TestRealData(AstdbDataContract):
    @pytest.fixture
    def host(self, node: PbxNode, tmp_path: Path) -> Iterator[Host]:
        with database_of(node) as asterisk:
            clear(asterisk)
            data = data_of(node, tmp_path / "home")
            host = AstdbHost(asterisk, asterisk, AstdbFile(path_of(node), Disk(), SystemClock(), bool), tmp_path)
            host.data = data
            yield host
            data.discard("r")


def many(seed: int) -> dict[bytes, bytes]:
    """Generate keys in FreePBX's shapes, with every kind of value that AMI carries."""
    chance = random.Random(seed)
    letters = "abcXYZ 0123456789ñÜ日本🎉|,;\"'\\%$&<>=:_~"
    names = ("cidname", "recording", "recording/in/external", "followme/ddial", "vmx/busy/state", "noanswer", "odd é")
    found = {}
    for number in range(MANY):
        key = f"AMPUSER/{2000 + number // len(names)}/{names[number % len(names)]}".encode()
        text = "".join(chance.choices(letters, k=chance.choice((0, 1, 4, 20, 60)))).lstrip()
        found[key] = text.encode() if chance.random() > 0.02 else text.encode() + b"\xff \xe9"
    return found


def changes_between(ours: dict[bytes, bytes], theirs: dict[bytes, bytes]) -> list[Change]:
    def one(of: dict[bytes, bytes], key: bytes) -> Item | None:
        return item_of(key, of[key]) if key in of else None

    keys = sorted(ours.keys() | theirs.keys())
    return [Change(one(ours, key), one(theirs, key)) for key in keys if ours.get(key) != theirs.get(key)]


def content_of(theirs: dict[bytes, bytes]) -> Callable[[Change], list[bytes]]:
    return lambda change: [theirs[change.name.removeprefix(b"ASTDB/")]]


def run(data: AstdbData, steps: Sequence[Step]) -> None:
    for step in steps:
        data.act(step)
    data.settle("r", steps, None)


def test_ten_thousand_keys_are_exact_while_asterisk_writes(pbx_node, tmp_path):
    node, theirs = pbx_node("many", extensions=2), many(1)
    data, stop, wrote = data_of(node, tmp_path / "home"), threading.Event(), {}

    def phones() -> None:
        with database_of(node) as asterisk:
            for number in range(100_000):
                if stop.is_set():
                    return
                key, value = f"CF/{number % 500}".encode(), str(number).encode()
                asterisk.put(key, value)
                wrote[key] = value
                time.sleep(0.001)

    thread = threading.Thread(target=phones)
    thread.start()
    try:
        began = time.monotonic()
        steps = data.prepare("r", changes_between({}, theirs), content_of(theirs))
        run(data, steps)
        print(f"{MANY} keys staged, written and read back in {time.monotonic() - began:.2f} s")
        began = time.monotonic()
        found = data.inventory(FEATURES)
        print(f"inventory of {len(found.items)} keys in {time.monotonic() - began:.2f} s")
    finally:
        stop.set()
        thread.join()
    assert {name: item for name, item in found.items.items() if name.startswith(b"ASTDB/AMPUSER/")} == {
        b"ASTDB/" + key: item_of(key, value) for key, value in theirs.items()
    }
    with database_of(node) as asterisk:
        assert asterisk.tree(b"CF") == wrote
        assert len(wrote) > 100
    # What was settled is in the file: nothing is lost with the process.
    node.kill()
    with sqlite3.connect(path_of(node)) as link:
        rows = link.execute("SELECT CAST(key AS BLOB), CAST(value AS BLOB) FROM astdb WHERE key LIKE '/AMPUSER/%'")
        assert dict(rows) == {b"/" + key: value for key, value in theirs.items()}
    link.close()


def test_what_changed_between_is_kept_when_a_run_is_undone(node, tmp_path):
    old = {f"T/{number}".encode(): b"old" for number in range(200)}
    new = {f"T/{number}".encode(): b"new" for number in range(100, 300)}
    with database_of(node) as asterisk:
        clear(asterisk)
        for key, value in old.items():
            asterisk.put(key, value)
        data = data_of(node, tmp_path / "home")
        steps = data.prepare("r", changes_between(old, new), content_of(new))
        run(data, steps)
        assert asterisk.tree(b"T") == new
        asterisk.put(b"T/150", b"mine")
        found = [data.undo(step) for step in reversed(steps)]
        data.settle("r", steps, None)
        assert found.count(Undone.KEPT) == 1
        assert asterisk.tree(b"T") == old | {b"T/150": b"mine"}


def test_what_must_never_travel_is_not_in_an_inventory(node, tmp_path):
    with database_of(node) as asterisk:
        assert asterisk.tree(b"pbx")
    assert not [name for name in data_of(node, tmp_path).inventory(FEATURES).items if name.startswith(b"ASTDB/pbx")]


def test_asterisk_killed_in_the_middle_is_taken_back_in_its_file(pbx_node, tmp_path):
    node = pbx_node("killed", extensions=2)
    old = {f"T/{number}".encode(): b"old" for number in range(300)}
    new = dict.fromkeys(old, b"new") | {b"T/added": b""}
    with database_of(node) as asterisk:
        for key, value in old.items():
            asterisk.put(key, value)
    time.sleep(2)  # until Asterisk has written them
    data = data_of(node, tmp_path / "home")
    steps = data.prepare("r", changes_between(old, new), content_of(new))
    for step in steps[:100]:
        data.act(step)
    time.sleep(2)
    data.act(steps[100])
    node.kill()
    with pytest.raises(AsteriskSilent):
        data.act(steps[101])
    again = data_of(node, tmp_path / "home")  # as the next process
    found = [again.undo(step) for step in reversed(steps)]
    again.settle("r", steps, None)
    assert found.count(Undone.RESTORED) in (100, 101)
    assert Undone.KEPT not in found
    node.start()
    with database_of(node) as asterisk:
        assert asterisk.tree(b"T") == old


def test_an_asterisk_that_is_down_is_read_and_written_in_its_file(pbx_node, tmp_path):
    node = pbx_node("down", extensions=2)
    with database_of(node) as asterisk:
        asterisk.put(b"T/1", b"one")
        asterisk.put(b"T/2", b"two")
    node.stop()
    inode = path_of(node).stat().st_ino
    data = data_of(node, tmp_path / "home")
    theirs = {b"T/1": b"ONE", b"T/3": b""}
    steps = data.prepare("r", changes_between({b"T/1": b"one", b"T/2": b"two"}, theirs), content_of(theirs))
    run(data, steps)
    assert path_of(node).stat().st_ino == inode
    node.start()
    with database_of(node) as asterisk:
        assert asterisk.tree(b"T") == theirs


def test_the_file_of_a_running_asterisk_is_not_opened(node, tmp_path):
    for down in (lambda: True, lambda: False):
        with pytest.raises(AsteriskSilent):
            AstdbFile(path_of(node), Disk(), SystemClock(), down).put(b"T/1", b"1")


def test_an_ami_user_without_rights_is_told_so(node):
    path = node.etc / "manager_custom.conf"
    weak = "[weak]\nsecret = weak\npermit = 127.0.0.0/255.0.0.0\nread = config\nwrite = config\n"
    path.write_text(path.read_text() + weak)
    node.cli("manager reload")
    with database_of(node, "weak", "weak") as asterisk:
        for question in (
            lambda: asterisk.tree(b"CF"),
            lambda: asterisk.put(b"CF/1", b"1"),
            lambda: asterisk.remove(b"CF/1"),
        ):
            with pytest.raises(AsteriskRefused, match=r"lacks a class \(docs/ami.md\)"):
                question()
    with database_of(node, "weak", "wrong") as asterisk, pytest.raises(AsteriskRefused, match="Authentication"):
        asterisk.running()


def test_lamps_need_a_right_and_are_set_with_it(node):
    lamps = [("Custom:DND2001", "BUSY"), ("Custom:CF2001", "NOT_INUSE")]
    with database_of(node) as asterisk:
        (finding,) = asterisk.light(lamps)
        assert "Custom:DND2001" in finding.sentence
    path = node.etc / "manager_custom.conf"
    text = "[lamps]\nsecret = lamps\npermit = 127.0.0.0/255.0.0.0\nread = system,call\nwrite = system,call\n"
    path.write_text(path.read_text() + text)
    node.cli("manager reload")
    with database_of(node, "lamps", "lamps") as asterisk:
        assert asterisk.light(lamps) == ()
        assert asterisk.tree(b"CustomDevstate")[b"CustomDevstate/DND2001"] == b"BUSY"
