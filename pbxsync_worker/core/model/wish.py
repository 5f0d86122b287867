"""What a person asks this host to do beside running jobs; a worker grants it, the page shows the answer."""

from dataclasses import dataclass
from enum import StrEnum

from pbxsync_worker.core.model.host import Catalogue, Policy, Right
from pbxsync_worker.core.model.operation import Operation, OperationKind


class Give(StrEnum):
    """What two hosts will be to each other, said from this host's side."""

    SEND = "send"  # this host sends its state to the other
    RECEIVE = "receive"  # this host receives the state of the other
    BOTH = "both"


def policy_for(give: Give) -> Policy:
    """Return what the other host may do here."""
    rights = {
        Give.SEND: {Right.READ},
        Give.RECEIVE: {Right.WRITE, Right.COORDINATE},
        Give.BOTH: {Right.READ, Right.WRITE, Right.COORDINATE},
    }
    return Policy(frozenset(rights[give]))


@dataclass(frozen=True, slots=True)
class OfferPairing:
    """Make a one-time code; the answer is the code."""

    give: Give


@dataclass(frozen=True, slots=True)
class JoinHost:
    """Use a code that another host made; the answer is that host's identity. Both must then be confirmed."""

    code: str
    give: Give


@dataclass(frozen=True, slots=True)
class ConfirmHost:
    """Trust a host whose words were compared."""

    host: str


@dataclass(frozen=True, slots=True)
class RevokeHost:
    """Trust a host no more, at once."""

    host: str


@dataclass(frozen=True, slots=True)
class CheckHost:
    """Reach a host and say how it is; the answer is a sentence."""

    host: str


@dataclass(frozen=True, slots=True)
class SaveCatalogue:
    """Sign a new version of a catalogue, keep it and give it to every member that can be reached."""

    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Promote:
    """Make another host of a group its primary; version: of the catalogue that the person has seen."""

    group: str
    host: str
    version: int


@dataclass(frozen=True, slots=True)
class LookAtCoverage:
    """Look what of this PBX is in no job; the answer is a stored `Coverage`."""


@dataclass(frozen=True, slots=True)
class LookAtEverything:
    """Check everything this host needs; the answer is stored `Check`s."""


@dataclass(frozen=True, slots=True)
class ReadAnew:
    """Let this host open every file at its next look, whatever size and time say."""


@dataclass(frozen=True, slots=True)
class AskRules:
    """Ask what the rules say of a job and one of its targets; the answer is the JSON of a `Decision`.

    at: a recorded moment, seconds since 1970, 0 for now.
    """

    group: str
    job: str
    target: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class SendTestAlert:
    """Send a test to one recipient of alerts; the answer is what the server said."""

    subscription: int


@dataclass(frozen=True, slots=True)
class OperateAsterisk:
    """Do something to this host's Asterisk now; the answer is a sentence. It waits until no run is executed."""

    operation: Operation


def alone(wish: "Wish") -> bool:
    """Tell whether a wish is granted only while no run is executed."""
    return isinstance(wish, OperateAsterisk) and wish.operation.kind is not OperationKind.CANCEL


Wish = (
    OfferPairing
    | JoinHost
    | ConfirmHost
    | RevokeHost
    | CheckHost
    | SaveCatalogue
    | Promote
    | LookAtCoverage
    | LookAtEverything
    | ReadAnew
    | AskRules
    | SendTestAlert
    | OperateAsterisk
)
KINDS: dict[str, type[Wish]] = {
    kind.__name__: kind
    for kind in (
        OfferPairing,
        JoinHost,
        ConfirmHost,
        RevokeHost,
        CheckHost,
        SaveCatalogue,
        Promote,
        LookAtCoverage,
        LookAtEverything,
        ReadAnew,
        AskRules,
        SendTestAlert,
        OperateAsterisk,
    )
}


class WishState(StrEnum):
    """How far a wish is."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish as stored; answer: what came of it, in words or as its value; error: code, "" where it was granted."""

    id: str
    wish: Wish
    by: str
    state: WishState
    answer: str
    error: str
    at: float
