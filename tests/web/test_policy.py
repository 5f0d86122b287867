"""What a peer may do here, changed only by an administrator of this host."""

from pbxsync_web.forms.policy import to_form
from pbxsync_worker.core.model.host import Policy, Right
from tests.web import seed
from tests.web.conftest import Browser, World

PATH = f"/hosts/{seed.OTHER.id}/policy"
GOOD = {"right-read": "yes", "place-ASTETCDIR": "yes", "max_delete_percent": "5", "reloads": "res_pjsip.so\n"}


def test_it_shows_the_present_policy(admin: Browser) -> None:
    page = admin.get(PATH).text
    assert 'value="20"' in page
    assert page.count("checked") == len(Right) + len(Policy().places) + 1  # and that it stands by


def test_keys_and_rows_are_opened_and_closed_like_places(world: World, admin: Browser) -> None:
    page = admin.get(PATH).text
    assert "AstDB keys" in page
    assert "Database rows" in page
    admin.post(PATH, **{**GOOD, "place-ASTDB": "yes", "place-SQL": "no"})
    assert world.store.hosts.peer(seed.OTHER.id).policy.places == ("ASTETCDIR", "ASTDB")


def test_saving_what_is_shown_changes_nothing(world: World, admin: Browser) -> None:
    before = world.store.hosts.peer(seed.OTHER.id).policy
    with world.app.test_request_context():
        shown = to_form(before)
    admin.send(PATH, shown)
    assert world.store.hosts.peer(seed.OTHER.id).policy == before


def test_it_saves_and_writes_it_down(world: World, admin: Browser) -> None:
    assert admin.post(PATH, **GOOD).status_code == 303
    saved = world.store.hosts.peer(seed.OTHER.id).policy
    assert saved == Policy(frozenset({Right.READ}), ("ASTETCDIR",), 5, ("res_pjsip.so",), replica=False)
    assert world.store.audit.entries(1)[0].what == "change policy"


def test_a_host_stands_by_for_a_peer_until_somebody_says_otherwise(world: World, admin: Browser) -> None:
    assert world.store.hosts.peer(seed.OTHER.id).policy.replica
    admin.post(PATH, **{**GOOD, "replica": "no"})
    assert not world.store.hosts.peer(seed.OTHER.id).policy.replica
    assert "takes its trunks as they are" in world.store.audit.entries(1)[0].about
    admin.post(PATH, **{**GOOD, "replica": "yes"})
    assert world.store.hosts.peer(seed.OTHER.id).policy.replica


def test_it_refuses_a_share_above_all_and_keeps_what_was_typed(world: World, admin: Browser) -> None:
    answer = admin.post(PATH, **{**GOOD, "max_delete_percent": "101"})
    assert answer.status_code == 400
    assert 'value="101"' in answer.text
    assert world.store.hosts.peer(seed.OTHER.id).policy.max_delete_percent == 20


def test_it_refuses_a_module_that_is_no_name(admin: Browser) -> None:
    assert admin.post(PATH, **{**GOOD, "reloads": "core restart now"}).status_code == 400


def test_what_it_may_make_asterisk_do_is_opened_one_by_one(world: World, admin: Browser) -> None:
    assert world.store.hosts.peer(seed.OTHER.id).policy.actions == ()
    admin.post(PATH, **{**GOOD, "actions": "restart gracefully\nhook flush\nami QueueReset\n"})
    assert world.store.hosts.peer(seed.OTHER.id).policy.actions == (
        "restart gracefully",
        "hook flush",
        "ami QueueReset",
    )
    assert "restart gracefully" in world.store.audit.entries(1)[0].about


def test_it_refuses_what_is_no_action_of_asterisk(world: World, admin: Browser) -> None:
    for line in ("explode", "map", "ami Originate", "hook ../x", "restart"):
        assert admin.post(PATH, **{**GOOD, "actions": line}).status_code == 400
    assert world.store.hosts.peer(seed.OTHER.id).policy.actions == ()
