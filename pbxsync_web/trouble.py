"""Pages for whatever went wrong: what happened, what to do, and the code that log and API show as well."""

import logging
import secrets

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from pbxsync_web.present import told
from pbxsync_worker.core.model.errors import Bug, Invalid, NotAllowed, NotFound, PbxSyncError, Retry, TokenRefused

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every error of the app."""
    app.register_error_handler(PbxSyncError, _ours)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def status_of(error: PbxSyncError) -> int:
    """Return the HTTP status of one of our errors."""
    kinds: tuple[tuple[type[PbxSyncError], int], ...] = (
        (NotFound, 404),
        (TokenRefused, 401),
        (NotAllowed, 403),
        (Invalid, 400),
        (Retry, 503),
        (Bug, 500),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), 409)


def _ours(error: PbxSyncError) -> Response:
    if isinstance(error, Bug):
        log.error("a promise of our own code was broken", exc_info=error)
    advice = gettext(error.remedy).format(**error.fields) if error.remedy else ""
    return _page(status_of(error), told(error.told), advice, error.code)


def _expired(error: CSRFError) -> Response:
    log.warning("a form came without its token", extra={"why": error.description, "path": request.path})
    advice = _("Go back, load the page again and repeat what you did. Nothing was changed.")
    return _page(400, _("This form has expired"), advice, "form-expired")


def _http(error: HTTPException) -> Response:
    sentences = {
        401: _("Nobody is logged in"),
        404: _("There is no such page"),
        405: _("This page cannot be used in that way"),
        413: _("This is more than a form may hold"),
    }
    status = error.code or 500
    answer = _page(status, sentences.get(status, error.name), "", f"http-{status}")
    if status == 405 and (allowed := error.get_response().headers.get("Allow")):
        answer.headers["Allow"] = allowed
    return answer


def _unknown(error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error("a page failed", exc_info=error, extra={"incident": number, "path": request.path})
    advice = _("The log of the web admin says more under the number %(number)s.", number=number)
    return _page(500, _("Something unexpected happened"), advice, "bug")


def _page(status: int, sentence: str, advice: str, code: str) -> Response:
    if request.path.startswith("/api/"):
        answer = jsonify(error=code, sentence=sentence, remedy=advice)
        answer.status_code = status
        return answer
    return make_response(render_template("error.html", sentence=sentence, advice=advice, code=code), status)
