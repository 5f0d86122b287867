"""People and Asterisk go on writing on both hosts while runs go over them: nothing of theirs is lost.

Pages of FreePBX are the stand-in of the laboratory; the databases, the AstDB and Asterisk are real.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.sentence import as_text
from scripts.lab.compared import differing_rows, look
from scripts.lab.freepbx import FreePbx
from tests.integration.freepbx_pair import FreePbxPair, freepbx_pair
from tests.integration.installation import until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(500)]

ROUNDS = 3
MINE = "SELECT name FROM users WHERE extension = '2020'"


class Writer:
    """Writes one value after the other, in a thread of its own; written: those that were taken, in order."""

    def __init__(self, every: float, write: Callable[[int], object]) -> None:
        self.written: list[int] = []
        self.trouble = ""
        self._every, self._write = every, write
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        self._thread.start()
        try:
            until(lambda: bool(self.written) or bool(self.trouble), 30, "the first write")
            yield self
        finally:
            self._stop.set()
            self._thread.join()
        assert self.trouble == ""

    def _work(self) -> None:
        number = 0
        try:
            while not self._stop.wait(self._every):
                self._write(number)
                self.written.append(number)
                number += 1
        except Exception as error:
            self.trouble = repr(error)
            raise


@pytest.fixture(scope="module")
def pair(asterisk_root: Path, mariadb, tmp_path_factory) -> Iterator[FreePbxPair]:
    """Give one pair for all tests; both are in step at the beginning of each."""
    with freepbx_pair(asterisk_root, tmp_path_factory.mktemp("live"), mariadb, "live") as made:
        yield made


@pytest.fixture(autouse=True)
def _in_step(pair: FreePbxPair) -> None:
    run = pair.sync()
    assert run.state in (State.COMMITTED, State.UNCHANGED), pair.said(run)


def cdr(pbx: FreePbx) -> Callable[[int], object]:
    def insert(number: int) -> None:
        values = f"NOW(), '{number}', '2001', '{number}.1', '{number}.1'"
        pbx.sql(f"INSERT INTO cdr (calldate, src, dst, uniqueid, linkedid) VALUES ({values})", pbx.records)

    return insert


def notice(pbx: FreePbx) -> Callable[[int], object]:
    return lambda number: pbx.sql(
        f"INSERT INTO notifications (module, id, extended_text) VALUES ('live', '{number}', '')"
    )


def rename(pbx: FreePbx, extension: str) -> Callable[[int], object]:
    return lambda number: pbx.sql(f"UPDATE users SET name = 'Mine {number}' WHERE extension = '{extension}'")


def numbers(told: str) -> list[int]:
    return sorted(int(line) for line in told.split())


def said(run: Run) -> str:
    return as_text(run.sentence)


def test_what_others_write_meanwhile_is_all_there(pair):
    a, b = pair.source.pbx, pair.target.pbx
    ended: list[Run] = []
    with ExitStack() as running:
        keys, theirs = running.enter_context(b.ami()), running.enter_context(a.ami())

        def saves(number: int) -> None:
            a.gui.name("2003", f"Theirs {number}")

        def phone(number: int) -> None:
            keys.put(f"LIVE/{number % 50}", str(number))

        def feature(number: int) -> None:
            theirs.put("CF/2004", str(number))

        written = [
            running.enter_context(Writer(every, write).writing())
            for every, write in (
                (0.02, cdr(a)), (0.02, cdr(b)), (0.05, notice(b)), (0.01, phone), (0.05, feature), (2.0, saves),
            )
        ]  # fmt: skip
        while [run.state for run in ended].count(State.COMMITTED) < ROUNDS:
            assert len(ended) < 10 * ROUNDS, [said(run) for run in ended]
            ended.append(pair.sync())
    on_a, on_b, notices, puts, features, names = (one.written for one in written)
    print(*(f"{run.state} {run.error} {said(run)}" for run in ended), sep="\n")
    counted = [len(one.written) for one in written]
    print("written: {} + {} call records, {} notices, {} + {} keys, {} names saved and applied on A".format(*counted))
    # A run that did not end well had a reason, and it was that somebody was writing.
    assert {run.error for run in ended if run.state is not State.COMMITTED} <= {"brake", "source-changed", "busy", ""}
    assert numbers(a.sql("SELECT src FROM cdr", a.records)) == on_a
    assert numbers(b.sql("SELECT src FROM cdr", b.records)) == on_b
    assert numbers(b.sql("SELECT id FROM notifications WHERE module = 'live'")) == notices
    with b.ami() as asterisk:
        found = asterisk.tree("LIVE")
    assert found == {f"LIVE/{number % 50}": str(number) for number in puts}
    assert a.sql("SELECT name FROM users WHERE extension = '2003'") == f"Theirs {names[-1]}"
    run = pair.sync()
    assert run.state in (State.COMMITTED, State.UNCHANGED), pair.said(run)
    assert differing_rows(look(a), look(b)) == []
    assert look(b).keys["CF/2004"] == str(features[-1])


def test_a_row_that_somebody_changes_under_a_run_is_not_overwritten(pair):
    a, b = pair.source.pbx, pair.target.pbx
    a.sql("UPDATE users SET name = 'Theirs' WHERE extension IN ('2019', '2020')")
    before = b.sql("SELECT name FROM users WHERE extension = '2019'")
    with Writer(0.005, rename(b, "2020")).writing() as mine:
        run = pair.sync()
    assert (run.state, run.error) in ((State.FAILED, "target-changed"), (State.ROLLED_BACK, "target-changed"))
    assert "was changed on this host after the plan was made" in said(run)
    assert "users/2020" in said(run)
    assert b.sql(MINE) == f"Mine {mine.written[-1]}"
    assert b.sql("SELECT name FROM users WHERE extension = '2019'") == before
    again = pair.sync()
    assert again.state is State.COMMITTED, pair.said(again)
    assert b.sql(MINE) == "Theirs"
    edits = {one["name"]: one["local_edit"] for one in pair.target.show(again.id)["plan"]["changes"]}
    assert edits == {"SQL/asterisk/users/2019": False, "SQL/asterisk/users/2020": True}


def test_a_key_that_somebody_sets_under_a_run_is_not_overwritten(pair):
    a, b = pair.source.pbx, pair.target.pbx
    with a.ami() as theirs:
        theirs.put("CF/2008", "600")
        theirs.put("DND/2010", "YES")
    with b.ami() as asterisk:
        with Writer(0.002, lambda number: asterisk.put("CF/2008", str(number))).writing() as mine:
            run = pair.sync()
        assert run.error == "target-changed", pair.said(run)
        assert run.state in (State.FAILED, State.ROLLED_BACK)
        assert "CF/2008" in said(run)
        assert asterisk.get("CF/2008") == str(mine.written[-1])
        assert asterisk.get("DND/2010") is None
        again = pair.sync()
        assert again.state is State.COMMITTED, pair.said(again)
        assert (asterisk.get("CF/2008"), asterisk.get("DND/2010")) == ("600", "YES")


def test_what_somebody_changed_after_a_run_wrote_it_stays_when_the_run_is_taken_back(pair):
    a, b = pair.source.pbx, pair.target.pbx
    a.sql("UPDATE users SET name = 'Bad run' WHERE extension IN ('2019', '2020')")
    a.sql("UPDATE sip SET data = 'no-such-encryption' WHERE id = '2021' AND keyword = 'media_encryption'")
    before = b.sql("SELECT name FROM users WHERE extension = '2019'")
    asked = pair.source.request(pair.job)
    until(lambda: b.sql(MINE) == "Bad run", 60, "the rows of the run")
    b.sql("UPDATE users SET name = 'Mine' WHERE extension = '2020'")
    run = pair.end_of(asked)
    a.sql("UPDATE sip SET data = 'no' WHERE id = '2021' AND keyword = 'media_encryption'")
    assert run.state is State.ROLLED_BACK, pair.said(run)
    assert "kept what was changed since: SQL/asterisk/users/2020" in said(run)
    assert b.sql(MINE) == "Mine"
    assert b.sql("SELECT name FROM users WHERE extension = '2019'") == before
    assert b.sql("SELECT data FROM sip WHERE id = '2021' AND keyword = 'media_encryption'") == "no"
    assert "no-such-encryption" not in (b.node.etc / "pjsip.endpoint.conf").read_text()
