"""What this host says of itself where there is no database, and who is asked for what."""

from dataclasses import dataclass, field, replace

import pytest

from pbxsync_worker.core.model.dataset import Dataset, FamilySet, FileSet, Place, TableSet
from pbxsync_worker.core.model.facts import GateLevel, HostFacts
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.wiring.facts import OwnFacts, gate_to
from tests.fakes.clock import HandClock

FILES = Dataset("files", "Files", (FileSet(Place.ETC),))
KEYS = Dataset("keys", "Keys", families=(FamilySet("CF"),))
PEOPLE = Dataset("people", "People", tables=(TableSet("asterisk", "users", ("extension",)),))


@dataclass
class Asked:
    """A source, and an Asterisk, that note what they were asked."""

    clock: HandClock
    questions: list[object] = field(default_factory=list)
    facts_there: HostFacts = field(default_factory=lambda: HostFacts("A"))

    def asterisk(self, modules):
        self.questions.append(tuple(modules))
        return "22.1", frozenset(modules) - {"chan_sip.so"}

    def facts(self, dataset, ours):
        self.questions.append(dataset.name)
        return replace(self.facts_there, asterisk="22.1", clock=self.clock.now() + self.facts_there.clock)


class Config:
    """A configuration folder with one file."""

    def read(self, path):
        return b"[general]\nformat=wav49|wav\n[default]\n1=2\n" if path == "voicemail.conf" else None

    def names(self):
        return ["voicemail.conf"]


@pytest.fixture
def asked():
    return Asked(HandClock())


@pytest.fixture
def own(asked, tmp_path):
    for name in ("en", "pt_BR", "custom"):
        (tmp_path / name).mkdir()
    (tmp_path / "fr").touch()
    return OwnFacts(lambda: "B", asked.asterisk, None, dict, Config, tmp_path, asked.clock)


def test_files_alone_cost_no_question(own, asked):
    assert gate_to(asked, own)(FILES) == ((), FILES)
    assert asked.questions == []


def test_keys_need_the_version_of_asterisk_only(own, asked):
    found = own.of(KEYS)
    assert (found.asterisk, found.languages, found.voicemail_format, asked.questions) == ("22.1", frozenset(), "", [()])


def test_rows_need_to_know_what_runs_them(own, asked):
    devices = Dataset("devices", "Devices", tables=(TableSet("asterisk", "devices", ("id",)),))
    found = own.of(devices)
    assert found.loaded is not None
    assert ("res_pjsip.so" in found.loaded, "chan_sip.so" in found.loaded) == (True, False)
    assert "chan_sip.so" in asked.questions[0]
    assert {"opus", "g722"} <= found.codecs
    assert (found.languages, found.voicemail_format) == (frozenset({"en", "pt_BR"}), "wav49|wav")


def test_an_asterisk_that_says_nothing_leaves_facts_out(own):
    silent = replace(own, asterisk=lambda _: ("", None))
    found = silent.of(PEOPLE)
    assert (found.asterisk, found.loaded, found.codecs) == ("", None, frozenset())


def test_two_plain_hosts_exchange_keys(own, asked):
    assert gate_to(asked, own)(KEYS) == ((), KEYS)
    assert asked.questions == [(), "keys"]


def test_rows_of_freepbx_are_refused_where_there_is_none(own, asked):
    findings, _ = gate_to(asked, own)(PEOPLE)
    assert [(one.level, one.about) for one in findings if one.level is GateLevel.REFUSE] == [
        (GateLevel.REFUSE, "A"),
        (GateLevel.REFUSE, "B"),
    ]


def test_clocks_that_differ_are_told(own, asked):
    asked.facts_there = HostFacts("A", clock=-3.0)
    findings, _ = gate_to(asked, own)(KEYS)
    assert [(one.level, as_text(one.sentence)) for one in findings] == [
        (GateLevel.WARN, "The clocks of both hosts are 3.0 seconds apart")
    ]
