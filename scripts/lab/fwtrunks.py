"""What the stand-in for FreePBX makes of the trunks, as a fact of FreePBX's core module.

It takes the settings of a trunk (`pjsip`) whose row in `trunks` says `disabled` = off, and those without any row in
`trunks`; of these it leaves out what says `disabletrunk` = on. The transport is used as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Settings = Mapping[str, str]


def enabled(trunks: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> list[Settings]:
    """Return the settings of every trunk that is written."""
    off = {str(row["trunkid"]) for row in trunks if row.get("disabled") not in ("off", None)}
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(str(row["id"]), {})[str(row["keyword"])] = str(row["data"] or "")
    return [own for number, own in sorted(found.items()) if number not in off and own.get("disabletrunk") != "on"]


@dataclass(frozen=True)
class Trunk:
    """The sections of one trunk."""

    settings: Settings

    def _get(self, keyword: str, otherwise: str = "") -> str:
        return self.settings.get(keyword) or otherwise

    @property
    def _server(self) -> str:
        port = self._get("sip_server_port")
        return self._get("sip_server") + (f":{port}" if port else "")

    @property
    def _account(self) -> str:
        return f"sip:{self._get('username', self._get('trunk_name'))}@{self._server}"

    def _section(self, **values: str) -> str:
        lines = "".join(f"{name}={value}\n" for name, value in values.items() if value)
        return f"[{self._get('trunk_name')}]\n{lines}\n"

    @property
    def endpoint(self) -> str:
        """Return its endpoint."""
        name = self._get("trunk_name")
        return self._section(
            type="endpoint",
            transport=self._get("transport", "udp"),
            context=self._get("context", "from-pstn"),
            disallow="all",
            allow=self._get("codecs", "ulaw").replace("&", ","),
            aors=name,
            outbound_auth=name,
            media_address=self._get("media_address"),
        )

    @property
    def aor(self) -> str:
        """Return where it is reached."""
        return self._section(type="aor", contact=self._account)

    @property
    def auth(self) -> str:
        """Return its account."""
        user = self._get("username", self._get("trunk_name"))
        return self._section(type="auth", auth_type="userpass", username=user, password=self._get("secret"))

    @property
    def registration(self) -> str:
        """Return its registration, "" where it has none."""
        if self._get("registration", "send") != "send":
            return ""
        return self._section(
            type="registration",
            transport=self._get("transport"),
            outbound_auth=self._get("trunk_name"),
            server_uri=f"sip:{self._server}",
            client_uri=self._account,
            retry_interval=self._get("retry_interval", "60"),
            expiration=self._get("expiration", "3600"),
        )

    @property
    def identify(self) -> str:
        """Return how its calls are known."""
        return self._section(type="identify", endpoint=self._get("trunk_name"), match=self._get("sip_server"))
