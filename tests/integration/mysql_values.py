"""Generated rows over every column type: by a seed, so that a failure can be made again."""

import random
from collections.abc import Callable, Iterator

COLUMNS: dict[str, str] = {
    "ti": "TINYINT", "tu": "TINYINT UNSIGNED", "si": "SMALLINT ZEROFILL", "mi": "MEDIUMINT", "i": "INT", "bi": "BIGINT",
    "bu": "BIGINT UNSIGNED", "bo": "BOOLEAN", "de": "DECIMAL(38,10)", "du": "DECIMAL(5,0) UNSIGNED", "fl": "FLOAT",
    "fm": "FLOAT(7,2)", "do": "DOUBLE", "dm": "DOUBLE(20,6)", "b1": "BIT(1)", "b9": "BIT(9)", "b64": "BIT(64)",
    "da": "DATE", "dt": "DATETIME", "d6": "DATETIME(6)", "ts": "TIMESTAMP NULL", "t6": "TIMESTAMP(6) NULL",
    "tm": "TIME", "tm6": "TIME(6)", "y": "YEAR", "ch": "CHAR(30)", "vc": "VARCHAR(80)", "tt": "TINYTEXT",
    "tx": "TEXT", "mt": "MEDIUMTEXT", "lt": "LONGTEXT", "js": "JSON", "en": "ENUM('','a','it''s','ü','b,c')",
    "se": "SET('x','k','ü','it''s')", "bn": "BINARY(8)", "vb": "VARBINARY(60)", "tb": "TINYBLOB", "bl": "BLOB",
    "mb": "MEDIUMBLOB", "lb": "LONGBLOB", "uu": "UUID", "i4": "INET4", "i6": "INET6",
}  # fmt: skip

_LATIN1 = [char for char in (bytes([n]).decode("cp1252", "ignore") for n in range(1, 256)) if char]
_BMP = [
    *_LATIN1,
    "Ω",
    "Ж",
    "中",
    "\u200b",
    "\ufeff",
    "\u0131",
    "\u0301",
    "'",
    '"',
    "\\",
    "%",
    "_",
    ";",
    "`",
    "\x1a",
    "\0",
]
LETTERS = {"latin1": _LATIN1, "utf8mb3": _BMP, "utf8mb4": [*_BMP, "😀", "\U0001d518", "\U0010ffff"]}


def create(charset: str, engine: str = "InnoDB", name: str = "v") -> str:
    """Return the statement that makes the table."""
    columns = ", ".join(f"`{name}` {kind}" for name, kind in COLUMNS.items())
    return f"CREATE TABLE `{name}` (id INT PRIMARY KEY AUTO_INCREMENT, {columns}) ENGINE={engine} CHARSET={charset};"


def inserts(rows: int, charset: str, seed: int, name: str = "v") -> Iterator[bytes]:
    """Give statements, in UTF-8 with hexadecimal strings, that fill the table."""
    chance = random.Random(seed)
    makers = _makers(chance, LETTERS[charset])
    yield b"SET sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00', NAMES utf8mb4;"
    for first in range(0, rows, 100):
        lines = [_row(chance, makers, number) for number in range(first, min(first + 100, rows))]
        yield f"INSERT INTO `{name}` VALUES ".encode() + b",".join(lines) + b";\n"


def _row(chance: random.Random, makers: dict[str, Callable[[], str]], number: int) -> bytes:
    values = ["NULL" if chance.random() < 0.12 else makers[column]() for column in COLUMNS]
    return f"({number},{','.join(values)})".encode()


def _makers(chance: random.Random, letters: list[str]) -> dict[str, Callable[[], str]]:
    """Return for each column a function that makes an SQL literal; borders are more likely than the middle."""

    def whole(low: int, high: int) -> Callable[[], str]:
        return lambda: str(chance.choice([low, high, 0, 1, chance.randint(low, high)]))

    def text(most: int) -> Callable[[], str]:
        return lambda: _hex("".join(chance.choices(letters, k=chance.choice([0, 1, chance.randint(0, most)]))).encode())

    def data(most: int) -> Callable[[], str]:
        return lambda: f"x'{chance.randbytes(chance.choice([0, 1, chance.randint(0, most)])).hex()}'"

    def real() -> str:
        edges = ["0", "-0e0", "1e-300", "1.7976931348623157e308", "-2.2250738585072014e-308", "0.1", "3e0"]
        return chance.choice([*edges, repr(chance.uniform(-1e9, 1e9))])

    def one(*choices: str) -> Callable[[], str]:
        return lambda: chance.choice(choices)

    def time() -> str:
        zero, odd = "'0000-00-00 00:00:00'", "'2023-02-31 10:00:00'"
        return chance.choice([zero, odd, f"'{chance.randint(1000, 9999)}-0{chance.randint(0, 9)}-15 23:59:59.123456'"])

    def stamp() -> str:
        return f"'{chance.randint(1971, 2037)}-10-{chance.randint(10, 31)} 0{chance.randint(0, 3)}:30:00.999999'"

    return {
        "ti": whole(-128, 127), "tu": whole(0, 255), "si": whole(0, 65535), "mi": whole(-(2**23), 2**23 - 1),
        "i": whole(-(2**31), 2**31 - 1),
        "bi": whole(-(2**63), 2**63 - 1), "bu": whole(0, 2**64 - 1), "bo": whole(0, 1),
        "de": lambda: f"{chance.randint(-(10**28) + 1, 10**28 - 1)}.{chance.randint(0, 10**10 - 1):010}",
        "du": whole(0, 99999), "fl": one("0.1", "3.4e38", "1e-38", "16777217", "-0e0", "1.17549e-38"),
        "fm": lambda: f"{chance.uniform(-99999, 99999):.2f}", "do": real,
        "dm": lambda: f"{chance.uniform(-1e9, 1e9):.6f}",
        "b1": one("b'0'", "b'1'"), "b9": whole(0, 511), "b64": whole(0, 2**64 - 1),
        "da": one("'0000-00-00'", "'2024-00-00'", "'9999-12-31'", "'2023-02-31'"), "dt": time, "d6": time,
        "ts": one("'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2026-10-25 00:30:00'", "'2026-10-25 01:30:00'"),
        "t6": stamp, "tm": one("'-838:59:59'", "'838:59:59'", "'00:00:00'"), "tm6": one("'-12:34:56.000001'", "'0'"),
        "y": one("'0000'", "1901", "2155", "2026"), "ch": text(30), "vc": text(80), "tt": text(60), "tx": text(300),
        "mt": text(100), "lt": text(100), "js": one("'{}'", "'[1, 2.50, null]'", "'{\"a\": \"\\\\u00e4\"}'", "'\"ü\"'"),
        "en": one("''", "'a'", "'it''s'", "'ü'", "'b,c'"), "se": one("''", "'x,k'", "'ü,it''s'"), "bn": data(8),
        "vb": data(60), "tb": data(255), "bl": data(300), "mb": data(100), "lb": data(100),
        "uu": lambda: f"'{chance.randbytes(16).hex()}'", "i4": one("'0.0.0.0'", "'192.168.1.254'", "'255.255.255.255'"),
        "i6": one("'::'", "'2001:db8::ff00:42:8329'", "'::ffff:1.2.3.4'"),
    }  # fmt: skip


def _hex(text: bytes) -> str:
    return f"CONVERT(x'{text.hex()}' USING utf8mb4)"


def exactly(name: str = "v") -> str:
    """Return plain SQL that shows every bit of every row, for a checker of our own."""
    columns = ", ".join(_shown(name, kind) for name, kind in COLUMNS.items())
    return f"SET time_zone='+00:00'; SELECT id, {columns} FROM `{name}` ORDER BY id"


def _shown(name: str, kind: str) -> str:
    if kind.startswith("BIT"):
        return f"BIN({name}+0)"
    if kind.startswith(("FLOAT", "DOUBLE")):
        return f"FORMAT({name}, 38), CAST({name} AS DOUBLE), HEX(CAST({name} AS CHAR))"
    return f"HEX({name}), ISNULL({name})" if kind in ("ENUM", "SET") else f"HEX(CONCAT({name})), ISNULL({name})"
