import pytest

from pbxsync_worker.core.model.dataset import FileSet, Place
from pbxsync_worker.core.model.errors import Invalid, PeerLied
from pbxsync_worker.datasets.files.names import base_of, check_run, where

BAD = [
    b"",
    b"ASTETCDIR",
    b"ASTETCDIR/",
    b"/etc/passwd",
    b"ETC/x",
    b"ASTETCDIR//x",
    b"ASTETCDIR/../x",
    b"ASTETCDIR/a/../../x",
    b"ASTETCDIR/./x",
    b"ASTETCDIR/a/",
    b"ASTETCDIR//etc/passwd",
    b"ASTETCDIR/a\0b",
    b"ASTETCDIR/" + b"n" * 256,
    b"ASTETCDIR/" + b"a/" * 2100 + b"x",
    b"ASTETCDIR/.pbxsync-stage/r/0",
    b"ASTETCDIR/a/.pbxsync-put-00",
]


def test_a_name_is_taken_apart():
    at = where(b"ASTSPOOLDIR/voicemail/\xff/new\nline")
    assert (at.place, at.folder, at.leaf) == (Place.SPOOL, (b"voicemail", b"\xff"), b"new\nline")
    assert at.path == b"voicemail/\xff/new\nline"


@pytest.mark.parametrize("name", BAD)
def test_it_refuses_a_name_that_no_honest_host_sends(name):
    with pytest.raises(PeerLied):
        where(name)


@pytest.mark.parametrize("path", ["..", "/etc", "a/../b", "a//b", "a/", "./a"])
def test_it_refuses_a_file_set_outside_its_place(path):
    with pytest.raises(Invalid):
        base_of(FileSet(Place.ETC, path))


def test_the_base_of_a_file_set_is_its_components():
    assert base_of(FileSet(Place.ETC, "a/b")) == (b"a", b"b")
    assert base_of(FileSet(Place.ETC)) == ()


@pytest.mark.parametrize("run", ["", "../x", "a/b", ".", "..", "a\0", "x" * 101])
def test_it_refuses_a_run_id_that_is_no_file_name(run):
    with pytest.raises(Invalid):
        check_run(run)
