"""English and Spanish: which one a person reads, and the catalogs, compiled into memory when the app starts."""

from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request, session
from flask_babel import Babel, Domain, get_locale

from pbxsync_web.access import somebody

LANGUAGES = {"en": "English", "es": "Español"}
FOLDER = Path(__file__).parent / "translations"


class Catalogs(Domain):  # type: ignore[misc]  # flask_babel has no types
    """The committed .po files; no .mo file has to be built, shipped or kept fresh."""

    def __init__(self) -> None:
        super().__init__()
        self._compiled = {code: _compiled(FOLDER / code / "LC_MESSAGES" / "messages.po") for code in ("es",)}

    def get_translations(self) -> NullTranslations:
        """Return the catalog of the language of this request; English is what stands in the source."""
        return self._compiled.get(chosen(), NullTranslations())


def install(app: Flask) -> None:
    """Give the app its languages; `?lang=es` on any page chooses one for the session."""
    babel = Babel(app, locale_selector=_select)
    babel.domain_instance = Catalogs()


def chosen() -> str:
    """Return the language of this request, "en" or "es"."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


def _select() -> str:
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["language"] = asked
    person = somebody()
    for code in (session.get("language", ""), person.language if person else ""):
        if code in LANGUAGES:
            return str(code)
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def _compiled(path: Path) -> Translations:
    with path.open("rb") as file:
        catalog = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
