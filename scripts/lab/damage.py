"""Bad changes that an administrator makes by accident, and that only Asterisk itself notices."""

from scripts.lab.freepbx import CUSTOM_ENDPOINTS
from scripts.lab.node import PbxNode

_FILE = "pjsip.endpoints.conf"


def break_endpoints(node: PbxNode) -> str:
    """Give one endpoint an option that does not exist, and another a codec that does not; return it in words.

    Both are well-formed, so no static check can refuse them; Asterisk answers Success to the reload and keeps its
    old copy of both until its next start, when they would be gone.
    """
    path = node.etc / _FILE
    text = path.read_text(encoding="utf-8")
    broken = with_bad_options(text)
    path.write_text(broken, encoding="utf-8")
    return "an endpoint with an unknown option and one with an unknown codec"


def with_bad_options(text: str) -> str:
    """Return the endpoints with one bad option in the second and one in the last; raise ValueError below three."""
    sections = text.split("type = endpoint\n")
    if len(sections) < 4:
        raise ValueError("at least three endpoints are needed")
    sections[2] = "colour = blue\n" + sections[2]
    sections[-1] = sections[-1].replace("allow = ", "allow = morse,", 1)
    return "type = endpoint\n".join(sections)


def break_custom_endpoints(node: PbxNode) -> str:
    """Do the same where FreePBX lets administrators add to the endpoints that it generates; return it in words."""
    path = node.etc / CUSTOM_ENDPOINTS
    broken = "[2002](+)\ncolour = blue\n\n[2100](+)\nallow = morse\n"
    path.write_text(path.read_text(encoding="utf-8") + broken, encoding="utf-8")
    return f"an unknown option and an unknown codec in {CUSTOM_ENDPOINTS}"
