"""What a letter says, in the recipient's language and time zone, as plain text, as HTML and for programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, select_autoescape

from pbxsync_worker.core.log import without_secrets
from pbxsync_worker.core.model.alert import Alert, AlertKind
from pbxsync_worker.core.model.host import Host
from pbxsync_worker.core.model.letter import Letter
from pbxsync_worker.core.model.sentence import as_text, say
from pbxsync_worker.core.model.subscription import zone_of

Translate = Callable[[str], str]
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter says."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Alerts that say the same, told once; facts: (name, value); link: page of the newest run, "" for none."""

    title: str
    bad: bool
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    link: str


@dataclass(frozen=True)
class Renderer:
    """Tells letters of one host.

    page: address of its web admin, "" for none; languages: templates of a language by the English ones.
    """

    host: Host
    page: str
    languages: Callable[[str], Mapping[str, str]]

    @cached_property
    def _templates(self) -> Environment:
        loader = FileSystemLoader(Path(__file__).parent / "templates")
        return Environment(loader=loader, autoescape=select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True)

    def tell(self, letter: Letter) -> Told:
        """Return what a letter says."""
        said = self.speaker(letter.language)
        entries = [self._entry(group, letter, said) for group in _alike(letter.alerts)]
        title = self._title(letter, said)
        values = {
            "language": letter.language,
            "title": title,
            "entries": entries,
            "foot": said(
                say("Sent by PBXSync on {host}. Who is told what is set on its page Alerts.", host=self.host.name)
            ),
            "link_text": said(say("Look at the run")),
            "page": self.page,
        }
        text = self._templates.get_template("letter.txt").render(values)
        html = self._templates.get_template("letter.html").render(values)
        return Told(f"[{self.host.name}] {title}", text, html)

    def speaker(self, language: str) -> Translate:
        """Return what reads stored sentences in a language, without secrets."""
        known = self.languages(language)

        def said(stored: str) -> str:
            return without_secrets(as_text(stored, lambda text: known.get(text, text)))[:_LONGEST]

        return said

    def link(self, run: str) -> str:
        """Return the page of a run, "" where nobody said where the web admin is."""
        return f"{self.page.rstrip('/')}/runs/{run}" if self.page and run else ""

    def _title(self, letter: Letter, said: Translate) -> str:
        newest = letter.alerts[-1]
        if len(letter.alerts) == 1:
            return said(newest.subject)
        if len({one.incident or one.subject for one in letter.alerts}) == 1:
            return said(say("{what} ({count} alerts)", what=newest.subject, count=len(letter.alerts)))
        return said(say("{count} alerts", count=len(letter.alerts)))

    def _entry(self, group: Sequence[Alert], letter: Letter, said: Translate) -> Entry:
        newest = group[-1]
        facts = [(said(say("When")), _when(group[0].at, letter))]
        if len(group) > 1:
            facts = [
                (said(say("How often")), str(len(group))),
                (said(say("First")), _when(group[0].at, letter)),
                (said(say("Last")), _when(newest.at, letter)),
            ]
        more = ((said(say("Host")), newest.host), (said(say("Run")), newest.run), (said(say("Code")), newest.error))
        facts += [(name, value) for name, value in more if value]
        lines = tuple(said(line) for line in newest.body if line)
        return Entry(said(newest.subject), newest.kind in _BAD, lines, tuple(facts), self.link(newest.run))


_BAD = frozenset(
    {AlertKind.FAILED, AlertKind.ROLLED_BACK, AlertKind.HELD, AlertKind.SKIPPED, AlertKind.HOST_LOST, AlertKind.DRIFT}
)


def _alike(alerts: Sequence[Alert]) -> list[list[Alert]]:
    groups: dict[tuple[str, ...], list[Alert]] = {}
    for one in alerts:
        groups.setdefault((one.kind, one.incident, one.subject, one.error), []).append(one)
    return list(groups.values())


def _when(at: float, letter: Letter) -> str:
    moment = datetime.fromtimestamp(at, zone_of(letter.zone))
    return f"{format_datetime(moment, 'd MMM y, HH:mm:ss', locale=letter.language)} ({letter.zone})"
