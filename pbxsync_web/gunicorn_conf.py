"""How gunicorn serves the web admin: `gunicorn -c python:pbxsync_web.gunicorn_conf pbxsync_web.wsgi:app`."""

from pbxsync_web.events import MOST_STREAMS
from pbxsync_worker.core.settings import load

bind = [load().web_bind]
worker_class = "gthread"
workers = 1
threads = MOST_STREAMS + 16  # each open event stream holds one thread; pages need the rest
umask = 0o007  # a unix socket is for our own group: the proxy's
control_socket_disable = True
timeout = 60
graceful_timeout = 3  # an open event stream must not hold up a restart
keepalive = 30
accesslog = None
errorlog = "-"
loglevel = "warning"
