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
