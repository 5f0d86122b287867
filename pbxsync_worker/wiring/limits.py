"""What a process with many connections asks of the system."""

import resource

OPEN_FILES = 8192


def allow_many_connections() -> None:
    """Raise what this process may open as far as the system allows: 500 hosts are more than the usual 1024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
