"""The FreePBX module by PHP's own tools, and its line to the real web admin."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import _impossible
from tests.integration.panel_site import ROOT, Panel, panel

pytestmark = pytest.mark.integration
MODULE = ROOT / "freepbx_module"
_CALL = """
require '{module}/utests/bootstrap.php';
use FreePBX\\modules\\Pbxsync\\{{Client, SocketLine, Ticket}};
$client = new Client(new SocketLine('{socket}'), new Ticket('{key}'), 'anna', ['{section}']);
try {{
    echo json_encode({call});
}} catch (Exception $error) {{
    echo get_class($error), ': ', $error->getMessage();
}}
"""


def run(*words: str | Path) -> str:
    if shutil.which(str(words[0])) is None:
        _impossible(f"{words[0]} is missing: run scripts/test")
    done = subprocess.run(words, cwd=MODULE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site():
    with panel() as made:
        yield made


def call(site: Panel, what: str, section: str = "*") -> str:
    values = {"module": MODULE, "socket": site.socket, "key": site.home / "panel.key", "section": section}
    return run("php", "-r", _CALL.format(call=what, **values))


@pytest.mark.parametrize("path", sorted(MODULE.rglob("*.php")), ids=lambda path: path.relative_to(MODULE).as_posix())
def test_php_can_read_it(path):
    assert "No syntax errors" in run("php", "-l", path)


def test_its_own_tests_pass():
    assert "OK" in run("phpunit")


def test_nothing_in_it_is_unused_or_tangled():
    assert run("phpmd", ".", "text", "phpmd.xml", "--exclude", "utests").strip() == ""


def test_its_tickets_open_the_real_web_admin(site):
    assert call(site, "$client->health()") == "null"
    assert "no identity" in call(site, "$client->status()")


def test_a_refusal_of_the_web_admin_reaches_people_in_words(site):
    assert call(site, "$client->run('ffff')").startswith("FreePBX\\modules\\Pbxsync\\Refused: There is no run ffff")


def test_a_viewer_of_the_panel_starts_nothing(site):
    assert "needs the role operator" in call(site, "$client->start('office', 'people', 'plan')", "pbxsync")


def test_a_hook_is_heard(site):
    assert call(site, "$client->tell('apply-config')") == "true"
    assert "audit" not in call(site, "$client->tell('apply-config')")


def test_a_hook_does_not_wait_for_a_web_admin_that_is_away(site):
    gone = Panel(site.home, site.home / "none.sock", site.port)
    assert call(gone, "$client->tell('apply-config')") == "false"
