"""What is different about one thing."""

from pbxsync_worker.core.model.words.facts import Fact, state
from pbxsync_worker.core.model.words.place import place_of
from tests.unit.core.model.words.seen import key, row, unknown


def test_a_value_that_only_repeats_another_says_no_more():
    name = Fact("name", "Ann", "Anna")
    assert Fact("callerid", "Ann <1>", "Anna <1>").follows(name)
    assert not Fact("ringtimer", "10", "20").follows(name)


def test_two_secrets_of_one_name_are_one():
    assert Fact("secret", "a", "b", hidden=True).follows(Fact("secret", "c", "d", hidden=True))
    assert not Fact("password", "a", "b", hidden=True).follows(Fact("secret", "c", "d", hidden=True))


def test_a_state_has_an_old_and_a_new_value_unless_it_is_unknown_or_secret():
    shown, setting = key("CF/1", None, "2"), row("freepbx_settings/AMPDBPASS", {"value": "a"}, {"value": "b"})
    assert state([(place_of(shown), shown)]) == ("-", "2")
    assert state([(place_of(shown), unknown(shown))]) is None
    assert state([(place_of(setting), setting)]) is None
