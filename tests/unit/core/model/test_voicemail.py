"""voicemail.conf is merged by mailbox; everything else stays byte for byte."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.voicemail import is_box, is_value, mailboxes, merge

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


def test_every_mailbox_has_its_value():
    assert mailboxes(FILE) == {
        "default/2001": "5876,Sona Braun,sona@example.com,,attach=no",
        "default/2002": "1335,Petra Becker",
        "pbxaliases/2001@device": "2001@default",
    }


def test_a_changed_value_replaces_the_old_one_where_it_stands():
    merged = merge(FILE, {"default/2001": "9999,Sona Braun"})
    assert merged == FILE.replace("2001=5876,Sona Braun,sona@example.com,,attach=no", "2001=9999,Sona Braun")


def test_the_spelling_and_the_comment_of_a_line_stay():
    text = "[default]\n 2002\t=>  1335,P ; front desk\n"
    assert merge(text, {"default/2002": "7,Q"}) == "[default]\n 2002\t=>  7,Q ; front desk\n"


def test_a_box_that_is_as_wanted_keeps_its_line():
    text = "[default]\n2002  =>  1335 ; x\n"
    assert merge(text, {"default/2002": "1335"}) == text


def test_a_box_that_went_on_the_source_goes():
    assert merge(FILE, {"default/2002": None}) == FILE.replace("2002 => 1335,Petra Becker\n", "")


def test_a_new_box_stands_behind_the_others_of_its_context():
    merged = merge(FILE, {"default/2009": "1,Nina"})
    assert merged == FILE.replace("Petra Becker\n", "Petra Becker\n2009=1,Nina\n")


def test_a_new_context_stands_at_the_end():
    assert merge(FILE, {"sales/1": "2,Shop"}) == FILE + "\n[sales]\n1=2,Shop\n"


def test_a_new_box_does_not_fall_into_a_comment_of_several_lines():
    text = "[default]\n1=1\n;--\n2=2\n--;\n"
    assert merge(text, {"default/3": "3"}) == "[default]\n1=1\n3=3\n;--\n2=2\n--;\n"


@pytest.mark.parametrize("value", ["1,a;b", "1,a;--b", r"1,a\;b", "1,a --;", "", "1,=x"])
def test_a_value_with_the_sign_of_a_comment_is_written_so_that_it_comes_back(value):
    for text in ("[default]\n1=1\n", "[default]\n", "[default]\n1 => 5 ; x\n"):
        assert mailboxes(merge(text, {"default/1": value})) == {"default/1": value}


def test_a_value_of_several_lines_never_gets_in():
    with pytest.raises(Unsupported):
        merge(FILE, {"default/2001": "1\n[general]\nmailcmd=evil"})


def test_a_value_stands_in_one_line_or_is_none():
    assert [is_value(one) for one in ("1,a;b", "", " 1", "1\n2", "1\r", "1\0", "> 1")] == [
        *(True, True),
        *(False, False, False, False, False),
    ]


@pytest.mark.parametrize(
    "name", ["default/1=2", "general/1", "zonemessages/x", "a]b/1", "a/[b", "a/#include", "a/b;c", "a/b\n", "/1", "a/"]
)
def test_what_no_line_can_name_is_no_box(name):
    assert not is_box(*name.split("/"))


@pytest.mark.parametrize("name", ["default/2001", "pbxaliases/2001@device", "sales/Müller", "d/1 2"])
def test_what_a_line_can_name_is_a_box(name):
    context, _, box = name.partition("/")
    assert is_box(context, box)
    assert mailboxes(merge("", {name: "1"})) == {name: "1"}


def test_a_box_that_shares_a_longer_comment_is_refused():
    with pytest.raises(Unsupported, match="longer comment"):
        merge("[default]\n1=1 ;-- begins\nends --;\n", {"default/1": "2"})


def test_a_box_that_would_be_lost_in_an_open_comment_is_refused():
    with pytest.raises(Unsupported, match="never closed"):
        merge("[default]\n;--\n", {"other/1": "2"})


def test_the_first_box_of_an_empty_file_brings_its_header():
    assert merge("", {"default/1": "2"}) == "[default]\n1=2\n"


def test_a_last_line_without_an_end_gets_one_before_another_follows():
    assert merge("[default]\n1=1", {"default/2": "2"}) == "[default]\n1=1\n2=2\n"


def test_windows_line_ends_stay():
    merged = merge("[default]\r\n1=1\r\n", {"default/1": "9", "default/2": "2"})
    assert merged == "[default]\r\n1=9\r\n2=2\r\n"


def test_of_two_lines_for_one_box_the_last_counts_and_one_is_left():
    text = "[default]\n1=1\n2=2\n1=3\n"
    assert mailboxes(text)["default/1"] == "3"
    assert merge(text, {"default/1": "4"}) == "[default]\n2=2\n1=4\n"


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


@given(text=_TEXTS)
def test_merging_nothing_changes_nothing(text):
    assert merge(text, {}) == text


@given(ours=_TEXTS, theirs=_TEXTS)
def test_merging_twice_is_merging_once_and_brings_every_wanted_box(ours, theirs):
    new = mailboxes(theirs)
    wanted = {name: new.get(name) for name in {*new, *mailboxes(ours)}}
    try:
        once = merge(ours, wanted)
    except Unsupported:
        return
    assert merge(once, wanted) == once
    assert mailboxes(once) == new


def test_the_file_of_a_running_pbx_is_read_whole(shared_fixtures):
    packed = shared_fixtures / "etc-asterisk.tar.zst"
    whole = subprocess.run(["zstd", "-qdc", packed], capture_output=True, check=True).stdout
    tar = subprocess.run(["tar", "-xO", "etc/asterisk/voicemail.conf"], input=whole, capture_output=True, check=True)
    text = tar.stdout.decode()
    boxes = mailboxes(text)
    assert sum(name.startswith("default/") for name in boxes) == 300
    merged = merge(text, {"default/2001": "1"})
    assert mailboxes(merged) == boxes | {"default/2001": "1"}
