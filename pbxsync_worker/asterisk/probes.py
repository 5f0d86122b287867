"""Questions to a running Asterisk: what it has, whether its modules run, whether SIP answers; used by controller.py."""

import contextlib
import secrets
import socket
from collections import Counter
from collections.abc import Callable

from asterisk.ami import SimpleAction

from pbxsync_worker.asterisk.session import Session
from pbxsync_worker.asterisk.wire import Message
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from pbxsync_worker.core.model.pbx import PbxState
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say

_LISTS = (
    ("endpoints", "PJSIPShowEndpoints", "EndpointList"),
    ("aors", "PJSIPShowAors", "AorList"),
    ("auths", "PJSIPShowAuths", "AuthList"),
    ("registrations", "PJSIPShowRegistrationsOutbound", "OutboundRegistrationDetail"),
    ("queues", "QueueSummary", "QueueSummary"),
    ("mailboxes", "VoicemailUsersList", "VoicemailUserEntry"),
    ("contacts", "PJSIPShowContacts", "ContactList"),
    ("channels", "CoreShowChannels", "CoreShowChannel"),
)
"""(name of the count, action, event of one entry)."""
_ABSENT = ("invalid/unknown command", "permission denied")
_NOTHING = "no "
SIP_TRIES = 3
"""A datagram may be lost on the way."""


def look_at(session: Session, log_offset: int, deadline: float) -> PbxState:
    """Take one look; raise AsteriskSilent where Asterisk has not fully booted, or answers without saying anything."""
    if session.wait_event(lambda event: event.event == "FullyBooted", deadline) is None:
        raise AsteriskSilent(
            reason=say("it is still starting, or the AMI user may not read the class system (docs/ami.md)")
        )
    version = session.ask(SimpleAction("CoreSettings")).get("AsteriskVersion")
    status = session.ask(SimpleAction("CoreStatus"))
    started = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}".strip()
    if not version or not started:
        raise AsteriskSilent(reason=say("it answers, but does not say its version and start"))
    counts: dict[str, int] = {}
    for name, action, event in _LISTS:
        found = _count(session, action, event)
        if found is not None:
            counts[name] = found
    counts |= _dialplan(session)
    contacts, calls = counts.pop("contacts", 0), counts.pop("channels", 0)
    return PbxState(True, version, tuple(sorted(counts.items())), calls, contacts, log_offset, started)


def _count(session: Session, action: str, event: str) -> int | None:
    total: Counter[str] = Counter()

    def each(message: Message) -> None:
        total[message.event] += 1

    if not walked(session, action, each):
        return None
    return total[event]


def walked(session: Session, action: str, each: Callable[[Message], None]) -> bool:
    """Hand every event of a list to `each`; False where Asterisk has no such list or does not show it to us."""
    try:
        session.walk(SimpleAction(action), each)
    except AsteriskRefused as refusal:
        reason = str(refusal.fields["reason"]).lower()
        if reason.startswith(_ABSENT):
            return False
        # Asterisk answers an empty list with an error: "No Contacts found".
        if not reason.startswith(_NOTHING):
            raise
    return True


def _dialplan(session: Session) -> dict[str, int]:
    """Count what pbx_config put into the dialplan; parking and others add contexts of their own."""
    contexts: set[str] = set()
    priorities = 0

    def each(message: Message) -> None:
        nonlocal priorities
        if message.get("Registrar") == "pbx_config":
            contexts.add(message.get("Context"))
            priorities += bool(message.get("Priority"))

    if not walked(session, "ShowDialPlan", each):
        return {}
    return {"contexts": len(contexts), "priorities": priorities}


def module_runs(session: Session, module: str) -> bool:
    """Tell whether a module (`name.so`) is loaded."""
    try:
        session.ask(SimpleAction("ModuleCheck", Module=module))
    except AsteriskRefused as refusal:
        if "not loaded" in str(refusal.fields["reason"]).lower():
            return False
        raise
    return True


def sip_answers(address: str, clock: Clock, deadline: float) -> bool:
    """Tell whether anything that speaks SIP answers OPTIONS over UDP at "host:port" within the deadline (seconds)."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    except OSError:
        return False
    until = clock.monotonic() + deadline
    with socket.socket(family, kind, protocol) as link, contextlib.suppress(OSError):
        link.connect(where)
        for tries in range(SIP_TRIES, 0, -1):
            link.send(_options(host, port, link.getsockname()))
            if _heard(link, clock, clock.monotonic() + (until - clock.monotonic()) / tries):
                return True
    return False


def _heard(link: socket.socket, clock: Clock, until: float) -> bool:
    while (left := until - clock.monotonic()) > 0:
        link.settimeout(left)
        try:
            if link.recv(65535).startswith(b"SIP/2.0 "):
                return True
        except TimeoutError:
            return False
    return False


def _options(host: str, port: str, ours: tuple[str, int]) -> bytes:
    me = f"[{ours[0]}]:{ours[1]}" if ":" in ours[0] else f"{ours[0]}:{ours[1]}"
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    mark = secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:{target} SIP/2.0",
        f"Via: SIP/2.0/UDP {me};branch=z9hG4bK{mark};rport",
        "Max-Forwards: 70",
        f"From: <sip:pbxsync@{me}>;tag={mark}",
        f"To: <sip:{target}>",
        f"Call-ID: {mark}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:pbxsync@{me}>",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()
