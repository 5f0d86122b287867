"""What people change on A in the story of the demo, and where it must be seen on B."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scripts.lab.ami import Ami
from scripts.lab.freepbx import FreePbx

Read = Callable[[FreePbx, Ami], str | None]
"""Asks a host; the AMI connection is one to the same host."""


@dataclass(frozen=True, slots=True)
class Edit:
    """words: what a person does; places: how B is asked; wanted: what each answer must hold."""

    words: str
    save: Callable[[FreePbx], None]
    wanted: str
    places: Mapping[str, Read]


def _sql(select: str) -> Read:
    return lambda pbx, _ami: pbx.sql(select)


def _key(name: str) -> Read:
    return lambda _pbx, asterisk: asterisk.get(name)


def _asked(expression: str) -> Read:
    return lambda _pbx, asterisk: asterisk.value(expression)


def _cli(command: str) -> Read:
    return lambda pbx, _ami: pbx.node.cli(command)


def _mailbox(box: str) -> Read:
    def read(pbx: FreePbx, _ami: Ami) -> str | None:
        found = re.search(rf"^{box} => (.*)$", (pbx.node.etc / "voicemail.conf").read_text(), re.MULTILINE)
        return found[1] if found else None

    return read


EDITS = (
    Edit(
        "extension 2005 is called Zoë Müller-Ñandú",
        lambda pbx: pbx.gui.name("2005", "Zoë Müller-Ñandú"),
        "Zoë Müller-Ñandú",
        {
            "SQL": _sql("SELECT name FROM users WHERE extension = '2005'"),
            "AstDB": _key("AMPUSER/2005/cidname"),
            "Asterisk": _asked("PJSIP_ENDPOINT(2005,callerid)"),
        },
    ),
    Edit(
        "ring group 600 rings 2001, 2002 and 2099",
        lambda pbx: pbx.gui.group("600", "2001-2002-2099"),
        "2099",
        {
            "SQL": _sql("SELECT grplist FROM ringgroups WHERE grpnum = '600'"),
            "Asterisk": _cli("dialplan show 600@ext-group"),
        },
    ),
    Edit(
        "2007 forwards its calls to 600",
        lambda pbx: pbx.gui.forward("2007", "600"),
        "600",
        {"AstDB": _key("CF/2007"), "Asterisk": _cli("dialplan eval function DB(CF/2007)")},
    ),
    Edit(
        "the PIN of mailbox 2009 is 471147",
        lambda pbx: pbx.gui.pin("2009", "471147"),
        "471147",
        {"voicemail.conf": _mailbox("2009"), "Asterisk": _asked("VM_INFO(2009@default,password)")},
    ),
)
