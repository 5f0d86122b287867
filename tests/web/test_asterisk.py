"""The page of this host's Asterisk: calm things for operators, what ends calls for administrators, by a worker."""

import pytest

from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.report import Told
from tests.web.conftest import Browser, World


def measure(world: World, calls: int) -> None:
    me = world.store.hosts.me().id
    world.store.facts.record(me, [Told("asterisk.up", True, 1.0, "ami"), Told("asterisk.calls", calls, 1.0, "ami")])


def asked(world: World) -> list[Operation]:
    return [one.wish.operation for one in world.store.wishes.waiting()]


def test_before_the_monitor_has_looked_it_says_so(viewer: Browser) -> None:
    page = viewer.get("/asterisk").text
    assert "The monitor has not looked yet" in page
    assert "Restart" not in page


def test_it_shows_what_the_monitor_saw(world: World, viewer: Browser) -> None:
    measure(world, 3)
    assert "<dd>3</dd>" in viewer.get("/asterisk").text


@pytest.mark.parametrize(("up", "offers"), [(True, (False, True)), (False, (True, False)), (None, (True, True))])
def test_it_offers_what_can_be_done(world: World, admin: Browser, up: bool | None, offers: tuple[bool, bool]) -> None:
    if up is not None:
        world.store.facts.record(world.store.hosts.me().id, [Told("asterisk.up", up, 1.0, "ami")])
    page = admin.get("/asterisk").text
    assert ("Start Asterisk" in page, "Stop now" in page and "Restart now" in page) == offers


def test_the_page_of_hosts_leads_there(viewer: Browser) -> None:
    assert 'href="/asterisk"' in viewer.get("/hosts").text


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("reload", Operation(OperationKind.RELOAD)),
        ("restart-when-convenient", Operation(OperationKind.RESTART, When.CONVENIENT)),
        ("restart-gracefully", Operation(OperationKind.RESTART, When.GRACEFULLY)),
        ("start", Operation(OperationKind.START)),
        ("cancel", Operation(OperationKind.CANCEL)),
    ],
)
def test_an_operator_may_do_what_ends_no_call(world: World, operator: Browser, name: str, operation: Operation) -> None:
    assert operator.get(f"/asterisk/do/{name}").status_code == 200
    assert operator.post(f"/asterisk/do/{name}").status_code == 303
    assert asked(world) == [operation]


@pytest.mark.parametrize("name", ["restart-now", "stop-now", "stop-gracefully", "stop-when-convenient"])
def test_only_an_administrator_ends_calls(world: World, operator: Browser, admin: Browser, name: str) -> None:
    assert operator.post(f"/asterisk/end/{name}").status_code == 403
    assert operator.post(f"/asterisk/do/{name}").status_code == 404
    assert admin.post(f"/asterisk/end/{name}").status_code == 303
    assert len(asked(world)) == 1


def test_named_modules_are_reloaded(world: World, operator: Browser) -> None:
    operator.post("/asterisk/do/reload", modules="res_pjsip.so app_queue.so")
    assert asked(world) == [Operation(OperationKind.RELOAD, modules=("res_pjsip.so", "app_queue.so"))]


def test_it_refuses_what_is_no_module(world: World, operator: Browser) -> None:
    assert operator.post("/asterisk/do/reload", modules="x;core").status_code == 400
    assert asked(world) == []


def test_it_says_how_many_calls_would_end(world: World, admin: Browser) -> None:
    assert "Nobody knows how many calls" in admin.get("/asterisk/end/restart-now").text
    measure(world, 3)
    assert "3 calls in progress would end" in admin.get("/asterisk/end/restart-now").text
    assert "It waits for 3 calls to end" in admin.get("/asterisk/end/stop-gracefully").text


def test_an_unknown_operation_is_not_found(operator: Browser) -> None:
    assert operator.get("/asterisk/do/explode").status_code == 404
