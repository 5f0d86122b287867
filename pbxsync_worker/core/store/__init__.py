"""Our own memory in SQL: hosts, catalogues, runs, baselines, people, alerts and the audit log."""

from pathlib import Path

from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.store.alerts import Alerts
from pbxsync_worker.core.store.audit import Audit
from pbxsync_worker.core.store.catalogues import Catalogues
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.facts import StoredFacts
from pbxsync_worker.core.store.hosts import Hosts
from pbxsync_worker.core.store.inventories import Inventories
from pbxsync_worker.core.store.lines import Lines
from pbxsync_worker.core.store.occurrences import Occurrences
from pbxsync_worker.core.store.outbox import Outbox
from pbxsync_worker.core.store.own_rules import OwnRules
from pbxsync_worker.core.store.people import People
from pbxsync_worker.core.store.runs import Runs
from pbxsync_worker.core.store.subscriptions import Subscriptions
from pbxsync_worker.core.store.tokens import Tokens
from pbxsync_worker.core.store.versions import Versions
from pbxsync_worker.core.store.wishes import Wishes


class Store:
    """Everything this host remembers; each method of its parts is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.runs = Runs(database, clock)
        self.hosts = Hosts(database)
        self.catalogues = Catalogues(database, clock)
        self.inventories = Inventories(database, clock)
        self.people = People(database, clock)
        self.tokens = Tokens(database, clock)
        self.occurrences = Occurrences(database, clock)
        self.wishes = Wishes(database, clock)
        self.audit = Audit(database, clock)
        self.own_rules = OwnRules(database)
        self.facts = StoredFacts(database.passing, clock)
        self.lines = Lines(database.passing, clock)
        self.versions = Versions(database.passing, clock)
        self.alerts = Alerts(database, clock)
        self.subscriptions = Subscriptions(database, clock)
        self.outbox = Outbox(database, clock)


def open_store(url: str, clock: Clock) -> Store:
    """Open the store and bring it to the newest shape."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(url)
    database.migrate()
    return Store(database, clock)
