"""`pbxsync ...`: everything the pages do, for terminals and scripts; `--json` everywhere, and exit codes."""

from pbxsync_worker.cli.main import main

__all__ = ["main"]
