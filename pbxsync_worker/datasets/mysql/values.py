"""One column: how its values are read, compared, written and checked without losing a bit.

A value is the bytes of its text form: text as UTF-8 whatever the column's own character set, binary as it is, numbers
and times as the server writes them, FLOAT and DOUBLE with all digits of a double, BIT as a whole number. NULL is None.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.datasets.mysql.link import Value

_WHOLE = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_NUMBERS = frozenset({*_WHOLE, "decimal", "float", "double", "bit", "year"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
_BINARIES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_TIMES = frozenset({"date", "datetime", "timestamp", "time"})
_ADDRESSES = frozenset({"uuid", "inet4", "inet6"})
_KNOWN = _NUMBERS | _TEXTS | _BINARIES | _TIMES | _ADDRESSES
_CHARSETS = frozenset({"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"})
_MEMBER = re.compile(rb"'((?:[^']|'')*)'")
_MAYBE_MANY = frozenset({"tinytext", "text", "mediumtext", "longtext"})


def _latin1() -> dict[int, int]:
    """Return the server's latin1, byte to letter: cp1252, and the five bytes that it leaves free as they are."""
    free = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    return {byte: byte if byte in free else ord(bytes([byte]).decode("cp1252")) for byte in range(256)}


_FROM_LATIN1 = _latin1()
_TO_LATIN1 = {letter: byte for byte, letter in _FROM_LATIN1.items()}


def quoted(name: str) -> bytes:
    """Return an identifier of the server for use in a statement."""
    return b"`" + name.encode().replace(b"`", b"``") + b"`"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as information_schema describes it.

    kind: its type's name; full: the type as it was declared; charset, collation: "" where it has none; letters, octets:
    the most it holds, for text and binary; digits, scale: of a DECIMAL, and the bits of a BIT.
    """

    name: str
    kind: str
    full: str
    nullable: bool
    default: str | None
    charset: str = ""
    collation: str = ""
    letters: int | None = None
    octets: int | None = None
    digits: int | None = None
    scale: int | None = None
    generated: bool = False
    auto_increment: bool = False

    @property
    def unsupported(self) -> str:
        """Return why this column cannot travel, "" where it can."""
        if self.generated:
            return say("column {name} is generated", name=self.name)
        if self.kind not in _KNOWN:
            return say("column {name} has the type {full}", name=self.name, full=self.full)
        if self.kind in _TEXTS and self.charset not in _CHARSETS:
            return say("column {name} has the character set {charset}", name=self.name, charset=self.charset)
        return say("the name of column {name} holds a %", name=self.name) if "%" in self.name else ""

    @property
    def counts_letters(self) -> bool:
        """Tell whether its length is in letters; else it is in bytes."""
        return self.kind in _TEXTS and self.kind not in _MAYBE_MANY

    def read(self, table: bytes) -> bytes:
        """Return the expression that reads it; table: the quoted name or alias before it."""
        name = table + b"." + quoted(self.name)
        if self.kind == "bit":
            return b"CAST(" + name + b" AS UNSIGNED)"
        if self.kind in ("float", "double"):
            return b"CAST(" + name + b" AS DOUBLE)"
        if self.kind in _ADDRESSES:
            return b"CONVERT(" + name + b" USING latin1)"
        return name

    def stored(self, table: bytes) -> bytes:
        """Return the expression for the bytes that `read` gives, to be compared bit by bit."""
        return b"CAST(" + self.read(table) + b" AS BINARY)"

    @property
    def write(self) -> bytes:
        """Return the expression with one `%s` that gives a bound value to the column."""
        if self.kind == "bit":
            return b"CAST(%s AS UNSIGNED)"
        return b"CONVERT(%s USING latin1)" if self.kind in _ADDRESSES else b"%s"

    def finds(self, table: bytes, value: bytes | None) -> bytes:
        """Return a condition that an index can serve and that misses no row of this value; it may find others too."""
        name = table + b"." + quoted(self.name)
        if value is None:
            return name + b" IS NULL"
        if self.kind in _TEXTS:
            return name + b" = _" + self.charset.encode() + b" %s"
        if self.kind in ("float", "double"):
            return self.stored(table) + b" = %s"
        return name + b" = " + self.write

    def bound(self, value: bytes | None) -> Value:
        """Return what to bind for a value that `problem` accepts."""
        if value is None:
            return None
        if self.kind in _WHOLE or self.kind in ("bit", "year"):
            return int(value)
        return self.to_stored(value)

    def from_stored(self, raw: bytes | None) -> bytes | None:
        """Return the value of what the server gave."""
        if raw is None or self.charset != "latin1" or raw.isascii():
            return raw
        return raw.decode("latin-1").translate(_FROM_LATIN1).encode()

    def to_stored(self, value: bytes) -> bytes:
        """Return the bytes as the column holds them."""
        if self.charset != "latin1" or value.isascii():
            return value
        return bytes(_TO_LATIN1[ord(letter)] for letter in value.decode())

    def problem(self, value: bytes | None) -> str:
        """Return why the column cannot hold a value exactly, "" where it can, as far as its description tells."""
        if value is None:
            return "" if self.nullable else say("it may not be NULL")
        if self.kind in _WHOLE or self.kind in ("bit", "year"):
            return self._number_problem(value)
        if self.kind == "decimal":
            return self._decimal_problem(value)
        if self.kind in _TEXTS:
            return self._text_problem(value)
        if self.kind in _BINARIES and self.octets is not None and len(value) > self.octets:
            return say("it holds {octets} bytes, the value has {count}", octets=self.octets, count=len(value))
        return ""

    def _number_problem(self, value: bytes) -> str:
        if not re.fullmatch(rb"-?[0-9]{1,20}", value):
            return say("the value is no whole number")
        number = int(value)
        if self.kind == "year":
            low, high = 0, 2155
        else:
            unsigned = self.kind == "bit" or "unsigned" in self.full or "zerofill" in self.full
            bits = _WHOLE.get(self.kind) or self.digits or 1
            low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return "" if low <= number <= high else say("{number} is out of its range", number=number)

    def _decimal_problem(self, value: bytes) -> str:
        try:
            number = Decimal(value.decode("ascii"))
        except (InvalidOperation, UnicodeDecodeError):
            return say("the value is no decimal number")
        _, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int):
            return say("the value is no decimal number")
        scale = self.scale or 0
        whole = len(digits) + exponent
        fits = -exponent <= scale and (number == 0 or whole <= (self.digits or 0) - scale)
        return "" if fits else say("{number} does not fit in {full}", number=number, full=self.full)

    def _text_problem(self, value: bytes) -> str:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return say("the value is no valid UTF-8")
        highest = {"utf8mb4": 0x10FFFF, "ascii": 0x7F}.get(self.charset, 0xFFFF)
        strange = [char for char in text if ord(char) > highest]
        if self.charset == "latin1":
            strange = [char for char in text if ord(char) not in _TO_LATIN1]
        if strange:
            return say("its character set {charset} has no {strange}", charset=self.charset, strange=strange[0])
        if self.kind in ("enum", "set"):
            return self._member_problem(value)
        held = len(self.to_stored(value)) if self.kind in _MAYBE_MANY else len(text)
        most = self.octets if self.kind in _MAYBE_MANY else self.letters
        return (
            "" if most is None or held <= most else say("it holds {most}, the value has {held}", most=most, held=held)
        )

    def _member_problem(self, value: bytes) -> str:
        members = {one.replace(b"''", b"'") for one in _MEMBER.findall(self.full.encode())}
        chosen = {value} if self.kind == "enum" else set(filter(None, value.split(b",")))
        missing = sorted(chosen - members)
        return say("{missing} is none of its members", missing=missing[0].decode()) if missing else ""
