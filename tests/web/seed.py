"""A store as it looks after some weeks of work, written only through the store's own methods."""

from dataclasses import dataclass, replace

from pbxsync_worker.core.model.change import Change, Kept
from pbxsync_worker.core.model.coverage import Coverage, coverage
from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Place
from pbxsync_worker.core.model.host import Catalogue, GroupKind, Host, Job, Peer, PeerState
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind, show_name
from pbxsync_worker.core.model.pbx import Finding, Level
from pbxsync_worker.core.model.plan import Plan, Reload
from pbxsync_worker.core.model.presets import as_dataset, preset
from pbxsync_worker.core.model.run import Mode, Numbers, Run, State
from pbxsync_worker.core.model.sent import Sent, SentItem, Way, Ways
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import Give, LookAtCoverage, policy_for
from pbxsync_worker.core.model.words import Row, Seen, tell, value_lines
from pbxsync_worker.core.store import Store
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.store.people import Role
from pbxsync_worker.core.store.runs import Result, new_id

PASSWORD = "a long enough password"
ALICE, BOB, CAROL = "alice", "bob", "carol"
ME = Host("a1" * 32, "pbx-north", "pbx-north.example:8443")
OTHER = Host("b2" * 32, "pbx-south", "pbx-south.example:8443")
NEW = Host("c3" * 32, "pbx-west", "")
WAYS = {
    State.REQUESTED: (),
    State.WAITING: (State.WAITING,),
    State.SCANNING: (State.SCANNING,),
    State.PLANNED: (State.SCANNING, State.PLANNED),
    State.STAGED: (State.SCANNING, State.PLANNED, State.STAGED),
    State.APPLYING: (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING),
    State.VERIFYING: (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING),
    State.COMMITTED: (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING, State.COMMITTED),
    State.UNCHANGED: (State.SCANNING, State.UNCHANGED),
    State.PREVIEWED: (State.SCANNING, State.PLANNED, State.PREVIEWED),
    State.HELD: (State.SCANNING, State.PLANNED, State.HELD),
    State.SKIPPED: (State.SKIPPED,),
    State.ROLLING_BACK: (State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.ROLLING_BACK),
    State.ROLLED_BACK: (
        *(State.SCANNING, State.PLANNED, State.STAGED, State.APPLYING, State.VERIFYING),
        *(State.ROLLING_BACK, State.ROLLED_BACK),
    ),
    State.FAILED: (State.SCANNING, State.FAILED),
    State.CANCELLED: (State.SCANNING, State.CANCELLED),
}
MANY_GO = say("{going} of {all} items would be removed ({percent} %)", going=128, all=412, percent=31)
SAYS = {
    State.WAITING: say("waits, at most {limit}: {rule} ({reason})", limit="4 h", rule="Not during calls", reason="20"),
    State.COMMITTED: say("{changes} changes applied, verified and committed in {seconds} s", changes=5, seconds=3.4),
    State.ROLLED_BACK: say(
        "The PBX is not healthy after the change: {findings}", findings="endpoints: 300 expected, 0 loaded"
    ),
    State.ROLLING_BACK: "Taking back what was changed",
    State.FAILED: say("Host {host} could not be reached: {reason}", host="pbx-north", reason="connection refused"),
    State.HELD: say("Nothing was changed: {reason}", reason=MANY_GO),
}
ERRORS = {State.ROLLED_BACK: "unhealthy", State.FAILED: "host-unreachable", State.HELD: "brake"}
DIFF = """--- pjsip.conf
+++ pjsip.conf
@@ -12,6 +12,7 @@
 [2001]
 type=endpoint
-context=from-internal
+context=from-sales
+callerid="Sona Braun" <2001>
 auth=2001
"""


SEEN: dict[str, tuple[Row | None, Row | None]] = {
    "ASTDB/CF/2001": ({"value": "2002"}, {"value": "2003"}),
    "ASTDB/CF/2301": (None, {"value": "0034911234567"}),
    "SQL/asterisk/users/2301": (None, {"extension": "2301", "name": "Marta Ruiz", "password": "hush"}),
    "SQL/asterisk/users/2001": ({"name": "Sona Braun"}, {"name": "Sona Brown"}),
    "SQL/asterisk/sip/2301,callerid": (None, {"data": "Marta Ruiz <2301>"}),
}
"""What rows and keys of `mixed_plan` hold, before and after."""


@dataclass(frozen=True)
class Seeded:
    """What the seed made: a run in every state, by state, and the farm."""

    runs: dict[State, Run]
    catalogue: Catalogue


def add_people(store: Store) -> None:
    """Alice administers, Bob operates, Carol views; all have one password."""
    for name, role in ((ALICE, Role.ADMIN), (BOB, Role.OPERATOR), (CAROL, Role.VIEWER)):
        store.people.add(name, PASSWORD, role)


def add_hosts(store: Store, now: float) -> None:
    """This host, one that is paired, one whose words wait."""
    store.hosts.set_me(ME)
    store.hosts.save(Peer(OTHER, b"certificate", PeerState.PAIRED, policy_for(Give.BOTH), "", now - 20))
    words = "amber bridge candle dragon eagle forest"
    store.hosts.save(Peer(NEW, b"certificate", PeerState.PENDING, policy_for(Give.RECEIVE), words))


def add_catalogue(store: Store) -> Catalogue:
    """A farm with two datasets and two jobs."""
    etc = Dataset("asterisk-configuration", "Asterisk configuration", (FileSet(Place.ETC),))
    moh = FileSet(Place.VARLIB, "moh", ("**",), ("**/*.part",), DeletePolicy.MIRROR)
    music = Dataset("music-on-hold", "Music on hold", (moh,))
    jobs = (
        Job("config", "Configuration from the south", etc.name, OTHER.id, (ME.id,)),
        Job("music", "Music to the south", music.name, ME.id, (OTHER.id,), 60),
    )
    farm = Catalogue("coast", "Coast", GroupKind.FARM, ME.id, 3, (ME, OTHER), (etc, music), jobs)
    return save(store, farm)


def save(store: Store, catalogue: Catalogue) -> Catalogue:
    """Keep a catalogue as a worker would; the signature is the worker's affair."""
    return store.catalogues.save(Signed(document_of(catalogue), catalogue.primary, b"signature"))


def item(name: str, content: str, mode: int = 0o640) -> Item:
    """A file of the configuration."""
    attributes = Attributes(mode, "asterisk", "asterisk", 1_760_000_000_000_000_000)
    return Item(f"ASTETCDIR/{name}".encode(), ItemKind.FILE, len(content), digest_of(content.encode()), attributes)


def plan(*, brake: bool = False) -> Plan:
    """A plan with every kind of change."""
    dialplan, pjsip = item("extensions_custom.conf", "old"), item("pjsip.conf", "old pjsip" * 400)
    changes = (
        Change(pjsip, item("pjsip.conf", "new pjsip!" * 400)),
        Change(dialplan, item("extensions_custom.conf", "new and longer"), local_edit=True),
        Change(None, item("queues_sales.conf", "[sales]")),
        Change(item("musiconhold.conf", "same"), item("musiconhold.conf", "same", 0o660)),
        Change(item("old_trunks.conf", "gone"), None),
    )
    kept = (Kept(b"ASTETCDIR/manager.conf", "protected"), Kept(b"ASTETCDIR/keys/ca.\xffkey", "protected"))
    reloads = (Reload("res_pjsip.so", "pjsip.conf"), Reload("app_queue.so", "queues_sales.conf", optional=True))
    why = (MANY_GO,) if brake else ()
    return Plan("asterisk-configuration", changes, kept, reloads, ("logger.conf",), why)


def add_run(
    store: Store, state: State, *, job: str = "config", mode: Mode | None = None, goal: str = "", here: bool = True
) -> Run:
    """One run, moved on its allowed way to a state, with its plan and numbers."""
    planned = {State.PREVIEWED: Mode.PLAN}
    run = Run(
        id=new_id(),
        group="coast",
        job=job,
        source=OTHER.id,
        target=ME.id,
        mode=mode or planned.get(state, Mode.APPLY),
        state=State.REQUESTED,
        goal=goal,
        rollout=new_id(),
        here=here,
        requested_by=ALICE,
    )
    store.runs.request((run,))
    return walk(store, store.runs.get(run.id), WAYS[state])


def walk(store: Store, run: Run, way: tuple[State, ...], planned: Plan | None = None) -> Run:
    """Move a run along, as a worker would; planned: where its plan is another one than `plan()`."""
    for state in way:
        if state is State.PLANNED:
            held = way[-1] is State.HELD
            values = {show_name(one.name): value_lines(seen(one)) for one in (planned or plan()).changes}
            store.runs.save_plan(
                run.id,
                planned or plan(brake=held),
                {"ASTETCDIR/pjsip.conf": DIFF, **{name: text for name, text in values.items() if text}},
            )
        if state is State.VERIFYING:
            store.runs.save_result(run.id, _result())
        if state is State.ROLLING_BACK:
            wrong = (Finding(Level.FATAL, "endpoints", say("{want} expected, {got} loaded", want=300, got=0)),)
            store.runs.save_result(run.id, replace(_result(), findings=wrong))
        if state is State.COMMITTED:
            before, after = Inventory.of([item("pjsip.conf", "old")]), Inventory.of([item("pjsip.conf", "new")])
            store.inventories.expect(run, before, after, after)
            store.inventories.remember(run)
        said = (planned or plan()).summary if state is State.PLANNED else SAYS.get(state, "")
        run = store.runs.move(run, state, said, ERRORS.get(state, ""))
    return run


def _result() -> Result:
    numbers = Numbers(412, 18_400_000, 5, 5230, 2_044, 2, 3.4, 0.6)
    warned = (Finding(Level.WARNING, "pjsip.conf:14", "transport is set twice"),)
    ways = (
        Ways(Way.COPY, "", 2, 4000, 0),
        Ways(Way.PATCH, "", 1, 120_000, 210),
        Ways(Way.SAMPLES, "zstd", 1, 90_000, 31_000),
    )
    sent = Sent(
        ways, (SentItem("ASTSPOOLDIR/voicemail/default/1001/INBOX/msg0000.wav", Way.SAMPLES, "zstd", 90_000, 31_000),)
    )
    return Result(numbers, ("res_pjsip.so", "app_queue.so"), warned, sent)


def seed(store: Store, now: float) -> Seeded:
    """Everything: people, hosts, a farm, and a run in every state."""
    add_people(store)
    add_hosts(store, now)
    catalogue = add_catalogue(store)
    runs = {state: add_run(store, state) for state in State}
    return Seeded(runs, catalogue)


def mixed(store: Store) -> Dataset:
    """A dataset of files, keys and rows, in the farm."""
    names = ("feature-state", "extensions-users", "trunks-routes", "music-on-hold")
    made = as_dataset(map(preset, names), "people", "People & phones")
    save(store, store.catalogues.current("coast").with_dataset(made))
    return made


def seen(change: Change) -> Seen:
    """A change with its contents."""
    return Seen(change, *SEEN.get(change.name.decode("utf-8", "replace"), (None, None)))


def mixed_plan() -> Plan:
    """A plan that changes files, keys and rows, in the order in which they are done."""

    def thing(kind: ItemKind, name: str, content: str) -> Item:
        return Item(name.encode(), kind, len(content), digest_of(content.encode()))

    def key(name: str, content: str) -> Item:
        return thing(ItemKind.KEY, f"ASTDB/{name}", content)

    def row(name: str, content: str) -> Item:
        return thing(ItemKind.ROW, f"SQL/{name}", content)

    changes = (
        Change(key("CF/2001", "2002"), key("CF/2001", "2003")),
        Change(None, row("asterisk/users/2301", "Marta Ruiz")),
        Change(row("asterisk/users/2001", "Sona Braun"), row("asterisk/users/2001", "Sona Brown"), local_edit=True),
        Change(None, item("queues_sales.conf", "[sales]")),
        Change(None, row("asterisk/sip/2301,callerid", "Marta Ruiz <2301>")),
        Change(None, key("CF/2301", "0034911234567")),
        Change(row("asterisk/kvstore:Userman/noid,a%2Fb", "x"), None),
        Change(key("DND/2001", "YES"), None),
    )
    kept = (Kept(b"ASTDB/registrar/contact/2001", "protected"), Kept(b"SQL/asterisk/trunks/3,pjsip,acme", "protected"))
    told = tell([seen(change) for change in changes], {}, (), 0)
    return Plan(
        "people", changes, kept, (Reload("res_pjsip.so", "users 2301"),), summary=told.summary, told=told.sentences
    )


def coverage_report() -> Coverage:
    """What a worker finds on a FreePBX of which only the people are in a job."""
    tables = [("asterisk", name) for name in ("users", "ringgroups", "trunks", "modules", "certman_certs", "mine")]
    files = ["ASTETCDIR/pjsip.conf", "ASTETCDIR/extensions_custom.conf", "ASTETCDIR/keys/ca.key"]
    files += [f"ASTSPOOLDIR/monitor/2026/01/01/{number}.wav" for number in range(1240)]
    files += [f"ASTVARLIBDIR/sounds/en/{number}.gsm" for number in range(600)]
    families = ("AMPUSER", "CF", "registrar", "zebra")
    people = as_dataset([preset("extensions-users")], "people", "People")
    return coverage(tables, families, map(str.encode, files), [people], freepbx=True)


def look_at_coverage(store: Store) -> None:
    """The answer of a worker who was asked to look."""
    store.wishes.answer(store.wishes.add(LookAtCoverage(), BOB), coverage_report().stored())
