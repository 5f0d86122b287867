"""Logic with what is not known: a certain part decides where it can, else nobody guesses.

What the plan will tell goes before what is not known, because it is worth waiting for.
"""

from collections.abc import Iterable

from pbxsync_worker.core.model.decision import Truth

_OPPOSITE = {Truth.YES: Truth.NO, Truth.NO: Truth.YES}


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return whether all of them hold."""
    return _first(truths, (Truth.NO, Truth.LATER, Truth.UNKNOWN, Truth.YES))


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return whether one of them holds."""
    return _first(truths, (Truth.YES, Truth.LATER, Truth.UNKNOWN, Truth.NO))


def opposite(truth: Truth) -> Truth:
    """Return whether it does not hold."""
    return _OPPOSITE.get(truth, truth)


def _first(truths: Iterable[Truth], order: tuple[Truth, ...]) -> Truth:
    return min(truths, key=order.index)
