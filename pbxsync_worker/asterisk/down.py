"""Whether Asterisk is down: a closed AMI port alone does not say so, its control socket does."""

import socket
from pathlib import Path


def proven_down(control: Path, seconds: float) -> bool:
    """Tell whether nothing listens on Asterisk's control socket (asterisk.ctl); False where that cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(seconds)
        try:
            link.connect(str(control))
        except (FileNotFoundError, ConnectionRefusedError):
            return True
        except OSError:
            return False
    return False
