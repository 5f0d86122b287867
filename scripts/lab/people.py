"""Names for the people of a generated PBX, the same for the same seed."""

import random
from dataclasses import dataclass

_FIRST = (
    "Ana", "Beatriz", "Carlos", "Dolores", "Émile", "Fátima", "Günther", "Héctor", "Inés", "Jürgen", "Kåre", "Lucía",
    "Mónica", "Noël", "Óscar", "Paula", "Quentin", "Renée", "Søren", "Tomás", "Ulla", "Verónica", "Walter", "Ximena",
    "Yolanda", "Zoë", "Łukasz", "Čeněk", "Αλέξης", "Наталья",
)  # fmt: skip
_LAST = (
    "Álvarez", "Berg", "Castaño", "Dubois", "Echeverría", "Fernández", "García", "Hernández", "Ibáñez", "Jiménez",
    "Königsmann", "Løvland", "Muñoz", "Núñez", "Ortiz", "Peña", "Quiñones", "Rodríguez", "Smith", "Türk",
    "Uribe", "Vázquez", "Weiß", "Yáñez", "Żak", "O'Neill", "D'Ávila",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """One extension: number, name, mail address, voicemail PIN and SIP password (laboratory values)."""

    number: int
    name: str
    mail: str
    pin: str
    password: str


def people(count: int, seed: int, first: int = 2001) -> tuple[Person, ...]:
    """Return `count` people with consecutive numbers from `first`."""
    source = random.Random(f"people-{seed}")
    return tuple(_person(number, source) for number in range(first, first + count))


def _person(number: int, source: random.Random) -> Person:
    return Person(
        number=number,
        name=f"{source.choice(_FIRST)} {source.choice(_LAST)}",
        mail=f"ext{number}@pbx.example",
        pin=f"{source.randrange(10**6):06d}",
        password=f"{source.getrandbits(128):032x}",
    )
