"""The forms of pairing: what two hosts will be to each other, and the one-time code."""

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pbxsync_web.forms import Refused
from pbxsync_worker.core.model.wish import Give, JoinHost, OfferPairing

_MOST = 4096


def read_offer(form: MultiDict[str, str]) -> OfferPairing | Refused:
    """Return the wish for a one-time code."""
    problems: dict[str, str] = {}
    give = _give(form, problems)
    return Refused(problems) if problems else OfferPairing(give)


def read_join(form: MultiDict[str, str]) -> JoinHost | Refused:
    """Return the wish to use a code of another host."""
    problems: dict[str, str] = {}
    give = _give(form, problems)
    code = "".join(form.get("code", "").split())
    if not code or len(code) > _MOST or not code.isascii() or not code.isprintable():
        problems["code"] = _("Copy the whole code that the other host shows.")
    return Refused(problems) if problems else JoinHost(code, give)


def _give(form: MultiDict[str, str], problems: dict[str, str]) -> Give:
    try:
        return Give(form.get("give", ""))
    except ValueError:
        problems["give"] = _("Choose what the two hosts will be to each other.")
        return Give.BOTH
