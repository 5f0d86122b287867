"""Catalogues: what the hosts of a group share, every version kept, the newest one valid."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.host import Catalogue
from pbxsync_worker.core.model.ports import Clock
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.database import Database
from pbxsync_worker.core.store.tables import catalogue as table
from pbxsync_worker.core.wire import pack, unpack

_Version = tuple[str, int]
"""Name of a group and version of its catalogue; the document of a version never becomes another."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A catalogue as it travels; document: MessagePack of Catalogue; signer: identity of the host that changed it."""

    document: bytes
    signer: str
    signature: bytes

    @property
    def catalogue(self) -> Catalogue:
        """Return the value; raise Invalid where the document is malformed."""
        return unpack(self.document, Catalogue)


class Catalogues:
    """The groups this host is a member of."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._decoded: Mapping[_Version, Catalogue] = {}

    def all(self) -> tuple[Catalogue, ...]:
        """Return the valid catalogue of every group, by name; the same values until one becomes another."""
        newest = select(table.c.group, func.max(table.c.version)).group_by(table.c.group)
        decoded = self._decoded
        with self._database.read() as connection:
            versions: list[_Version] = sorted((group, version) for group, version in connection.execute(newest))
            found = {one: decoded.get(one) or _read(connection, one) for one in versions}
        self._decoded = found
        return tuple(found.values())

    def current(self, group: str) -> Catalogue:
        """Return the valid catalogue of one group; raise NotFound."""
        return self.signed(group).catalogue

    def signed(self, group: str) -> Signed:
        """Return the valid catalogue of one group as it travels; raise NotFound."""
        query = select(table).where(table.c.group == group).order_by(table.c.version.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(what="group", name=group)
        return Signed(row.document, row.signer, row.signature)

    def find_job(self, name: str) -> Catalogue:
        """Return the catalogue of a job given as `job` or `group/job`; raise NotFound or, if several, Invalid."""
        group, _, job = name.rpartition("/")
        found = [
            one for one in self.all() if (not group or one.group == group) and any(j.name == job for j in one.jobs)
        ]
        if not found:
            raise NotFound(what="job", name=name)
        if len(found) > 1:
            raise Invalid(what=say("Job {name}", name=name), problems=say("several groups have it; write GROUP/JOB"))
        return found[0]

    def save(self, signed: Signed) -> Catalogue:
        """Store a version; the same one twice is fine; raise Invalid for an older or contradicting one.

        The caller has checked the signature and the signer's right.
        """
        new = signed.catalogue
        with self._database.write() as connection:
            query = select(table).where(table.c.group == new.group).order_by(table.c.version.desc()).limit(1)
            known = connection.execute(query).first()
            if known is not None and known.version == new.version and known.document == signed.document:
                return new
            if known is not None and known.version >= new.version:
                raise Invalid(
                    what=say("Catalogue of {group}", group=new.group),
                    problems=say(
                        "version {version} is not newer than {version2}", version=new.version, version2=known.version
                    ),
                )
            values = {"document": signed.document, "signer": signed.signer, "signature": signed.signature}
            connection.execute(
                insert(table).values(group=new.group, version=new.version, at=self._clock.now(), **values)
            )
        return new


def _read(connection: Connection, version: _Version) -> Catalogue:
    query = select(table.c.document).where(table.c.group == version[0], table.c.version == version[1])
    return unpack(connection.execute(query).scalar_one(), Catalogue)


def document_of(catalogue: Catalogue) -> bytes:
    """Return the bytes that are signed and sent."""
    return pack(catalogue)
