"""What of this PBX is in no job, on its page."""

from pbxsync_worker.core.model.coverage import Coverage
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import LookAtCoverage
from tests.web import seed
from tests.web.conftest import Browser, World


def test_before_anybody_has_looked_it_says_so(viewer: Browser) -> None:
    page = viewer.get("/coverage").text
    assert "Nobody has looked yet" in page
    assert "Look now" not in page


def test_the_menu_leads_there(viewer: Browser) -> None:
    assert 'href="/coverage"' in viewer.get("/datasets").text


def test_an_operator_asks_a_worker_to_look(world: World, operator: Browser) -> None:
    answer = operator.post("/coverage")
    assert answer.status_code == 303
    assert [type(one.wish) for one in world.store.wishes.waiting()] == [LookAtCoverage]
    assert len(world.waker.granted) == 1


def test_what_is_in_no_job_is_shown_with_the_reason(world: World, viewer: Browser) -> None:
    seed.look_at_coverage(world.store)
    page = viewer.get("/coverage").text
    for text in ("asterisk.ringgroups", "Call flow", "asterisk.mine", "No preset knows this table", "1240 files"):
        assert text in page


def test_what_is_left_out_on_purpose_says_why(world: World, viewer: Browser) -> None:
    seed.look_at_coverage(world.store)
    page = viewer.get("/coverage").text
    assert "private keys, and certificates with this host&#39;s name" in page
    assert "asterisk.certman_certs" in page


def test_a_preset_that_was_not_chosen_is_one_click_away_for_an_administrator(world: World, admin: Browser) -> None:
    world.parts.settings.freepbx_conf.touch()
    seed.look_at_coverage(world.store)
    link = "/groups/coast/datasets/add?preset=call-flow#preset-call-flow"
    assert link in admin.get("/coverage").text
    assert 'value="call-flow" checked' in admin.get(link).text


def test_a_viewer_gets_no_link_to_what_only_administrators_may(world: World, viewer: Browser) -> None:
    world.parts.settings.freepbx_conf.touch()
    seed.look_at_coverage(world.store)
    assert "/datasets/add" not in viewer.get("/coverage").text


def test_what_could_not_be_looked_at_is_told(world: World, viewer: Browser) -> None:
    report = Coverage((), (), 7, (say("Asterisk did not answer: {reason}", reason="x"),))
    world.store.wishes.answer(world.store.wishes.add(LookAtCoverage(), seed.BOB), report.stored())
    page = viewer.get("/coverage").text
    assert "Not looked at: Asterisk did not answer: x" in page
    assert "Every part of this PBX" not in page


def test_it_is_told_in_spanish(world: World, viewer: Browser) -> None:
    seed.look_at_coverage(world.store)
    page = viewer.get("/coverage?lang=es").text
    assert "Fuera a propósito" in page


def test_the_newest_look_counts(world: World, viewer: Browser) -> None:
    world.store.wishes.answer(world.store.wishes.add(LookAtCoverage(), seed.BOB), "", "asterisk-silent")
    assert "Nobody has looked yet" in viewer.get("/coverage").text
