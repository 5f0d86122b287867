"""Whether somebody listens at an address, asked when what is remembered of it may be the memory of a short failure."""

import socket

from pbxsync_worker.core.model.report import LineState


def out_of_reach(line: LineState, address: str) -> bool:
    """Tell whether a host can only be waited for: it has no address, or it calls us and nobody answers at its own."""
    calls_us = line.dials is False and line.state in ("reachable", "slow")
    return not address or (calls_us and not answers(address))


def only_calls_us(line: LineState, address: str) -> bool:
    """Tell whether a host takes what waits for it here, and nobody answers at its own address by now."""
    return line.polls and not (address and (line.dials or answers(address)))


def answers(address: str, seconds: float = 2.0) -> bool:
    """Tell whether a connection to "host:port" is accepted within `seconds`; what is no address does not answer."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True
