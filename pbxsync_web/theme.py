"""Light or dark: as the device likes it, unless whoever sits at it has chosen; kept in a cookie of that browser."""

from flask import Flask, Response, current_app, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

COOKIE = "pbxsync_theme"
THEMES: dict[str, LazyString] = {"auto": _l("As this device"), "light": _l("Light"), "dark": _l("Dark")}
_SECONDS = 365 * 86400


def install(app: Flask) -> None:
    """Tell every page which one was chosen."""
    app.context_processor(lambda: {"theme": chosen(), "themes": THEMES})


def chosen() -> str:
    """Return "light", "dark", or "auto" where nothing was chosen."""
    asked = request.cookies.get(COOKIE, "")
    return asked if asked in THEMES else "auto"


def remember(answer: Response, theme: str) -> None:
    """Keep the choice in the browser, beside and not inside the session: it holds before the next login too."""
    config = current_app.config
    answer.set_cookie(
        COOKIE,
        theme,
        max_age=_SECONDS,
        path=config["SESSION_COOKIE_PATH"],
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )
