"""Alerts through the API."""

from pbxsync_worker.core.model.errors import LetterRefused
from pbxsync_worker.core.model.wish import SendTestAlert
from tests.unit.alerts.values import a_subscription, an_alert
from tests.web.api.conftest import Program
from tests.web.conftest import World


def happened(world: World) -> int:
    number = world.store.subscriptions.add(a_subscription())
    world.store.alerts.raise_alert(an_alert())
    world.store.outbox.gather("pbx.example")
    return int(number)


def test_it_tells_what_lasts_who_is_told_and_what_cannot_be_sent(world: World, runner: Program) -> None:
    happened(world)
    world.store.outbox.server_failed("mail", LetterRefused(server="m", to="x", reason="no").told, 7.0)
    told = runner.get("/alerts").get_json()
    assert [one["subject"] for one in told["incidents"]] == ["Job 1 to pbx-south failed"]
    assert told["servers"][0]["trouble"] == "m refused the alert to x: no"
    assert told["recipients"][0]["to"] == "ana@example.com"
    assert told["letters"] == {"waiting": 1}


def test_letters_are_listed_dropped_and_sent_again(world: World, runner: Program) -> None:
    happened(world)
    [one] = runner.get("/alerts/letters").get_json()
    assert (one["state"], one["count"], one["subject"]) == ("waiting", 1, "Job 1 to pbx-south failed")
    path = f"/alerts/letters/{one['number']}"
    assert runner.post(f"{path}/drop").get_json()["state"] == "dropped"
    assert runner.get("/alerts/letters?state=waiting").get_json() == []
    assert runner.post(f"{path}/resend").get_json()["state"] == "waiting"
    assert world.store.audit.entries(1)[0].what == "resend alert"


def test_a_test_is_a_wish(world: World, runner: Program) -> None:
    number = happened(world)
    assert runner.post(f"/alerts/recipients/{number}/test").status_code == 202
    assert [asked.wish for asked in world.store.wishes.waiting()] == [SendTestAlert(number)]


def test_what_is_not_there_is_not_found(world: World, runner: Program) -> None:
    for path in ("/alerts/letters/7/drop", "/alerts/letters/x/resend", "/alerts/recipients/7/test"):
        assert runner.post(path).status_code == 404


def test_a_reader_sees_no_addresses(world: World, reader: Program) -> None:
    assert reader.get("/alerts").status_code == reader.get("/alerts/letters").status_code == 403
