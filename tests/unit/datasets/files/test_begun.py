"""What had arrived when a run ended early stays for the next one, within bounds; what proved wrong does not."""

import os
import random
from contextlib import suppress

import pytest

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.errors import Cancelled, HostUnreachable, NoSpace, PeerLied
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.datasets.files.begun import LEAST
from tests.contract.test_host_data import DictContents
from tests.fakes.disk import BreakingDisk, Cut, PowerCut
from tests.unit.datasets.support import ALL as CONFIGURATION
from tests.unit.datasets.support import compare, files_data

MIB = 2**20
ALL = Dataset("all", "Everything", (FileSet(Place.SPOOL),))
FIRST, SECOND = random.Random(1).randbytes(LEAST + 5), random.Random(2).randbytes(3 * MIB)


def files_in(root, **how):
    (root / "spool").mkdir(parents=True, exist_ok=True)
    return files_data(root, places={Place.SPOOL: root / "spool"}, **how)


@pytest.fixture
def there(tmp_path):
    (tmp_path / "there/spool").mkdir(parents=True)
    (tmp_path / "spool").mkdir()
    for name, content in (("0", b"small"), ("1", FIRST), ("2", SECOND)):
        (tmp_path / "there/spool" / name).write_bytes(content)
    return files_in(tmp_path / "there")


class Broken:
    """Gives the contents of another host until so many bytes of the large one were given."""

    def __init__(self, there, why, after=2 * MIB):
        self.there, self.why, self.left = there, why, after

    def __call__(self, change):
        if change.after.size != len(SECOND):
            return self.there.open(change.after)
        return self.some(change.after)

    def some(self, item):
        for piece in self.there.open(item):
            if self.left <= 0:
                raise self.why
            yield piece[: self.left]
            self.left -= len(piece)


def arrive(here, there, content, run="r", dataset=ALL):
    changes = compare(here.inventory(dataset), there.inventory(dataset))
    return here.prepare(run, changes, content)


def left_of(here):
    found = {}
    for digest, opened in here.begun().items():
        with opened() as file:
            found[digest] = file.read()
    return found


BOTH = {digest_of(FIRST): FIRST, digest_of(SECOND): SECOND[: 2 * MIB]}


@pytest.mark.parametrize("why", [HostUnreachable(host="a", reason="b"), Cancelled(who="ann")])
def test_what_had_arrived_stays_where_the_run_ends_early(tmp_path, there, why):
    here = files_in(tmp_path)
    with pytest.raises(type(why)):
        arrive(here, there, Broken(there, why))
    assert left_of(here) == BOTH


@pytest.mark.parametrize("why", [PeerLied(host="a", reason="b"), NoSpace(path="x", free=0, needed="more")])
def test_nothing_stays_of_a_lie_or_of_what_fills_the_disk(tmp_path, there, why):
    here = files_in(tmp_path)
    with pytest.raises(type(why)):
        arrive(here, there, Broken(there, why))
    assert left_of(here) == {}
    assert list((tmp_path / "spool").iterdir()) == []


def test_nothing_of_ours_stays_beside_the_configuration(tmp_path, there):
    here, why = files_data(tmp_path), HostUnreachable(host="a", reason="b")
    (tmp_path / "a/etc").mkdir(parents=True)
    (tmp_path / "a/etc/1").write_bytes(FIRST)
    (tmp_path / "a/etc/2").write_bytes(SECOND)
    with pytest.raises(HostUnreachable):
        arrive(here, files_data(tmp_path / "a"), Broken(files_data(tmp_path / "a"), why), dataset=CONFIGURATION)
    assert left_of(here) == {}
    assert list((tmp_path / "etc").iterdir()) == []


def test_what_a_killed_worker_had_staged_stays_once_the_next_run_tidies_up(tmp_path, there):
    with suppress(PowerCut):
        arrive(files_in(tmp_path, disk=BreakingDisk(10, Cut.BEFORE)), there, lambda change: there.open(change.after))
    here = files_in(tmp_path)
    here.discard("r")
    found = left_of(here)
    assert found[digest_of(FIRST)] == FIRST
    assert all(SECOND.startswith(content) for digest, content in found.items() if digest == digest_of(SECOND))


def test_it_goes_once_the_content_has_arrived(tmp_path, there):
    here = files_in(tmp_path)
    with suppress(HostUnreachable):
        arrive(here, there, Broken(there, HostUnreachable(host="a", reason="b")))
    steps = arrive(here, there, lambda change: there.open(change.after))
    assert left_of(here) == {}
    for step in steps:
        here.act(step)
    here.settle("r", steps, DictContents())
    here.forget_begun(0.0)
    assert sorted(path.name for path in (tmp_path / "spool").iterdir()) == ["0", "1", "2"]


def test_the_longer_beginning_stays(tmp_path, there):
    here, why = files_in(tmp_path), HostUnreachable(host="a", reason="b")
    for after in (2 * MIB, MIB):
        with suppress(HostUnreachable):
            arrive(here, there, Broken(there, why, after))
    assert left_of(here) == BOTH


def test_the_staging_of_a_committed_run_leaves_nothing_of_what_was_displaced(tmp_path, there):
    (tmp_path / "spool/2").write_bytes(b"o" * (2 * LEAST))
    here = files_in(tmp_path)
    steps = arrive(here, there, lambda change: there.open(change.after))
    for step in steps:
        here.act(step)
    here.settle("r", steps, DictContents())
    assert left_of(here) == {}
    assert (tmp_path / "spool/2").read_bytes() == SECOND


def test_it_goes_with_time(tmp_path, there):
    here = files_in(tmp_path)
    with suppress(HostUnreachable):
        arrive(here, there, Broken(there, HostUnreachable(host="a", reason="b")))
    kept = next((tmp_path / "spool").rglob(digest_of(FIRST).hex()))
    assert here.forget_begun(kept.stat().st_ctime - 3600) == 0
    assert here.forget_begun(kept.stat().st_ctime + 3600) == 2
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_link_in_its_place_is_not_followed(tmp_path, there):
    here = files_in(tmp_path)
    with suppress(HostUnreachable):
        arrive(here, there, Broken(there, HostUnreachable(host="a", reason="b")))
    kept = next((tmp_path / "spool").rglob(digest_of(FIRST).hex()))
    kept.unlink()
    kept.symlink_to("/etc/passwd")
    assert here.begun()[digest_of(FIRST)]() is None
    kept.unlink()
    os.mkfifo(kept)
    assert here.begun()[digest_of(FIRST)]() is None
