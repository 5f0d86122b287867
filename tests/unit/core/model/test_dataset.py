"""Definitions of datasets travel and are compared by digest, so their form is fixed."""

from pbxsync_worker.core.model.dataset import Dataset, DeletePolicy, FileSet, Keep, Place
from pbxsync_worker.core.wire import pack, unpack


def test_a_dataset_survives_the_wire():
    one = Dataset(
        "d", "D", (FileSet(Place.SPOOL, "voicemail", ("**",), ("*.tmp",), DeletePolicy.MIRROR, Keep(xattrs=True)),)
    )
    assert unpack(pack(one), Dataset) == one


def test_a_file_set_deletes_only_what_an_earlier_run_brought_unless_told():
    assert FileSet(Place.ETC).delete is DeletePolicy.KNOWN


def names(file_set: FileSet, *names: bytes) -> list[bytes]:
    return [name for name in names if file_set.selects(name)]


def test_a_set_selects_by_its_patterns_and_excludes_win():
    one = FileSet(Place.ETC, include=("*.conf", "deep/**"), exclude=("deep/not/**",))
    found = names(one, b"ASTETCDIR/a.conf", b"ASTETCDIR/a.txt", b"ASTETCDIR/deep/x", b"ASTETCDIR/deep/not/x")
    assert found == [b"ASTETCDIR/a.conf", b"ASTETCDIR/deep/x"]


def test_a_set_selects_only_below_its_own_folder():
    one = FileSet(Place.SPOOL, "voicemail")
    assert one.base == b"ASTSPOOLDIR/voicemail"
    found = names(
        one,
        b"ASTSPOOLDIR/voicemail",
        b"ASTSPOOLDIR/voicemail/",
        b"ASTSPOOLDIR/voicemail2/x",
        b"ASTETCDIR/voicemail/x",
        b"ASTSPOOLDIR/voicemail/x",
    )
    assert found == [b"ASTSPOOLDIR/voicemail/x"]


def test_a_dataset_finds_the_set_of_an_item_or_of_the_folder_leading_to_it():
    conf = FileSet(Place.ETC, include=("*.conf",))
    rest = FileSet(Place.ETC, include=("**",))
    both = Dataset("d", "D", (conf, rest))
    assert both.file_set_of(b"ASTETCDIR/a.conf") == conf
    assert both.file_set_of(b"ASTETCDIR/a/b") == rest
    assert both.file_set_of(b"ASTETCDIR") == conf
    assert both.file_set_of(b"ASTDATADIR/x") is None
