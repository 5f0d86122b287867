"""Voicemail messages in the dataset form: of which mailboxes, and what happens to those that the source lacks."""

from flask_babel import gettext as _

from pbxsync_web.forms.choices import read_choice, read_pattern
from pbxsync_web.forms.parts import Form, Repeated
from pbxsync_worker.core.model.dataset import DeletePolicy, MessageSet

MESSAGES = Repeated("messages", 20, ("msgbox", "msgcontext", "msggone"))


def to_form(messages: tuple[MessageSet, ...], form: Form) -> None:
    """Write message sets into a form."""
    form[MESSAGES.counted] = str(len(messages))
    for at, one in enumerate(messages):
        form[f"msgbox-{at}"], form[f"msgcontext-{at}"], form[f"msggone-{at}"] = one.box, one.context, one.delete


def read(form: Form, problems: dict[str, str]) -> tuple[MessageSet, ...]:
    """Return the message sets that a form describes."""
    return tuple(_read_one(form, at, problems) for at in range(MESSAGES.count(form)))


def _read_one(form: Form, at: int, problems: dict[str, str]) -> MessageSet:
    context, box = (_part(form, f"{stem}-{at}", problems) for stem in ("msgcontext", "msgbox"))
    gone = read_choice(DeletePolicy, form.get(f"msggone-{at}", ""), DeletePolicy.KNOWN, problems, f"msggone-{at}")
    return MessageSet(context, box, gone)


def _part(form: Form, name: str, problems: dict[str, str]) -> str:
    text = form.get(name, "").strip()
    if not text or "/" in text or not text.isprintable() or len(text) > 80:
        problems[name] = _("Write a pattern without a slash; * takes all.")
    else:
        read_pattern(text, problems, name)
    return text
