"""Space, load and memory, from the files in which Linux tells them."""

import os

from pbxsync_worker.monitor.machine import disks, machine


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
