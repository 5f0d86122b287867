"""AstDB of a PBX with a thousand phones: 50,000 keys in Asterisk's own SQLite file."""

import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from scripts.lab.people import Person

KEYS = 50_000
FAMILIES = ("AMPUSER", "DEVICE", "CW", "blacklist")
"""What travels; the family `registrar` is there as well, and belongs to its host."""

_OF_A_USER = (
    *("cidname", "cidnum", "concurrency_limit", "device", "emergency_cid", "language", "noanswer", "outboundcid"),
    *("password", "recording", "ringtimer", "voicemail", "rvolume", "answermode", "cfringtimer", "dictate/enabled"),
    *("dictate/format", "followme/ddial", "followme/grplist", "followme/grptime", "hint", "recording/priority"),
    *("recording/in/external", "recording/out/external"),
)

Pair = tuple[str, str]


def keys(people: Sequence[Person], seed: int) -> tuple[Pair, ...]:
    """Return every key with its value."""
    source = random.Random(f"astdb-{seed}")
    found = [pair for one in people for pair in _of(one, source)]
    rest = range(KEYS - len(found))
    found += [_listed(one, source) if one % 2 else (f"/CW/{one}", "ENABLED") for one in rest]
    return tuple(found)


def _of(person: Person, source: random.Random) -> Iterator[Pair]:
    number = person.number
    for name in _OF_A_USER:
        usual = ("", "0", "default", str(number), f"{source.getrandbits(32):08x}", "always", f"ext-local,vmb{number},1")
        yield f"/AMPUSER/{number}/{name}", person.name if name == "cidname" else source.choice(usual)
    for name in ("dial", "type", "user", "default_user"):
        yield f"/DEVICE/{number}/{name}", f"PJSIP/{number}"
    where = ".".join(str(source.randrange(256)) for _ in range(3))
    contact = f'{{"uri":"sip:{number}@10.{where}:5060","user_agent":"Yealink SIP-T46S 66.85.0.5"}}'
    yield f"/registrar/contact/{number};@{source.getrandbits(128):032x}", contact


def _listed(number: int, source: random.Random) -> Pair:
    return f"/blacklist/1{source.randrange(2 * 10**9, 9 * 10**9)}{number % 10}", "1"


def write(path: Path, pairs: Iterable[Pair]) -> None:
    """Make the file where it is missing, and set keys in it."""
    with closing(sqlite3.connect(path)) as link, link:
        link.execute("CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
        link.executemany("INSERT OR REPLACE INTO astdb VALUES(?, ?)", pairs)


def read(path: Path) -> dict[str, str]:
    """Return every key that travels, with its value."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as link:
        found = dict(link.execute("SELECT key, value FROM astdb"))
    return {key: value for key, value in found.items() if key.split("/")[1] in FAMILIES}
