"""Every column type and character set travels bit by bit, or is refused with its reason."""

import pytest

from pbxsync_worker.core.model.errors import Unsupported
from tests.integration.mysql_hosts import SqlHost, dataset, prepare, sync, table
from tests.integration.mysql_values import create, exactly, inserts

pytestmark = pytest.mark.integration
VALUES = dataset(table("v", "id"))


@pytest.fixture
def hosts(mariadb, tmp_path):
    both = SqlHost(mariadb, tmp_path), SqlHost(mariadb, tmp_path)
    yield both
    for host in both:
        host.close()


@pytest.mark.parametrize("charset", ["utf8mb4", "utf8mb3", "latin1"])
def test_ten_thousand_rows_of_every_type_arrive_bit_by_bit(hosts, charset):
    source, target = hosts
    for host in hosts:
        host.sql(create(charset))
    source.sql(b"".join(inserts(3334, charset, seed=1)))
    target.sql(b"".join(inserts(200, charset, seed=2)))
    sync((source, target), VALUES)
    assert target.sql(exactly()) == source.sql(exactly())
    assert prepare((source, target), VALUES, "again") == ()


@pytest.mark.parametrize("engine", ["MyISAM", "Aria"])
def test_tables_without_transactions_are_as_exact(hosts, engine):
    source, target = hosts
    for host in hosts:
        host.sql(create("utf8mb4", engine))
    source.sql(b"".join(inserts(200, "utf8mb4", seed=3)))
    target.sql(b"".join(inserts(100, "utf8mb4", seed=4)))
    sync((source, target), VALUES)
    assert target.sql(exactly()) == source.sql(exactly())


def test_the_same_text_is_equal_in_another_character_set(hosts):
    for host, charset in zip(hosts, ("utf8mb4", "latin1"), strict=True):
        host.sql(f"CREATE TABLE v (id INT PRIMARY KEY, t VARCHAR(9)) CHARSET={charset}; INSERT INTO v VALUES (1, 'ä€')")
    assert prepare(hosts, VALUES) == ()


@pytest.mark.parametrize(
    ("theirs", "ours", "value", "reason"),
    [
        ("VARCHAR(9) CHARSET utf8mb4", "VARCHAR(9) CHARSET utf8mb3", "'😀'", "has no"),
        ("VARCHAR(9) CHARSET utf8mb4", "VARCHAR(9) CHARSET latin1", "'中'", "has no"),
        ("VARCHAR(9)", "VARCHAR(4)", "'12345'", "holds 4, the value has 5"),
        ("VARBINARY(9)", "VARBINARY(4)", "'12345'", "holds 4 bytes, the value has 5"),
        ("LONGTEXT", "TINYTEXT", "REPEAT('x', 256)", "holds 255"),
        ("INT", "TINYINT", "128", "out of its range"),
        ("INT", "INT UNSIGNED", "-1", "out of its range"),
        ("BIT(9)", "BIT(8)", "b'100000000'", "out of its range"),
        ("DECIMAL(9,3)", "DECIMAL(9,2)", "1.001", "does not fit"),
        ("ENUM('a','b')", "ENUM('a')", "'b'", "none of its members"),
        ("SET('a','b')", "SET('a')", "'a,b'", "none of its members"),
        ("INT NULL", "INT NOT NULL", "NULL", "may not be NULL"),
    ],
)
def test_it_refuses_what_a_column_cannot_hold_before_anything_is_staged(hosts, theirs, ours, value, reason):
    source, target = hosts
    source.sql(f"CREATE TABLE v (id INT PRIMARY KEY, x {theirs}); INSERT INTO v VALUES (1, {value})")
    target.sql(f"CREATE TABLE v (id INT PRIMARY KEY, x {ours})")
    with pytest.raises(Unsupported, match=reason):
        prepare((source, target), VALUES)
    assert list((target.home / "staging").glob("*")) == []


def test_a_value_that_only_the_server_refuses_changes_nothing(hosts):
    source, target = hosts
    source.sql("CREATE TABLE v (id INT PRIMARY KEY, x DATETIME(6)); INSERT INTO v VALUES (1, NULL), (2, NOW(6))")
    target.sql("CREATE TABLE v (id INT PRIMARY KEY, x DATETIME); INSERT INTO v VALUES (9, NULL)")
    (step,) = prepare((source, target), VALUES)
    with pytest.raises(Unsupported, match="made something else of it"):
        target.data.act(step)
    assert target.rows("v") == "9\tNULL\n"


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("CREATE VIEW v AS SELECT 1 AS id", "no table but a view"),
        ("CREATE TABLE v (id INT PRIMARY KEY, x INT AS (id + 1) STORED)", "x is generated"),
        ("CREATE TABLE v (id INT PRIMARY KEY, x POINT)", "has the type point"),
        ("CREATE TABLE v (id INT PRIMARY KEY, x TEXT CHARSET utf16)", "character set utf16"),
        ("CREATE TABLE v (id INT PRIMARY KEY) ENGINE=MEMORY", "storage engine MEMORY"),
        ("CREATE TABLE v (x INT)", "no column id"),
        ("SELECT 1", "has none of this name"),
    ],
)
def test_it_refuses_what_cannot_be_kept_in_step_before_reading_a_row(hosts, definition, reason):
    hosts[0].sql(definition)
    with pytest.raises(Unsupported, match=reason):
        hosts[0].data.inventory(VALUES)


def test_null_empty_and_odd_keys_have_names_of_their_own(hosts):
    source, target = hosts
    for host in hosts:
        host.sql("CREATE TABLE v (id VARCHAR(40) CHARSET utf8mb4 COLLATE utf8mb4_bin NULL, x INT)")
    source.sql("INSERT INTO v VALUES (NULL,1), ('',2), ('~',3), ('\"\"',4), ('a/b',5), ('a,b',6), ('ä;2',7), ('!x',8)")
    names = [name.decode() for name in source.data.inventory(VALUES).items]
    assert [name.removeprefix("SQL/asterisk/v/") for name in names] == [
        *("~", '""', "%7E", "%22%22", "a%2Fb", "a%2Cb", "%C3%A4%3B2", "%21x"),
    ]
    sync((source, target), VALUES)
    assert target.rows("v", "x") == source.rows("v", "x")


def test_a_key_too_long_for_a_name_is_found_by_its_digest(hosts):
    source, target = hosts
    for host in hosts:
        host.sql("CREATE TABLE v (id TEXT, x INT)")
    source.sql("INSERT INTO v VALUES (REPEAT('/', 3000), 1), (REPEAT('/', 3001), 2)")
    target.sql("INSERT INTO v VALUES (REPEAT('/', 3000), 9)")
    sync((source, target), VALUES)
    assert target.rows("v", "x") == source.rows("v", "x")
