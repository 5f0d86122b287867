"""Alerts from the command line."""

import pytest

from tests.fakes.mail_server import MailServer, manners
from tests.unit.alerts.values import an_alert


@pytest.fixture
def here(line):
    line.init()
    yield line
    line.here().store.database.close()


def test_a_recipient_is_added_shown_and_removed(here):
    added = here.json("alerts", "add", "Ana", "ana@example.com", "--kind", "failed", "--quiet", "22:00", "06:00")
    assert added.value == {"number": 1}
    [shown] = here.json("alerts").value["recipients"]
    assert (shown["to"], shown["kinds"], shown["quiet"]) == ("ana@example.com", ["failed"], "22:00-06:00")
    assert here.json("alerts", "remove", "1").status == 0
    assert here.json("alerts").value["recipients"] == []


def test_a_change_leaves_what_is_not_named(here):
    here.json(
        "alerts", "add", "Ana", "ana@example.com", "--kind", "failed", "--group", "office", "--zone", "Europe/Madrid"
    )
    words = (
        "--language",
        "es",
        "--pace",
        "gathered",
        "--quiet",
        "22:00",
        "07:00",
        "--through",
        "host-lost",
        "--silent",
    )
    said = here.json("alerts", "change", "1", *words).value
    assert (said["language"], said["pace"], said["quiet"], said["through"]) == (
        "es",
        "gathered",
        "22:00-07:00",
        ["host-lost"],
    )
    assert (said["kinds"], said["groups"], said["zone"], said["active"]) == (
        ["failed"],
        ["office"],
        "Europe/Madrid",
        False,
    )
    assert here.json("alerts", "change", "1", "--group", "", "--through", "none", "--active").value["groups"] == []
    [shown] = here.json("alerts").value["recipients"]
    assert (shown["through"], shown["active"], shown["language"]) == ([], True, "es")


def test_a_change_that_cannot_be_is_refused_and_changes_nothing(here):
    here.json("alerts", "add", "Ana", "ana@example.com")
    for words in (("--zone", "Nowhere"), ("--to", "ana@example.com\nBcc: x@example.com"), ("--per-hour", "0")):
        assert here.json("alerts", "change", "1", *words).value["error"] == "invalid"
    assert here.json("alerts", "change", "2", "--language", "es").value["error"] == "not-found"
    assert here.json("alerts").value["recipients"][0]["zone"] == "UTC"


def test_a_new_secret_takes_the_place_of_the_old_one(here):
    first = here.json("alerts", "add", "Tickets", "https://hooks.example.com/pbx").value["secret"]
    second = here.json("alerts", "secret", "1").value["secret"]
    assert first != second == (here.home / "keys" / "webhook-1.secret").read_text()


@pytest.mark.parametrize(
    "to", ["ana@example.com\r\nBcc: x@example.com", "ana@example.com\n", "https://x.example/\nX: y"]
)
def test_a_recipient_of_two_lines_is_refused(here, to):
    said = here.json("alerts", "add", "Ana", to)
    assert (said.status, said.value["error"]) == (2, "invalid")
    assert here.json("alerts").value["recipients"] == []


def test_the_secret_of_a_webhook_is_printed_once(here):
    secret = here.json("alerts", "add", "Tickets", "https://hooks.example.com/pbx").value["secret"]
    assert len(secret) >= 40
    assert secret not in here("alerts").out + here.json("alerts").out


def test_the_server_is_changed_by_what_is_named_and_its_password_is_not_shown(here, tmp_path):
    (tmp_path / "pw").write_text("geheim\n")
    given = ("--host", "mail.example.com", "--sender", "pbx@example.com", "--user", "pbx")
    assert here.json("alerts", "server", *given, "--password-file", str(tmp_path / "pw")).status == 0
    assert here.json("alerts", "server", "--keep-days", "7").value["keep_days"] == 7
    shown = here.json("alerts")
    assert shown.value["settings"]["server"]["host"] == "mail.example.com"
    assert "geheim" not in shown.out
    assert (here.home / "keys" / "mail.secret").read_text() == "geheim"
    assert here.json("alerts", "server", "--host", "").value["server"] is None


def test_a_server_that_cannot_be_is_refused(here):
    said = here.json("alerts", "server", "--host", "a b", "--sender", "x")
    assert said.value["error"] == "invalid"
    assert "host, sender" in said.value["sentence"]


@pytest.mark.parametrize(("answer", "code"), [("250 taken as 7", ""), ("550 nobody", "alert-refused")])
def test_a_test_is_really_sent_and_shows_what_the_server_said(here, answer, code):
    with MailServer(manners(message=answer)) as server:
        where = ("--host", "127.0.0.1", "--port", str(server.port), "--security", "plain")
        here.json("alerts", "server", *where, "--sender", "pbx@example.com")
        here.json("alerts", "add", "Ana", "ana@example.com")
        said = here.json("alerts", "test", "1")
    assert answer in (said.value["sentence"] if code else said.value["answer"])
    assert said.value.get("error", "") == code
    assert len(server.mails) == 1


def test_a_test_without_a_mail_server_says_so(here):
    here.json("alerts", "add", "Ana", "ana@example.com")
    assert here.json("alerts", "test", "1").value["error"] == "alert-server"


def test_letters_are_listed_dropped_and_sent_again(here):
    here.json("alerts", "add", "Ana", "ana@example.com")
    store = here.here().store
    store.alerts.raise_alert(an_alert())
    store.outbox.gather("pbx.example")
    store.database.close()
    assert "Job 1 to pbx-south failed" in here("alerts", "outbox").out
    assert here.json("alerts", "drop", "1").status == 0
    assert here.json("alerts", "outbox", "--state", "dropped").value[0]["number"] == 1
    assert here.json("alerts", "drop", "1").value["error"] == "invalid"
    assert here.json("alerts", "resend", "1").status == 0
    assert here.json("alerts", "outbox").value[0]["state"] == "waiting"
