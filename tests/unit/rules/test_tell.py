"""Values with their units, in words."""

import pytest

from pbxsync_worker.core.model.decision import Measured
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.rules.tell import measured_sentence, why


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("local.asterisk.calls", 20, "Calls in progress here: 20"),
        ("remote.asterisk.up", False, "Asterisk is up at the source: no"),
        ("remote.asterisk.up", True, "Asterisk is up at the source: yes"),
        ("remote.state", "slow", "How the host is reached at the source: slow"),
        ("local.asterisk.version", "22.5.1", "Version of Asterisk here: 22.5.1"),
        ("plan.deletes_percent", 12.34, "Share of the items that would be deleted: 12.3 %"),
        ("plan.bytes", 0, "Content that would be replaced or added: 0 bytes"),
        ("local.disk.free_bytes", 2_340_000_000, "Free space where it is least here: 2.3 GB"),
        ("link.rtt_ms", 30, "Round trip between the two hosts: 30 ms"),
        ("link.bytes_per_s", 1_500_000, "Measured throughput between the two hosts: 1.5 MB/s"),
        ("local.asterisk.since_emergency_s", 300, "Since the last emergency call here: 5 min"),
        ("local.load.per_cpu", 0.25, "Load of each processor here: 0.2"),
        ("local.clock.offset_s", -0.4, "How far the clock is off here: -0.4 s"),
        ("local.asterisk.calls", None, "Calls in progress here: not known"),
    ],
)
def test_a_value_is_told(name, value, told):
    assert as_text(measured_sentence(Measured(name, value))) == told


def test_it_is_told_in_the_language_of_the_reader():
    spanish = {"{what} here: {shown}": "{what} aquí: {shown}", "Asterisk is up": "Asterisk está en marcha", "yes": "sí"}
    sentence = measured_sentence(Measured("local.asterisk.up", value=True))
    assert as_text(sentence, lambda text: spanish.get(text, text)) == "Asterisk está en marcha aquí: sí"


def test_what_asks_for_nothing_always_holds():
    assert as_text(why((), ())) == "always"
