"""One connection to each database, kept from the first question until `close`."""

from collections.abc import Mapping

from pbxsync_worker.core.model.errors import Unsupported
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql.link import Link
from pbxsync_worker.datasets.mysql.transaction import Server


class Links:
    """servers: by the names that datasets use. Not for several threads at once."""

    def __init__(self, servers: Mapping[str, Server]) -> None:
        self._servers = servers
        self._open: dict[str, Link] = {}

    def server(self, database: str) -> Server:
        """Return the server of a database; raise Unsupported where no login for it is known."""
        if database not in self._servers:
            raise Unsupported(
                what=say("Database {database}", database=database), reason=say("no login for it is known on this host")
            )
        return self._servers[database]

    def link(self, database: str) -> Link:
        """Return the connection to a database."""
        if database not in self._open:
            self._open[database] = self.server(database).connect()
        return self._open[database]

    def forget(self, database: str) -> None:
        """Close the connection to a database; the next question opens another one."""
        link = self._open.pop(database, None)
        if link is not None:
            link.close()

    def close(self) -> None:
        """Close every connection."""
        for database in tuple(self._open):
            self.forget(database)
