"""Looking what of this PBX is in no job, as a worker does."""

from dataclasses import replace

import pytest

from pbxsync_worker.core.model.coverage import Coverage, Thing
from pbxsync_worker.core.model.host import Job
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.wish import LookAtCoverage
from pbxsync_worker.core.store.catalogues import Signed, document_of
from pbxsync_worker.wiring.coverage import look_at_coverage
from pbxsync_worker.wiring.grant import grant
from tests.unit.core.values import B, catalogue


class Keys:
    """An AstDB with two families."""

    def running(self) -> bool:
        return True

    def families(self) -> frozenset[bytes]:
        return frozenset({b"CF", b"zebra"})

    def close(self) -> None: ...


@pytest.fixture
def pbx(here):
    """A host with one configuration file, and no FreePBX."""
    here.__dict__["astdb"] = Keys()
    here.__dict__["freepbx"] = None
    (here.settings.places["ASTETCDIR"] / "pjsip.conf").touch()
    return here


def names(report: Coverage, thing: Thing) -> list[str]:
    return [one.name for one in report.missing if one.thing is thing]


def test_files_and_families_of_no_job_are_missing(pbx):
    report = look_at_coverage(pbx)
    assert names(report, Thing.FAMILY) == ["CF", "zebra"]
    assert names(report, Thing.FILES) == ["ASTETCDIR/pjsip.conf"]


@pytest.mark.parametrize(("source", "covered"), [(True, 1), (False, 0)])
def test_only_jobs_that_this_host_is_part_of_count(pbx, source, covered):
    job = Job("files", "Files", "etc", pbx.store.hosts.me().id if source else B, (B,))
    made = replace(catalogue(), jobs=(job,))
    pbx.store.catalogues.save(Signed(document_of(made), made.primary, b""))
    assert look_at_coverage(pbx).covered == covered


def test_the_answer_to_a_wish_can_be_read_again(pbx):
    assert Coverage.restored(grant(pbx, LookAtCoverage(), "ann")) == look_at_coverage(pbx)


def test_where_the_astdb_cannot_be_read_it_says_so_and_looks_at_the_rest(here):
    (here.settings.places["ASTETCDIR"] / "pjsip.conf").touch()
    report = look_at_coverage(here)
    assert "astdb.sqlite3" in as_text(report.unseen[0])
    assert names(report, Thing.FILES) == ["ASTETCDIR/pjsip.conf"]
