"""What we count in a real FreePBX's files is what a real Asterisk makes of them."""

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from pbxsync_worker.asterisk.controller import AsteriskController
from pbxsync_worker.asterisk.expected import expected_counts
from pbxsync_worker.asterisk.reloads import reloads_for
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.core.clock import SystemClock
from pbxsync_worker.core.model.pbx import Level
from pbxsync_worker.core.model.plan import Plan
from tests.fakes.ami_config import MemoryView, changes_between, folder_view

pytestmark = pytest.mark.integration

TAKEN = (
    "pjsip.endpoint.conf", "pjsip.aor.conf", "pjsip.auth.conf", "pjsip.identify.conf",
    "extensions_additional.conf", "queues_additional.conf", "voicemail.conf",
)  # fmt: skip
PARTS = ("pjsip.endpoint", "pjsip.aor", "pjsip.auth", "pjsip.identify")
MAINS = {
    "extensions.conf": b"[general]\n#include extensions_additional.conf\n#include extensions_custom.conf\n",
    "queues.conf": b"[general]\n#include queues_additional.conf\n",
    "pjsip.conf": b"[0]\n"
    + "".join(f"#include {part}.conf\n" for part in PARTS).encode()
    + b"#include pjsip.transports_custom.conf\n[127.0.0.1-udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:0\n",
}


def _freepbx(archive: Path) -> dict[str, bytes]:
    with zstandard.open(archive, "rb") as plain, tarfile.open(fileobj=io.BytesIO(plain.read())) as tar:
        members = {Path(one.name).name: one for one in tar.getmembers() if one.isfile()}
        files = {name: tar.extractfile(members[name]) for name in TAKEN}
        return {name: file.read() for name, file in files.items() if file is not None}


def test_counts_of_three_hundred_extensions_are_exact(pbx_node, shared_fixtures):
    node = pbx_node("freepbx", extensions=3)
    before = folder_view(node.etc)
    after = before.plus({**MAINS, **_freepbx(shared_fixtures / "etc-asterisk.tar.zst")})
    included = [f"{part}_custom.conf" for part in PARTS] + ["globals_custom.conf", "queues_custom.conf"]
    wanted = [*included, "queues_custom_general.conf", "queues_general_additional.conf", "queues_post_custom.conf"]
    after = MemoryView({**dict.fromkeys(wanted, b""), **after.files})
    changes = changes_between(before, after)
    for change in changes:
        name = change.name.decode().partition("/")[2]
        (node.etc / name).write_bytes(after.files[name])

    ami = AmiAddress(node.host.address, node.host.ami_port, node.host.ami_user, lambda: node.ami_secret)
    pbx = AsteriskController(ami, node.log_file, "", SystemClock(), deadline=10.0)
    looked = pbx.look()
    pbx.reload(reloads_for(changes, after).actions)
    live, expected = dict(pbx.look().counts), dict(expected_counts(after).counts)

    assert live["endpoints"] > 300
    assert {name: live[name] for name in live} == {name: expected[name] for name in live}
    assert [one for one in pbx.verify(looked, after, (), 5) if one.level is Level.FATAL] == []
    assert [one for one in pbx.check(after, after, Plan("files", changes)) if one.level is Level.FATAL] == []
