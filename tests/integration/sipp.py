"""Real calls over SIP, made by SIPp of Debian: each logs in as a phone, hears its echo, and hangs up after its time."""

import re
from pathlib import Path

from scripts.lab.loopback import free_port
from scripts.lab.node import PbxNode
from scripts.lab.process import Child

_INVITE = """\
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[local_ip]:[local_port]>;tag=[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: {turn} INVITE
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
{login}Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""
_OTHER = """\
{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:{number}@[local_ip]:[local_port]>;tag=[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {turn} {method}
Max-Forwards: 70
Content-Length: 0
"""


def _send(text: str, *, again: bool = True) -> str:
    return f"<send{' retrans=' + chr(34) + '500' + chr(34) if again else ''}><![CDATA[\n\n{text}\n]]></send>\n"


def _scenario(number: str) -> str:
    """Return a call: whoever hangs up before its time is an unexpected message, and fails it."""
    login = "[authentication]\n"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="echo">\n'
        + _send(_INVITE.format(number=number, turn=1, login=""))
        + '<recv response="100" optional="true"/>\n<recv response="401" auth="true"/>\n'
        + _send(_OTHER.format(number=number, method="ACK", turn=1), again=False)
        + _send(_INVITE.format(number=number, turn=2, login=login))
        + '<recv response="100" optional="true"/>\n<recv response="180" optional="true"/>\n<recv response="200"/>\n'
        + _send(_OTHER.format(number=number, method="ACK", turn=2), again=False)
        + "<pause/>\n"
        + _send(_OTHER.format(number=number, method="BYE", turn=3))
        + '<recv response="200"/>\n</scenario>\n'
    )


class Calls:
    """So many calls at once to the echo of a PBX, each of so many seconds."""

    def __init__(self, folder: Path, node: PbxNode, login: tuple[str, str], count: int, seconds: float) -> None:
        folder.mkdir(parents=True)
        number, password = login
        scenario, self._screen = folder / "echo.xml", folder / "screen"
        scenario.write_text(_scenario(number))
        address, port = node.sip_address
        argv = ["sipp", f"{address}:{port}", "-sf", str(scenario), "-s", "*43", "-au", number, "-ap", password]
        argv += ["-i", address, "-p", str(free_port(address, 6060)), "-mi", address, "-nostdin", "-m", str(count)]
        argv += ["-l", str(count), "-r", str(count), "-d", str(int(seconds * 1000)), "-timeout", "120"]
        self._child = Child(argv, self._screen, cwd=folder, environment={"TERM": "dumb"})

    def over(self) -> bool:
        """Tell whether the last of them has ended."""
        return self._child.ended() is not None

    def successful(self) -> int:
        """Return how many were answered, stood for their whole time, and were hung up by the caller."""
        found = re.findall(r"Successful call\s*\|\s*\d+\s*\|\s*(\d+)", self._screen.read_text(errors="replace"))
        return int(found[-1]) if found else 0

    def close(self) -> None:
        """End what is left."""
        self._child.kill()


def calls_of(node: PbxNode) -> int:
    """Return how many calls Asterisk has in progress."""
    found = re.search(r"(\d+) active call", node.cli("core show channels count"))
    return int(found[1]) if found else -1
