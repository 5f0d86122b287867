"""Space, load and memory, from the files in which Linux tells them."""

import os
import socket

import pytest

from pbxsync_worker.monitor.machine import disks, listens, machine


def test_free_space_is_that_of_the_file_system(tmp_path):
    found = disks([tmp_path])
    numbers = os.statvfs(tmp_path)
    assert found["disk.free_percent"] == round(100 * numbers.f_bavail / numbers.f_blocks, 1)


def test_a_folder_that_is_not_there_yet_lies_where_its_parent_does(tmp_path):
    assert disks([tmp_path / "not" / "yet"])["disk.free_percent"] == disks([tmp_path])["disk.free_percent"]


def test_without_folders_nothing_is_known():
    assert set(disks([]).values()) == {None}


def test_load_is_told_for_each_processor_and_memory_as_a_share(tmp_path):
    (tmp_path / "loadavg").write_text("1.50 0.70 0.30 1/200 4000\n")
    (tmp_path / "meminfo").write_text("MemTotal:  4000 kB\nMemFree:  100 kB\nMemAvailable:  1000 kB\n")
    assert machine(tmp_path) == {"load.per_cpu": round(1.5 / (os.cpu_count() or 1), 2), "memory.free_percent": 25.0}


def test_what_linux_does_not_tell_is_unknown(tmp_path):
    (tmp_path / "loadavg").write_text("\n")
    (tmp_path / "meminfo").write_text("MemTotal: 0 kB\nMemAvailable: 0 kB\n")
    assert machine(tmp_path) == {"load.per_cpu": None, "memory.free_percent": None}
    assert machine(tmp_path / "nowhere") == {"load.per_cpu": None, "memory.free_percent": None}


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_that_listens_is_seen_without_a_call(family):
    with socket.socket(family) as server:
        server.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        port = server.getsockname()[1]
        assert not listens(f"0.0.0.0:{port}")
        server.listen()
        assert listens(f"0.0.0.0:{port}")
    assert not listens(f"0.0.0.0:{port}")


def test_a_socket_in_a_folder_that_listens_is_seen(tmp_path):
    path = str(tmp_path / "web.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert listens(f"unix:{path}")
    assert not listens(f"unix:{path}")


def test_nothing_listens_at_what_is_no_address(tmp_path):
    assert not listens("nowhere")
    assert not listens("127.0.0.1:80", tmp_path)
