"""What belongs to one host only: addresses, ports, secrets and folders; every one of these files is protected."""

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Where one generated PBX lives; `address` is a loopback address, ports are free on it."""

    name: str
    address: str
    ami_port: int = 5038
    sip_port: int = 5060
    http_port: int = 8088
    rtp_start: int = 10000
    ami_user: str = "pbxsync"
    ami_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)


AMI_CLASSES = "system,config,reporting"
"""What the product needs to log in with; neither `command` nor `originate`. It reads `call` as well: who calls."""


def host_files(host: HostFacts) -> dict[str, str]:
    """Return the texts by file name below the configuration folder."""
    return {
        "manager.conf": (
            f"[general]\nenabled = yes\nwebenabled = no\nport = {host.ami_port}\nbindaddr = {host.address}\n"
            "displayconnects = no\ntimestampevents = yes\n#include manager_custom.conf\n"
        ),
        "manager_custom.conf": (
            f"[{host.ami_user}]\nsecret = {host.ami_secret}\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.0/255.0.0.0\n"
            f"read = {AMI_CLASSES},call\nwrite = {AMI_CLASSES}\nwritetimeout = 5000\n"
        ),
        "http_custom.conf": f"enabled = yes\nbindaddr = {host.address}\nbindport = {host.http_port}\n",
        "rtp_custom.conf": f"rtpstart = {host.rtp_start}\nrtpend = {host.rtp_start + 999}\n",
        "udptl_custom.conf": f"udptlstart = {host.rtp_start - 6000}\nudptlend = {host.rtp_start - 5001}\n",
        "pjsip.transports_custom.conf": (
            f"[transport-udp]\ntype = transport\nprotocol = udp\nbind = {host.address}:{host.sip_port}\n\n"
            f"[transport-tcp]\ntype = transport\nprotocol = tcp\nbind = {host.address}:{host.sip_port}\n"
        ),
    }


def asterisk_conf(folders: dict[str, str], name: str) -> str:
    """Return asterisk.conf with these `ast...dir` folders; `name` becomes the system name."""
    lines = "".join(f"{key} => {value}\n" for key, value in folders.items())
    options = f"systemname = {name}\ndefaultlanguage = en_US\nverbose = 3\nhideconnect = yes\nnocolor = yes\n"
    return f"[directories]\n{lines}\n[options]\n{options}"
