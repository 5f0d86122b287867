"""Operations by hand: what is done, what is said, and that it is written down."""

from dataclasses import dataclass, field, replace

import pytest

from pbxsync_worker.core.handover import request
from pbxsync_worker.core.model.asterisk_action import When
from pbxsync_worker.core.model.errors import AsteriskDown
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import OperateAsterisk, WishState
from pbxsync_worker.wiring.grant import grant_wish
from pbxsync_worker.wiring.operate import operate
from tests.fakes.control import FakeControl
from tests.fakes.pbx import HEALTHY, FakePbx

NOW = Operation(OperationKind.RESTART, When.NOW)


@dataclass
class Host:
    pbx: FakePbx = field(default_factory=lambda: FakePbx(replace(HEALTHY, calls=3)))

    def __post_init__(self) -> None:
        self.asterisk = FakeControl(self.pbx)


@dataclass
class Book:
    """An audit log that writes down what it is told."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, who: str, what: str, about: str = "") -> None:
        self.lines.append((who, what, about))


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.mark.parametrize(
    ("operation", "done", "reloaded"),
    [
        (Operation(OperationKind.RELOAD), [], ["all"]),
        (Operation(OperationKind.RELOAD, modules=("app_queue.so",)), [], ["app_queue.so"]),
        (Operation(OperationKind.RESTART, When.GRACEFULLY), ["restart gracefully"], []),
        (NOW, ["restart now"], []),
        (Operation(OperationKind.STOP, When.CONVENIENT), ["stop when convenient"], []),
        (Operation(OperationKind.START), ["start"], []),
        (Operation(OperationKind.CANCEL), ["cancel"], []),
    ],
)
def test_it_does_what_is_asked_and_says_so(host, operation, done, reloaded):
    assert as_text(operate(host, Book(), operation, "ann"))
    assert (host.asterisk.done, host.pbx.reloaded) == (done, reloaded)


def test_it_says_how_many_calls_ended(host):
    assert "3 calls were in progress" in as_text(operate(host, Book(), NOW, "ann"))
    host.pbx.state = HEALTHY
    assert "calls" not in as_text(operate(host, Book(), NOW, "ann"))


def test_it_is_written_down_before_and_after(host):
    book = Book()
    operate(host, book, NOW, "ann")
    assert book.lines == [("ann", "asterisk", "restart now"), ("ann", "asterisk done", "restart now")]


def test_what_fails_is_written_down_and_raised(host):
    host.asterisk.boots = lambda: False
    book = Book()
    with pytest.raises(AsteriskDown):
        operate(host, book, NOW, "ann")
    assert [line[1] for line in book.lines] == ["asterisk", "asterisk failed"]


def test_a_wish_is_granted_once_however_often_somebody_is_woken(here, host):
    here.__dict__["asterisk"], here.__dict__["pbx"] = host.asterisk, host.pbx
    wish = request(here.store, here.waker, OperateAsterisk(NOW), "ann")
    grant_wish(here, wish)
    grant_wish(here, wish)
    assert (here.store.wishes.get(wish).state, host.asterisk.done) == (WishState.GRANTED, ["restart now"])


def test_nothing_is_done_while_a_run_changes_the_host(here, host):
    here.__dict__["asterisk"], here.__dict__["pbx"] = host.asterisk, host.pbx
    wish = request(here.store, here.waker, OperateAsterisk(NOW), "ann")
    with here.host_lock():
        grant_wish(here, wish)
    assert (here.store.wishes.get(wish).error, host.asterisk.done) == ("busy", [])
