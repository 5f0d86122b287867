"""The laboratory itself: what every other integration test stands on."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from scripts.lab.content import Age
from scripts.lab.damage import break_endpoints
from scripts.lab.loopback import claim_address, free_port
from scripts.lab.process import Child
from scripts.lab.processes import naming
from tests.integration.installation import until

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("extensions", "age"), [(300, Age.CURRENT), (12, Age.OLD)])
def test_the_generated_content_boots_without_a_complaint(pbx_node, extensions, age):
    node = pbx_node("pbx", extensions=extensions, age=age)
    assert node.endpoints() == extensions
    assert node.complaints() == []


def test_a_reload_of_everything_brings_no_complaint(pbx_node):
    node = pbx_node("pbx", extensions=50)
    node.cli("core reload")
    node.cli("core waitfullybooted")
    assert node.complaints() == []
    assert node.endpoints() == 50


def test_the_voicemail_music_queues_and_dialplan_are_live(pbx_node):
    node = pbx_node("pbx", extensions=30)
    assert "30 voicemail users configured" in node.cli("voicemail show users")
    assert "Class: calm" in node.cli("moh show classes")
    assert node.cli("queue show").count("strategy") == 6
    assert "Gosub(sub-ring,s,1(2005))" in node.cli("dialplan show 2005@from-internal")


def test_two_nodes_have_the_standard_ports_at_the_same_time(pbx_node):
    one, other = pbx_node("a"), pbx_node("b", age=Age.OLD)
    assert one.host.address != other.host.address
    assert one.endpoints() == other.endpoints() == 12


def test_a_killed_node_starts_again(pbx_node):
    node = pbx_node("pbx")
    node.kill()
    assert not node.running
    node.start()
    assert node.endpoints() == 12


def test_a_folder_with_a_long_name_still_has_a_socket(pbx_node):
    assert pbx_node("p" * 90).endpoints() == 12


_PARENT = """
import sys, time
from pathlib import Path
from scripts.lab.redis import RedisServer
server = RedisServer(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


def test_nothing_outlives_a_killed_parent(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert _ends(child)


def _ends(pid: int) -> bool:
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":  # ended; the machine's first process has not asked for its status yet
            return True
        time.sleep(0.05)
    return False


def test_redis_is_empty_after_it_was_killed(redis_server):
    client = redis.Redis(unix_socket_path=str(redis_server.socket))
    client.set("key", "value")
    redis_server.kill()
    redis_server.start()
    assert client.get("key") is None
    client.close()


def test_the_demo_s_bad_change_is_seen_by_asterisk_alone(pbx_node):
    node = pbx_node("pbx")
    break_endpoints(node)
    node.cli("module reload res_pjsip.so")
    assert node.endpoints() == 12
    complaints = "\n".join(node.complaints())
    assert "id '2002'" in complaints
    assert "id '2012'" in complaints


def test_a_taken_port_is_replaced_by_a_free_one():
    held = claim_address()
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as taken:
            taken.bind((held.address, 5060))
            assert free_port(held.address, 5060) != 5060
        assert free_port(held.address, 5060) == 5060
    finally:
        held.release()


def test_an_address_is_held_once():
    addresses = [claim_address() for _ in range(20)]
    for one in addresses:
        one.release()
    assert len({one.address for one in addresses}) == 20


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    child = Child(["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], tmp_path / "out")
    while not (tmp_path / "out").read_text():
        time.sleep(0.01)
    assert child.stop(seconds=0.2) == -signal.SIGKILL


def test_a_child_is_found_by_the_folder_in_its_environment(tmp_path):
    child = Child(["/bin/sleep", "60"], tmp_path / "out", {"FOLDER": str(tmp_path / "home")})
    try:
        # A process that has just begun its program has no environment for a moment.
        until(lambda: child.pid in naming(tmp_path / "home"), 10, "the child")
    finally:
        child.kill()
    assert naming(tmp_path / "home") == []
