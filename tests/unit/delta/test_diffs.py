"""Diffs for people: what changed, and never a secret."""

import difflib

import pytest

from pbxsync_worker.delta.diffs import MAX_DIFF, MAX_FILE, diff

HIDDEN = "geheim-4711"


def test_a_diff_shows_what_changed_around_its_neighbours():
    assert diff(b"[a]\ncontext=one\nallow=ulaw\n", b"[a]\ncontext=two\nallow=ulaw\n") == (
        "@@ -1,3 +1,3 @@\n [a]\n-context=one\n+context=two\n allow=ulaw"
    )


def test_a_new_and_a_removed_file_are_shown_whole():
    assert diff(None, b"a\nb\n") == "@@ -0,0 +1,2 @@\n+a\n+b"
    assert diff(b"a\n", None) == "@@ -1 +0,0 @@\n-a"


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 50, 96, 97, 98, 99])
def test_the_lines_of_a_diff_have_their_numbers_in_the_whole_file(at):
    lines = [f"line {number}" for number in range(100)]
    changed = [*lines[:at], "new", *lines[at + 1 :]]
    wanted = list(difflib.unified_diff(lines, changed, lineterm="", n=3))[2:]
    assert diff("\n".join(lines).encode(), "\n".join(changed).encode()) == "\n".join(wanted)


def test_a_line_that_only_moved_down_is_numbered_on_both_sides():
    lines = [f"line {number}" for number in range(100)]
    added = [*lines[:70], "one", "two", *lines[70:]]
    wanted = list(difflib.unified_diff(lines, added, lineterm="", n=3))[2:]
    assert diff("\n".join(lines).encode(), "\n".join(added).encode()) == "\n".join(wanted)


def test_equal_contents_have_no_lines():
    assert diff(b"same\n", b"same\n") == ""
    assert diff(None, None) == ""


@pytest.mark.parametrize("content", [b"RIFF\0\0WAVE", b"latin-1: \xe9\n", b"x" * (MAX_FILE + 1)])
def test_what_is_no_text_or_too_large_has_no_diff(content):
    assert diff(content, b"text\n") is None
    assert diff(None, content) is None


def test_a_diff_is_cut_where_it_grows_too_long():
    text = diff(None, b"a line of text\n" * 10_000)
    assert text is not None
    assert len(text) == MAX_DIFF + 2
    assert text.endswith("\n…")


@pytest.mark.parametrize("sign", ["=", " = ", "=>", " => ", "\t=\t", " =>"])
@pytest.mark.parametrize(
    "key",
    [
        *("secret", "password", "passwd", "md5_cred", "token", "api_key", "apikey", "SECRET", "Password"),
        *("outbound_password", "remotesecret", "dbpassword", "db-passwd", "auth_token", "vmsecret"),
        *(
            "password_digest",
            "md5secret",
            "dbpass",
            "pass",
            "pin",
            "adminpin",
            "conf_pin",
            "passphrase",
            "privatekeypass",
        ),
    ],
)
def test_the_value_of_a_secret_is_never_shown(key, sign):
    text = diff(b"[a]\n", f"[a]\n{key}{sign}{HIDDEN} ; a remark\n".encode())
    assert text is not None
    assert HIDDEN not in text
    assert f"+{key}{sign}*** (" in text


@pytest.mark.parametrize(
    "line",
    [
        "2001 => 4711,Ann,ann@example.com",
        "2001=>4711,Ann",
        "2001 = 4711,Ann",
        "  2001 => 4711,Ann",
        "2001 => -4711,Ann",  # the caller may not change it
        "*97 => 4711,Ann",
        "2001 => 4711",
        "ann => 4711,Ann",
        "conf => 600,4711",
        "conf => 600,4711,4711",
        "conf=>600,,4711",
    ],
)
def test_the_pin_of_a_mailbox_or_a_conference_is_never_shown(line):
    text = diff(None, f"[default]\n{line}\n".encode())
    assert text is not None
    assert "4711" not in text


@pytest.mark.parametrize(
    "line",
    [
        "register => user:geheim-4711@example.com/1234",
        "register=user:geheim-4711@example.com",
        "dsn = mysql://user:geheim-4711@db/asterisk",
        "auth = user:geheim-4711@realm",
        ";secret=geheim-4711",
        "  secret = geheim-4711",
        "secret = geheim-4711\r",
        "exten => s,1,Set(SECRET=geheim-4711)",
        "same => n,Authenticate(geheim-4711)",
        "same => n,VMAuthenticate(geheim-4711)",
        'setvar = PASSWORD="geheim-4711"',
    ],
)
def test_a_secret_inside_a_line_is_never_shown(line):
    text = diff(f"{line}\n".encode(), None)
    assert text is not None
    assert HIDDEN not in text


def test_on_neither_side_of_a_change_is_a_secret_shown_but_that_it_changed():
    text = diff(b"secret=geheim-old\n", b"secret=geheim-new\n")
    assert text is not None
    assert "geheim" not in text
    old, new = text.splitlines()[1:]
    assert old[1:] != new[1:]


def test_a_secret_that_did_not_change_looks_the_same():
    text = diff(b"secret=geheim\ncontext=a\n", b"secret=geheim\ncontext=b\n")
    assert text is not None
    assert [line[0] for line in text.splitlines()[1:]] == [" ", "-", "+"]


def test_what_is_no_secret_stays_readable():
    text = diff(None, b"exten => 600,1,Queue(sales)\nmember => PJSIP/2001\nport=5060\nmailbox=2001@default\n")
    assert text is not None
    assert "*" not in text


@pytest.mark.parametrize(
    "piece", [b"a-", b"secret", b"sip:", b"//:", b" ", b";", b"1", b"pin=", b"authenticate(", b"conf=,"]
)
def test_no_line_keeps_the_search_for_secrets_busy(piece):
    line = piece * ((MAX_FILE - 1) // len(piece))
    assert diff(None, line + b"\n") is not None
