"""One item."""

import pytest

from pbxsync_worker.core.model.item import Attributes, show_name
from tests.unit.core.values import directory, file


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"ASTETCDIR/sip.conf", "ASTETCDIR/sip.conf"),
        ("ASTETCDIR/señal.conf".encode(), "ASTETCDIR/señal.conf"),
        (b"a\nb\tc\x1b[0m", "a\\x0ab\\x09c\\x1b[0m"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("x\u202ey".encode(), "x\\x202ey"),
    ],
)
def test_a_name_is_safe_to_print(name, shown):
    assert show_name(name) == shown
    assert file(name).text == shown


def test_same_content_looks_at_kind_and_bytes_only():
    assert file(b"a", b"1", mode=0o600).same_content(file(b"b", b"1", mode=0o644))
    assert not file(b"a", b"1").same_content(file(b"a", b"2"))
    assert not file(b"a", b"").same_content(directory(b"a"))


def test_other_attributes_make_another_value():
    before = file(b"a", mode=0o600)
    assert before.with_attributes(Attributes(mode=0o644)).attributes.mode == 0o644
    assert before.attributes.mode == 0o600
