"""The deterministic content of a laboratory PBX: the same arguments give the same bytes, on every machine."""

from enum import StrEnum
from pathlib import Path

from scripts.lab.callflow import CLASSES, QUEUES, dialplan_files, feature_files, queues_file
from scripts.lab.hostfiles import HostFacts, host_files
from scripts.lab.media import media_files
from scripts.lab.people import people
from scripts.lab.phones import pjsip_files, voicemail_file
from scripts.lab.plain import plain_files

ETC = "etc/asterisk"


class Age(StrEnum):
    """How much of the office a PBX knows."""

    CURRENT = "current"
    OLD = "old"  # what a replica has that nobody looked after: fewer queues, one class, a file of its own


def content(extensions: int, seed: int, age: Age = Age.CURRENT) -> dict[str, bytes]:
    """Return every file that does not belong to one host, by its path below the folder of the PBX."""
    staff = people(extensions, seed)
    queues, classes, songs = (QUEUES, CLASSES, 3) if age is Age.CURRENT else (QUEUES[:2], CLASSES[:1], 1)
    texts = {
        **plain_files(),
        **pjsip_files(staff),
        **dialplan_files(staff, queues),
        **feature_files(classes),
        "voicemail.conf": voicemail_file(staff),
        "queues.conf": queues_file(staff, queues),
    }
    if age is Age.OLD:
        texts["pjsip.endpoints.conf"] = texts["pjsip.endpoints.conf"].replace(
            "rtp_timeout = 30\n", "rtp_timeout = 60\n"
        )
    files = {f"{ETC}/{name}": text.encode() for name, text in texts.items()}
    return files | media_files(staff, classes, songs, seed)


def generate(folder: Path, host: HostFacts, extensions: int = 300, seed: int = 1, age: Age = Age.CURRENT) -> None:
    """Write the content and the host's own files below `folder`; asterisk.conf is written by PbxNode."""
    files = content(extensions, seed, age)
    files |= {f"{ETC}/{name}": text.encode() for name, text in host_files(host).items()}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o640)
