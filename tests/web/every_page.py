"""Every page of a seeded web admin by the name of its picture, for whoever looks at it, with or without a browser."""

from dataclasses import dataclass, replace
from pathlib import Path

from werkzeug.routing import Rule as Route

from pbxsync_web.access import Rule as Access
from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.report import LineState, Told
from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.model.subscription import Channel, Subscription
from pbxsync_worker.core.model.wish import Give, JoinHost, LookAtEverything, OfferPairing
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.people import Role
from tests.web import seed

ROLES: dict[str, Role | None] = {"": None, seed.CAROL: Role.VIEWER, seed.BOB: Role.OPERATOR, seed.ALICE: Role.ADMIN}
"""Who looks, by name; a stranger has none."""
NO_PAGES = {
    "static": "files",
    "fleet.overview": "leads to the start page",
    "start.live": "a part of the start page",
    "runs.live": "a part of a run's page",
    "runs.plan": "a part of a run's page",
    "runs.stream": "the events of a run's page",
    "runs.rollout_live": "a part of a rollout's page",
    "pairing.code_live": "a part of the page with the code",
    "login.login": "leads to the start page whoever is logged in; the browser test looks at it as a stranger",
    "setup.first": "gone once there is an administrator; test_browser.py begins with it",
}
"""What answers GET and is no page, and why."""
_RANK = (None, Role.VIEWER, Role.OPERATOR, Role.ADMIN)
_CALLS = Rule("calls", "Calls first", "local.asterisk.calls > 0", Then.WAIT, 7200, Then.HOLD)


def is_page(route: Route) -> bool:
    """Tell whether an address of the app is one that this list must have."""
    return "GET" in (route.methods or ()) and route.endpoint not in NO_PAGES and not route.endpoint.startswith("api.")


def expected_status(rule: Access, role: Role | None) -> int:
    """Return what a page answers: itself, the way to the login, or a refusal."""
    if _RANK.index(role) >= _RANK.index(rule.role):
        return 200
    return 303 if role is None else 403


@dataclass(frozen=True)
class Pages:
    """Addresses by name, and what stands behind them."""

    paths: dict[str, str]
    seeded: seed.Seeded


def seeded_pages(store: Store, home: Path, now: float) -> Pages:
    """Fill the store with everything and return all its pages."""
    (home / "freepbx.conf").touch()
    seeded = seed.seed(store, now)
    runs = seeded.runs
    seed.mixed(store)
    seed.look_at_coverage(store)
    _rule(store)
    _measure(store, now)
    seed.add_run(store, State.HELD, job="music")
    rows = seed.walk(store, runs[State.SCANNING], (State.PLANNED,), seed.mixed_plan())
    recipient = store.subscriptions.add(
        Subscription("Ana", Channel.EMAIL, "ana@example.com", frozenset({AlertKind.FAILED}))
    )
    store.tokens.add("panel of the north", Role.VIEWER, 30, seed.ALICE)
    (token,) = store.tokens.all()
    offer = store.wishes.add(OfferPairing(Give.SEND), seed.ALICE)
    join = store.wishes.add(JoinHost("PBX1-CODE", Give.RECEIVE), seed.ALICE)
    wish = store.wishes.add(LookAtEverything(), seed.BOB)
    return Pages(
        {
            "start": "/",
            "hosts": "/hosts",
            "host": f"/hosts/{seed.OTHER.id}",
            "policy": f"/hosts/{seed.OTHER.id}/policy",
            "revoke": f"/hosts/{seed.OTHER.id}/revoke",
            "offer": "/pairing/offer",
            "join": "/pairing/join",
            "confirm": f"/pairing/confirm/{seed.NEW.id}",
            "farms": "/groups",
            "farm": "/groups/coast",
            "farm-form": "/groups/coast/edit",
            "datasets": "/datasets",
            "dataset": "/groups/coast/datasets/music-on-hold",
            "dataset-form": "/groups/coast/datasets/music-on-hold/edit",
            "coverage": "/coverage",
            "presets": "/groups/coast/datasets/add?preset=call-flow",
            "dataset-rows": "/groups/coast/datasets/people",
            "dataset-rows-form": "/groups/coast/datasets/people/edit",
            "run-rows": f"/runs/{rows.id}",
            "jobs": "/jobs",
            "job": "/groups/coast/jobs/config",
            "job-form": "/groups/coast/jobs/config/edit",
            "runs": "/runs",
            **{f"run-{state.value.lower()}": f"/runs/{run.id}" for state, run in runs.items()},
            "approve": f"/runs/{runs[State.HELD].id}/approve",
            "cancel": f"/runs/{runs[State.APPLYING].id}/cancel",
            "rollback": f"/runs/{runs[State.COMMITTED].id}/rollback/before",
            "rollout": f"/rollouts/{runs[State.COMMITTED].rollout}",
            "approvals": "/approvals",
            "states": "/states",
            "people": "/people",
            "person": "/people/2",
            "person-form": "/people/new",
            "account": "/account",
            "audit": "/audit",
            "fleet": f"/fleet/{seed.OTHER.id}",
            "run-sides": f"/runs/{runs[State.PREVIEWED].id}?diff=sides",
            "drift": "/drift",
            "alerts": "/alerts",
            "alerts-form": "/alerts/recipients/new",
            "arrival": "/arrival",
            "asterisk": "/asterisk",
            "doctor": "/doctor",
            "rules": "/groups/coast/rules",
            "rule-form": "/groups/coast/rules/new",
            "farm-new": "/groups/new",
            "settings": "/settings",
            "tokens": "/tokens",
            "tokens-form": "/tokens/new",
            "password": "/password?next=/",
            "host-facts": f"/fleet/{seed.OTHER.id}?span=week",
            "code": f"/pairing/offer/{offer}",
            "joining": f"/pairing/join/{join}",
            "wish": f"/wishes/{wish}?stay=1",
            "person-remove": "/people/2/remove",
            "token-remove": f"/tokens/{token.id}/remove",
            "mail-server": "/alerts/server",
            "recipient": f"/alerts/recipients/{recipient}",
            "recipient-remove": f"/alerts/recipients/{recipient}/remove",
            "asterisk-reload": "/asterisk/do/reload",
            "asterisk-stop": "/asterisk/end/stop-now",
            "dataset-new": "/groups/coast/datasets/new",
            "dataset-remove": "/groups/coast/datasets/people/remove",
            "job-new": "/groups/coast/jobs/new",
            "job-remove": "/groups/coast/jobs/music/remove",
            "job-rules": "/groups/coast/jobs/config/rules",
            "job-rule-form": "/groups/coast/jobs/config/rules/new",
            "job-rule": "/groups/coast/jobs/config/rules/calls/edit",
            "rule": "/groups/coast/rules/calls/edit",
            "promote": f"/groups/coast/promote/{seed.OTHER.id}",
        },
        seeded,
    )


def _rule(store: Store) -> None:
    farm = store.catalogues.current("coast")
    seed.save(store, farm.with_rules((_CALLS,), "config"))
    seed.save(store, store.catalogues.current("coast").with_rules((replace(_CALLS, title="Calls before all"),), ""))


def _measure(store: Store, now: float) -> None:
    store.facts.record(
        seed.ME.id,
        [
            Told("asterisk.up", True, 0, "ami"),
            Told("asterisk.calls", 7, 0, "ami"),
            Told("data.changed_items", 3, 0, "changes"),
            Told("data.unsafe_s", 720, 0, "changes"),
        ],
    )
    store.facts.record(seed.OTHER.id, [Told("asterisk.version", "22.10.1", 0, "ami")])
    store.lines.save(seed.OTHER.id, LineState("reachable", "", now - 60, now, now, dials=True, rtt_ms=12.5))
