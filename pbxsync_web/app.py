"""Joins the pages, the access rules, the languages and the error pages into one Flask app."""

import gzip
import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from pbxsync_web import access, api, items, keys, language, menu, present, steps, theme, trouble
from pbxsync_web.pages import BLUEPRINTS
from pbxsync_web.parts import Parts

_PACKAGE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_YEAR = 31536000


def create_app(parts: Parts) -> Flask:
    """Return the web admin of one host."""
    app = Flask(__name__, template_folder=str(_folder("templates")), static_folder=str(_folder("static")))
    settings = parts.settings
    app.config.update(
        SECRET_KEY=keys.session_key(parts),
        SESSION_COOKIE_NAME="pbxsync",
        SESSION_COOKIE_PATH=settings.url_prefix or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=access.SESSION_SECONDS,
        WTF_CSRF_TIME_LIMIT=None,  # the session's own life limits it
        MAX_CONTENT_LENGTH=2**20,
        MAX_FORM_PARTS=2000,
        SEND_FILE_MAX_AGE_DEFAULT=_YEAR,  # every link to a file carries its digest
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["pbxsync"] = parts
    keys.offer_setup(parts)
    access.install(app)
    language.install(app)
    present.install(app)
    items.install(app)
    menu.install(app)
    steps.install(app)
    theme.install(app)
    trouble.install(app)
    for one in (*BLUEPRINTS, api.page):
        app.register_blueprint(one)
    app.context_processor(_everywhere)
    app.after_request(_protect)
    if settings.url_prefix:
        # Only behind our own proxy are these headers the proxy's; elsewhere anybody could write them.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    return app


def _folder(name: str) -> Path:
    """Return templates/ or static/: inside the installed package, else beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def asset(name: str) -> str:
    """Return the address of a static file; its digest makes browsers fetch a new version at once."""
    return url_for("static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.blake2b((_folder("static") / name).read_bytes(), digest_size=6).hexdigest()


def _everywhere() -> dict[str, object]:
    return {
        "asset": asset,
        "may": access.may,
        "somebody": access.somebody(),
        "language": language.chosen(),
        "languages": language.LANGUAGES,
    }


def _protect(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    if request.endpoint != "static":
        answer.headers["Cache-Control"] = "no-store"
    elif answer.status_code == HTTPStatus.OK:
        _shorten(answer, str((request.view_args or {}).get("filename", "")))
    return answer


def _shorten(answer: Response, name: str) -> None:
    """Send a text file of ours compressed. Pages are not: they hold what a stranger could guess by its length."""
    if not name.endswith((".css", ".js", ".svg")):
        return
    answer.vary.add("Accept-Encoding")
    if request.method == "GET" and "Range" not in request.headers and request.accept_encodings["gzip"]:
        answer.close()  # the file that it would have read
        answer.direct_passthrough = False
        answer.set_data(_compressed(name))
        answer.content_encoding = "gzip"
        answer.headers.pop("ETag", None)  # it names the bytes as they lie on the disk


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress((_folder("static") / name).read_bytes(), mtime=0)
