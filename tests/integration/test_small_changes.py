"""What a small change costs between two PBXs of 300 extensions: bytes on the wire, TLS and all; times are printed."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
import zstandard

from pbxsync_worker.core.model.run import Run, State
from pbxsync_worker.core.model.wish import SaveCatalogue
from pbxsync_worker.wiring.grant import grant
from scripts.lab.fwfiles import _AOR, _ENDPOINT
from scripts.lab.story import Site, form_farm
from tests.integration.installation import Pair
from tests.integration.test_rows_in_step import PEOPLE, FreePbxHost

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NUMBERS = range(3001, 3301)
TENTH = NUMBERS[::10]
OPTIONS = {
    "accountcode": "", "aggregate_mwi": "yes", "allow": "ulaw,alaw,g722", "avpf": "no", "bundle": "no",
    "context": "from-internal", "defaultuser": "", "device_state_busy_at": "0", "direct_media": "yes",
    "disallow": "all", "dtmfmode": "rfc4733", "force_callerid": "no", "force_rport": "yes", "icesupport": "no",
    "match": "", "max_audio_streams": "1", "max_contacts": "1", "max_video_streams": "1", "media_encryption": "no",
    "media_encryption_optimistic": "no", "media_use_received_transport": "no", "message_context": "",
    "minimum_expiration": "60", "mwi_subscription": "auto", "namedcallgroup": "", "namedpickupgroup": "",
    "outbound_auth": "no", "outbound_proxy": "", "qualifyfreq": "60", "refer_blind_progress": "yes",
    "remove_existing": "yes", "rewrite_contact": "yes", "rtcp_mux": "no", "rtp_symmetric": "yes",
    "rtp_timeout": "0", "rtp_timeout_hold": "0", "send_connected_line": "yes", "sendrpid": "pai", "timers": "yes",
    "trustrpid": "yes", "user_eq_phone": "no", "vmexten": "", "webrtc": "no",
}  # fmt: skip
"""What FreePBX writes for each pjsip device beside its secret and caller id."""

FREE = tuple(name for name in OPTIONS if name not in ("allow", "context", *_ENDPOINT, *_AOR))
"""Those of which the stand-in makes nothing, so that they may hold anything."""


def fill(host: FreePbxHost) -> None:
    """Give a host 300 extensions in FreePBX's shape, the same on every host."""
    host.sql("INSERT INTO users VALUES " + _values((one, f"Person {one}", "default", 0) for one in NUMBERS))
    devices = ((one, "pjsip", f"PJSIP/{one}", one, f"Person {one}") for one in NUMBERS)
    host.sql("INSERT INTO devices VALUES " + _values(devices))
    rows = [(one, name, value) for one in NUMBERS for name, value in OPTIONS.items()]
    rows += [(one, "secret", sha256(b"%d" % one).hexdigest()[:32]) for one in NUMBERS]
    rows += [(one, "callerid", f"Person {one} <{one}>") for one in NUMBERS]
    host.sql("INSERT INTO sip VALUES " + _values(rows))
    for one in NUMBERS:
        host.node.cli(f'database put AMPUSER {one}/cidname "Person {one}"')


def _values(rows) -> str:
    return ", ".join("(" + ", ".join(f"'{value}'" for value in row) + ")" for row in rows)


@pytest.fixture
def pair(pbx_node, mariadb, tmp_path) -> Iterator[Pair]:
    """Give a farm of two hosts that are in step."""
    with ExitStack() as running:
        hosts = [FreePbxHost(tmp_path / name, pbx_node(name), mariadb, f"small_{name.lower()}") for name in "AB"]
        for host in hosts:
            fill(host)
            host.init()
            running.callback(host.close)
            host.start()
        for host in hosts:
            host.wait()
        one, other = hosts
        job = form_farm(Site(one.node, one), Site(other.node, other), print)
        catalogue = one.here.store.catalogues.find_job(job)
        changed = replace(catalogue.job(job), dataset=PEOPLE.name)
        grant(one.here, SaveCatalogue(catalogue.with_dataset(PEOPLE).with_job(changed)), "test")
        yield Pair(one, other, job)


def test_what_small_changes_cost(pair):
    """One test, because two such hosts are costly to bring up."""
    _told(pair, pair.sync(), "in step from the start", State.UNCHANGED)
    assert _told(pair, pair.sync(), "nothing new", State.UNCHANGED) <= 4_000
    rename(pair.source, 3123, "Zoe")
    assert _told(pair, pair.sync(), "one name changed") <= 4_000
    changed = change_a_tenth(pair.source)
    least = len(zstandard.compress(changed, 3))
    cost = _told(pair, pair.sync(), "a tenth changed")
    print(f"a tenth changed: {len(changed)} bytes of rows, {least} compressed, {cost} on the wire: {cost / least:.2f}")
    assert cost <= 1.5 * least
    assert pair.source.rows() == pair.target.rows()
    _told(pair, pair.sync(), "nothing new", State.UNCHANGED)


def rename(host: FreePbxHost, number: int, name: str) -> None:
    """Do what FreePBX does where somebody changes the name of an extension."""
    host.sql(f"UPDATE users SET name = '{name}' WHERE extension = '{number}'")
    host.sql(f"UPDATE devices SET description = '{name}' WHERE id = '{number}'")
    host.sql(f"UPDATE sip SET data = '{name} <{number}>' WHERE id = '{number}' AND keyword = 'callerid'")
    host.node.cli(f'database put AMPUSER {number}/cidname "{name}"')


def change_a_tenth(host: FreePbxHost) -> bytes:
    """Change a tenth of all rows, in no order; return those that are others now, by plain SQL."""
    before = set(host.rows().splitlines())
    for number in TENTH:
        rename(host, number, f"Colleague {sha256(b'n%d' % number).hexdigest()[:6]}")
    free = ", ".join(f"'{name}'" for name in FREE)
    some = f"keyword IN ({free}) AND CRC32(CONCAT(id, '-', keyword)) % 1000 < {1000 * len(OPTIONS) // len(FREE) // 10}"
    host.sql(f"UPDATE sip SET data = LEFT(MD5(CONCAT(id, keyword)), 8) WHERE {some}")
    after = [line for line in host.rows().splitlines() if line not in before]
    assert 0.09 * len(before) < len(after) < 0.12 * len(before)
    return "\n".join(after).encode()


def _told(pair: Pair, run: Run, what: str, state: State = State.COMMITTED) -> int:
    shown = pair.target.show(run.id)
    result = shown["result"]
    assert run.state is state, f"{run.error} {run.sentence} {result['findings']}"
    moves = {one["after"]: one["at"] for one in shown["moves"]}
    steps = ", ".join(f"{two} +{moves[two] - moves[one]:.2f} s" for one, two in pairwise(moves))
    numbers = result["numbers"]
    print(
        f"{what}: {numbers['wire_bytes']} bytes, {numbers['requests']} requests, {numbers['changes']} changes; {steps}"
    )
    return int(numbers["wire_bytes"])
