"""The five steps from nothing to the first pair in step; every page that has nothing to show offers the next one."""

from dataclasses import dataclass

from flask import Flask
from flask_babel import lazy_gettext as _l

from pbxsync_web.parts import the_store
from pbxsync_web.present import this_host
from pbxsync_worker.core.model.host import PeerState


@dataclass(frozen=True, slots=True)
class Step:
    """One step; endpoint: the page where it is taken, "" for one that is taken on the command line."""

    key: str
    title: object  # a text of the reader's language, as the next one
    text: object
    endpoint: str


STEPS = (
    Step("identity", _l("Give this host an identity"), _l("Run `pbxsync init` on this host once."), ""),
    Step(
        "host",
        _l("Pair another host"),
        _l("Two hosts exchange a one-time code, and you compare six words on both."),
        "hosts.overview",
    ),
    Step("group", _l("Make a farm"), _l("One primary host and the replicas that follow it."), "groups.new"),
    Step(
        "dataset",
        _l("Choose what travels"),
        _l("Start from a ready-made dataset such as the Asterisk configuration."),
        "datasets.overview",
    ),
    Step(
        "job",
        _l("Make a job"),
        _l("A dataset, its source and its targets. Then press Preview."),
        "jobs.overview",
    ),
)


def done() -> dict[str, bool]:
    """Tell for each step by its key whether it was taken."""
    store = the_store()
    catalogues = store.catalogues.all()
    return {
        "identity": this_host() is not None,
        "host": any(peer.state is PeerState.PAIRED for peer in store.hosts.peers()),
        "group": bool(catalogues),
        "dataset": any(one.datasets for one in catalogues),
        "job": any(one.jobs for one in catalogues),
    }


def next_step() -> Step | None:
    """Return the first step that was not taken yet, None where all were."""
    taken = done()
    return next((step for step in STEPS if not taken[step.key]), None)


def install(app: Flask) -> None:
    """Give the next step to every page."""
    app.jinja_env.globals.update(next_step=next_step)
