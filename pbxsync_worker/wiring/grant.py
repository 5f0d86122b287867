"""Grants what a person asked this host to do beside running jobs."""

import logging
from collections.abc import Iterator
from dataclasses import replace

from pbxsync_worker.core.model.check import Check, stored
from pbxsync_worker.core.model.coherence import check_jobs
from pbxsync_worker.core.model.errors import Bug, Busy, ChangedElsewhere, Invalid, NotAllowed, NotFound, PbxSyncError
from pbxsync_worker.core.model.host import Catalogue, Host, PeerState
from pbxsync_worker.core.model.operation import Operation, OperationKind
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.wish import (
    AskRules,
    CheckHost,
    ConfirmHost,
    JoinHost,
    LookAtCoverage,
    LookAtEverything,
    OfferPairing,
    OperateAsterisk,
    Promote,
    ReadAnew,
    RevokeHost,
    SaveCatalogue,
    SendTestAlert,
    Wish,
    WishState,
    policy_for,
)
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.core.wire import to_text
from pbxsync_worker.peer import pairing
from pbxsync_worker.wiring.alerts import send_test
from pbxsync_worker.wiring.coverage import look_at_coverage
from pbxsync_worker.wiring.doctor import examine
from pbxsync_worker.wiring.installation import STREAMS, Installation
from pbxsync_worker.wiring.operate import operate
from pbxsync_worker.wiring.rules import answer

log = logging.getLogger(__name__)


def grant_wish(here: Installation, wish_id: str) -> None:
    """Grant a stored wish and write down what came of it, also where it is refused."""
    asked = here.store.wishes.get(wish_id)
    if asked.state is not WishState.WAITING:
        return  # woken twice; done once
    try:
        answer = grant(here, asked.wish, asked.by)
    except PbxSyncError as error:
        here.store.wishes.answer(wish_id, error.told, error.code)
    except Exception as error:  # the edge: a page waits for this answer
        log.exception("wish broken off")
        here.store.wishes.answer(wish_id, Bug(reason=type(error).__name__).told, Bug.code)
    else:
        here.store.wishes.answer(wish_id, answer)


def grant(here: Installation, wish: Wish, by: str) -> str:
    """Grant a wish and return its answer; raise what stands in the way."""
    match wish:
        case OfferPairing() | JoinHost() | ConfirmHost() | RevokeHost():
            return _trust(here, wish, by)
        case CheckHost():
            return _check(here, wish.host)
        case SaveCatalogue() | Promote():
            return _change(here, wish.catalogue, by) if isinstance(wish, SaveCatalogue) else _promote(here, wish, by)
        case LookAtCoverage() | LookAtEverything() | ReadAnew():
            return _look(here, wish, by)
        case OperateAsterisk():
            return _operate(here, wish.operation, by)
        case AskRules():
            return to_text(answer(here.store, wish, here.clock.now()))
        case SendTestAlert():
            return send_test(here, wish.subscription)


def _trust(here: Installation, wish: OfferPairing | JoinHost | ConfirmHost | RevokeHost, by: str) -> str:
    match wish:
        case OfferPairing():
            me, now = here.store.hosts.me(), here.clock.now()
            return pairing.make_code(here.store, here.identity, me.address, policy_for(wish.give), now)
        case JoinHost():
            return _join(here, wish, by)
        case ConfirmHost():
            return pairing.confirm(here.store, wish.host, by).host.name
        case RevokeHost():
            pairing.revoke(here.store, wish.host, by)
            return ""


def _operate(here: Installation, operation: Operation, by: str) -> str:
    if operation.kind is OperationKind.CANCEL:
        return operate(here, here.store.audit, operation, by)
    with here.host_lock() as mine:
        if not mine:
            raise Busy
        return operate(here, here.store.audit, operation, by)


def _look(here: Installation, wish: LookAtCoverage | LookAtEverything | ReadAnew, by: str) -> str:
    match wish:
        case LookAtCoverage():
            return look_at_coverage(here).stored()
        case LookAtEverything():
            return stored(look_at_everything(here))
        case ReadAnew():
            here.files.read_anew()
            here.store.audit.add(by, "verify", say("every file is read anew"))
            return say("This host reads every file anew when it looks at its datasets next; verify the other host too.")


def look_at_everything(here: Installation) -> tuple[Check, ...]:
    """Check everything this host needs, the other hosts too."""
    return tuple(examine(here, lambda wish: grant(here, wish, "doctor")))


def _join(here: Installation, wish: JoinHost, by: str) -> str:
    joining = pairing.Joining(
        here.identity, here.store.hosts.me(), policy_for(wish.give), here.store, STREAMS, here.clock
    )
    peer = pairing.join(wish.code, joining)
    here.store.audit.add(by, "join host", f"{peer.host.name} {peer.host.id}")
    return peer.host.id


def _check(here: Installation, identity: str) -> str:
    peer = here.paired(identity)
    started = here.clock.monotonic()
    try:
        with here.control(peer) as control:
            pong = control.ping()
    except PbxSyncError as error:
        here.store.hosts.seen(peer.host.id, here.clock.now(), error.told)
        raise
    here.store.hosts.seen(peer.host.id, here.clock.now())
    took = round((here.clock.monotonic() - started) * 1000)
    return say("{name} answered after {ms} ms", name=pong.name, ms=took)


def _promote(here: Installation, wish: Promote, by: str) -> str:
    """Make another host the primary: the old one does it while it is there, the new one where it is not."""
    known = here.store.catalogues.current(wish.group)
    if here.identity.id not in (known.primary, wish.host):
        raise NotAllowed(reason="a host is promoted on itself, or on the primary of today")
    if known.version != wish.version:
        raise Invalid(
            what=say("Group {group}", group=wish.group), problems=say("somebody else changed it meanwhile; look again")
        )
    new = known.promoted(wish.host)
    names = {"name": new.group, "new": new.host(new.primary).name, "old": known.host(known.primary).name}
    about = say("{name}: {new} in place of {old}, version {version}", **names, version=new.version)
    answer = _save(here, new, by)
    here.store.audit.add(by, "promote to primary", about)
    return answer


def _change(here: Installation, new: Catalogue, by: str) -> str:
    """Save what somebody changed here: only the primary does, and only a promotion makes another host the primary."""
    leads = _known_primary(here, new)
    if leads != here.identity.id:
        raise ChangedElsewhere(group=new.group, host=_name_of(new, leads))
    if new.primary != leads:
        raise NotAllowed(reason=say("only a promotion makes another host the primary"))
    return _save(here, new, by)


def _known_primary(here: Installation, new: Catalogue) -> str:
    try:
        return here.store.catalogues.current(new.group).primary
    except NotFound:
        return new.primary  # a new group is led by whoever makes it


def _name_of(catalogue: Catalogue, identity: str) -> str:
    return next((host.name for host in catalogue.hosts if host.id == identity), identity[:12])


def _save(here: Installation, new: Catalogue, by: str) -> str:
    """Sign, keep and give a catalogue; a member that cannot be reached gets it as soon as it can."""
    _check_catalogue(here, new)
    document = document_of(new)
    signed = Signed(document, here.identity.id, here.identity.sign(document))
    here.store.catalogues.save(signed)
    here.store.audit.add(by, "change catalogue", say("{name} version {version}", name=new.group, version=new.version))
    missed = [host.name for host in _others(here, new) if not give(here, host, signed)]
    if missed:
        return say("saved; not reached yet: {names}", names=", ".join(missed))
    return say("saved, and every member has it")


def _check_catalogue(here: Installation, new: Catalogue) -> None:
    me = here.identity.id
    if me not in [host.id for host in new.hosts]:
        raise Invalid(what=say("Group {group}", group=new.group), problems=say("this host is not a member"))
    check_jobs(new)
    try:
        known = here.store.catalogues.current(new.group)
    except NotFound:
        return
    if new != replace(known, version=new.version) and new.version <= known.version:
        raise Invalid(
            what=say("Group {group}", group=new.group), problems=say("somebody else changed it meanwhile; look again")
        )


def _others(here: Installation, catalogue: Catalogue) -> Iterator[Host]:
    return (host for host in catalogue.hosts if host.id != here.identity.id)


def give(here: Installation, host: Host, signed: Signed) -> bool:
    """Give a catalogue to a member; tell whether it took it."""
    try:
        peer = here.store.hosts.by_id(host.id)
        if peer.state is not PeerState.PAIRED:
            return False
        with here.control(peer) as control:
            control.give_catalogue(signed)
    except PbxSyncError as error:
        log.warning("catalogue not given", extra={"peer_name": host.name, "why": error.sentence})
        return False
    return True
