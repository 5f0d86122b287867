"""What becomes of rows on arrival: shown to administrators, who add and remove rules of this host."""

import pytest

from pbxsync_worker.core.model.dataset import Condition, Match
from pbxsync_worker.core.model.own_rule import Becomes, OwnRule
from tests.web.conftest import Browser, World

GOOD = {
    "database": "asterisk",
    "table": "trunks",
    "column": "maxchans",
    "becomes": "replace",
    "value": "5",
    "why": "a thin line",
    "rows": "trunkid in 3\r\n",
}
RULE = OwnRule(
    Becomes.REPLACE, "asterisk", "trunks", "maxchans", "5", "a thin line", (Condition("trunkid", Match.IN, ("3",)),)
)


def test_it_shows_what_the_product_does_by_itself(admin: Browser) -> None:
    page = admin.get("/arrival").text
    assert "two hosts must not register one account" in page
    assert "0.0.0.0-udp" in page


def test_it_adds_a_rule_and_writes_it_down(world: World, admin: Browser) -> None:
    assert admin.post("/arrival", **GOOD).status_code == 303
    assert list(world.store.own_rules.all().values()) == [RULE]
    assert "trunks.maxchans" in world.store.audit.entries(1)[0].about
    assert "a thin line" in admin.get("/arrival").text


def test_it_removes_a_rule(world: World, admin: Browser) -> None:
    number = world.store.own_rules.add(RULE)
    assert admin.post(f"/arrival/{number}/remove").status_code == 303
    assert world.store.own_rules.all() == {}
    assert admin.post(f"/arrival/{number}/remove").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("table", "a b"), ("column", ""), ("becomes", "gone"), ("why", ""), ("rows", "trunkid = 3"), ("database", "")],
)
def test_it_refuses_and_keeps_what_was_typed(world: World, admin: Browser, field: str, value: str) -> None:
    answer = admin.post("/arrival", **{**GOOD, field: value})
    assert answer.status_code == 400
    assert field == "why" or "a thin line" in answer.text
    assert world.store.own_rules.all() == {}


def test_an_operator_may_not_look_or_write(world: World, operator: Browser) -> None:
    assert operator.get("/arrival").status_code == 403
    assert operator.post("/arrival", **GOOD).status_code == 403
    assert world.store.own_rules.all() == {}
