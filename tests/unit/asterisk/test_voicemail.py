"""voicemail.conf is merged by mailbox; everything else stays byte for byte."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.asterisk.voicemail import changed_boxes, mailboxes, merge
from pbxsync_worker.core.model.errors import Unsupported

FILE = """[general]
attach=yes ; keep
aliasescontext=pbxaliases

[zonemessages]
european=Europe/Copenhagen|'vm-received' a d b 'digits/at' HM

[default]
; people
2001=5876,Sona Braun,sona@example.com,,attach=no
2002 => 1335,Petra Becker
;2003=1,gone

[pbxaliases]
2001@device=2001@default
"""


def test_every_mailbox_has_its_line():
    assert mailboxes(FILE) == {
        "default/2001": "2001=5876,Sona Braun,sona@example.com,,attach=no",
        "default/2002": "2002 => 1335,Petra Becker",
        "pbxaliases/2001@device": "2001@device=2001@default",
    }


def test_a_changed_line_replaces_the_old_one_where_it_stands():
    merged = merge(FILE, {"default/2001": "2001=9999,Sona Braun"}, {"default/2001"})
    assert merged == FILE.replace("2001=5876,Sona Braun,sona@example.com,,attach=no", "2001=9999,Sona Braun")


def test_a_pin_changed_here_by_phone_survives_where_the_source_did_not_change_that_box():
    baseline = mailboxes(FILE)
    here = FILE.replace("2002 => 1335", "2002 => 7777")
    theirs = mailboxes(FILE.replace("2001=5876", "2001=4444"))
    merged = merge(here, theirs, changed_boxes(baseline, theirs))
    assert "2002 => 7777" in merged
    assert "2001=4444" in merged


def test_a_box_that_went_on_the_source_goes():
    assert merge(FILE, {}, {"default/2002"}) == FILE.replace("2002 => 1335,Petra Becker\n", "")


def test_a_new_box_stands_behind_the_others_of_its_context():
    merged = merge(FILE, {"default/2009": "2009=1,Nina"}, {"default/2009"})
    assert merged == FILE.replace("Petra Becker\n", "Petra Becker\n2009=1,Nina\n")


def test_a_new_context_stands_at_the_end():
    merged = merge(FILE, {"sales/1": "1=2,Shop"}, {"sales/1"})
    assert merged == FILE + "\n[sales]\n1=2,Shop\n"


def test_a_new_box_does_not_fall_into_a_comment_of_several_lines():
    text = "[default]\n1=1\n;--\n2=2\n--;\n"
    assert merge(text, {"default/3": "3=3"}, {"default/3"}) == "[default]\n1=1\n3=3\n;--\n2=2\n--;\n"


def test_a_line_never_brings_the_beginning_of_a_longer_comment():
    theirs = mailboxes("[default]\n1=1,a ;-- begins\n2=2 ends --;\n")
    assert theirs == {"default/1": "1=1,a"}


def test_a_box_that_shares_a_longer_comment_is_refused():
    with pytest.raises(Unsupported, match="longer comment"):
        merge("[default]\n1=1 ;-- begins\nends --;\n", {"default/1": "1=2"}, {"default/1"})


def test_a_box_that_would_be_lost_in_an_open_comment_is_refused():
    with pytest.raises(Unsupported, match="never closed"):
        merge("[default]\n;--\n", {"other/1": "1=2"}, {"other/1"})


def test_the_first_box_of_an_empty_file_brings_its_header():
    assert merge("", {"default/1": "1=2"}, {"default/1"}) == "[default]\n1=2\n"


def test_a_last_line_without_an_end_gets_one_before_another_follows():
    assert merge("[default]\n1=1", {"default/2": "2=2"}, {"default/2"}) == "[default]\n1=1\n2=2\n"


def test_windows_line_ends_stay():
    text = "[default]\r\n1=1\r\n"
    merged = merge(text, {"default/1": "1=9", "default/2": "2=2"}, {"default/1", "default/2"})
    assert merged == "[default]\r\n1=9\r\n2=2\r\n"


def test_of_two_lines_for_one_box_the_last_counts_and_one_is_left():
    text = "[default]\n1=1\n2=2\n1=3\n"
    assert mailboxes(text)["default/1"] == "1=3"
    assert merge(text, {"default/1": "1=4"}, {"default/1"}) == "[default]\n2=2\n1=4\n"


def test_settings_of_general_and_includes_are_no_boxes():
    assert mailboxes("x=1\n[GENERAL]\na=b\n[default]\n#include vm=.conf\n") == {}


_PIECES = st.sampled_from(
    [
        "[general]",
        "[default]",
        "[other]",
        "1=1",
        "2 => 2,x",
        "3=",
        ";--",
        "--;",
        "; c",
        "",
        "#include x",
        "a=b;-- x --;",
    ]
)
_TEXTS = st.lists(st.tuples(_PIECES, st.sampled_from(["\n", "\r\n"])), max_size=12).map(
    lambda parts: "".join(a + b for a, b in parts)
)


@given(ours=_TEXTS, theirs=_TEXTS)
def test_merging_nothing_changes_nothing(ours, theirs):
    assert merge(ours, mailboxes(theirs), ()) == ours


@given(text=_TEXTS)
def test_what_did_not_change_is_not_changed(text):
    assert changed_boxes(mailboxes(text), mailboxes(text)) == frozenset()


@given(ours=_TEXTS, theirs=_TEXTS)
def test_merging_twice_is_merging_once_and_brings_every_changed_box(ours, theirs):
    new = mailboxes(theirs)
    changed = changed_boxes(mailboxes(ours), new)
    try:
        once = merge(ours, new, changed)
    except Unsupported:
        return
    assert merge(once, new, changed) == once
    have = mailboxes(once)
    assert {name: have.get(name) for name in changed} == {name: new.get(name) for name in changed}


def test_the_file_of_a_running_pbx_is_read_whole(shared_fixtures):
    packed = shared_fixtures / "etc-asterisk.tar.zst"
    whole = subprocess.run(["zstd", "-qdc", packed], capture_output=True, check=True).stdout
    tar = subprocess.run(["tar", "-xO", "etc/asterisk/voicemail.conf"], input=whole, capture_output=True, check=True)
    text = tar.stdout.decode()
    boxes = mailboxes(text)
    assert sum(name.startswith("default/") for name in boxes) == 300
    merged = merge(text, {"default/2001": "2001=1"}, {"default/2001"})
    assert mailboxes(merged) == boxes | {"default/2001": "2001=1"}
