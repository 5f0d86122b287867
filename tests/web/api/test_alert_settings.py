"""The mail server, and what holds for all alerts, through the API."""

from typing import Any

import pytest

from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import AlertSettings
from pbxsync_worker.core.store.alert_secrets import mail_password
from tests.web.api.conftest import Program
from tests.web.conftest import World

PATH = "/alerts/settings"
SERVER = {"host": "mail.example.com", "sender": "pbx@example.com", "user": "pbx"}


def password(world: World) -> str:
    return mail_password(world.app.extensions["pbxsync"].settings.keys)


def saved(boss: Program, **given: object) -> Any:
    answer = boss.send("PUT", PATH, given)
    assert answer.status_code == 200
    return answer.get_json()


def test_before_anybody_chose_no_mail_can_be_sent(boss: Program) -> None:
    told = boss.get(PATH).get_json()
    assert (told["server"], told["lost_minutes"], told["keep_days"]) == (None, 5, 4)


def test_a_mail_server_is_told_without_its_password(world: World, boss: Program) -> None:
    told = saved(boss, server=SERVER, password="geheim")
    assert (told["server"]["port"], told["server"]["security"], told["server"]["has_password"]) == (
        587,
        "starttls",
        True,
    )
    assert password(world) == "geheim"
    assert "geheim" not in boss.get(PATH).text + str(world.store.audit.entries(5))


def test_what_is_not_given_stays_and_so_does_the_password(world: World, boss: Program) -> None:
    saved(boss, server=SERVER, password="geheim")
    told = saved(boss, lost_minutes=9, page="https://pbx.example.com/pbxsync")
    assert (told["server"]["host"], told["lost_minutes"]) == ("mail.example.com", 9)
    assert password(world) == "geheim"


def test_without_a_login_no_password_is_kept(world: World, boss: Program) -> None:
    saved(boss, server=SERVER, password="geheim")
    assert saved(boss, server={**SERVER, "user": ""})["server"]["has_password"] is False
    assert password(world) == ""


def test_without_a_server_no_mail_can_be_sent(world: World, boss: Program) -> None:
    saved(boss, server=SERVER)
    assert saved(boss, server=None)["server"] is None
    assert world.store.audit.entries(1)[0].about == say("no mail server")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"server": {**SERVER, "security": "plain"}}, "user"),
        ({"server": {**SERVER, "sender": "pbx@example.com\nBcc: x@example.com"}}, "sender"),
        ({"server": {**SERVER, "ca_file": "ca.pem"}}, "ca_file"),
        ({"server": SERVER, "password": "two\nlines"}, "password"),
        ({"page": "javascript:alert(1)"}, "page"),
    ],
)
def test_what_cannot_be_is_refused_and_the_field_is_named(
    world: World, boss: Program, given: dict[str, object], field: str
) -> None:
    answer = boss.send("PUT", PATH, given)
    assert answer.status_code == 400
    assert f"{field}: " in answer.get_json()["sentence"]
    assert world.store.subscriptions.settings() == AlertSettings()


@pytest.mark.parametrize("given", [{"keep_days": 2}, {"server": {"host": "x"}}, {"server": {**SERVER, "port": 0}}])
def test_what_the_document_does_not_allow_is_refused(boss: Program, given: dict[str, object]) -> None:
    assert boss.send("PUT", PATH, given).status_code == 400


def test_an_operator_may_neither_see_nor_change_it(runner: Program) -> None:
    assert runner.get(PATH).status_code == runner.send("PUT", PATH, {}).status_code == 403


def test_every_setting_of_the_host_is_told_without_passwords(boss: Program, runner: Program) -> None:
    told = boss.get("/settings").get_json()
    named = {one["name"]: one for one in told["settings"]}
    assert named["log_level"]["source"] in {"default", "environment", "file"}
    assert "store_url" in named
    assert told["problem"] == ""
    assert runner.get("/settings").status_code == 403


def test_a_ready_made_rule_can_be_put_into_a_group_as_it_is(reader: Program, boss: Program) -> None:
    [rule] = [one for one in reader.get("/rules/ready").get_json() if one["name"] == "not-during-calls"]
    name = rule.pop("name")
    assert boss.send("PUT", f"/groups/coast/rules/{name}", rule).status_code == 202


def test_the_facts_that_a_condition_can_ask_for_are_told(reader: Program) -> None:
    known = {one["name"]: one for one in reader.get("/rules/facts").get_json()}
    assert known["local.asterisk.since_emergency_s"]["units"] == ["s", "min", "h", "days"]
    assert known["plan.deletes"]["fresh_s"] is None
    assert "slow" in known["remote.state"]["options"]
