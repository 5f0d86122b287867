import pytest
from asterisk.ami import SimpleAction
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.asterisk.wire import MAX_HEADERS, MAX_LINE, MAX_MESSAGE, Framer, Message, render
from pbxsync_worker.core.model.errors import AsteriskSilent, Invalid

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    BANNER
    + "Response: Success\r\nActionID: 1\r\nOutput: uno\r\nOutput:   ñandú: dos\r\n\r\n".encode()
    + b"\r\nEvent: Newchannel\r\nVariable: a=1\r\nVariable: b=2\r\nEmpty:\r\nno colon\r\n\r\n"
)


def _whole() -> list[Message]:
    return Framer().feed(STREAM)


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=20))
def test_cutting_the_bytes_anywhere_changes_nothing(cuts):
    framer, found, start = Framer(), [], 0
    for cut in [*sorted(cuts), len(STREAM)]:
        found += framer.feed(STREAM[start:cut])
        start = cut
    assert found == _whole()


def test_one_byte_at_a_time_changes_nothing():
    framer = Framer()
    found = [message for byte in STREAM for message in framer.feed(bytes([byte]))]
    assert found == _whole()


def test_the_banner_is_kept():
    framer = Framer()
    framer.feed(STREAM)
    assert framer.banner == "Asterisk Call Manager/11.0.0"


def test_repeated_names_are_all_kept_with_their_indentation():
    assert _whole()[0].all("output") == ("uno", "  ñandú: dos")


def test_names_are_found_whatever_their_capitals():
    assert _whole()[0].get("actionid") == "1"


def test_an_empty_value_and_a_line_without_a_colon_are_kept():
    message = _whole()[1]
    assert message.get("Empty", "?") == ""
    assert ("", "no colon") in message.headers


def test_bytes_that_are_not_utf8_do_not_stop_it():
    (message,) = Framer().feed(BANNER + b"Event: X\r\nName: \xff\xfe\r\n\r\n")
    assert message.get("Name") == "\ufffd\ufffd"


def test_an_error_is_not_a_success():
    assert not Message((("Response", "Error"),)).succeeded
    assert Message((("Response", "Goodbye"),)).succeeded


@pytest.mark.parametrize("first", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400 Bad\r\n", b"220 mail"])
def test_it_refuses_what_does_not_speak_ami(first):
    with pytest.raises(AsteriskSilent, match="does not speak AMI"):
        Framer().feed(first)


@pytest.mark.parametrize(
    "data",
    [
        b"X: " + b"a" * MAX_LINE + b"\r\n",
        b"a" * (MAX_LINE + 1),
        (b"X: " + b"a" * 60_000 + b"\r\n") * (MAX_MESSAGE // 60_000 + 1),
        b"X: 1\r\n" * (MAX_HEADERS + 1),
    ],
    ids=["line", "unfinished line", "message", "number of lines"],
)
def test_it_refuses_more_than_its_limits(data):
    with pytest.raises(AsteriskSilent, match="more than"):
        Framer().feed(BANNER + data)


def test_an_action_is_written_with_its_id_and_variables():
    action = SimpleAction("Originate", Channel="Local/ñ")
    action["lang"] = "es"
    assert render(action, "7") == (
        "Action: Originate\r\nActionID: 7\r\nChannel: Local/ñ\r\nVariable: lang=es\r\n\r\n".encode()
    )


@pytest.mark.parametrize("value", ["x\r\nAction: Ping", "x\ny", "x\ry", "x\0y"])
def test_it_refuses_a_line_break_or_nul_in_a_value(value):
    with pytest.raises(Invalid, match="line break or a NUL"):
        render(SimpleAction("Reload", Module=value), "1")


@pytest.mark.parametrize("value", ["x\r\nAction: Ping", "x\0y"])
def test_it_refuses_a_line_break_or_nul_in_an_action_name_or_id(value):
    with pytest.raises(Invalid):
        render(SimpleAction(value), "1")
    with pytest.raises(Invalid):
        render(SimpleAction("Ping"), value)


@pytest.mark.parametrize("name", ["Mod ule", "Module:", "M\r\nAction", "", "1x"])
def test_it_refuses_a_strange_field_name(name):
    with pytest.raises(Invalid, match="not a field name"):
        render(SimpleAction("Reload", **{name: "x"}), "1")


def test_it_refuses_a_value_longer_than_asterisk_reads():
    with pytest.raises(Invalid, match="longer than Asterisk reads"):
        render(SimpleAction("Reload", Module="x" * 1000), "1")


def test_bytes_that_are_no_utf8_can_be_kept_exactly():
    (found,) = Framer("surrogateescape").feed(BANNER + b"Val: \xff\r\n\r\n")
    assert found.get("Val").encode("utf-8", "surrogateescape") == b"\xff"
