"""Small values that many tests of the core start from."""

from hypothesis import strategies as st

from pbxsync_worker.core.model.dataset import Dataset, FileSet, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.run import Mode, Run, State

A = "a" * 64
B = "b" * 64
C = "c" * 64


def file(name: bytes, content: bytes = b"x", **attributes) -> Item:
    return Item(name, ItemKind.FILE, len(content), digest_of(content), Attributes(**attributes))


def directory(name: bytes, **attributes) -> Item:
    return Item(name, ItemKind.DIRECTORY, 0, b"", Attributes(**attributes))


def run(identity: str = "r1", state: State = State.REQUESTED, **values) -> Run:
    defaults = {"group": "farm", "job": "files", "source": A, "target": B, "mode": Mode.APPLY}
    return Run(id=identity, state=state, **(defaults | values))


def inventory(**contents: bytes) -> Inventory:
    return Inventory.of(file(b"ASTETCDIR/" + name.encode(), content) for name, content in contents.items())


def dataset(name: str = "etc") -> Dataset:
    return Dataset(name, "Configuration", (FileSet(Place.ETC),))


def catalogue(group: str = "farm", version: int = 1) -> Catalogue:
    hosts = (Host(A, "one", "one:8443"), Host(B, "two", "two:8443"))
    jobs = (Job("files", "Files", "etc", A, (B,)),)
    return Catalogue(group, "Farm", GroupKind.FARM, A, version, hosts, (dataset(),), jobs)


LEAVES = st.binary(min_size=1, max_size=4).filter(lambda name: b"/" not in name and b"\0" not in name)
NAMES = st.lists(LEAVES, min_size=1, max_size=4).map(b"/".join)
ATTRIBUTES = st.builds(
    Attributes,
    mode=st.none() | st.integers(0, 0o7777),
    owner=st.none() | st.text(min_size=1, max_size=4),
    group=st.none() | st.text(min_size=1, max_size=4),
    mtime_ns=st.none() | st.integers(-(2**62), 2**62),
    xattrs=st.none() | st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=3)), max_size=2).map(tuple),
)
ITEMS = st.builds(
    Item,
    name=NAMES,
    kind=st.sampled_from(ItemKind),
    size=st.integers(0, 3),
    content=st.sampled_from([b"", digest_of(b"1"), digest_of(b"2")]),
    attributes=ATTRIBUTES,
)
INVENTORIES = st.lists(ITEMS, max_size=8).map(Inventory.of)
