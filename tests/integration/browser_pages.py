"""Every page of a seeded web admin, by the name of its picture."""

import time
from dataclasses import dataclass

from pbxsync_worker.core.model.report import LineState, Told
from pbxsync_worker.core.model.run import State
from tests.integration.browser_site import Site
from tests.web import seed


@dataclass(frozen=True)
class Pages:
    """Addresses by name, and what stands behind them."""

    paths: dict[str, str]
    seeded: seed.Seeded


def seeded_pages(site: Site) -> Pages:
    """Fill the site with everything and return all its pages."""
    (site.home / "freepbx.conf").touch()
    seeded = seed.seed(site.store, time.time())
    runs = seeded.runs
    seed.mixed(site.store)
    seed.look_at_coverage(site.store)
    _measure(site)
    rows = seed.walk(site.store, runs[State.SCANNING], (State.PLANNED,), seed.mixed_plan())
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
            "tokens": "/tokens",
            "tokens-form": "/tokens/new",
        },
        seeded,
    )


def _measure(site: Site) -> None:
    now = time.time()
    site.store.facts.record(
        seed.ME.id,
        [
            Told("asterisk.up", True, 0, "ami"),
            Told("asterisk.calls", 7, 0, "ami"),
            Told("data.changed_items", 3, 0, "changes"),
            Told("data.unsafe_s", 720, 0, "changes"),
        ],
    )
    site.store.facts.record(seed.OTHER.id, [Told("asterisk.version", "22.10.1", 0, "ami")])
    site.store.lines.save(seed.OTHER.id, LineState("reachable", "", now - 60, now, now, dials=True, rtt_ms=12.5))
