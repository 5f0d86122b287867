"""`python -m pbxsync_worker.cli`, as the services call it."""

from pbxsync_worker.cli.main import main

main()
