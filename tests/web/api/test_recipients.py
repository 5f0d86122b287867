"""Recipients of alerts through the API."""

from typing import Any

import pytest

from pbxsync_worker.core.model.alert import CHOICES
from pbxsync_worker.core.model.subscription import Subscription
from pbxsync_worker.core.store.alert_secrets import webhook_secret
from tests.unit.alerts.values import a_subscription
from tests.web.api.conftest import Program
from tests.web.conftest import World

ANA = {"title": "Ana", "channel": "email", "to": "ana@example.com"}
HOOK = {"title": "Tickets", "channel": "webhook", "to": "https://hooks.example.com/pbx/s3cret"}


def kept(world: World, number: int) -> Subscription:
    one: Subscription = world.store.subscriptions.get(number)
    return one


def keys(world: World) -> Any:
    return world.app.extensions["pbxsync"].settings.keys


def test_who_is_added_is_told_everything_at_once_in_english(world: World, boss: Program) -> None:
    answer = boss.post("/alerts/recipients", ANA)
    told = answer.get_json()
    assert (answer.status_code, told["secret"]) == (201, "")
    assert kept(world, told["recipient"]["number"]) == a_subscription()
    assert set(told["recipient"]["kinds"]) == {kind.value for kind in CHOICES}


def test_every_field_is_kept_as_it_was_given(boss: Program) -> None:
    given = {
        **ANA,
        "kinds": ["failed", "rolled-back"],
        "groups": ["coast"],
        "jobs": ["coast/music"],
        "language": "es",
        "zone": "Europe/Madrid",
        "pace": "gathered",
        "day_at": "06:30",
        "quiet_from": "22:00",
        "quiet_to": "07:15",
        "through": ["host-lost"],
        "per_hour": 5,
        "active": False,
    }
    number = boss.post("/alerts/recipients", given).get_json()["recipient"]["number"]
    assert boss.get(f"/alerts/recipients/{number}").get_json() == {"number": number, **given}
    assert boss.get("/alerts/recipients").get_json() == [{"number": number, **given}]


def test_the_secret_of_a_webhook_is_told_once(world: World, boss: Program) -> None:
    told = boss.post("/alerts/recipients", HOOK).get_json()
    number = told["recipient"]["number"]
    assert told["secret"] == webhook_secret(keys(world), number) != ""
    assert told["secret"] not in boss.get(f"/alerts/recipients/{number}").text


def test_a_new_secret_takes_the_place_of_the_old_one(world: World, boss: Program) -> None:
    first = boss.post("/alerts/recipients", HOOK).get_json()
    number = first["recipient"]["number"]
    second = boss.post(f"/alerts/recipients/{number}/secret").get_json()["secret"]
    assert first["secret"] != second == webhook_secret(keys(world), number)
    assert world.store.audit.entries(1)[0].what == "new webhook secret"


def test_a_change_leaves_what_it_does_not_name(world: World, boss: Program) -> None:
    number = world.store.subscriptions.add(a_subscription())
    told = boss.send("PUT", f"/alerts/recipients/{number}", {"language": "es", "quiet_from": "22:00"}).get_json()
    assert (told["language"], told["quiet_from"], told["to"]) == ("es", "22:00", "ana@example.com")
    assert kept(world, number).quiet_from == 22 * 60
    assert world.store.audit.entries(1)[0].what == "change recipient"


def test_who_is_removed_is_told_nothing_more(world: World, boss: Program) -> None:
    number = world.store.subscriptions.add(a_subscription())
    assert boss.send("DELETE", f"/alerts/recipients/{number}").get_json()["title"] == "Ana"
    assert world.store.subscriptions.all() == {}
    assert boss.send("DELETE", f"/alerts/recipients/{number}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "ana@example.com\r\nBcc: all@example.com"),
        ("to", "https://user:secret@hooks.example.com/"),
        ("title", "two\nlines"),
        ("kinds", []),
        ("kinds", ["test"]),
        ("jobs", ["music"]),
        ("zone", "Nowhere/At_all"),
    ],
)
def test_what_cannot_be_is_refused_and_the_field_is_named(
    world: World, boss: Program, field: str, value: object
) -> None:
    answer = boss.post("/alerts/recipients", {**ANA, field: value})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid")
    assert f"{field}: " in answer.get_json()["sentence"]
    assert world.store.subscriptions.all() == {}


@pytest.mark.parametrize("wrong", [{"day_at": "25:00"}, {"per_hour": 0}, {"language": "fr"}, {"colour": "red"}])
def test_what_the_document_does_not_allow_is_refused(world: World, boss: Program, wrong: dict[str, object]) -> None:
    number = world.store.subscriptions.add(a_subscription())
    assert boss.send("PUT", f"/alerts/recipients/{number}", wrong).status_code == 400
    assert kept(world, number) == a_subscription()


def test_a_mail_address_does_not_become_a_webhook_by_its_channel_alone(world: World, boss: Program) -> None:
    number = world.store.subscriptions.add(a_subscription())
    assert boss.send("PUT", f"/alerts/recipients/{number}", {"channel": "webhook"}).status_code == 400


def test_an_operator_may_not_say_who_is_told(runner: Program) -> None:
    assert runner.get("/alerts/recipients").status_code == 403
    assert runner.post("/alerts/recipients", ANA).status_code == 403
