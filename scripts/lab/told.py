"""What the whole story of the demo showed: the last line of `scripts/demo --once`, and what is not as promised."""

from dataclasses import dataclass
from typing import Any

from scripts.lab.product import Outcome

Counted = tuple[int, int]
"""Rows and AstDB keys."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An edit that was made on A, the places where B was asked for it, and where B had something else."""

    words: str
    places: tuple[str, ...]
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What was measured.

    counted: rows and keys that were new on B after the first run, and after the edits, by plain SQL and AMI;
    differing, differing_rows: files, tables and keys in which A and B differ; own_changed: tables of B's own that
    are not as they were; expected: endpoints of B at the beginning and at the end.
    """

    asterisk: str
    before: int
    after: int
    differing: list[str]
    good: Outcome
    again: Outcome
    bad: Outcome
    bad_after: int
    bad_changed: list[str]
    edited: Outcome
    shown: tuple[Shown, ...]
    counted: tuple[Counted, Counted]
    differing_rows: list[str]
    own_changed: list[str]
    expected: Counted

    def as_json(self) -> dict[str, Any]:
        """Return the last line of `scripts/demo --once`."""
        return {
            "hosts": 2,
            "asterisk": self.asterisk,
            "in_sync": not self.differing and self.again.state == "UNCHANGED",
            "endpoints_before": self.before,
            "endpoints_after": self.after,
            "state_bytes": self.good.state_bytes,
            "wire_bytes": self.good.wire_bytes,
            "run_seconds": round(self.good.seconds, 3),
            "reloaded": list(self.good.reloaded),
            "bad_change": {
                "state": self.bad.state,
                "reason": self.bad.reason,
                "endpoints_after": self.bad_after,
            },
            "rows_sent": self.good.rows + self.edited.rows,
            "astdb_keys_sent": self.good.keys + self.edited.keys,
            "db_in_sync": not self.differing_rows and not self.own_changed,
            "edits": {
                "state": self.edited.state,
                "rows_sent": self.edited.rows,
                "astdb_keys_sent": self.edited.keys,
                "wire_bytes": self.edited.wire_bytes,
                "run_seconds": round(self.edited.seconds, 3),
                "seen_on_replica": {one.words: list(one.places) for one in self.shown if not one.wrong},
            },
        }

    def problems(self) -> list[str]:
        """Return everything that is not as promised."""
        first, last = self.expected
        promised = {
            f"the first run ended {self.good.state}: {self.good.reason}": self.good.state == "COMMITTED",
            f"the run with nothing to do ended {self.again.state}": self.again.state == "UNCHANGED",
            f"A and B differ in {', '.join(self.differing[:5])}": not self.differing,
            f"B began with {self.before} endpoints": self.before == first,
            f"B has {self.after} endpoints": self.after == last,
            "nothing was reloaded": bool(self.good.reloaded),
            "nothing was counted": self.good.state_bytes > 0 and self.good.wire_bytes > 0 and self.good.seconds > 0,
            f"the run with the edits ended {self.edited.state}: {self.edited.reason}": self.edited.state == "COMMITTED",
            f"the databases of A and B differ in {', '.join(self.differing_rows[:5])}": not self.differing_rows,
            f"B's own rows changed in {', '.join(self.own_changed)}": not self.own_changed,
            f"the run with the bad change ended {self.bad.state}": self.bad.state == "ROLLED_BACK",
            "the run with the bad change gave no reason": bool(self.bad.reason),
            f"after the bad change B has {self.bad_after} endpoints": self.bad_after == last,
            f"after the bad change B differs in {', '.join(self.bad_changed[:5])}": not self.bad_changed,
            f"this is Asterisk {self.asterisk}": self.asterisk.startswith("22."),
        }
        for one in self.shown:
            promised[f"B has not what A has: {one.words}: {'; '.join(one.wrong)}"] = not one.wrong
        for run, counted in zip((self.good, self.edited), self.counted, strict=True):
            same = counted == (run.rows, run.keys)
            promised[f"run {run.run} says {run.rows} rows and {run.keys} keys, B has {counted} new ones"] = same
        return [problem for problem, holds in promised.items() if not holds]
