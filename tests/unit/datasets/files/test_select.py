import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.dataset import FileSet, Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.datasets.files.select import Selection


def selection(include: Sequence[str] = ("**",), exclude: Sequence[str] = ()) -> Selection:
    return Selection(FileSet(Place.ETC, "", tuple(include), tuple(exclude)))


def test_everything_is_taken_by_default():
    assert selection().takes(b"a/b/\xff")
    assert selection().may_hold(b"a")


def test_excludes_win():
    chosen = selection(["*.conf"], ["secret.conf"])
    assert chosen.takes(b"a.conf")
    assert not chosen.takes(b"secret.conf")
    assert not chosen.takes(b"sub/a.conf")


def test_an_excluded_folder_is_not_entered():
    chosen = selection(exclude=["tmp/**", "**/cache/**"])
    assert not chosen.may_hold(b"tmp")
    assert not chosen.may_hold(b"x/cache")
    assert chosen.may_hold(b"x")


def test_a_folder_that_no_include_leads_through_is_not_entered():
    chosen = selection(["*.conf", "sounds/{en,es}/**", "moh/*/x.wav"])
    assert not chosen.may_hold(b"keys")
    assert chosen.may_hold(b"sounds")
    assert chosen.may_hold(b"sounds/es/deep")
    assert not chosen.may_hold(b"sounds/fr")
    assert chosen.may_hold(b"moh/any")
    assert not chosen.may_hold(b"moh/any/deeper")


def test_a_choice_with_a_slash_prunes_nothing():
    assert selection(["{a/b,c}/x"]).may_hold(b"a")
    assert selection(["{{a,b}/c,d}/x"]).may_hold(b"z")


PART = st.sampled_from(["a", "b", "*", "**", "?", "{a,b}", "a*"])
PATTERNS = st.lists(st.lists(PART, min_size=1, max_size=3).map("/".join), min_size=1, max_size=2)
PATHS = st.lists(st.sampled_from([b"a", b"b", b"ab", b"c"]), min_size=1, max_size=4)


@given(PATTERNS, PATTERNS | st.just([]), PATHS)
def test_no_folder_is_pruned_that_holds_something_selected(include, exclude, parts):
    try:
        chosen = selection(include, exclude)
    except (Invalid, re.error):
        return
    if chosen.takes(b"/".join(parts)):
        assert all(chosen.may_hold(b"/".join(parts[:depth])) for depth in range(1, len(parts)))
