"""The keys over AMI, against a scripted server: what it asks, and how it takes each answer."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pbxsync_worker.asterisk.database import AstdbOverAmi
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent, Unsupported
from tests.contract.test_pbx import closed_port
from tests.fakes.ami_server import AmiServer, Answer, Fields, error, login, message, success


def over(port: int, control: Path | None = None, deadline: float = 2.0) -> AstdbOverAmi:
    return AstdbOverAmi(AmiAddress("127.0.0.1", port, "pbxsync", lambda: "right"), SystemClock(), deadline, control)


@contextmanager
def database(**answers: Answer) -> Iterator[tuple[AstdbOverAmi, AmiServer]]:
    server = AmiServer({"login": login, "events": success, **answers})
    with server.running(), over(server.port) as keys:
        yield keys, server


def rows(event: str, *pairs: tuple[str, str]) -> Callable[[Fields], bytes]:
    def answer(action: Fields) -> bytes:
        number = f"ActionID: {action['ActionID']}"
        body = success(action, "EventList: start", "Message: Result will follow")
        for key, value in pairs:
            body += message(f"Event: {event}Response", number, f"Key: {key}", f"Val: {value}")
        return body + message(f"Event: {event}Complete", number, "EventList: Complete", f"ListItems: {len(pairs)}")

    return answer


def refuse(reason: str) -> Callable[[Fields], bytes]:
    return lambda action: error(action, reason)


def test_a_tree_is_only_the_family_that_was_asked_for():
    answer = rows("DBGetTree", ("/CF/1", "a"), ("/cf/1", "b"), ("/CFB/1", "c"))
    with database(dbgettree=answer) as (keys, _):
        assert keys.tree(b"CF") == {b"CF/1": b"a"}


def test_all_families_are_named_once():
    with database(dbgettree=rows("DBGetTree", ("/CF/1", "a"), ("/CF/2", "a"), ("/DND/1", ""))) as (keys, _):
        assert keys.families() == {b"CF", b"DND"}


def test_an_asterisk_without_trees_is_unsupported():
    with database(dbgettree=refuse("Invalid/unknown command: DBGetTree")) as (keys, _), pytest.raises(Unsupported):
        keys.tree(b"CF")


def test_a_right_that_lacks_is_told():
    with database(dbgettree=refuse("Permission denied")) as (keys, _), pytest.raises(AsteriskRefused, match="class"):
        keys.tree(b"CF")


def test_a_value_torn_by_a_line_break_is_refused_and_not_cut():
    answer = rows("DBGetTree", ("/CF/1", "one\r\nVal: two"))
    with database(dbgettree=answer) as (keys, _), pytest.raises(Unsupported, match="CF/1"):
        keys.tree(b"CF")


def test_a_value_that_pretends_to_be_another_key_is_noticed():
    def answer(action: Fields) -> bytes:
        forged = f"x\r\n\r\nEvent: DBGetTreeResponse\r\nActionID: {action['ActionID']}\r\nKey: /CF/2\r\nVal: forged"
        return rows("DBGetTree", ("/CF/1", forged))(action)

    with database(dbgettree=answer) as (keys, _), pytest.raises(Unsupported, match="2 keys came"):
        keys.tree(b"CF")


def test_absent_is_none_and_empty_is_empty():
    with database(dbget=refuse("Database entry not found")) as (keys, _):
        assert keys.get(b"CF/1") is None
    with database(dbget=rows("DBGet", ("1", ""))) as (keys, _):
        assert keys.get(b"CF/1") == b""


def test_a_value_that_an_old_asterisk_may_have_cut_is_read_again():
    whole = "x" * 400
    answers = {"dbget": rows("DBGet", ("1", whole[:255])), "dbgettree": rows("DBGetTree", ("/CF/1", whole))}
    with database(**answers) as (keys, _):
        assert keys.get(b"CF/1") == whole.encode()


def test_other_refusals_of_a_read_are_not_absence():
    with database(dbget=refuse("Permission denied")) as (keys, _), pytest.raises(AsteriskRefused):
        keys.get(b"CF/1")


def test_bytes_that_are_no_text_are_read_as_they_are():
    def answer(action: Fields) -> bytes:
        return rows("DBGet", ("1", "@"))(action).replace(b"@", b"\xff\xe9")

    with database(dbget=answer) as (keys, _):
        assert keys.get(b"CF/1") == b"\xff\xe9"


@pytest.mark.parametrize("value", [b"a\r\nAction: Ping", b"a\nb", b"\0", b" blank", b"x" * 1000])
def test_a_value_that_ami_cannot_carry_is_never_sent(value):
    with database(dbput=success) as (keys, server):
        with pytest.raises(Unsupported, match="CF/1"):
            keys.put(b"CF/1", value)
        assert not [one for one in server.actions if one["Action"] == "DBPut"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (b"CF", "no family or no key"),
        (b"CF/", "no family or no key"),
        (b"/1", "no family or no key"),
        (b"CF/ 1", "blank"),
        (b"CF/1\r\nVal: 2", "line break"),
        (b"CF/" + b"1" * 253, "longer than 256"),
    ],
)
def test_a_key_that_ami_cannot_carry_is_refused(key, why):
    assert why in over(1).refusal(key, b"")


def test_a_key_of_256_bytes_can_be_carried():
    assert over(1).refusal(b"CF/" + b"1" * 252, b"") == ""


def test_removing_an_absent_key_is_no_error():
    answers = {
        "dbdel": refuse("Database entry could not be deleted"),
        "dbget": refuse("Database entry not found"),
    }
    with database(**answers) as (keys, _):
        keys.remove(b"CF/1")


def test_a_key_that_stays_although_it_was_removed_is_an_error():
    answers = {"dbdel": refuse("Database entry could not be deleted"), "dbget": rows("DBGet", ("1", "x"))}
    with database(**answers) as (keys, _), pytest.raises(AsteriskRefused):
        keys.remove(b"CF/1")


def test_one_login_serves_a_batch():
    with database(dbput=success) as (keys, server):
        for number in range(10):
            keys.put(b"CF/%d" % number, b"1")
        assert [one["Action"] for one in server.actions].count("Login") == 1


def test_after_close_it_logs_in_anew():
    with database(dbput=success) as (keys, server):
        keys.put(b"CF/1", b"1")
        keys.close()
        keys.put(b"CF/1", b"1")
        assert [one["Action"] for one in server.actions].count("Login") == 2


def test_after_a_broken_connection_it_logs_in_anew():
    server = AmiServer({"login": login, "events": success, "dbput": success})
    with server.running(), over(server.port) as keys:
        keys.put(b"CF/1", b"1")
        server.cut = True
        keys.put(b"CF/1", b"1")
        with pytest.raises(AsteriskSilent):
            keys.put(b"CF/1", b"1")
        server.cut = False
        keys.put(b"CF/1", b"1")


def test_a_forked_child_does_not_use_the_parent_s_connection():
    server = AmiServer({"login": login, "events": success, "dbput": success})
    with server.running(), over(server.port, deadline=0.3) as keys:
        keys.put(b"CF/1", b"1")
        child = os.fork()
        if not child:
            try:
                keys.put(b"CF/2", b"2")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        keys.put(b"CF/3", b"3")
        # The server has time for one connection only: the child got none of its own, and did not take this one.
        assert [one["Key"] for one in server.actions if one["Action"] == "DBPut"] == ["1", "3"]


def test_it_runs_where_it_answers():
    with database() as (keys, _):
        assert keys.running()


def test_it_is_down_where_nothing_listens_anywhere(tmp_path):
    assert not over(closed_port(), tmp_path / "asterisk.ctl").running()


def test_a_closed_port_alone_is_not_down(tmp_path):
    with pytest.raises(AsteriskSilent):
        over(closed_port()).running()
    with socket.socket(socket.AF_UNIX) as link:
        link.bind(str(tmp_path / "asterisk.ctl"))
        link.listen()
        with pytest.raises(AsteriskSilent):
            over(closed_port(), tmp_path / "asterisk.ctl").running()


def test_lamps_are_set_one_by_one():
    with database(setvar=success) as (keys, server):
        assert keys.light([("Custom:DND1", "BUSY")]) == ()
        asked = server.actions[-1]
    assert (asked["Variable"], asked["Value"]) == ("DEVICE_STATE(Custom:DND1)", "BUSY")


def test_refused_lamps_are_a_warning_that_names_them():
    with database(setvar=refuse("Permission denied")) as (keys, _):
        (finding,) = keys.light([(f"Custom:DND{number}", "BUSY") for number in range(7)])
    assert finding.level == "warning"
    assert "Custom:DND4 (+2)" in finding.sentence
