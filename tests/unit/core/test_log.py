"""Log lines: JSON, the run on each, no secrets."""

import json
import logging

import pytest

from pbxsync_worker.core.log import JsonLines, about_run, set_up, without_secrets


def line(message: str, *args: object, **extra: object) -> dict[str, object]:
    record = logging.LogRecord("name", logging.WARNING, __file__, 1, message, args, None)
    vars(record).update(extra)
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_a_line_is_a_sentence_with_keys():
    found = line("run %s moved", "r1", state="STAGED", count=3)
    assert found == {"at": found["at"], "level": "WARNING", "say": "run r1 moved", "state": "STAGED", "count": 3}


def test_every_line_of_a_run_names_it_and_only_those():
    with about_run("r1"):
        assert line("inside")["run"] == "r1"
    assert "run" not in line("outside")


def test_the_run_is_forgotten_after_an_error_too():
    with pytest.raises(ValueError), about_run("r1"):
        raise ValueError
    assert "run" not in line("outside")


def test_a_value_that_json_does_not_know_is_shown_as_text():
    assert line("say", path=b"\xff")["path"] == "b'\\xff'"


def test_a_trace_is_part_of_the_line():
    with pytest.raises(ValueError) as caught:
        raise ValueError("password=hunter2")
    record = logging.LogRecord("n", 40, __file__, 1, "bad", (), (caught.type, caught.value, caught.tb))
    text = JsonLines().format(record)
    assert "ValueError" in json.loads(text)["trace"]
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "text",
    [
        "secret=hunter2",
        "secret = hunter2",
        "secret => hunter2",
        "Secret: hunter2",
        "password=hunter2,other",
        'password="hunter2"',
        'password="a hunter2"',
        "password='a hunter2'",
        '{"secret": "hunter2"}',
        "md5_cred=hunter2",
        "ami_secret=hunter2",
        "remotesecret=hunter2",
        "AMPDBPASS=hunter2",
        "vm-password=hunter2",
        "password=ab,hunter2",
        "pin=hunter2",
        "mysql://user:hunter2@host/db",
    ],
)
def test_a_secret_is_never_shown(text):
    assert "hunter2" not in without_secrets(text)
    assert "hunter2" not in json.dumps(line("%s", text, note=text, deep={"list": [text]}))


@pytest.mark.parametrize("key", ["password", "secret", "ami_secret"])
def test_a_key_that_names_a_secret_hides_its_whole_value(key):
    assert line("say", **{key: "several hunter2 words"})[key] == "***"
    assert line("say", deep={key: ["hunter2"]})["deep"] == {key: "***"}


@pytest.mark.parametrize("text", ["the pinned host", "spinning: 3", "secretary", "password too short", "a=b"])
def test_what_is_no_secret_stays(text):
    assert without_secrets(text) == text


def test_the_rest_of_a_line_stays_readable():
    assert without_secrets("secret=abc ; note\nhost=b") == "secret=*** ; note\nhost=b"


def test_our_lines_go_to_standard_error_as_json(capsys):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up("WARNING")
        logging.getLogger("pbxsync").info("quiet")
        logging.getLogger("pbxsync").warning("loud")
    finally:
        root.handlers[:], root.level = before, level
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(one)["say"] for one in lines] == ["loud"]
