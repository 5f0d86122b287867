"""One look at Asterisk."""

from pbxsync_worker.core.model.pbx import PbxState


def test_a_count_that_is_not_known_is_none_and_zero_is_zero():
    look = PbxState(running=True, counts=(("endpoints", 300), ("queues", 0)))
    assert (look.count("endpoints"), look.count("queues"), look.count("mailboxes")) == (300, 0, None)
