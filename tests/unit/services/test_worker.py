"""The worker process without a Redis; what it does with one is tested in tests/integration/test_worker.py."""

import pytest

from pbxsync_worker.core.model.errors import Retry
from pbxsync_worker.core.settings import Settings
from pbxsync_worker.services.worker import QUEUES, work


@pytest.mark.parametrize("kind", sorted(QUEUES))
def test_without_a_redis_a_worker_ends_and_says_so(tmp_path, kind):
    with pytest.raises(Retry, match="Redis does not answer at unix://"):
        work(Settings(home=tmp_path), kind)


def test_the_password_of_a_redis_is_not_told(tmp_path):
    with pytest.raises(Retry) as refused:
        work(Settings(home=tmp_path, redis_url="redis://me:geheim@127.0.0.1:1/0"), "runs")
    assert "geheim" not in refused.value.sentence
