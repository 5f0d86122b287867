"""What the figures were measured on."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PROGRAMS: dict[str, Sequence[str]] = {
    "rsync": ("rsync", "--version"),
    "unison": ("unison", "-version"),
    "ssh": ("ssh", "-V"),
    "mariadb": ("mariadbd", "--version"),
    "pt-table-sync": ("pt-table-sync", "--version"),
    "zstd": ("zstd", "--version"),
}


def machine() -> dict[str, Any]:
    """Return date, processors, memory, load, kernel and versions."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "processor": _field("/proc/cpuinfo", "model name"),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "load": os.getloadavg(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "pbxsync": f"{version('pbxsync')} {_first(('git', 'describe', '--always', '--dirty'))}".strip(),
        "versions": {name: _first(argv) for name, argv in _PROGRAMS.items()},
    }


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return ""


def _first(argv: Sequence[str]) -> str:
    """Return the first line that a program says of itself, "" where it is not here."""
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}
    folder = Path(__file__).parent
    try:
        said = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    except OSError:
        return ""
    lines = (said.stdout or said.stderr).strip().splitlines()
    return lines[0] if lines and said.returncode == 0 else ""
