"""What is fatal, in words."""

from pbxsync_worker.core.model.pbx import Finding, Level, PbxState, fatal_in


def bad(number: int) -> Finding:
    return Finding(Level.FATAL, f"pjsip.conf:{number}", "is wrong")


def test_only_what_is_fatal_is_named():
    assert fatal_in([Finding(Level.WARNING, "x", "is odd"), bad(1)]) == "pjsip.conf:1: is wrong"


def test_of_many_three_are_named_and_the_others_counted():
    assert fatal_in([bad(number) for number in range(5)]).endswith("pjsip.conf:2: is wrong (+2)")


def test_nothing_fatal_is_no_text():
    assert fatal_in(()) == ""


def test_a_count_that_a_host_cannot_give_is_none():
    seen = PbxState(running=True, counts=(("endpoints", 3),))
    assert (seen.count("endpoints"), seen.count("queues")) == (3, None)
