"""Values to words: states, ages, sizes, ratios, names and sentences, as templates show them."""

from datetime import datetime, timedelta

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, g
from flask_babel import LazyString, get_locale, gettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from pbxsync_web.parts import the_parts, the_store
from pbxsync_web.sides import side_by_side
from pbxsync_worker.core.model.alert import AlertKind
from pbxsync_worker.core.model.change import ChangeKind
from pbxsync_worker.core.model.dataset import ASTDB, COLLECT, MESSAGES, SQL, SQLITE, VOICEMAIL, DeletePolicy, Place
from pbxsync_worker.core.model.error_codes import all_codes
from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Host, PeerState, Right
from pbxsync_worker.core.model.item import show_name
from pbxsync_worker.core.model.letter import LetterState
from pbxsync_worker.core.model.run import GOOD, Mode, Run, State
from pbxsync_worker.core.model.sent import Way
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.subscription import Channel, Pace, Security
from pbxsync_worker.core.model.wish import Give
from pbxsync_worker.core.store.inventories import KeptState
from pbxsync_worker.core.store.people import Role

WORDS: dict[str, LazyString] = {
    State.REQUESTED: _l("Requested"),
    State.WAITING: _l("Waiting"),
    State.SCANNING: _l("Comparing"),
    State.PLANNED: _l("Planned"),
    State.STAGED: _l("Staged"),
    State.APPLYING: _l("Applying"),
    State.VERIFYING: _l("Proving health"),
    State.COMMITTED: _l("Committed"),
    State.UNCHANGED: _l("In step"),
    State.PREVIEWED: _l("Preview"),
    State.HELD: _l("Held for approval"),
    State.SKIPPED: _l("Left out by a rule"),
    State.ROLLING_BACK: _l("Rolling back"),
    State.ROLLED_BACK: _l("Rolled back"),
    State.FAILED: _l("Failed"),
    State.CANCELLED: _l("Cancelled"),
    Mode.PLAN: _l("Preview"),
    Mode.APPLY: _l("Sync"),
    Mode.ROLLBACK: _l("Rollback"),
    ChangeKind.ADD: _l("added"),
    ChangeKind.REPLACE: _l("replaced"),
    ChangeKind.ATTRIBUTES: _l("attributes"),
    ChangeKind.REMOVE: _l("removed"),
    DeletePolicy.NEVER: _l("Never remove"),
    DeletePolicy.KNOWN: _l("Remove what a run brought"),
    DeletePolicy.MIRROR: _l("Remove everything else"),
    Place.ETC: _l("Configuration (ASTETCDIR)"),
    Place.VARLIB: _l("Library (ASTVARLIBDIR)"),
    Place.SPOOL: _l("Spool (ASTSPOOLDIR)"),
    Place.DATA: _l("Data (ASTDATADIR)"),
    Place.LOG: _l("Logs (ASTLOGDIR)"),
    SQLITE.decode(): _l("SQLite databases"),
    ASTDB.decode(): _l("AstDB keys"),
    SQL.decode(): _l("Database rows"),
    COLLECT.decode(): _l("Call records (collected)"),
    VOICEMAIL.decode(): _l("Mailboxes (voicemail.conf)"),
    MESSAGES.decode(): _l("Voicemail messages"),
    PeerState.PENDING: _l("Words to compare"),
    PeerState.PAIRED: _l("Paired"),
    PeerState.REVOKED: _l("Revoked"),
    Right.READ: _l("Read from this host"),
    Right.WRITE: _l("Change this host"),
    Right.COORDINATE: _l("Start runs here"),
    Give.SEND: _l("This host sends"),
    Give.RECEIVE: _l("This host receives"),
    Give.BOTH: _l("Both ways"),
    AlertKind.FAILED: _l("A run failed"),
    AlertKind.ROLLED_BACK: _l("A run was undone"),
    AlertKind.HELD: _l("A run waits for a person"),
    AlertKind.RECOVERED: _l("A job works again"),
    AlertKind.DRIFT: _l("Somebody else changed a target"),
    AlertKind.SKIPPED: _l("A run waited in vain and was left out"),
    AlertKind.WAITS: _l("A run has waited for long"),
    AlertKind.HOST_LOST: _l("A host is lost"),
    AlertKind.HOST_BACK: _l("A host is back"),
    AlertKind.RULE: _l("A rule asked for it"),
    AlertKind.DIGEST: _l("Digest of the day"),
    AlertKind.TEST: _l("Test"),
    Channel.EMAIL: _l("Email"),
    Channel.WEBHOOK: _l("Webhook"),
    Pace.AT_ONCE: _l("At once"),
    Pace.DAILY: _l("Once a day, together"),
    Security.STARTTLS: _l("STARTTLS"),
    Security.TLS: _l("TLS"),
    Security.NONE: _l("Not encrypted"),
    LetterState.WAITING: _l("Waiting"),
    LetterState.SENDING: _l("Being sent"),
    LetterState.SENT: _l("Sent"),
    LetterState.REFUSED: _l("Refused"),
    LetterState.GIVEN_UP: _l("Given up"),
    LetterState.DROPPED: _l("Dropped"),
    Role.VIEWER: _l("Viewer"),
    Role.OPERATOR: _l("Operator"),
    Role.ADMIN: _l("Administrator"),
}
_BAD = {State.FAILED, State.ROLLED_BACK}
_WAITING = {State.WAITING, State.SKIPPED, State.HELD, State.CANCELLED, State.ROLLING_BACK}


_WAYS: dict[Way, LazyString] = {
    Way.COPY: _l("found here already"),
    Way.ALONG: _l("came with the list of changes"),
    Way.PATCH: _l("only what differs from the version both remember"),
    Way.DELTA: _l("only the blocks that differ"),
    Way.SAMPLES: _l("speech, packed sample by sample"),
    Way.WHOLE: _l("as a whole"),
}


def word(value: str) -> str:
    """Return the word for a state, mode, kind, place, right or role."""
    known = WORDS.get(value)
    return str(known) if known is not None else value


def way_word(way: Way) -> str:
    """Return how a content came, in words."""
    return str(_WAYS[way])


def tone(state: State) -> str:
    """Return the colour class of a state."""
    if state in GOOD:
        return "good"
    if state in _BAD:
        return "bad"
    return "warn" if state in _WAITING else "busy"


def size(count: int) -> str:
    """Return bytes as people say them: 2.1 kB, 18.4 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{_number(value, '#,##0' if unit == 'B' or value >= 100 else '#,##0.0')} {unit}"
        value /= 1000
    return f"{_number(value, '#,##0.0')} TB"


def number(value: float) -> str:
    """Return a number with the separators of the language."""
    return _number(value, "#,##0.##")


def ratio(state_bytes: int, wire_bytes: int) -> str:
    """Return how many bytes of state one byte on the link brought in step, "" where nothing can be said."""
    if wire_bytes <= 0 or state_bytes < wire_bytes:
        return ""
    times = state_bytes / wire_bytes
    rounded = round(times, 1 - len(str(int(times)))) if times >= 100 else round(times, 1)
    return f"{_number(rounded, '#,##0.#')} : 1"


def seconds(value: float) -> str:
    """Return a duration: 0.8 s, 12 s, 3 min 5 s."""
    if value < 60:
        return f"{_number(value, '#,##0.0' if value < 10 else '#,##0')} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def age(at: float) -> str:
    """Return how long ago a moment was."""
    if not at:
        return str(_("never"))
    passed = timedelta(seconds=at - the_parts().clock.now())
    if abs(passed) < timedelta(seconds=2):
        return str(_("just now"))
    return format_timedelta(passed, add_direction=True, locale=_locale())


def when(at: float) -> str:
    """Return a moment in the time zone of this host."""
    return format_datetime(datetime.fromtimestamp(at).astimezone(), "d MMM y, HH:mm:ss", locale=_locale())


def clock_time(at: float) -> str:
    """Return the time of day of a moment."""
    return format_datetime(datetime.fromtimestamp(at).astimezone(), "HH:mm:ss", locale=_locale())


def iso(at: float) -> str:
    """Return a moment for machines."""
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")


def told(stored: str) -> str:
    """Return a stored sentence in the reader's language."""
    return as_text(stored, gettext)


def as_written(stored: str) -> str:
    """Return a stored sentence in the reader's language, and anything else as it is: a name may look like our word."""
    return as_text(say("{name}", name=stored), gettext)


def remedy(code: str) -> str:
    """Return what a reader can do about an error, by its code."""
    kind = all_codes().get(code)
    return gettext(kind.remedy) if kind is not None and kind.remedy else ""


def host_name(identity: str) -> str:
    """Return how people call a host."""
    return _names().get(identity) or identity[:12]


def job_title(one: Run | KeptState) -> str:
    """Return how people call the job of a run or of a kept state; a job that is gone has only its name."""
    if "job_titles" not in g:
        catalogues = the_store().catalogues.all()
        g.job_titles = {(each.group, job.name): job.title for each in catalogues for job in each.jobs}
    titles: dict[tuple[str, str], str] = g.job_titles
    return titles.get((one.group, one.job), one.job)


def fingerprint(identity: str) -> str:
    """Return an identity in groups that can be read aloud."""
    return " ".join(identity[at : at + 4] for at in range(0, len(identity), 4))


def diff_lines(text: str) -> list[tuple[str, str]]:
    """Return the lines of a unified diff with the class that colours each."""
    kinds = {"+++": "head", "---": "head"}
    signs = {"+": "add", "-": "del", "@": "hunk"}
    return [(kinds.get(line[:3]) or signs.get(line[:1], "same"), line) for line in text.splitlines()]


def this_host() -> Host | None:
    """Return this host, None before it has an identity."""
    if "this_host" not in g:
        try:
            g.this_host = the_store().hosts.me()
        except NotFound:
            g.this_host = None
    known: Host | None = g.this_host
    return known


def goal_of(run: Run) -> tuple[str, str]:
    """Return (run, side) that a rollback returns to, two empty texts for any other run."""
    before, _sep, side = run.goal.partition(":")
    return before, side


def install(app: Flask) -> None:
    """Give the words to the templates."""
    filters = (
        word,
        way_word,
        tone,
        size,
        number,
        seconds,
        age,
        when,
        clock_time,
        iso,
        told,
        as_written,
        remedy,
        host_name,
        fingerprint,
    )
    for one in (*filters, diff_lines, side_by_side, show_name, goal_of, job_title):
        app.jinja_env.filters[one.__name__] = one
    app.jinja_env.globals.update(ratio=ratio, this_host=this_host)


def _names() -> dict[str, str]:
    if "host_names" not in g:
        store = the_store()
        members = [host for catalogue in store.catalogues.all() for host in catalogue.hosts]
        peers = [peer.host for peer in store.hosts.peers()]
        mine = this_host()
        g.host_names = {host.id: host.name for host in (*members, *peers, *([mine] if mine else []))}
    names: dict[str, str] = g.host_names
    return names


def _number(value: float, pattern: str) -> str:
    return format_decimal(value, format=pattern, locale=_locale())


def _locale() -> str:
    return str(get_locale() or "en")
