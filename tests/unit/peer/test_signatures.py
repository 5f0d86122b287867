"""What a source remembers of large contents: their signatures, and the deltas that it made."""

import pytest

from pbxsync_worker.core.model.errors import SourceChanged
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.peer.signatures import MAX_DELTA, Signatures
from tests.fakes.link import DELTAS, MemoryData

BIG = bytes(range(256)) * 4096
MADE = (b"name", b"content", b"base")


@pytest.fixture
def data():
    return MemoryData()


def test_a_content_that_was_learnt_is_described_as_by_whoever_has_it(data, tmp_path):
    item = data.file(b"ASTSPOOLDIR/big", BIG)
    (tmp_path / "big").write_bytes(BIG)
    signatures = Signatures(data, DELTAS)
    signatures.learn(item)
    with (tmp_path / "big").open("rb") as file:
        assert signatures.of(item.content) == DELTAS.signature(file, len(BIG))


def test_what_was_never_learnt_is_not_described(data):
    assert Signatures(data, DELTAS).of(b"d" * 32) == b""


def test_what_is_another_by_now_is_not_learnt(data):
    item = data.file(b"ASTSPOOLDIR/big", BIG)
    data.file(b"ASTSPOOLDIR/big", BIG + b"more")
    with pytest.raises(SourceChanged):
        b"".join(data.open(item))
    signatures = Signatures(data, DELTAS)
    signatures.learn(item)
    assert signatures.of(item.content) == b""


def test_the_ones_used_last_stay_where_there_is_no_more_room(data):
    items = [data.file(b"ASTSPOOLDIR/%d" % n, bytes([n]) * 2**20) for n in range(3)]
    one = Signatures(data, DELTAS)
    one.learn(items[0])
    signatures = Signatures(data, DELTAS, room=2 * len(one.of(items[0].content)))
    for item in items:
        signatures.learn(item)
    assert [bool(signatures.of(item.content)) for item in items] == [False, True, True]


def test_a_delta_that_was_given_wholly_is_held(data):
    signatures = Signatures(data, DELTAS)
    assert b"".join(signatures.noted(MADE, [b"del", b"ta"])) == b"delta"
    assert signatures.delta(MADE) == b"delta"


def test_one_for_another_name_is_another_one(data):
    signatures = Signatures(data, DELTAS)
    list(signatures.noted(MADE, [b"delta"]))
    assert signatures.delta((b"other", *MADE[1:])) is None


def test_half_a_delta_is_not_held(data):
    signatures = Signatures(data, DELTAS)
    given = signatures.noted(MADE, [b"del", b"ta"])
    next(given)
    given.close()
    assert signatures.delta(MADE) is None


def test_a_delta_that_is_too_large_is_given_and_not_held(data):
    signatures = Signatures(data, DELTAS)
    assert sum(map(len, signatures.noted(MADE, [bytes(MAX_DELTA), b"x"]))) == MAX_DELTA + 1
    assert signatures.delta(MADE) is None


def test_what_grew_at_one_end_has_a_delta_without_a_signature(data):
    item = data.file(b"ASTSPOOLDIR/big", b"new" + BIG)
    signatures, base = Signatures(data, DELTAS), digest_of(BIG)
    assert signatures.grows(item, base, len(BIG))
    assert b"new" in (signatures.delta((item.name, item.content, base)) or b"")


def test_what_changed_within_or_grew_too_much_has_none(data):
    signatures, base = Signatures(data, DELTAS), digest_of(BIG)
    within = data.file(b"ASTSPOOLDIR/big", BIG[:9] + b"new" + BIG[9:])
    assert not signatures.grows(within, base, len(BIG))
    longer = data.file(b"ASTSPOOLDIR/long", BIG + bytes(MAX_DELTA + 1))
    assert not signatures.grows(longer, base, len(BIG))


def test_what_is_another_by_now_has_not_grown(data):
    item = data.file(b"ASTSPOOLDIR/big", BIG + b"new")
    data.file(b"ASTSPOOLDIR/big", BIG)
    assert not Signatures(data, DELTAS).grows(item, digest_of(BIG), len(BIG))
