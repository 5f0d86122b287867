"""A letter as a mail (RFC 5322): one recipient, plain and HTML, nothing remote; no value can become a second header."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from pbxsync_worker.alerts.render import Renderer
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.model.letter import Letter
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.model.subscription import is_address

# Not every server takes more than ASCII in a text.
_POLICY = SMTP.clone(cte_type="7bit")
_LONGEST_SUBJECT = 250


def build(letter: Letter, sender: str, renderer: Renderer) -> EmailMessage:
    """Return the mail of a letter, the same one however often it is asked for; raise Invalid for a bad address."""
    for name, address in (("sender", sender), ("recipient", letter.to)):
        if not is_address(address):
            raise Invalid(what=name, problems=say("{address} is not one mail address", address=repr(address)))
    told = renderer.tell(letter)
    user, _at, domain = sender.rpartition("@")
    message = EmailMessage(_POLICY)
    message["From"] = Address(header_text(f"PBXSync {renderer.host.name}"), user, domain)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = header_text(told.subject)
    message["Date"] = datetime.fromtimestamp(int(letter.made_at), UTC)
    message["Message-ID"] = f"<{_token(letter.message_id)}>"
    if letter.thread:
        message["In-Reply-To"] = message["References"] = f"<{_token(letter.thread)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-PBXSync-Alerts"] = str(len(letter.alerts))
    message.set_content(told.text)
    message.add_alternative(told.html, subtype="html")
    boundary = f"=-{letter.message_id.partition('@')[0]}"
    message.set_boundary(boundary)  # not by chance, so that a letter that is sent again is the same one
    return message


def header_text(text: str) -> str:
    """Return a text as one line: names come from other hosts and files, and no one of them may begin a new header."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    line = line.replace("=?", "= ?")  # what looks encoded already (RFC 2047) would be decoded by whoever reads it
    return line if len(line) <= _LONGEST_SUBJECT else f"{line[: _LONGEST_SUBJECT - 1]}…"


def _token(text: str) -> str:
    if not is_address(text):
        raise Invalid(what="Message-ID", problems=say("{text} is not usable", text=repr(text)))
    return text
