"""What gunicorn loads: the web admin of this host, built from its settings."""

from pbxsync_web.app import create_app
from pbxsync_web.collector import look_rarely
from pbxsync_web.parts import Parts
from pbxsync_worker.core import log
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.handover import RedisWaker
from pbxsync_worker.core.settings import load
from pbxsync_worker.core.store import open_store

_settings = load()
log.set_up(_settings.log_level)
_clock = SystemClock()

app = create_app(Parts(_settings, open_store(_settings.store, _clock), RedisWaker(_settings.redis), _clock))
look_rarely()
