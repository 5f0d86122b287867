"""What the two hosts of the crash tests hold: rows of every kind, mailboxes, keys and files, and what changes."""

from pbxsync_worker.core.model.dataset import (
    BoxSet,
    Condition,
    Dataset,
    FamilySet,
    FileSet,
    Match,
    Place,
    RowPolicy,
    TableSet,
)
from tests.scenario.world import World, set_keys, write

SHARED = ("asterisk", "asteriskcdrdb")
ROWS = Dataset(
    "mixed",
    "Mixed",
    (FileSet(Place.ETC, exclude=("voicemail.conf",)), FileSet(Place.SPOOL, "voicemail")),
    families=(FamilySet("CF"), FamilySet("AMPUSER", "*/cidname")),
    boxes=(BoxSet(),),
    tables=(
        TableSet("asterisk", "users", ("extension",)),
        TableSet("asterisk", "incoming", ("cidnum", "extension")),
        TableSet("asterisk", "ringgroups", ("grpnum",)),
        TableSet(
            "asterisk",
            "freepbx_settings",
            ("keyword",),
            rows=(Condition("keyword", Match.NOT_IN, ("AMPMGRPASS",)),),
            columns=("value",),
            policy=RowPolicy.UPDATE,
        ),
        TableSet("asterisk", "kvstore:Calendar", ("key", "id")),
        TableSet("asteriskcdrdb", "queues", ("id",)),
    ),
)
TABLES = {
    "asterisk": """
        CREATE TABLE users (extension VARCHAR(20) PRIMARY KEY, name VARCHAR(50)) ENGINE=InnoDB;
        CREATE TABLE incoming (cidnum VARCHAR(20), extension VARCHAR(50), destination VARCHAR(50)) ENGINE=InnoDB;
        CREATE TABLE ringgroups (grpnum INT PRIMARY KEY, grplist VARCHAR(255)) ENGINE=MyISAM;
        CREATE TABLE freepbx_settings (keyword VARCHAR(50) PRIMARY KEY, value VARCHAR(255), more INT) ENGINE=InnoDB;
        CREATE TABLE kvstore_Calendar (`key` CHAR(255), val VARCHAR(4096), type CHAR(16), id CHAR(255),
            UNIQUE (`key`(190), id(190))) ENGINE=InnoDB;
        CREATE TABLE kvblobstore (uuid CHAR(36) PRIMARY KEY, type CHAR(32), content LONGBLOB) ENGINE=InnoDB;
        CREATE TABLE notifications (module VARCHAR(50), id VARCHAR(50)) ENGINE=InnoDB;""",
    "asteriskcdrdb": "CREATE TABLE queues (id INT PRIMARY KEY, value VARCHAR(20)) ENGINE=InnoDB;",
}
FIRST = {
    "asterisk": """
        INSERT INTO users VALUES ('100', 'Ann'), ('101', 'Bob'), ('102', NULL);
        INSERT INTO incoming VALUES ('', '5551', 'a'), ('', '5551', 'a'), ('1', '5552', 'b');
        INSERT INTO ringgroups VALUES (600, '100-101'), (601, '100');
        INSERT INTO freepbx_settings VALUES ('VMAIL', 'old', 1), ('AMPMGRPASS', 'secret of A', 1);
        INSERT INTO kvstore_Calendar VALUES ('a', 'u-1', 'blob', 'x'), ('b', 'short', NULL, 'x');
        INSERT INTO kvblobstore VALUES ('u-1', 'json-arr', REPEAT('x', 5000));""",
    "asteriskcdrdb": "INSERT INTO queues VALUES (1, 'old'), (2, 'goes');",
}
SECOND = {
    "asterisk": """
        UPDATE users SET name = 'Zoë' WHERE extension = '100';
        DELETE FROM users WHERE extension = '101';
        INSERT INTO users VALUES ('103', ''), ('104', 'Eve');
        DELETE FROM incoming WHERE extension = '5551' LIMIT 1;
        INSERT INTO incoming VALUES ('', '5553', 'c');
        UPDATE ringgroups SET grplist = '100-103' WHERE grpnum = 600;
        DELETE FROM ringgroups WHERE grpnum = 601;
        INSERT INTO ringgroups VALUES (602, '104');
        UPDATE freepbx_settings SET value = 'new' WHERE keyword = 'VMAIL';
        UPDATE kvblobstore SET content = REPEAT('y', 6000) WHERE uuid = 'u-1';
        DELETE FROM kvstore_Calendar WHERE `key` = 'b';""",
    "asteriskcdrdb": "UPDATE queues SET value = 'new' WHERE id = 1; DELETE FROM queues WHERE id = 2;",
}
DECOYS = {
    "asterisk": """
    INSERT INTO freepbx_settings VALUES ('VMAIL', 'mine', 7), ('AMPMGRPASS', 'secret of B', 7), ('ONLYHERE', 'b', 7);
    INSERT INTO kvblobstore VALUES ('u-8', NULL, 'of another module');
    INSERT INTO notifications VALUES ('core', 'mine');""",
}


def first_state(world: World) -> None:
    """Fill A with what B gets in the run before the one that is cut."""
    write(world.a / "etc/replaced_custom.conf", "[old]\n")
    write(world.a / "etc/gone_custom.conf", "[gone]\n")
    write(world.a / "etc/voicemail.conf", "[general]\nformat=wav\n[default]\n100 => 1,Ann\n101 => 2,Bob\n102 => 3,C\n")
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x00\xff" * 700)
    set_keys(world.a, CF__100="200", CF__101="201", AMPUSER__100__cidname="Ann")


def second_state(world: World) -> None:
    """Change A in every way there is."""
    write(world.a / "etc/replaced_custom.conf", "[new]\n" * 9, mtime=1_650_000_000)
    (world.a / "etc/gone_custom.conf").unlink()
    write(world.a / "etc/added_custom.conf", "[added]\n")
    write(world.a / "etc/voicemail.conf", "[general]\nformat=wav\n[default]\n100 => 9,Zoë\n102 => 3,C\n103 => 4,Eve\n")
    write(world.a / "spool/voicemail/default/100/unavail.wav", b"\x01\xfe" * 700, mtime=1_650_000_000)
    set_keys(world.a, CF__100="300", CF__101=None, CF__102="", AMPUSER__100__cidname="Zoë")


def decoys(world: World) -> None:
    """Put things on B that no run may touch."""
    write(world.b / "etc/manager.conf", "[general]\n")
    write(world.b / "etc/own_custom.conf", "[own]\n")
    write(world.b / "etc/voicemail.conf", "; of B\n[general]\nformat=gsm\n[zonemessages]\neurope=x|y\n")
    write(world.root / "outside/passwd", "root:x:0:0\n")


KEYS = {b"DND/100": b"YES", b"registrar/contact": b"here", b"AMPUSER/100/device": b"own"}
"""What B's running Asterisk holds before any run."""
