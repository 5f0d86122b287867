"""`fwconsole pbxsync` itself, in Symfony's own console, before the real service of a farm of two.

STAND-INS are only FreePBX's translations and the object through which the command finds its module.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pbxsync_worker.core.model.rule import Rule, Then
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from tests.integration.conftest import _impossible
from tests.integration.installation import Installed, Pair, pair_of, until
from tests.integration.panel_site import KEY, ROOT

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300), pytest.mark.usefixtures("web")]
_SYMFONY = Path("/usr/share/php/Symfony/Component/Console/autoload.php")
_CONSOLE = """
require $argv[3];
class modgettext {
    static function textdomain($m) {} static function push_textdomain($m) {} static function pop_textdomain() {}
}
foreach (['Unavailable', 'Refused', 'Line', 'SocketLine', 'Ticket', 'Client', 'Following'] as $n) {
    require "$argv[1]/src/$n.php";
}
require "$argv[1]/Console/Pbxsync.class.php";
use FreePBX\\modules\\Pbxsync\\{Client, SocketLine, Ticket};
$client = new Client(new SocketLine("$argv[2]/panel.sock"), new Ticket("$argv[2]/root.key"), 'system', ['*']);
$console = new Symfony\\Component\\Console\\Application('fwconsole');
$console->add(new FreePBX\\Console\\Command\\Pbxsync($client));
$console->run(new Symfony\\Component\\Console\\Input\\ArgvInput(['fwconsole', 'pbxsync', ...array_slice($argv, 4)]));
"""


class Web:
    """The web admin of one host on a unix socket, as the package serves it, with the keys of the panel and of root."""

    def __init__(self, host: Installed) -> None:
        self._host = host
        self._web: subprocess.Popen[bytes] | None = None
        (host.home / "panel.key").write_text(KEY)
        (host.home / "root.key").write_text("r" * 64)
        with (host.home / "pbxsync.toml").open("a") as file:
            file.write(f'panel_key = "{host.home / "panel.key"}"\n')

    def serve(self) -> None:
        """Start the web admin."""
        socket = self._host.home / "panel.sock"
        command = [sys.executable, "-m", "gunicorn", "-c", "python:pbxsync_web.gunicorn_conf", "pbxsync_web.wsgi:app"]
        environment = {**os.environ, "PBXSYNC_HOME": str(self._host.home), "PYTHONPATH": str(ROOT)}
        self._web = subprocess.Popen(
            [*command, "--bind", f"unix:{socket}"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(socket.exists, 60, "the socket")

    def stop(self) -> None:
        """Stop the web admin."""
        if self._web is not None:
            self._web.terminate()
            self._web.wait()


@contextmanager
def saying(home: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Give `fwconsole pbxsync WORDS` while it runs."""
    command: Sequence[str | Path] = ["php", "-r", _CONSOLE, "--", ROOT / "freepbx_module", home, _SYMFONY]
    with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        try:
            yield one
        finally:
            one.kill()


def say(home: Path, *words: str) -> tuple[int, str]:
    """Call `fwconsole pbxsync WORDS`; return its exit code and what it printed."""
    with saying(home, *words) as one:
        text, _ = one.communicate()
        return one.returncode, text


@pytest.fixture(scope="module")
def pair(module_pbx_node, tmp_path_factory) -> Iterator[Pair]:
    if shutil.which("php") is None or not _SYMFONY.exists():
        _impossible("php or Symfony's console is missing: run scripts/test")
    folder = tmp_path_factory.mktemp("console")
    with pair_of(folder, module_pbx_node("A"), module_pbx_node("B", seed=2), probe_seconds=5) as made:
        yield made


@pytest.fixture(scope="module")
def web(pair: Pair) -> Iterator[Web]:
    """Serve both hosts, and give the web admin of the primary."""
    with ExitStack() as served:
        for one in (made := [Web(host) for host in (pair.source, pair.target)]):
            served.callback(one.stop)
            one.serve()
        yield made[0]


def edit(pair: Pair, context: str) -> None:
    custom = pair.source.node.etc / "extensions_custom.conf"
    custom.write_text(f"{custom.read_text()}\n[{context}]\nexten => 9999,1,NoOp(new)\n")


def arrived(pair: Pair, context: str) -> bool:
    return f"[{context}]" in (pair.target.node.etc / "extensions_custom.conf").read_text()


def synced(pair: Pair) -> dict[str, Any]:
    """Sync by the console, and return the run."""
    status, text = say(pair.source.home, "sync", f"office/{pair.job}", "--json")
    assert status == 0, text
    return dict(json.loads(text)[0])


def test_a_plan_is_followed_to_its_end_and_changes_nothing(pair):
    edit(pair, "planned")
    status, text = say(pair.source.home, "plan", f"office/{pair.job}")
    assert (status, "PREVIEWED" in text, arrived(pair, "planned")) == (0, True, False), text


def test_a_sync_is_followed_to_its_end_and_shown_by_the_status(pair):
    edit(pair, "synced")
    assert synced(pair)["state"] == "COMMITTED"
    assert arrived(pair, "synced")
    status, text = say(pair.source.home, "status")
    assert (status, f"office/{pair.job}" in text, "COMMITTED" in text) == (0, True, True), text


def test_the_replica_returns_to_before_a_run(pair):
    edit(pair, "unwanted")
    run = synced(pair)
    status, text = say(pair.target.home, "rollback", run["id"])
    assert (status, "COMMITTED" in text, arrived(pair, "unwanted")) == (0, True, False), text


def test_a_sync_is_followed_while_the_web_admin_is_started_anew(pair, web):
    edit(pair, "patient")
    with saying(pair.source.home, "sync", f"office/{pair.job}") as one:
        # Nothing can end while the replica is held.
        with pair.target.here.host_lock() as mine:
            assert mine
            assert one.stdout is not None
            first = one.stdout.readline()
            web.stop()
            web.serve()
        text, _ = one.communicate()
    assert (one.returncode, "COMMITTED" in text, arrived(pair, "patient")) == (0, True, True), first + text


def test_a_held_run_ends_with_a_status_of_its_own_and_says_who_approves_it(pair):
    here = pair.source.here
    plain = here.store.catalogues.find_job(pair.job)
    hold = Rule("ask-first", "Ask first", "local.asterisk.calls >= 0", Then.HOLD)
    grant(here, SaveCatalogue(plain.with_rules([hold], pair.job)), "test")
    try:
        edit(pair, "held")
        status, text = say(pair.source.home, "sync", f"office/{pair.job}")
        assert (status, "HELD" in text, "waits for a person" in text) == (5, True, True), text
        assert not arrived(pair, "held")
    finally:
        now = here.store.catalogues.find_job(pair.job)
        grant(here, SaveCatalogue(now.with_rules([], pair.job)), "test")


def test_the_doctor_looks_anew(pair):
    status, text = say(pair.source.home, "doctor")
    assert (status in (0, 1), "ok" in text) == (True, True), text


def test_a_job_that_is_not_there_is_refused(pair):
    status, text = say(pair.source.home, "sync", "office/nothing")
    assert status == 4, text


def test_a_service_that_does_not_run_is_told(tmp_path):
    (tmp_path / "root.key").write_text("r" * 64)
    status, text = say(tmp_path, "status")
    assert (status, "systemctl start pbxsync" in text) == (3, True), text
