"""What grew at one end is told by that end alone; anything else is not told so."""

import io
import random

import pytest

from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.delta import librsync
from pbxsync_worker.delta.grown import grown

OLD = random.Random(1).randbytes(300_000)
NEW = b"something new"


def told(content: bytes, before: bytes = OLD, piece: int = 4096) -> bytes:
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    return grown(pieces, len(content), len(before), digest_of(before))


@pytest.mark.parametrize("content", [NEW + OLD, OLD + NEW, OLD + OLD, OLD[:1] + OLD])
@pytest.mark.parametrize("piece", [7_000, 2**20])
def test_librsync_makes_the_content_of_what_it_was(content, piece):
    made = b"".join(librsync.patch(io.BytesIO(OLD), [told(content, piece=piece)], len(content)))
    assert made == content


def test_only_what_is_new_is_in_it():
    assert len(told(NEW + OLD)) < len(NEW) + 40


@pytest.mark.parametrize("content", [OLD, OLD[1:], OLD[:9] + NEW + OLD[9:], NEW + OLD[:-1] + b"x", bytes(400_000)])
def test_a_content_that_did_not_just_grow_is_not_told_so(content):
    assert told(content) == b""


def test_what_was_empty_has_not_grown():
    assert told(NEW, b"") == b""


def test_a_content_that_was_cut_while_it_was_read_is_not_told():
    assert grown([NEW, OLD[:-1]], len(NEW + OLD), len(OLD), digest_of(OLD)) == b""
