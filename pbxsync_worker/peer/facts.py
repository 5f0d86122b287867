"""What a host says of itself on its way to another one, and what of it is believed."""

from collections.abc import Iterator
from dataclasses import astuple, fields, replace
from math import isfinite

from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.wire import pack, unpack
from pbxsync_worker.peer.digests import lasting_of, numbers_of
from pbxsync_worker.peer.messages import Facts, Message

MAX_TEXT = 2**14
"""Letters of any text: the longest ones are the choices of a setting."""
MAX_VALUES = 200_000
MAX_CLOCK = 2**40


def telling(facts: HostFacts, have: bytes, numbers: bytes = b"") -> Facts:
    """Return the answer to a host whose own facts have these digests, `lasting_of` and `numbers_of`.

    Tables, modules and settings that are as there do not travel (`alike`), nor next numbers that are (`numbered`).
    """
    if lasting_of(facts) != have:
        return Facts(pack(_said(facts)), alike=False)
    same = bool(numbers) and numbers_of(facts) == numbers
    short = facts.without_lasting()
    return Facts(pack(_said(replace(short, numbers=()) if same else short)), alike=True, numbered=same)


def _said(facts: HostFacts) -> dict[str, object]:
    """Return the facts that say something: what is nothing is left out, its name would be most of a short answer."""
    known = ((one, getattr(facts, one.name)) for one in fields(facts))
    return {one.name: value for one, value in known if value != one.default}


def told(answer: Message | bytes, ours: HostFacts) -> HostFacts:
    """Return the facts of an answer; raise Invalid for what no honest host says of itself."""
    if not isinstance(answer, Facts):
        raise Invalid(what="answer", problems=f"{type(answer).__name__} was not to be expected")
    facts = unpack(answer.packed, HostFacts)
    for number, value in enumerate(_values(astuple(facts))):
        if number == MAX_VALUES:
            raise Invalid(what="answer", problems=f"it says more than {MAX_VALUES} things of itself")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise Invalid(what="answer", problems="one of its facts is too long")
    if not all(isfinite(one) and abs(one) < MAX_CLOCK for one in (facts.clock, facts.made)):
        raise Invalid(what="answer", problems="its time is impossible")
    if not answer.alike:
        return facts
    if answer.numbered and not facts.numbers:
        facts = replace(facts, numbers=ours.counted)
    if len(facts.numbers) != len(ours.tables):
        raise Invalid(what="answer", problems="it counts other tables than there are")
    return facts.with_lasting_of(ours)


def _values(value: object) -> Iterator[object]:
    if isinstance(value, tuple | frozenset):
        for one in value:
            yield from _values(one)
    else:
        yield value
