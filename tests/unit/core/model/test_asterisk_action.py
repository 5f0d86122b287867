"""What Asterisk may be asked to do after a change."""

import pytest

from pbxsync_worker.core.model.asterisk_action import AS_CHANGED, ActionKind, AsteriskAction, When, parse_action
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.wire import pack, unpack

TEXTS = (
    "map",
    "nothing",
    "reload res_pjsip.so app_queue.so",
    "reload all",
    "fwconsole reload",
    *(f"restart {when}" for when in When),
    *(f"stop and start {when}" for when in When),
    "ami LoggerRotate",
    "ami QueueReload Queue=sales Members=yes",
    "hook flush-cache",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_stored_text_is_read_as_it_was_written(text: str):
    assert parse_action(text).text == text


@pytest.mark.parametrize("text", TEXTS)
def test_every_action_is_told(text: str):
    assert as_text(parse_action(text).sentence)


def test_every_kind_has_a_text():
    assert {parse_action(text).kind for text in TEXTS} == set(ActionKind)


def test_it_reloads_what_changed_unless_told_otherwise():
    assert AsteriskAction() == AS_CHANGED == parse_action("map")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Map",
        "reload",
        "reload ../x",
        "reload res_pjsip.so\r\nAction: Originate",
        "reload res_pjsip.so\n",
        "restart",
        "restart sometimes",
        "stop",
        "hook",
        "hook /bin/sh",
        "hook flush extra",
        "hook flush\n",
        "ami",
        "ami Originate",
        "ami Command Command=x",
        "ami QueueReload Queue=a\r\nAction:Originate",
        "ami QueueReload Queue=a\n",
        "ami QueueReload Members=maybe",
        "ami QueueReload Colour=red",
        "ami QueueReload Queue=a Queue=b",
        "ami PJSIPQualify",
    ],
)
def test_it_refuses_what_is_no_action(text: str):
    with pytest.raises(Invalid):
        parse_action(text)


def test_it_refuses_a_line_break_that_comes_from_elsewhere():
    data = pack(AsteriskAction(ActionKind.HOOK, name="flush")).replace(b"flush", b"flu\nh")
    with pytest.raises(Invalid):
        unpack(data, AsteriskAction)


@pytest.mark.parametrize(
    ("text", "permission"),
    [
        ("map", ""),
        ("nothing", ""),
        ("reload all", ""),
        ("restart now", "restart now"),
        ("stop and start gracefully", "stop and start gracefully"),
        ("ami QueueReload Queue=sales", "ami QueueReload"),
        ("hook flush", "hook flush"),
    ],
)
def test_only_reloads_need_no_permission_of_their_own(text: str, permission: str):
    assert parse_action(text).permission == permission


def test_only_now_ends_calls():
    assert [text for text in TEXTS if parse_action(text).ends_calls] == ["restart now", "stop and start now"]
