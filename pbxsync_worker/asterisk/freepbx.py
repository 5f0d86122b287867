"""FreePBX on this host, through `fwconsole`: what is there, what it is doing, and writing its configuration.

Every call has one fixed list of arguments and runs as the web user, by the one rule that the installation of PBXSync
adds; no shell, nothing from a peer. What FreePBX says is told, never trusted: reloads and health are proven elsewhere.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pbxsync_worker.asterisk.freepbxconf import FreePbxConf, parse_freepbx_conf
from pbxsync_worker.asterisk.program import Answer, Runner, last_line, run_program
from pbxsync_worker.core.locks import held
from pbxsync_worker.core.model.errors import AsteriskSilent, Invalid, ReloadFailed, Retry, Unsupported
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

REGENERATE = ("reload", "--dont-reload-asterisk", "--json")
"""Write all configuration files from the rows, without touching Asterisk."""

_LARGEST = 1 << 20
_POLL_SECONDS = 0.5
_TAGS = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<(/?)([\w:-]+)[^>]*?(/?)>", re.DOTALL)
_RELOADS = frozenset({"r", "reload"})
_MODULES = frozenset({"ma", "moduleadmin"})


@dataclass(frozen=True, slots=True)
class FreePbxPaths:
    """Where things are, and how to become the web user.

    conf: its file with the log-in of the databases; as_web_user: what stands before the program, such as
    ("sudo", "-n", "-u", "asterisk", "--"); run: ASTRUNDIR, with the lock files of FreePBX; lock: our own.
    """

    lock: Path
    conf: Path = Path("/etc/freepbx.conf")
    program: Path = Path("/usr/sbin/fwconsole")
    as_web_user: tuple[str, ...] = ("sudo", "-n", "-u", "asterisk", "--")
    run: Path = Path("/var/run/asterisk")
    processes: Path = Path("/proc")


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found; freepbx False: a plain Asterisk; version: of the framework, "" where it does not tell."""

    freepbx: bool
    version: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """What FreePBX is doing by itself or for somebody; restoring: also where a restore was cut off."""

    reloading: bool = False
    restoring: bool = False
    upgrading: bool = False

    @property
    def any(self) -> bool:
        """Tell whether anything is going on."""
        return self.reloading or self.restoring or self.upgrading


@dataclass(frozen=True, slots=True)
class Regenerated:
    """FreePBX has written its files; messages: what it said."""

    seconds: float
    messages: tuple[str, ...]


class FreePbx:
    """The FreePBX of this host; whoever builds it gives the clock, and a Runner in tests."""

    def __init__(self, paths: FreePbxPaths, clock: Clock, runner: Runner = run_program, seconds: float = 300) -> None:
        self._paths = paths
        self._clock = clock
        self._run = runner
        self._seconds = seconds

    def detect(self) -> Detected:
        """Say whether FreePBX is here, and what it lacks for us to work with it."""
        if not self._paths.conf.exists():
            return Detected(freepbx=False)
        missing: list[str] = []
        version = ""
        try:
            conf = self.conf()
            conf.login()
            version = self._version(conf)
        except (Invalid, Unsupported) as error:
            missing.append(str(error))
        if not self._paths.program.exists():
            missing.append(f"{self._paths.program} is missing")
        return Detected(freepbx=True, version=version, missing=tuple(missing))

    def conf(self) -> FreePbxConf:
        """Read the file of FreePBX with the log-in of its databases; raise Invalid."""
        try:
            with self._paths.conf.open("rb") as file:
                text = file.read(_LARGEST).decode("utf-8", "surrogateescape")
        except OSError as error:
            raise Invalid(
                what=str(self._paths.conf), problems=say("cannot be read: {strerror}", strerror=error.strerror)
            ) from error
        return parse_freepbx_conf(text)

    def activity(self) -> Activity:
        """Look at the lock files and processes of FreePBX."""
        doing = set(self._processes())
        return Activity(
            reloading="reload" in doing or self._reload_lock(),
            restoring="restore" in doing or (self._paths.run / "restore_running.lock").exists(),
            upgrading="modules" in doing,
        )

    def regenerate(self, patience: float = 0) -> Regenerated:
        """Let FreePBX write its files from its rows; Asterisk must run, and is not touched.

        patience: seconds to wait for a reload that somebody else started. Raises Retry where FreePBX is busy,
        AsteriskSilent where FreePBX could not reach Asterisk (nothing was written then), ReloadFailed otherwise: some
        files may be new then.
        """
        return self._written(REGENERATE, patience)

    def _written(self, arguments: tuple[str, ...], patience: float) -> Regenerated:
        with held(self._paths.lock) as ours:
            if not ours:
                raise Retry(reason=say("PBXSync is writing the configuration of FreePBX already"))
            self._wait(patience)
            started = self._clock.monotonic()
            answer = self._ask(arguments)
            messages = _judged(answer)
            return Regenerated(self._clock.monotonic() - started, messages)

    def apply(self, patience: float = 0) -> Regenerated:
        """Let FreePBX apply its configuration by itself, Asterisk included; raises as `regenerate` does."""
        return self._written(("reload", "--json"), patience)

    def _wait(self, patience: float) -> None:
        until = self._clock.monotonic() + patience
        while True:
            doing = self.activity()
            if doing.restoring or doing.upgrading:
                raise Retry(reason=say("FreePBX is restoring a backup or changing its modules"))
            if not doing.reloading:
                return
            if self._clock.monotonic() >= until:
                raise Retry(reason=say("FreePBX is applying its configuration already"))
            self._clock.sleep(_POLL_SECONDS)

    def _ask(self, arguments: tuple[str, ...]) -> Answer:
        argv = (*self._paths.as_web_user, str(self._paths.program), *arguments)
        try:
            return self._run(argv, self._seconds)
        except TimeoutError as error:
            raise ReloadFailed(module="FreePBX", reason=say("{error}; it may still be running", error=error)) from error
        except OSError as error:
            raise ReloadFailed(module="FreePBX", reason=f"{argv[0]}: {error.strerror}") from error

    def _reload_lock(self) -> bool:
        """Tell whether newer FreePBX holds its own lock: the number of a process that is alive."""
        try:
            pid = (self._paths.run / "reload.lock").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return False
        return pid.isdigit() and (self._paths.processes / pid).exists()

    def _processes(self) -> Iterator[str]:
        for folder in self._paths.processes.glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue  # it ended while we looked
            at = next((number for number, word in enumerate(words) if Path(word).name == "fwconsole"), None)
            if at is not None:
                yield _doing(words[at + 1 :])

    def _version(self, conf: FreePbxConf) -> str:
        path = Path(conf.web_root or "/var/www/html") / "admin/modules/framework/module.xml"
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return module_version(text)


def _doing(arguments: list[str]) -> str:
    words = [word for word in arguments if word]
    command = next((word for word in words if not word.startswith("-")), "")
    if command in _RELOADS:
        return "reload"
    if command in _MODULES:
        return "" if "list" in words else "modules"
    return "restore" if command == "backup" and any(word.startswith("--restore") for word in words) else ""


def module_version(text: str) -> str:
    """Return the version of a module from its module.xml: the `version` of the module, not of what it depends on."""
    depth, begins = 0, -1
    for tag in _TAGS.finditer(text):
        closing, name, alone = tag[1], tag[2], tag[3]
        if name is None or alone:
            continue
        if closing:
            depth -= 1
            if begins >= 0:
                return text[begins : tag.start()].strip()
            continue
        depth += 1
        if depth == 2 and name == "version":
            begins = tag.end()
    return ""


def _judged(answer: Answer) -> tuple[str, ...]:
    """Return the messages of a reload that says it succeeded; raise what fits otherwise."""
    said = list(_objects(answer.out))
    error = next((str(one["error"]) for one in said if "error" in one), "")
    if not error and answer.status == 0:
        return tuple(str(one["message"]) for one in said if "message" in one)
    reason = error or last_line(answer.err) or last_line(answer.out) or f"exit status {answer.status}"
    if "already running" in reason:
        raise Retry(reason=say("FreePBX is applying its configuration already"))
    if "Asterisk Manager" in reason or "core show version" in reason:
        raise AsteriskSilent(reason=say("FreePBX: {reason}", reason=reason))
    raise ReloadFailed(module="FreePBX", reason=reason)


def _objects(text: str) -> Iterator[dict[str, object]]:
    """Yield every JSON object of an output, whatever else is printed around it."""
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if isinstance(found, dict):
            yield found
