"""A scripted AMI server on a free loopback port: what it answers, and how it breaks, is up to the test."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
Fields = dict[str, str]
Answer = Callable[[Fields], bytes]


def message(*lines: str) -> bytes:
    """Return one AMI message."""
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def success(action: Fields, *lines: str) -> bytes:
    return message("Response: Success", f"ActionID: {action['ActionID']}", *lines)


def error(action: Fields, reason: str) -> bytes:
    return message("Response: Error", f"ActionID: {action['ActionID']}", f"Message: {reason}")


def listing(event: str, names: list[str], extra: tuple[str, ...] = ()) -> Answer:
    """Return an answer that lists events."""

    def answer(action: Fields) -> bytes:
        number = f"ActionID: {action['ActionID']}"
        body = success(action, "EventList: start")
        for name in names:
            body += message(f"Event: {event}", number, f"ObjectName: {name}", *extra)
        return body + message(f"Event: {event}Complete", number, "EventList: Complete", f"ListItems: {len(names)}")

    return answer


def login(action: Fields) -> bytes:
    if action.get("Secret") != "right":
        return error(action, "Authentication failed")
    booted = message("Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted")
    return success(action, "Message: Authentication accepted") + booted


def reload_done(action: Fields) -> bytes:
    done = message("Event: Reload", "Privilege: system,all", f"Module: {action['Module']}", "Status: 0")
    return success(action, "Message: Module Reloaded") + done


def _dialplan(action: Fields) -> bytes:
    number = f"ActionID: {action['ActionID']}"
    body = success(action, "EventList: start")
    for context, registrar in (("office", "pbx_config"), ("office", "pbx_config"), ("parkedcalls", "res_parking")):
        entry = ("Event: ListDialplan", number, f"Context: {context}", "Extension: 1", "Priority: 1")
        body += message(*entry, "Application: NoOp", f"Registrar: {registrar}")
    return body + message("Event: ShowDialPlanComplete", number, "EventList: Complete", "ListContexts: 2")


def healthy() -> dict[str, Answer]:
    """Return the answers of an Asterisk with three endpoints, one context and no voicemail."""
    return {
        "login": login,
        "coresettings": lambda action: success(action, "AsteriskVersion: 22.10.1"),
        "corestatus": lambda action: success(action, "CoreStartupDate: 2026-01-01", "CoreCurrentCalls: 0"),
        "pjsipshowendpoints": listing("EndpointList", ["1001", "1002", "1003"]),
        "pjsipshowaors": listing("AorList", ["1001", "1002", "1003"]),
        "pjsipshowauths": listing("AuthList", ["1001", "1002", "1003"], ("Password: geheim",)),
        "pjsipshowcontacts": lambda action: error(action, "No Contacts found"),
        "pjsipshowregistrationsoutbound": listing("OutboundRegistrationDetail", []),
        "queuesummary": listing("QueueSummary", ["600"]),
        "coreshowchannels": listing("CoreShowChannel", []),
        "showdialplan": _dialplan,
        "modulecheck": success,
        "reload": reload_done,
    }


@dataclass
class AmiServer:
    """answers: by action name in small letters; `otherwise` for the rest; `first`: sent on connect.

    Every connection is served by one thread; `actions` records what was asked.
    """

    answers: Mapping[str, Answer] = field(default_factory=healthy)
    otherwise: Answer = lambda action: error(action, "Invalid/unknown command")
    first: bytes = BANNER
    cut: bool = False  # close the connection after each answer
    reset: bool = False  # and close it with a reset
    actions: list[Fields] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self) -> Iterator["AmiServer"]:
        self._stopping = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=self._accept, args=(listener,))
            thread.start()
            try:
                yield self
            finally:
                self._stopping.set()
                with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    pass
                thread.join()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            link, _ = listener.accept()
            with link, suppress(OSError):
                if self._stopping.is_set():
                    return
                self._serve(link)

    def _serve(self, link: socket.socket) -> None:
        link.settimeout(0.02)
        link.sendall(self.first)
        data = b""
        while not self._stopping.is_set():
            try:
                piece = link.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                return
            *complete, data = (data + piece).split(b"\r\n\r\n")
            for one in complete:
                if not self._answer(link, one.decode()):
                    return

    def _answer(self, link: socket.socket, text: str) -> bool:
        fields: Fields = dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line)
        self.actions.append(fields)
        answer = self.answers.get(fields["Action"].lower(), self.otherwise)
        # Whoever has the answer may set `cut` for the next one before this thread goes on.
        last = self.cut or self.reset
        link.sendall(answer(fields))
        if self.reset:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return not last
