"""The only package that knows the concrete parts."""

from pbxsync_worker.wiring.installation import Installation

__all__ = ["Installation"]
