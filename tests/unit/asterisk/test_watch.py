"""Facts of a scripted Asterisk: what an event hints at is looked up, what is not told is not known."""

import pytest

from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.asterisk.watch import AsteriskWatch
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.errors import AsteriskRefused, AsteriskSilent
from tests.fakes.ami_server import AmiServer, error, healthy, listing, message, success
from tests.fakes.clock import HandClock


def channel(*fields: str):
    def answer(action):
        number = f"ActionID: {action['ActionID']}"
        event = message("Event: CoreShowChannel", number, *fields)
        end = message("Event: CoreShowChannelsComplete", number, "EventList: Complete")
        return success(action, "EventList: start") + event + end

    return answer


def busy(*fields: str):
    return {
        **healthy(),
        "corestatus": lambda action: success(action, "CoreStartupDate: 2026-01-01", "CoreCurrentCalls: 1"),
        "coreshowchannels": channel(*fields),
    }


def login_with(*events: bytes):
    def login(action):
        booted = message("Event: FullyBooted", "Uptime: 3600", "LastReload: 60")
        return success(action, "Message: Authentication accepted") + booted + b"".join(events)

    return login


def looked(answers, *, seen=None, looks=1, secret="right"):
    server = AmiServer(answers)
    with server.running():
        address = AmiAddress("127.0.0.1", server.port, "pbxsync", lambda: secret)
        watch = AsteriskWatch(address, SystemClock(), ("112",), lambda: seen, deadline=2.0)
        try:
            facts = [watch.look(0.05) for _ in range(looks)][-1]
        finally:
            watch.close()
    return facts, server.actions


def test_everything_is_told_by_one_look():
    facts, _ = looked({**healthy(), "login": login_with()})
    assert facts["asterisk.version"] == "22.10.1"
    assert (facts["asterisk.calls"], facts["asterisk.queues"], facts["asterisk.registrations"]) == (0, 1, 0)
    assert 3600 <= facts["asterisk.uptime_s"] < 3700
    assert 60 <= facts["asterisk.since_reload_s"] < 160


def test_phones_that_are_unavailable_are_not_online():
    states = listing("EndpointList", ["1001", "1002"], ("DeviceState: Unavailable",))
    facts, _ = looked({**healthy(), "pjsipshowendpoints": states})
    assert (facts["asterisk.endpoints"], facts["asterisk.endpoints_online"]) == (2, 0)


def test_a_registration_that_is_not_registered_is_lost():
    states = listing("OutboundRegistrationDetail", ["one", "two"], ("Status: Rejected",))
    facts, _ = looked({**healthy(), "pjsipshowregistrationsoutbound": states})
    assert (facts["asterisk.registrations"], facts["asterisk.registrations_lost"]) == (2, 2)


def test_callers_of_all_queues_are_counted():
    facts, _ = looked({**healthy(), "queuesummary": listing("QueueSummary", ["600", "601"], ("Callers: 3",))})
    assert (facts["asterisk.queues"], facts["asterisk.callers_waiting"]) == (2, 6)


@pytest.mark.parametrize("action", ["pjsipshowendpoints", "queuesummary", "coreshowchannels"])
def test_what_asterisk_does_not_have_is_unknown_and_not_zero(action):
    answers = {name: answer for name, answer in healthy().items() if name != action}
    facts, _ = looked(answers)
    name = {"pjsipshowendpoints": "endpoints", "queuesummary": "callers_waiting", "coreshowchannels": "calls"}[action]
    assert facts[f"asterisk.{name}"] is None


def test_an_empty_list_is_zero():
    facts, _ = looked({**healthy(), "pjsipshowendpoints": lambda action: error(action, "No endpoints found")})
    assert facts["asterisk.endpoints"] == 0


def test_modules_are_counted_where_commands_may_be_given():
    command = {"command": lambda action: success(action, "Output: x.so", "Output: 268 modules loaded")}
    facts, _ = looked({**healthy(), **command})
    assert facts["asterisk.modules"] == 268


def test_legs_of_one_call_are_one_call():
    facts, _ = looked(busy("Linkedid: 1.1", "Exten: 2001"))
    assert (facts["asterisk.calls"], facts["asterisk.channels"]) == (1, 1)


@pytest.mark.parametrize(
    "field", ["Exten: 112", "ConnectedLineNum: 112", "Application: Dial\r\nApplicationData: PJSIP/112@trunk,300,T"]
)
def test_a_call_for_help_is_known_however_it_is_dialled(field):
    facts, _ = looked(busy("Linkedid: 1.1", *field.split("\r\n")), seen=9000.0)
    assert facts["asterisk.since_emergency_s"] == 0


@pytest.mark.parametrize("field", ["Exten: 1120", "ConnectedLineNum: 34911112000", "ApplicationData: PJSIP/112@trunk"])
def test_another_number_is_no_call_for_help(field):
    facts, _ = looked(busy("Linkedid: 1.1", field), seen=9000.0)
    assert facts["asterisk.since_emergency_s"] >= 9000


def test_where_nobody_watched_before_it_counts_from_now():
    facts, _ = looked(healthy())
    assert facts["asterisk.since_emergency_s"] < 60


def test_lists_are_not_asked_for_at_each_look():
    _, actions = looked(healthy(), looks=3)
    assert [one["Action"] for one in actions].count("QueueSummary") == 1
    assert [one["Action"] for one in actions].count("CoreStatus") == 3


def test_channels_are_listed_only_where_their_number_changed_or_an_event_tells():
    _, actions = looked(healthy(), looks=3)
    assert [one["Action"] for one in actions].count("CoreShowChannels") == 1
    _, actions = looked({**healthy(), "login": login_with(message("Event: Newchannel", "Exten: 2001"))}, looks=2)
    assert [one["Action"] for one in actions].count("CoreShowChannels") == 2


def test_a_call_for_help_that_ended_before_anybody_looked_is_known_by_its_event():
    facts, _ = looked(
        {**healthy(), "login": login_with(message("Event: Newchannel", "Exten: 112"))}, seen=9000.0, looks=2
    )
    assert facts["asterisk.since_emergency_s"] < 60


def test_a_shutdown_ends_what_is_known():
    with pytest.raises(AsteriskSilent, match="shutting down"):
        looked({**healthy(), "login": login_with(message("Event: Shutdown"))}, looks=2)


def test_a_refused_log_in_tells_nothing():
    with pytest.raises(AsteriskRefused):
        looked(healthy(), secret="wrong")


def test_an_asterisk_that_does_not_count_its_channels_tells_nothing():
    with pytest.raises(AsteriskSilent, match="how many channels"):
        looked({**healthy(), "corestatus": success})


def test_nothing_listens_and_nothing_proves_it_down(tmp_path):
    address = AmiAddress("127.0.0.1", 1, "pbxsync", lambda: "x")
    with pytest.raises(AsteriskSilent):
        AsteriskWatch(address, HandClock(), (), lambda: None).look(1.0)
    down = AsteriskWatch(address, HandClock(), (), lambda: None, tmp_path / "asterisk.ctl").look(1.0)
    assert (down["asterisk.up"], down["asterisk.calls"]) == (False, 0)
