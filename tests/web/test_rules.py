"""Rules of a farm and of its jobs, on their page: listed, changed, asked."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.decision import Decision, Looked, Measured, Scope, Truth, Verdict
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import AskRules
from pbxsync_worker.core.wire import to_text
from tests.web import seed
from tests.web.conftest import Browser, World
from tests.web.test_groups import wished

JOB = "/groups/coast/jobs/config/rules"
FARM = "/groups/coast/rules"
CALLS = Rule("calls", "Calls first", "local.asterisk.calls > 0", Then.WAIT, 7200, Then.HOLD)
OTHER = Rule("other", "Another", "always", Then.RUN)
GOOD = {
    "title": "Calls first",
    "when": "local.asterisk.calls > 0",
    "then": "wait",
    "limit": "2 h",
    "otherwise": "hold",
    "reason": "",
    "asterisk": "",
    "enabled": "yes",
}


def give(world: World, *rules: Rule, job: str = "config") -> None:
    seed.save(world.store, world.store.catalogues.current("coast").with_rules(rules, job))


def rules(world: World, job: str = "config") -> tuple[Rule, ...]:
    return wished(world).job(job).rules


def test_a_job_without_rules_says_what_that_means(viewer: Browser) -> None:
    page = viewer.get(JOB).text
    assert "Without rules the job runs whenever it is started." in page
    assert "Add a rule" not in page


def test_the_job_leads_there(viewer: Browser) -> None:
    assert f'href="{JOB}"' in viewer.get("/groups/coast/jobs/config").text


def test_the_farm_leads_to_its_rules(viewer: Browser) -> None:
    assert f'href="{FARM}"' in viewer.get("/groups/coast").text


def test_rules_are_listed_in_their_order_those_of_the_farm_first(world: World, viewer: Browser) -> None:
    give(world, replace(CALLS, title="Of all"), job="")
    give(world, CALLS, replace(OTHER, enabled=False))
    page = viewer.get(JOB).text
    assert page.index("Of all") < page.index("Calls first") < page.index("Another")
    assert "at most 2 h, then:" in page
    assert ">off<" in page
    assert "/calls/order" not in page


def test_an_administrator_adds_a_rule(world: World, admin: Browser) -> None:
    assert "local.asterisk.callers_waiting" in admin.get(f"{JOB}/new").text
    answer = admin.post(f"{JOB}/new", **GOOD)
    assert answer.status_code == 303
    assert rules(world) == (replace(CALLS, name="calls-first"),)


def test_a_rule_of_the_farm_is_added_as_well(world: World, admin: Browser) -> None:
    admin.post(f"{FARM}/new", **{**GOOD, "then": "alert", "reason": "busy"})
    (rule,) = wished(world).rules
    assert (rule.then, rule.reason, rule.limit_s) == (Then.ALERT, "busy", 0)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "Write a name"),
        ("title", "New", "This name is taken."),
        ("when", "calls > 0", "no fact has this name, at position 1: calls"),
        ("then", "explode", "Choose one of the values."),
        ("limit", "long", "Write a time such as 30 min"),
        ("limit", "8 days", "Write a time such as 30 min"),
        ("otherwise", "run", "Choose one of the values."),
        ("reason", "x" * 201, "Write at most 200 characters."),
    ],
)
def test_it_refuses_what_cannot_be_and_keeps_what_was_typed(
    world: World, admin: Browser, field: str, value: str, said: str
) -> None:
    answer = admin.post(f"{JOB}/new", **{**GOOD, field: value})
    assert answer.status_code == 400
    assert said in answer.text
    assert "local.asterisk.calls &gt; 0" in answer.text or field == "when"
    assert world.store.wishes.waiting() == ()


def test_what_asterisk_does_must_be_an_action(world: World, admin: Browser) -> None:
    wrong = admin.post(f"{JOB}/new", **{**GOOD, "then": "asterisk", "asterisk": "explode"})
    assert "Write what Asterisk does" in wrong.text
    admin.post(f"{JOB}/new", **{**GOOD, "then": "asterisk", "asterisk": "restart gracefully"})
    assert [one.asterisk for one in rules(world)] == ["restart gracefully"]


def test_what_is_wrong_is_told_in_the_language_of_the_reader(admin: Browser) -> None:
    admin.post("/account/language", language="es")
    page = admin.post(f"{JOB}/new", **{**GOOD, "when": "calls > 0"}).text
    assert "ningún dato tiene este nombre, en la posición 1: calls" in page


def test_a_rule_is_changed_under_its_name(world: World, admin: Browser) -> None:
    give(world, CALLS, OTHER)
    assert 'value="2 h"' in admin.get(f"{JOB}/calls/edit").text
    admin.post(f"{JOB}/calls/edit", **{**GOOD, "title": "Quiet", "then": "skip", "enabled": "no"})
    changed = Rule("calls", "Quiet", CALLS.when, Then.SKIP, enabled=False)
    assert rules(world) == (changed, OTHER)


@pytest.mark.parametrize(
    ("name", "do", "after"),
    [
        ("other", "up", (OTHER, CALLS)),
        ("calls", "down", (OTHER, CALLS)),
        ("calls", "up", (CALLS, OTHER)),
        ("calls", "off", (replace(CALLS, enabled=False), OTHER)),
        ("calls", "remove", (OTHER,)),
    ],
)
def test_rules_are_moved_switched_and_taken_out(
    world: World, admin: Browser, name: str, do: str, after: tuple[Rule, ...]
) -> None:
    give(world, CALLS, OTHER)
    assert admin.post(f"{JOB}/{name}/order", do=do).status_code == 303
    assert rules(world) == after


def test_it_refuses_any_other_move(world: World, admin: Browser) -> None:
    give(world, CALLS)
    assert admin.post(f"{JOB}/calls/order", do="fly").status_code == 400
    assert admin.post(f"{JOB}/nothing/order", do="up").status_code == 404


def test_a_ready_made_rule_is_one_click_away(world: World, admin: Browser) -> None:
    assert "Not during calls" in admin.get(JOB).text
    admin.post(f"{JOB}/use", name="not-during-calls")
    assert rules(world) == (READY[0],)


def test_an_operator_asks_which_rule_would_decide(world: World, operator: Browser) -> None:
    answer = operator.post(f"{JOB}/ask", target=seed.ME.id, at="")
    (asked,) = world.store.wishes.waiting()
    assert asked.wish == AskRules("coast", "config", seed.ME.id)
    assert f"asked%3D{asked.id}" in answer.headers["Location"]


def test_a_recorded_moment_can_be_asked_for_and_not_one_that_comes(world: World, operator: Browser) -> None:
    assert operator.post(f"{JOB}/ask", target=seed.ME.id, at="2023-01-01T12:00:00").status_code == 303
    (asked,) = world.store.wishes.waiting()
    assert isinstance(asked.wish, AskRules)
    assert asked.wish.at > 0
    for at in ("2999-01-01T12:00", "yesterday"):
        assert operator.post(f"{JOB}/ask", target=seed.ME.id, at=at).status_code == 400
    assert operator.post(f"{JOB}/ask", target="x", at="").status_code == 400


def test_the_answer_is_shown_with_every_rule_and_what_it_measured(world: World, viewer: Browser) -> None:
    measured = (Measured("local.asterisk.calls", 20, 5.0),)
    told = say("{what} here: {shown}", what="Calls in progress", shown="20")
    looked = Looked(
        Scope.JOB, "calls", "Calls first", Then.WAIT, Truth.YES, fires=True, sentence=told, measured=measured
    )
    decision = Decision(Verdict.WAIT, say("waits, at most {limit}: {rule} ({reason})", limit="2 h", rule="Calls first",
                        reason=told), 1e9, "calls", looked=(looked,))  # fmt: skip
    identity = world.store.wishes.add(AskRules("coast", "config", seed.ME.id), seed.BOB)
    world.store.wishes.answer(identity, to_text(decision))
    page = viewer.get(f"{JOB}?asked={identity}").text
    for text in ("It would wait", "waits, at most 2 h: Calls first (Calls in progress here: 20)", "fires", "pbx-north"):
        assert text in page
    assert "It would wait" not in viewer.get(f"{FARM}?asked={identity}").text
    assert "It would wait" not in viewer.get(f"{JOB}?asked=unknown").text
