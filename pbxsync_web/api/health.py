"""Is the web admin there?"""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Health
from pbxsync_web.parts import the_store


@endpoint("GET /health", Health, role=None)
def health() -> Health:
    """Say that the web admin can read its store; nothing about this host is told to strangers."""
    the_store().people.count()
    return Health(ok=True)
