"""Takes the pictures of the administrator's guide: each moment in both languages, as a person at a desk sees it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page

from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.host import Peer, PeerState
from pbxsync_worker.core.model.ready_rules import READY
from pbxsync_worker.core.model.report import LineState, Told
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import Channel, Subscription
from pbxsync_worker.core.model.wish import Give, policy_for
from pbxsync_worker.core.store import Store
from tests.integration import browser_steps as steps
from tests.integration.browser import Watched
from tests.integration.browser_site import Site
from tests.web import seed

LANGUAGES = ("en", "es")
MOMENTS = (
    *("steps", "code", "words", "fleet", "farm", "presets", "preview", "done", "rules", "held", "rolled-back"),
    *("states", "promote", "messages", "alerts"),
)
_SIZE = {"width": 1100, "height": 640}
WEST = replace(seed.NEW, address="pbx-west.example:8443")


@dataclass(frozen=True)
class Camera:
    """One person in each language before the same pages."""

    base: str
    people: dict[str, Page]
    folder: Path

    def take(self, name: str, path: str, top: str = "main") -> None:
        """Take a picture of a page from the element `top` on, not higher than a window."""
        for language, page in self.people.items():
            page.goto(self.base + path)
            page.evaluate("document.fonts.ready")
            found = page.locator(top).first.bounding_box()
            assert found
            # The bar that hides what is under it would also hide what is looked for.
            page.evaluate("y => scrollTo({top: y, behavior: 'instant'})", max(0, found["y"] - 44))
            page.screenshot(path=self.folder / f"{language}-{name}.png", animations="disabled")


def take_all(site: Site, chromium: Browser, folder: Path) -> None:
    """Take every picture of the guide into a folder, as `<language>-<moment>.png`."""
    store, now = site.store, time.time()
    (site.home / "freepbx.conf").touch()  # so that it offers what a FreePBX has
    store.hosts.set_me(seed.ME)
    seed.add_people(store)
    with _camera(site, chromium, folder) as camera:
        camera.take("steps", "/")
        pages = camera.people
        steps.offer_code(pages["en"], site.base, seed.PASSWORD)
        camera.take("code", pages["en"].url.removeprefix(site.base).removesuffix("/live"))
        camera.take("words", f"/pairing/confirm/{seed.NEW.id}")
        for host in (seed.OTHER, WEST):
            store.hosts.save(Peer(host, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH), "", now - 20))
            store.lines.save(host.id, LineState("reachable", "", now - 86400, now, now, dials=True, rtt_ms=12.5))
        camera.take("farm", "/groups/new")
        catalogue = seed.add_catalogue(store)
        seed.save(store, replace(catalogue, version=catalogue.version + 1, hosts=(*catalogue.hosts, WEST)))
        _rest(camera, store, now)


def _rest(camera: Camera, store: Store, now: float) -> None:
    camera.take("presets", "/groups/coast/datasets/add?preset=whole-configuration", "#preset-whole-configuration")
    camera.take("messages", "/groups/coast/datasets/add?preset=voicemail-messages", "#preset-voicemail-messages")
    camera.take("promote", f"/groups/coast/promote/{seed.OTHER.id}")
    farm = store.catalogues.current("coast")
    seed.save(store, farm.with_rules((READY[0], READY[5]), "config"))
    camera.take("rules", "/groups/coast/jobs/config/rules")
    runs = {state: seed.add_run(store, state) for state in (State.PREVIEWED, State.ROLLED_BACK, State.HELD)}
    done = seed.add_run(store, State.COMMITTED)
    camera.take("preview", f"/runs/{runs[State.PREVIEWED].id}")
    camera.take("rolled-back", f"/runs/{runs[State.ROLLED_BACK].id}")
    camera.take("held", f"/runs/{runs[State.HELD].id}")
    camera.take("done", f"/runs/{done.id}")
    camera.take("states", "/states")
    store.subscriptions.add(Subscription("Ana", Channel.EMAIL, "ana@example.com", frozenset(list(AlertKind)[:4])))
    camera.take("alerts", "/alerts")
    told = (("asterisk.up", True), ("asterisk.calls", 7), ("data.changed_items", 0), ("data.unsafe_s", 0))
    store.facts.record(seed.ME.id, [Told(name, value, 0, "ami") for name, value in told])
    camera.take("fleet", "/")


@contextmanager
def _camera(site: Site, chromium: Browser, folder: Path) -> Iterator[Camera]:
    with ExitStack() as open_pages:
        people = {}
        for language in LANGUAGES:
            people[language] = open_pages.enter_context(Watched(chromium, _SIZE, language))
            steps.log_in(people[language], site.base, seed.ALICE, seed.PASSWORD)
        yield Camera(site.base, people, folder)
