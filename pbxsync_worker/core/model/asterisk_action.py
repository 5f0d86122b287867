"""What Asterisk does after a change: chosen by a rule, told in a plan, bounded by this host's own policy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import say


class ActionKind(StrEnum):
    """Which of the possible things; the values are stored and shown, so they never change."""

    MAP = "map"  # reload what the change map says
    NOTHING = "nothing"
    MODULES = "reload"  # these modules, whatever the change map says
    ALL = "reload all"
    FWCONSOLE = "fwconsole reload"
    RESTART = "restart"
    STOP = "stop"  # before the change; start after it
    AMI = "ami"  # what the change map says, then one AMI action
    HOOK = "hook"  # what the change map says, then one program that pbxsync.toml names


class When(StrEnum):
    """How a stop or restart treats calls; the values are Asterisk's own words."""

    CONVENIENT = "when convenient"  # waits until there is no call, new ones are accepted meanwhile
    GRACEFULLY = "gracefully"  # waits until there is no call, new ones are refused meanwhile
    NOW = "now"  # ends all calls


_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_HOOK = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+:/-]{0,127}")
_YES_NO = re.compile(r"yes|no")
_STOP = "stop and start"

AMI_ACTIONS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "LoggerRotate": {},
    "PJSIPNotify": {"Endpoint": _NAME, "Option": _NAME},
    "PJSIPQualify": {"Endpoint": _NAME},
    "PJSIPRegister": {"Registration": _NAME},
    "QueueReload": {"Queue": _NAME, "Members": _YES_NO, "Rules": _YES_NO, "Parameters": _YES_NO},
    "QueueReset": {"Queue": _NAME},
    "UserEvent": {"UserEvent": _NAME},
    "VoicemailRefresh": {"Context": _NAME, "Mailbox": _NAME},
}
"""Every AMI action that can be chosen, with its arguments and what each may be; nothing of it can end a call."""

_NEEDED = {
    "PJSIPNotify": {"Endpoint", "Option"},
    "PJSIPQualify": {"Endpoint"},
    "PJSIPRegister": {"Registration"},
    "UserEvent": {"UserEvent"},
}


@dataclass(frozen=True, slots=True)
class Starting:
    """How this host starts Asterisk; set here only.

    by: "auto", "systemd", "fwconsole", "commands" or "nobody"; unit: of systemd, "" to look for one; start, stop, kill:
    argument lists, of "commands".
    """

    by: str = "auto"
    unit: str = ""
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    kill: tuple[str, ...] = ()


STARTERS = ("auto", "systemd", "fwconsole", "commands", "nobody")


@dataclass(frozen=True, slots=True)
class Hook:
    """A program that this host lets run after a change; argv: its argument list; seconds: its deadline."""

    name: str
    argv: tuple[str, ...]
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class AsteriskAction:
    """One choice; raises Invalid where it cannot be.

    when: of a restart or stop; modules: AMI `Module:` values, of MODULES; name: of the AMI action or the hook;
    arguments: of the AMI action.
    """

    kind: ActionKind = ActionKind.MAP
    when: When = When.CONVENIENT
    modules: tuple[str, ...] = ()
    name: str = ""
    arguments: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be, also where it comes from a store or a peer."""
        wrong = _wrong(self)
        if wrong:
            raise Invalid(what="What Asterisk does", problems=wrong)

    @property
    def text(self) -> str:
        """Return the stored form, which `parse_action` reads."""
        match self.kind:
            case ActionKind.MODULES:
                return " ".join((self.kind, *self.modules))
            case ActionKind.RESTART:
                return f"{self.kind} {self.when}"
            case ActionKind.STOP:
                return f"{_STOP} {self.when}"
            case ActionKind.AMI:
                return " ".join((self.kind, self.name, *(f"{name}={value}" for name, value in self.arguments)))
            case ActionKind.HOOK:
                return f"{self.kind} {self.name}"
            case _:
                return self.kind

    @property
    def permission(self) -> str:
        """Return what the policy of this host must name for it; "" for reloads, which `Policy.reloads` bounds."""
        if self.kind in (ActionKind.RESTART, ActionKind.STOP, ActionKind.HOOK):
            return self.text
        return f"{self.kind} {self.name}" if self.kind is ActionKind.AMI else ""

    @property
    def restarts(self) -> bool:
        """Tell whether Asterisk reads everything anew because it starts again."""
        return self.kind in (ActionKind.RESTART, ActionKind.STOP)

    @property
    def ends_calls(self) -> bool:
        """Tell whether calls in progress end."""
        return self.restarts and self.when is When.NOW

    @property
    def sentence(self) -> str:
        """Return what it is, for people."""
        match self.kind:
            case ActionKind.MODULES:
                return say("Asterisk reloads {names}", names=", ".join(self.modules))
            case ActionKind.RESTART | ActionKind.STOP:
                return _SENTENCES[self.kind, self.when]
            case ActionKind.AMI:
                return say("Asterisk reloads what changed, then does {name}", name=self.text.partition(" ")[2])
            case ActionKind.HOOK:
                return say("Asterisk reloads what changed, then the hook {name} runs", name=self.name)
            case _:
                return _PLAIN[self.kind]


_PLAIN = {
    ActionKind.MAP: say("Asterisk reloads what changed"),
    ActionKind.NOTHING: say("Asterisk reloads nothing and goes on as it is"),
    ActionKind.ALL: say("Asterisk reloads everything"),
    ActionKind.FWCONSOLE: say("FreePBX applies its configuration"),
}
_SENTENCES = {
    (ActionKind.RESTART, When.CONVENIENT): say("Asterisk restarts once there is no call"),
    (ActionKind.RESTART, When.GRACEFULLY): say("Asterisk takes no new call and restarts after the last one"),
    (ActionKind.RESTART, When.NOW): say("Asterisk restarts at once; calls end"),
    (ActionKind.STOP, When.CONVENIENT): say("Asterisk stops once there is no call, and starts after the change"),
    (ActionKind.STOP, When.GRACEFULLY): say(
        "Asterisk takes no new call, stops after the last one, and starts after the change"
    ),
    (ActionKind.STOP, When.NOW): say("Asterisk stops at once and starts after the change; calls end"),
}


def parse_action(text: str) -> AsteriskAction:
    """Return the action that a stored text describes, such as `restart gracefully`; raise Invalid."""
    words = text.split(" ") if text else []
    if text in {kind.value for kind in _PLAIN}:
        return AsteriskAction(ActionKind(text))
    for kind, begins in ((ActionKind.RESTART, "restart "), (ActionKind.STOP, f"{_STOP} ")):
        if text.startswith(begins) and text.removeprefix(begins) in set(When):
            return AsteriskAction(kind, When(text.removeprefix(begins)))
    match words:
        case ["reload", *modules]:
            return AsteriskAction(ActionKind.MODULES, modules=tuple(modules))
        case ["hook", name]:
            return AsteriskAction(ActionKind.HOOK, name=name)
        case ["ami", name, *arguments]:
            pairs = (one.partition("=") for one in arguments)
            return AsteriskAction(ActionKind.AMI, name=name, arguments=tuple((key, value) for key, _, value in pairs))
        case _:
            raise Invalid(what="What Asterisk does", problems=say("{text} is no action", text=repr(text[:80])))


def permits(line: str) -> bool:
    """Tell whether a line is `*` or what `AsteriskAction.permission` may be."""
    if line == "*" or (line.startswith("ami ") and line.removeprefix("ami ") in AMI_ACTIONS):
        return True
    try:
        return bool(line) and parse_action(line).permission == line
    except Invalid:
        return False


def _wrong(action: AsteriskAction) -> str:
    """Return why it cannot be, "" where it can; whole matches, so that no line break passes."""
    if action.kind is ActionKind.MODULES:
        bad = [one for one in action.modules if not _MODULE.fullmatch(one)]
        return f"{bad[0]!r} is no module" if bad else "" if action.modules else "no module is named"
    if action.kind is ActionKind.HOOK:
        return "" if _HOOK.fullmatch(action.name) else f"{action.name!r} is no name of a hook"
    return _wrong_ami(action) if action.kind is ActionKind.AMI else ""


def _wrong_ami(action: AsteriskAction) -> str:
    known = AMI_ACTIONS.get(action.name)
    if known is None:
        return f"{action.name!r} is none of {', '.join(AMI_ACTIONS)}"
    given = dict(action.arguments)
    if len(given) != len(action.arguments):
        return f"{action.name} names an argument twice"
    for name, value in action.arguments:
        if name not in known:
            return f"{action.name} takes no {name!r}"
        if not known[name].fullmatch(value):
            return f"{name} of {action.name} cannot be {value!r}"
    missing = sorted(_NEEDED.get(action.name, set()) - set(given))
    return f"{action.name} needs {missing[0]}" if missing else ""


AS_CHANGED = AsteriskAction()
"""Reload what the change map says."""
