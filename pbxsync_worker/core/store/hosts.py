"""The other hosts: who they are, how far we trust them, and the one-time offers to new ones."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from pbxsync_worker.core.model.errors import NotFound
from pbxsync_worker.core.model.host import Host, Peer, PeerState, Policy
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import offer, this_host
from pbxsync_worker.core.store.tables import peer as table
from pbxsync_worker.core.wire import pack, unpack


class Hosts:
    """Peers by identity."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def me(self) -> Host:
        """Return this host; raise NotFound before `pbxsync init`."""
        with self._database.read() as connection:
            row = connection.execute(select(this_host)).first()
        if row is None:
            raise NotFound(what="identity of this host:", name="run `pbxsync init`")
        return Host(row.id, row.name, row.address)

    def set_me(self, host: Host) -> None:
        """Remember who this host is."""
        with self._database.write() as connection:
            connection.execute(delete(this_host))
            connection.execute(insert(this_host).values(id=host.id, name=host.name, address=host.address))

    def peers(self, state: PeerState | None = None) -> tuple[Peer, ...]:
        """Return the peers by name; state: only those."""
        query = select(table).order_by(table.c.name)
        if state is not None:
            query = query.where(table.c.state == state.value)
        with self._database.read() as connection:
            return tuple(_from_row(row) for row in connection.execute(query))

    def certificates(self, state: PeerState) -> tuple[bytes, ...]:
        """Return the certificates (DER) of the peers in this state; nothing else is read: each connection asks."""
        query = select(table.c.certificate).where(table.c.state == state.value).order_by(table.c.id)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def without_address(self) -> frozenset[str]:
        """Return the identities of those that nobody can call."""
        with self._database.read() as connection:
            return frozenset(connection.execute(select(table.c.id).where(table.c.address == "")).scalars())

    def peer(self, identity: str) -> Peer:
        """Return a peer by identity, by an unambiguous beginning of it, or by name; raise NotFound."""
        with self._database.read() as connection:
            exact = (table.c.id == identity) | (table.c.name == identity)
            rows = connection.execute(select(table).where(exact).limit(2)).all()
            if not rows:
                beginning = table.c.id.startswith(identity, autoescape=True)
                rows = connection.execute(select(table).where(beginning).limit(2)).all()
        if len(rows) != 1 or not identity:
            raise NotFound(what="host", name=identity)
        return _from_row(rows[0])

    def by_id(self, identity: str) -> Peer:
        """Return the peer that is exactly this one; raise NotFound. Whatever decides about trust asks here."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).first()
        if row is None:
            raise NotFound(what="host", name=identity[:12])
        return _from_row(row)

    def save(self, peer: Peer) -> None:
        """Store a new peer, or replace what is known of it."""
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.id == peer.host.id))
            connection.execute(insert(table).values(**_to_row(peer)))

    def set_state(self, identity: str, state: PeerState) -> None:
        """Change how far a peer is trusted; raise NotFound."""
        self._change(identity, {"state": state.value})

    def set_policy(self, identity: str, policy: Policy) -> None:
        """Change what a peer may do here; raise NotFound."""
        self._change(identity, {"policy": pack(policy)})

    def set_address(self, identity: str, address: str) -> None:
        """Change where a peer is reached; raise NotFound."""
        self._change(identity, {"address": address})

    def seen(self, identity: str, at: float, trouble: str = "") -> None:
        """Remember when a peer was last heard of, and what was wrong."""
        values: dict[str, Any] = {"trouble": trouble}
        if not trouble:
            values["seen_at"] = at
        self._change(identity, values)

    def forget(self, identity: str) -> None:
        """Remove a peer; a forgotten one must pair again."""
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.id == identity))

    def _change(self, identity: str, values: dict[str, Any]) -> None:
        with self._database.write() as connection:
            if connection.execute(update(table).where(table.c.id == identity).values(**values)).rowcount != 1:
                raise NotFound(what="host", name=identity[:12])

    def offer(self, secret_hash: bytes, policy: Policy, expires_at: float) -> None:
        """Remember a one-time code by its hash, with the policy that the host using it will get."""
        with self._database.write() as connection:
            connection.execute(delete(offer).where(offer.c.expires_at < expires_at - 86400))
            values = {"secret_hash": secret_hash.hex(), "policy": pack(policy), "expires_at": expires_at, "used": False}
            connection.execute(insert(offer).values(**values))

    def use_offer(self, secret_hash: bytes, now: float) -> Policy | None:
        """Use a one-time code: its policy the first time within its life, None ever after."""
        where = (offer.c.secret_hash == secret_hash.hex(), offer.c.used.is_(False), offer.c.expires_at > now)
        with self._database.write() as connection:
            row = connection.execute(select(offer.c.policy).where(*where)).first()
            if row is None or connection.execute(update(offer).where(*where).values(used=True)).rowcount != 1:
                return None
            return unpack(row.policy, Policy)

    def open_offers(self, now: float) -> tuple[bytes, ...]:
        """Return the hashes of the codes that can still be used."""
        query = select(offer.c.secret_hash).where(offer.c.used.is_(False), offer.c.expires_at > now)
        with self._database.read() as connection:
            return tuple(bytes.fromhex(row.secret_hash) for row in connection.execute(query))


def _to_row(peer: Peer) -> dict[str, object]:
    return {
        "id": peer.host.id,
        "name": peer.host.name,
        "address": peer.host.address,
        "certificate": peer.certificate,
        "state": peer.state.value,
        "policy": pack(peer.policy),
        "words": peer.words,
        "seen_at": peer.seen_at,
        "trouble": peer.trouble,
    }


def _from_row(row: Row[Any]) -> Peer:
    return Peer(
        host=Host(row.id, row.name, row.address),
        certificate=row.certificate,
        state=PeerState(row.state),
        policy=unpack(row.policy, Policy),
        words=row.words,
        seen_at=row.seen_at,
        trouble=row.trouble,
    )
