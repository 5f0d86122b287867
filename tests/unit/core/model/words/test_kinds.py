"""The words for the parts of a PBX fit together, and name only tables that exist."""

from itertools import chain

from pbxsync_worker.core.model.presets.tables import TABLES as KNOWN
from pbxsync_worker.core.model.words.kinds import FAMILIES, KINDS, TABLES, texts


def test_every_table_is_one_that_presets_know():
    assert set(TABLES) - set(KNOWN) == set()


def test_every_row_and_family_belongs_to_a_kind():
    assert {*(one.kind for one in TABLES.values()), *FAMILIES.values()} - set(KINDS) == set()


def test_what_names_a_thing_or_a_keyword_is_part_of_the_key():
    for name, belongs in TABLES.items():
        assert max(belongs.at, belongs.keyword) < len(KNOWN[name].key), name


def test_every_noun_is_said_to_people():
    assert set(chain.from_iterable((one.one, one.many) for one in KINDS.values())) <= texts()
