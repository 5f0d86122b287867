"""Rows of trunks as they travel: (name, content)."""

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.dataset import TableSet
from pbxsync_worker.core.model.item import Item
from pbxsync_worker.datasets.mysql.names import row_item

TABLES = (
    TableSet("asterisk", "trunks", ("trunkid", "tech", "channelid")),
    TableSet("asterisk", "pjsip", ("id", "keyword")),
)
TRUNKS, PJSIP = (one.base for one in TABLES)


def trunk(number: int, disabled: str = "off") -> tuple[bytes, bytes]:
    row = {"trunkid": str(number), "tech": "pjsip", "channelid": "ACME", "disabled": disabled}
    return TRUNKS + b"%d,pjsip,ACME" % number, _packed(row)


def pjsip(number: str, keyword: str, data: str) -> tuple[bytes, bytes]:
    row = {"id": number, "keyword": keyword, "data": data}
    return PJSIP + f"{number},{keyword}".encode(), _packed(row)


def _packed(row: dict[str, str]) -> bytes:
    return wire.pack(tuple((name, row[name].encode()) for name in sorted(row)))


def row_item_of(row: tuple[bytes, bytes]) -> Item:
    return row_item(*row)
