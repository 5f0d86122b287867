"""Two real hosts and nothing but their pages: from the first administrator to a change that undid itself."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.lab.content import Age
from scripts.lab.damage import break_endpoints
from scripts.lab.node import PbxNode
from tests.integration import browser_steps as steps
from tests.integration.browser import DESK, TELEPHONE, Watched, shoot
from tests.integration.installation import Installed, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

MANY, FEW = 60, 12
FARM, DATASET, JOB = "office", "asterisk-configuration", "configuration"
WORD = "a long pass phrase for the pages"
PATIENCE = 90.0
"""Seconds in which a run ends on a machine that does much else."""

COUNTING = """addEventListener("pointerdown", () => { sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1; },
    { capture: true });"""


@dataclass(frozen=True)
class Desk:
    """One person before the pages of one host."""

    host: Installed
    page: Page

    @property
    def base(self) -> str:
        return self.host.url.rstrip("/")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}")


@contextmanager
def at_desk(browser: Browser, host: Installed, size: dict[str, int]) -> Iterator[Desk]:
    with Watched(browser, size) as page:
        yield Desk(host, page)


def installed(folder: Path, node: PbxNode) -> Installed:
    host = Installed(folder / node.host.name, node)
    host.init()
    host.start()
    return host


def test_two_people_at_two_pages_bring_two_hosts_in_step_and_back(pbx_node, chromium, shots, tmp_path):
    """One test, because a person's way is one way; each step stands on the one before."""
    nodes = (pbx_node("A", extensions=MANY), pbx_node("B", extensions=FEW, seed=2, age=Age.OLD))
    hosts = [installed(tmp_path / "homes", node) for node in nodes]
    try:
        for host in hosts:
            host.wait()
        with at_desk(chromium, hosts[0], DESK) as a, at_desk(chromium, hosts[1], TELEPHONE) as b:
            for desk in (a, b):
                desk.page.add_init_script(COUNTING)
            _walk(a, b, shots)
    finally:
        for host in hosts:
            host.close()


def _walk(a: Desk, b: Desk, shots: Path) -> None:
    began = time.monotonic()
    _pair(a, b, shots)
    _form_a_farm(a, shots)
    first = _preview_and_apply(a, b, shots)
    _tell_the_clicks(a, b, shots, time.monotonic() - began)
    _hold_and_approve(a, b, shots)
    _cancel(a, b, shots)
    _roll_back(a, b, first, shots)
    _break_and_see_it_undone(a, b, shots)


def _pair(a: Desk, b: Desk, shots: Path) -> None:
    for desk, name in ((a, "ana"), (b, "bruno")):
        desk.page.goto(desk.host.first_visit)
        token = desk.page.url.rpartition("token=")[2]
        steps.set_up(desk.page, desk.base, token, name, WORD)
    steps.follow(a.page, a.base, 2, "/pairing/offer")
    code = steps.offer_code(a.page, a.base, WORD)
    shoot(a.page, shots, "pair-01-code-on-a")
    words = steps.join_with(b.page, b.base, code, WORD)
    shoot(b.page, shots, "pair-02-words-on-b")
    for desk in (a, b):
        steps.confirm_words(desk.page, desk.base, words, WORD)
        shoot(desk.page, shots, f"pair-03-paired-{desk.host.node.host.name}")


def _form_a_farm(a: Desk, shots: Path) -> None:
    steps.follow(a.page, a.base, 3, "/groups/new")
    steps.make_farm(a.page, a.base, "Office")
    steps.follow(a.page, a.base, 4, f"/groups/{FARM}/datasets/add")
    steps.add_dataset(a.page, a.base, FARM, DATASET)
    steps.follow(a.page, a.base, 5, f"/groups/{FARM}/jobs/new")
    steps.add_job(a.page, a.base, FARM, "Configuration", DATASET)
    steps.no_step_is_left(a.page, a.base)
    shoot(a.page, shots, "pair-04-job")


def _preview_and_apply(a: Desk, b: Desk, shots: Path) -> str:
    steps.press(a.page, a.base, FARM, JOB, "plan")
    steps.wait_for_state(a.page, "PREVIEWED", PATIENCE)
    shoot(a.page, shots, "pair-05-preview")
    assert b.host.node.endpoints() == FEW
    run = steps.apply_what_is_shown(a.page, a.base)
    steps.wait_for_state(a.page, "COMMITTED", PATIENCE)
    shoot(a.page, shots, "pair-06-committed")
    assert b.host.node.endpoints() == MANY
    return run


def _tell_the_clicks(a: Desk, b: Desk, shots: Path, seconds: float) -> None:
    """Keep what the way from nothing to the first pair in step took; nothing is asserted of it."""
    clicks = [int(desk.page.evaluate("sessionStorage.clicks || 0")) for desk in (a, b)]
    told = f"{sum(clicks)} clicks ({clicks[0]} on A, {clicks[1]} on B) and {seconds:.0f} s from empty to the first sync"
    print(told)
    (shots / "newcomer.txt").write_text(told + "\n")


def _hold_and_approve(a: Desk, b: Desk, shots: Path) -> None:
    """Most phones vanish on A: B asks its own people, and they say yes on a telephone."""
    a.host.node.generate(FEW, 1)
    run = steps.press(a.page, a.base, FARM, JOB, "apply")
    steps.wait_for_state(a.page, "HELD", PATIENCE)
    shoot(a.page, shots, "pair-07-held-on-a")
    assert b.host.node.endpoints() == MANY
    b.open("/")
    b.page.click("main .alert.warning a")
    assert steps.run_id(b.page) == run
    shoot(b.page, shots, "pair-08-held-on-b")
    b.page.click("a[href$='/approve']")
    shoot(b.page, shots, "pair-09-approve-on-b")
    b.page.click("main form button.primary")
    b.page.wait_for_url(lambda url: "/runs/" in url and not url.endswith("/approve"))
    steps.wait_for_state(b.page, "COMMITTED", PATIENCE)
    shoot(b.page, shots, "pair-10-approved")
    assert b.host.node.endpoints() == FEW


def _cancel(a: Desk, b: Desk, shots: Path) -> None:
    """B's worker sleeps, so that there is time to change one's mind."""
    a.host.node.generate(MANY, 1)
    worker = b.host.pid("runs")
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)
    try:
        run = steps.press(a.page, a.base, FARM, JOB, "apply")
        a.open(f"/runs/{run}/cancel")
        shoot(a.page, shots, "pair-11-cancel")
        a.page.click("main form button.danger")
        a.page.wait_for_url(f"{a.base}/runs/{run}")
        until(lambda: _asked_to_stop(b.host, run), PATIENCE, "the wish to cancel at B")
    finally:
        os.kill(worker, signal.SIGCONT)
    steps.wait_for_state(a.page, "CANCELLED", PATIENCE)
    shoot(a.page, shots, "pair-12-cancelled")
    assert b.host.node.endpoints() == FEW


def _asked_to_stop(host: Installed, run: str) -> bool:
    known = host.run(run)
    return known is not None and known.cancel_by != ""


def _roll_back(a: Desk, b: Desk, first: str, shots: Path) -> None:
    a.open(f"/runs/{first}")
    expect(a.page.locator("a[href*='/rollback/']").first).to_be_visible()
    a.open(f"/runs/{first}/rollback/after")
    steps.give_password(a.page, WORD)
    shoot(a.page, shots, "pair-13-rollback")
    a.page.click("button[name=do][value=apply]")
    a.page.wait_for_url(lambda url: url.startswith(f"{a.base}/runs/") and "/rollback/" not in url)
    steps.wait_for_state(a.page, "COMMITTED", PATIENCE)
    shoot(a.page, shots, "pair-14-rolled-back-on-demand")
    assert b.host.node.endpoints() == MANY


def _break_and_see_it_undone(a: Desk, b: Desk, shots: Path) -> None:
    break_endpoints(a.host.node)
    steps.press(a.page, a.base, FARM, JOB, "apply")
    steps.wait_for_state(a.page, "ROLLED_BACK", PATIENCE)
    shoot(a.page, shots, "pair-15-rolled-back")
    assert b.host.node.endpoints() == MANY
    expect(a.page.locator("main .alert").first).to_contain_text("colour")
