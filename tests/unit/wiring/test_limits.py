"""A process may open as many files as the system allows, up to what a fleet needs."""

import resource

from pbxsync_worker.wiring.limits import OPEN_FILES, allow_many_connections


def test_a_process_may_open_what_a_fleet_needs_as_far_as_the_system_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allow_many_connections()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert (soft, hard) == (min(OPEN_FILES, before[1]), before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
