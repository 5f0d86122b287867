"""A panel as FreePBX has one: Apache with PHP, our module in it, and our snippet that puts the web admin below it.

The page around the module is a STAND-IN; Apache, PHP, the module, the snippet and the web admin are real.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.lab.loopback import free_port

ROOT = Path(__file__).parents[2]
ADDRESS = "127.0.0.1"
KEY = "k" * 64
_SERVER = "www-data"
_MODULES = (
    "mpm_prefork",
    "authz_core",
    "dir",
    "mime",
    "alias",
    "headers",
    "proxy",
    "proxy_http",
    "php8.2",
)
_PAGE = """<?php
require '{module}/utests/bootstrap.php';
$places = ['key' => '{key}', 'socket' => '{socket}', 'prefix' => '/pbxsync'];
$module = new FreePBX\\modules\\Pbxsync(new StandInPbx(), $places);
$_SESSION = ['AMP_user' => new StandInUser($_GET['user'] ?? 'anna', explode(',', $_GET['sections'] ?? '*'))];
?><!doctype html><html lang="en"><head><meta charset="utf-8"><title>Panel</title><link rel="icon" href="data:,"></head>
<body><h1>Panel (stand-in)</h1><?= $module->showPage() ?></body></html>
"""
_CONF = """ServerRoot "{folder}"
PidFile "{folder}/apache.pid"
ServerName {address}
Listen {address}:{port}
DefaultRuntimeDir "{folder}"
ErrorLog "{folder}/error.log"
{loads}
User {user}
Group {user}
TypesConfig /etc/mime.types
DocumentRoot "{folder}/www"
DirectoryIndex config.php
<Directory "{folder}/www">
    Require all granted
</Directory>
<FilesMatch "\\.php$">
    SetHandler application/x-httpd-php
</FilesMatch>
Include "{snippet}"
"""


@dataclass
class Panel:
    """A panel with the web admin in it."""

    home: Path
    socket: Path
    port: int

    @property
    def base(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    @property
    def page(self) -> str:
        return f"{self.base}/admin/config.php?display=pbxsync"


@contextmanager
def panel() -> Iterator[Panel]:
    """Serve a panel, whose web admin nobody has used yet."""
    # Apache's user must be able to look into it, as it cannot into a folder of the tests.
    home = Path(tempfile.mkdtemp(prefix="pbxsync-panel-", dir="/tmp"))
    try:
        made = Panel(home, home / "web.sock", free_port(ADDRESS, 8085))
        (home / "panel.key").write_text(KEY)
        settings = {
            "name": "north",
            "web_bind": f"unix:{made.socket}",
            "url_prefix": "/pbxsync",
            "panel_key": str(home / "panel.key"),
        }
        text = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
        (home / "pbxsync.toml").write_text(text)
        with _web(made), _apache(made, home / "apache"):
            yield made
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _web(made: Panel) -> Iterator[None]:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:pbxsync_web.gunicorn_conf", "pbxsync_web.wsgi:app"]
    environment = {**os.environ, "PBXSYNC_HOME": str(made.home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as web:
        try:
            _until(made.socket.exists)
            yield
        finally:
            web.terminate()


@contextmanager
def _apache(made: Panel, folder: Path) -> Iterator[None]:
    admin = folder / "www/admin"
    module = folder / "module"
    shutil.copytree(ROOT / "freepbx_module", module)
    admin.mkdir(parents=True)
    (admin / "config.php").write_text(_PAGE.format(module=module, key=made.home / "panel.key", socket=made.socket))
    snippet = (ROOT / "packaging/apache/pbxsync.conf").read_text()
    (folder / "pbxsync.conf").write_text(snippet.replace("/run/pbxsync/web.sock", str(made.socket)))
    conf = folder / "apache.conf"
    conf.write_text(
        _CONF.format(
            folder=folder,
            address=ADDRESS,
            port=made.port,
            loads="\n".join(map(_load, _MODULES)),
            user=_SERVER if os.geteuid() == 0 else f"#{os.geteuid()}",
            snippet=folder / "pbxsync.conf",
        )
    )
    _let_in(made)
    # In a group of its own: an Apache that stops ends everybody in its group.
    command = ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(conf)]
    with subprocess.Popen(command, start_new_session=True) as server:
        try:
            _until(lambda: _answers(f"{made.base}/pbxsync/api/v1/health"))
            yield
        finally:
            server.terminate()


def _let_in(made: Panel) -> None:
    """Give Apache's user what the Debian package gives it by group: the socket, the key, and nothing else of ours."""
    if os.geteuid() == 0:
        for path in (made.socket, made.home / "panel.key"):
            shutil.chown(path, group=_SERVER)
            path.chmod(0o660 if path == made.socket else 0o640)
        made.home.chmod(0o711)


def _load(name: str) -> str:
    return f"LoadModule {name.replace('8.2', '')}_module /usr/lib/apache2/modules/{_file(name)}"


def _file(name: str) -> str:
    return "libphp8.2.so" if name == "php8.2" else f"mod_{name}.so"


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not start"
        time.sleep(0.05)
