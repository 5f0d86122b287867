"""A number that the source has given is never given again here, also where its row is gone."""

import pytest

from pbxsync_worker.core.model.errors import TargetChanged
from tests.integration.mysql_hosts import dataset, plan, prepare, sync, table, two_hosts

pytestmark = pytest.mark.integration

TRUNKS = dataset(table("trunks", "trunkid"), table("routes", "id", optional=True))
BASE = b"SQL/asterisk/trunks/"


@pytest.fixture(params=["InnoDB", "MyISAM", "Aria"])
def hosts(request, mariadb, tmp_path):
    for both in two_hosts(mariadb, tmp_path):
        for host in both:
            columns = "trunkid INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9)"
            host.sql(f"CREATE TABLE trunks ({columns}) ENGINE={request.param}")
        yield both


def given(host):
    """Add a row as FreePBX does, and return its number."""
    return int(host.sql("INSERT INTO trunks (name) VALUES ('new'); SELECT LAST_INSERT_ID()"))


def gone_at_the_source(hosts):
    """Let the source give numbers up to 20, and remove all rows but the first."""
    hosts[0].sql("INSERT INTO trunks (trunkid, name) VALUES (1, 'a'), (20, 'b'); DELETE FROM trunks WHERE trunkid > 1")


def test_the_replica_goes_on_behind_the_last_number_of_the_source(hosts):
    gone_at_the_source(hosts)
    hosts[1].data.raise_to({BASE: 21})
    sync(hosts, TRUNKS)
    assert hosts[1].rows("trunks") == "1\ta\n"
    assert given(hosts[1]) == 21


def test_without_it_a_number_would_be_given_twice(hosts):
    gone_at_the_source(hosts)
    sync(hosts, TRUNKS)
    assert given(hosts[1]) == 2


def test_a_number_is_never_lowered(hosts):
    hosts[0].sql("INSERT INTO trunks VALUES (1, 'a')")
    hosts[1].sql("ALTER TABLE trunks AUTO_INCREMENT = 90")
    hosts[1].data.raise_to({BASE: 2})
    sync(hosts, TRUNKS)
    assert given(hosts[1]) == 90


def test_a_plan_that_is_refused_raises_nothing(hosts):
    gone_at_the_source(hosts)
    hosts[1].data.raise_to({BASE: 21})
    changes = plan(hosts, TRUNKS)
    hosts[1].sql("INSERT INTO trunks VALUES (1, 'mine')")
    with pytest.raises(TargetChanged):
        hosts[1].data.prepare("r", changes, lambda change: hosts[0].data.open(change.after))
    assert given(hosts[1]) == 2


def test_it_can_be_done_again_and_an_undo_leaves_it(hosts):
    gone_at_the_source(hosts)
    hosts[1].data.raise_to({BASE: 21})
    prepare(hosts, TRUNKS)
    steps = prepare(hosts, TRUNKS)
    hosts[1].data.act(steps[0])
    hosts[1].data.undo(steps[0])
    assert hosts[1].rows("trunks") == ""
    assert given(hosts[1]) == 21
