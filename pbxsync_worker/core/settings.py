"""Settings: environment and one TOML file, read once into one frozen value, all problems reported together.

`PBXSYNC_HOME` names the folder of everything of ours (default /var/lib/pbxsync); `pbxsync.toml` in it holds the
settings; `PBXSYNC_<NAME>` in the environment wins over the file.
"""

import configparser
import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pbxsync_worker.core.hooks import hooks_of
from pbxsync_worker.core.model.asterisk_action import STARTERS, Hook, Starting
from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.sentence import say

FILE = "pbxsync.toml"
EMERGENCY = ("112", "911", "999", "060", "061", "062", "066", "080", "085", "088", "091", "092")
"""Calls for help in most countries; the last ones are those of Spain and Mexico."""
_DIRECTORIES = {
    Place.ETC: ("astetcdir", "/etc/asterisk"),
    Place.VARLIB: ("astvarlibdir", "/var/lib/asterisk"),
    Place.SPOOL: ("astspooldir", "/var/spool/asterisk"),
    Place.DATA: ("astdatadir", "/var/lib/asterisk"),
    Place.LOG: ("astlogdir", "/var/log/asterisk"),
}
_RANGES = {
    "ami_port": (1, 65535),
    "keep_states": (1, 10_000),
    "contents_quota": (0, 2**63 - 1),
    "workers": (1, 256),
    "sweep_seconds": (1, 3600),
    "asterisk_drain_seconds": (0, 86_400),
    "asterisk_stop_seconds": (1, 3600),
    "asterisk_boot_seconds": (1, 3600),
}
_LISTS = ("asterisk_start", "asterisk_stop", "asterisk_kill", "emergency_numbers")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# A comma inside { } belongs to its pattern.
_BETWEEN_PATTERNS = re.compile(r",(?![^{}]*\})")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; `docs/operations.md` explains each one.

    home: our folder; name: how people call this host; store_url: SQLAlchemy URL, "" for SQLite in home; redis_url:
    "" for the private Redis that `pbxsync up` starts; web_bind, peer_bind: "address:port" (web_bind may be
    "unix:/path"); peer_address: what other hosts use to reach peer_bind; asterisk_conf: the asterisk.conf of this
    PBX; asterisk_log: its full log, "" for `full` in its log folder; freepbx_conf: where this file exists, FreePBX
    writes the configuration and its files are protected; fwconsole: its program; fwconsole_user: as whom it runs,
    "" for our own user; ami_*: where and as whom we log in (the secret is in keys/ami.secret); sip_address:
    "address:port" that must answer SIP OPTIONS, "" for none; asterisk_starter: who starts Asterisk again ("auto",
    "systemd", "fwconsole", "commands", "nobody"); asterisk_unit: of systemd, "" to look for one; asterisk_start, _stop,
    _kill: argument lists, of "commands"; asterisk_drain_seconds: how long a stop or restart waits for calls to end,
    asterisk_stop_seconds: until it is down, asterisk_boot_seconds: until it has fully booted; hooks: programs that may
    run after a change; protected: file patterns `PLACE/path` that never leave
    and are never touched, added to the built-in ones; keep_states: known-good states kept for each job;
    contents_quota: bytes of the content store; emergency_numbers: what people dial to call for help; log_level;
    url_prefix: where a proxy mounts the web admin;
    panel_key: the file with the key that the PBX's own panel shares with us, so that its people need not log in again;
    secure_cookies: send cookies over HTTPS only; workers: processes that take tasks beside the one that executes
    runs; sweep_seconds: after how long without a move lost work is woken again.
    """

    home: Path
    name: str = ""
    store_url: str = ""
    redis_url: str = ""
    web_bind: str = "127.0.0.1:8090"
    peer_bind: str = "0.0.0.0:8443"
    peer_address: str = ""
    asterisk_conf: Path = Path("/etc/asterisk/asterisk.conf")
    asterisk_log: str = ""
    freepbx_conf: Path = Path("/etc/freepbx.conf")
    fwconsole: Path = Path("/usr/sbin/fwconsole")
    fwconsole_user: str = "asterisk"
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_user: str = "pbxsync"
    sip_address: str = ""
    asterisk_starter: str = "auto"
    asterisk_unit: str = ""
    asterisk_start: tuple[str, ...] = ()
    asterisk_stop: tuple[str, ...] = ()
    asterisk_kill: tuple[str, ...] = ()
    asterisk_drain_seconds: int = 600
    asterisk_stop_seconds: int = 30
    asterisk_boot_seconds: int = 120
    hooks: tuple[Hook, ...] = ()
    protected: tuple[str, ...] = ()
    keep_states: int = 10
    contents_quota: int = 10 * 2**30
    emergency_numbers: tuple[str, ...] = EMERGENCY
    log_level: str = "INFO"
    url_prefix: str = ""
    panel_key: Path = Path("/etc/pbxsync/panel.key")
    secure_cookies: bool = False
    workers: int = 1
    sweep_seconds: int = 15
    places: Mapping[Place, Path] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        """Return the folder of keys and secrets, 0700."""
        return self.home / "keys"

    @property
    def sockets(self) -> Path:
        """Return the folder of sockets, locks and pid files."""
        return self.home / "run"

    @property
    def journal(self) -> Path:
        """Return the folder of journals."""
        return self.home / "journal"

    @property
    def store(self) -> str:
        """Return the SQLAlchemy URL of our own database."""
        return self.store_url or f"sqlite:///{self.home / 'store.sqlite'}"

    @property
    def redis(self) -> str:
        """Return the Redis URL."""
        return self.redis_url or f"unix://{self.sockets / 'redis.sock'}"

    @property
    def log_file(self) -> Path:
        """Return Asterisk's full log."""
        if self.asterisk_log:
            return Path(self.asterisk_log)
        return _asterisk_directory(self.asterisk_conf, "astlogdir", "/var/log/asterisk") / "full"

    @property
    def control_socket(self) -> Path:
        """Return Asterisk's control socket."""
        return _asterisk_directory(self.asterisk_conf, "astrundir", "/var/run/asterisk") / "asterisk.ctl"

    @property
    def astdb(self) -> Path:
        """Return AstDB's file."""
        return _asterisk_directory(self.asterisk_conf, "astdbdir", "/var/lib/asterisk") / "astdb.sqlite3"

    @property
    def starting(self) -> Starting:
        """Return how Asterisk is started."""
        commands = (self.asterisk_start, self.asterisk_stop, self.asterisk_kill)
        return Starting(self.asterisk_starter, self.asterisk_unit, *commands)

    @property
    def ami_secret(self) -> str:
        """Return the AMI secret from its file; raise Invalid where it cannot be read."""
        path = self.keys / "ami.secret"
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Invalid(
                what=str(path), problems=say("cannot be read: {strerror}", strerror=error.strerror)
            ) from error


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise Invalid with every problem at once."""
    environment = os.environ if environment is None else environment
    home = Path(environment.get("PBXSYNC_HOME", "/var/lib/pbxsync")).absolute()
    problems: list[str] = []
    raw = _from_file(home / FILE, problems)
    known = {one.name: one for one in fields(Settings) if one.name not in ("home", "places")}
    for name in known:
        value = environment.get(f"PBXSYNC_{name.upper()}")
        if value is not None:
            raw[name] = _words(name, value)
    problems += [f"unknown setting {name}" for name in raw if name not in known]
    values = {name: _typed(name, raw[name], known[name].type, problems) for name in raw if name in known}
    problems += _impossible(values)
    if problems:
        raise Invalid(what=say("Settings in {value}", value=home / FILE), problems="; ".join(problems))
    conf = Path(str(values.get("asterisk_conf", known["asterisk_conf"].default)))
    places = {place: _asterisk_directory(conf, *where) for place, where in _DIRECTORIES.items()}
    return Settings(home=home, places=places, **values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of one setting comes from: "file", "environment" or "default"."""

    name: str
    value: object
    source: str


def origins(settings: Settings, environment: Mapping[str, str] | None = None) -> tuple[Origin, ...]:
    """Return every setting as this process has it, and where it would come from if it started now.

    Nothing here is a secret but what a URL may hold; whoever shows one takes its password out.
    """
    environment = os.environ if environment is None else environment
    raw = _from_file(settings.home / FILE, [])

    def source(name: str) -> str:
        if f"PBXSYNC_{name.upper()}" in environment:
            return "environment"
        return "file" if name in raw else "default"

    names = [one.name for one in fields(Settings) if one.name not in ("home", "places")]
    return tuple(Origin(name, getattr(settings, name), source(name)) for name in names)


def changed_since(settings: Settings, environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the settings that a restart would change; raise Invalid where it would not start at all."""
    fresh = load({**(os.environ if environment is None else environment), "PBXSYNC_HOME": str(settings.home)})
    return tuple(one.name for one in origins(settings) if getattr(fresh, one.name) != one.value)


def _from_file(path: Path, problems: list[str]) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        problems.append(str(error))
        return {}


def _words(name: str, value: str) -> object:
    """Return a value of the environment as the file would hold it."""
    if name == "protected":
        return _BETWEEN_PATTERNS.split(value)
    return shlex.split(value) if name in _LISTS else value


def _typed(name: str, value: object, kind: object, problems: list[str]) -> object:
    try:
        if kind is int:
            return int(str(value))
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[str(value).lower()]
        if kind is Path:
            return Path(str(value))
    except (ValueError, KeyError):
        problems.append(f"{name} = {value!r} is not {'a whole number' if kind is int else 'true or false'}")
        return None
    if name == "hooks":
        return hooks_of(value, problems)
    if name == "protected" or name in _LISTS:
        return _texts(name, value, problems)
    if not isinstance(value, str):
        problems.append(f"{name} = {value!r} is not a text")
        return None
    return value


def _texts(name: str, value: object, problems: list[str]) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    problems.append(f"{name} must be a list of texts")
    return ()


def _impossible(values: Mapping[str, object]) -> list[str]:
    """Return what has the right type and still cannot be."""
    problems = []
    for name, (lowest, highest) in _RANGES.items():
        value = values.get(name)
        if isinstance(value, int) and not lowest <= value <= highest:
            problems.append(f"{name} = {value} is not between {lowest} and {highest}")
    problems += _never_started(values)
    level = values.get("log_level")
    if level is not None and level not in _LEVELS:
        problems.append(f"log_level = {level!r} is none of {', '.join(_LEVELS)}")
    patterns = values.get("protected")
    try:
        matcher(patterns if isinstance(patterns, tuple) else ())
    except Invalid as error:
        problems.append(f"protected: {error}")
    return problems


def _never_started(values: Mapping[str, object]) -> list[str]:
    starter = values.get("asterisk_starter", "auto")
    if starter not in STARTERS:
        return [f"asterisk_starter = {starter!r} is none of {', '.join(STARTERS)}"]
    if starter == "commands" and not values.get("asterisk_start"):
        return ["asterisk_starter = 'commands' needs asterisk_start"]
    return []


def _asterisk_directory(conf: Path, name: str, default: str) -> Path:
    """Read one folder from asterisk.conf's [directories]; that file uses `name => value` and `;` comments."""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, comment_prefixes=(";",), inline_comment_prefixes=(";",), allow_no_value=True
    )
    try:
        text = conf.read_text(encoding="utf-8", errors="replace").replace("=>", "=")
        # "[directories](!)" is how the sample file marks a template. Indented lines are no continuation there, and
        # what stands before the first section belongs to none.
        lines = [line.strip() for line in text.replace("[directories](!)", "[directories]").splitlines()]
        parser.read_string("\n".join(["[before]", *lines]))
        return Path((parser.get("directories", name, fallback="") or "").strip() or default)
    except (OSError, configparser.Error):
        return Path(default)
