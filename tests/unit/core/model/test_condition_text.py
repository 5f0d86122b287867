"""The language of conditions: what is understood, and what is said of everything else."""

import pytest

from pbxsync_worker.core.model import condition_text as language
from pbxsync_worker.core.model.condition import Always, Comparison, Held, Operator, Window, text
from pbxsync_worker.core.model.condition_text import parse
from pbxsync_worker.core.model.errors import ConditionWrong


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ALWAYS", "always"),
        ("Local.Asterisk.Calls=0", "local.asterisk.calls = 0"),
        ("  local.asterisk.up ", "local.asterisk.up = yes"),
        ("not local.asterisk.up", "not local.asterisk.up = yes"),
        ("remote.state=slow", 'remote.state = "slow"'),
        ('local.freepbx.version = ""', 'local.freepbx.version = ""'),
        ("plan.deletes_percent>20%", "plan.deletes_percent > 20 %"),
        ("link.bytes_per_s < 1 mb/S", "link.bytes_per_s < 1 MB/s"),
        ("local.clock.offset_s<-0.5 s", "local.clock.offset_s < -0.5 s"),
        ("within 8:00-18:00 Europe/Madrid", "within 08:00-18:00 Europe/Madrid"),
        ("within sat-mon 08:00-18:00 UTC", "within mon,sat-sun 08:00-18:00 UTC"),
        ("((local.asterisk.calls = 0)) for at least 90 S", "local.asterisk.calls = 0 for at least 90 s"),
        ("not local.asterisk.up for at least 5 min", "not local.asterisk.up = yes for at least 5 min"),
        (
            "local.asterisk.calls = 0 and local.asterisk.up or local.mariadb.up",
            "local.asterisk.calls = 0 and local.asterisk.up = yes or local.mariadb.up = yes",
        ),
    ],
)
def test_what_people_write_is_read_and_written_in_one_way(written, read):
    assert text(parse(written)) == read


def test_a_duration_knows_its_seconds():
    condition = parse("local.asterisk.calls = 0 for at least 5 min")
    assert condition == Held(Comparison("local.asterisk.calls", Operator.EQUAL, 0.0), 5.0, "min")
    assert isinstance(condition, Held)
    assert condition.seconds == 300


def test_a_window_knows_its_days_and_minutes():
    assert parse("within mon-fri 22:00-06:00 UTC") == Window((0, 1, 2, 3, 4), 1320, 360, "UTC")
    assert parse("always") == Always()


@pytest.mark.parametrize(
    ("written", "position", "word", "wrong", "names"),
    [
        ("", 1, "-", language.EMPTY, "local.asterisk.calls = 0"),
        ("and", 1, "and", language.EMPTY, "local.asterisk.calls = 0"),
        ("always or", 10, "-", language.EMPTY, "local.asterisk.calls = 0"),
        ("always ;", 8, ";", language.STRANGE, 'local.asterisk.version = "22.5.1"'),
        ("local.asterisk.version = 22.5.1", 26, "2", language.STRANGE, 'local.asterisk.version = "22.5.1"'),
        ("always always", 8, "always", language.REST, "and, or, for at least 5 min"),
        ("always )", 8, ")", language.REST, "and, or, for at least 5 min"),
        ("always and local.asterisk.cals > 0", 12, "local.asterisk.cals", language.NO_FACT, "local.asterisk.calls"),
        ("zzz = 1", 1, "zzz", language.NO_FACT, "local.asterisk.calls"),
        ("local.asterisk.calls", 21, "-", language.COMPARE, "= != < <= > >="),
        ("local.asterisk.up < yes", 19, "<", language.ORDER, "= !="),
        ("local.asterisk.calls = yes", 24, "yes", language.NUMBER, "5"),
        ("local.asterisk.up = 1", 21, "1", language.YES_NO, "yes, no"),
        ("local.asterisk.up = maybe", 21, "maybe", language.YES_NO, "yes, no"),
        ("local.asterisk.version = 22", 26, "22", language.TEXT, '"22.5.1"'),
        ("remote.state = 1", 16, "1", language.TEXT, '"reachable"'),
        ("remote.state = gone", 16, "gone", language.OPTION, "reachable, slow, unreachable, refused, wrong_version"),
        ("link.rtt_ms > 5", 16, "-", language.UNIT, "ms, s"),
        ("link.rtt_ms > 5 min", 17, "min", language.UNIT, "ms, s"),
        ("local.asterisk.calls > 5 %", 26, "%", language.NO_UNIT, "5"),
        ("(always", 8, "-", language.CLOSE, ")"),
        ("local.asterisk.up for 5 min", 23, "5", language.LEAST, "for at least 5 min"),
        ("local.asterisk.up for at 5 min", 26, "5", language.LEAST, "for at least 5 min"),
        ("local.asterisk.up for at least 0 s", 32, "0", language.LEAST, "for at least 5 min"),
        ("local.asterisk.up for at least yes", 32, "yes", language.NUMBER, "5 min"),
        ("local.asterisk.up for at least 5", 33, "-", language.UNIT, "s, min, h, days"),
        ("within mon UTC", 12, "UTC", language.HOURS, "22:00-06:00"),
        ("within 08:60-09:00 UTC", 8, "08:60-09:00", language.HOURS, "22:00-06:00"),
        ("within 24:00-09:00 UTC", 8, "24:00-09:00", language.HOURS, "22:00-06:00"),
        ("within 08:00-24:01 UTC", 8, "08:00-24:01", language.HOURS, "22:00-06:00"),
        ("within 08:00-08:00 UTC", 8, "08:00-08:00", language.HOURS, "22:00-06:00"),
        ("within mon-fry 08:00-09:00 UTC", 8, "mon-fry", language.DAY, "mon-fri, sat,sun"),
        ("within lun 08:00-09:00 UTC", 8, "lun", language.DAY, "mon-fri, sat,sun"),
        ("within 08:00-09:00", 19, "-", language.ZONE, "Europe/Madrid"),
        ("within 08:00-09:00 Europe/Atlantis", 20, "Europe/Atlantis", language.ZONE, "Europe/Madrid"),
        ("within 08:00-09:00 ../etc/passwd", 20, ".", language.STRANGE, 'local.asterisk.version = "22.5.1"'),
        ("within 08:00-09:00 Europe/../UTC", 20, "Europe/../UTC", language.ZONE, "Europe/Madrid"),
    ],
)
def test_what_is_not_understood_names_the_place_the_word_and_what_to_write(written, position, word, wrong, names):
    with pytest.raises(ConditionWrong) as refused:
        parse(written)
    said = refused.value.fields
    assert (said["position"], said["value"], said["problem"]) == (position, word, wrong.problem)
    assert (said["hint"], said["names"]) == (wrong.hint, names)


@pytest.mark.parametrize(
    "written",
    [
        "always for at least 5 min",
        "plan.changes > 5 for at least 5 min",
        "(within 08:00-09:00 UTC) for at least 5 min",
        "(local.asterisk.up for at least 5 s) for at least 5 min",
    ],
)
def test_only_what_is_recorded_can_hold_for_a_while(written):
    with pytest.raises(ConditionWrong, match="only facts that are measured again and again"):
        parse(written)


def test_a_condition_can_be_neither_too_long_nor_too_deep():
    with pytest.raises(ConditionWrong, match="too long"):
        parse("always or " * 100 + "always")
    with pytest.raises(ConditionWrong, match="too many conditions stand within each other, at position 21"):
        parse("(" * 500 + "always")
    with pytest.raises(ConditionWrong, match="too many conditions stand within each other"):
        parse("not " * 200 + "always")


def test_the_sentence_says_all_of_it():
    with pytest.raises(ConditionWrong) as refused:
        parse("local.asterisk.cals = 0")
    expected = (
        "no fact has this name, at position 1: local.asterisk.cals - "
        "Write the name of a fact, such as: local.asterisk.calls"
    )
    assert refused.value.sentence == expected
