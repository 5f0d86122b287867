"""Who may do what: login, roles, the second look at the password, idle time and the throttle, as decorators.

One guard runs before every request and reads the rule of the page; a page without a rule needs a viewer. So a page
that somebody forgets to protect is closed to strangers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from flask import Flask, Response, abort, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from pbxsync_web.credentials import sender
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.model.errors import NotAllowed, NotFound
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Person, Role

P = ParamSpec("P")
R = TypeVar("R")

IDLE_SECONDS = 1800
GUEST_IDLE_SECONDS = 600
"""Somebody who has left the panel is soon gone here as well."""
SESSION_SECONDS = 12 * 3600
FRESH_SECONDS = 300
THROTTLE_SECONDS = 300
THROTTLE_FAILURES = 5
_RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a page asks of whoever opens it.

    role: at least this, None for everybody; fresh: the password was given within FRESH_SECONDS; quiet: asked by the
    page itself, not by a person, so it keeps no session alive.
    """

    role: Role | None = Role.VIEWER
    fresh: bool = False
    quiet: bool = False


_RULES: dict[object, Rule] = {}
_SIGNED: set[Callable[..., object]] = set()


@dataclass(frozen=True, slots=True)
class Account:
    """A person as Flask-Login wants to see one."""

    person: Person
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what the session remembers; the epoch ends it when the password changes."""
        return f"{self.person.id}:{self.person.epoch}"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody open this page."""
    _RULES[view] = replace(rule_of(view), role=None)
    return view


def operator(view: Callable[P, R]) -> Callable[P, R]:
    """Let operators and administrators open this page."""
    _RULES[view] = replace(rule_of(view), role=Role.OPERATOR)
    return view


def admin(view: Callable[P, R]) -> Callable[P, R]:
    """Let only administrators open this page."""
    _RULES[view] = replace(rule_of(view), role=Role.ADMIN)
    return view


def fresh(view: Callable[P, R]) -> Callable[P, R]:
    """Ask for the password again if it was last given some minutes ago. GET and POST share one address."""
    _RULES[view] = replace(rule_of(view), fresh=True)
    return view


def signed_by_header(view: Callable[P, R]) -> Callable[P, R]:
    """Ask for no form token: who changes something here sends a header that no form can send."""
    _SIGNED.add(view)
    return view


def signed(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody open this page, which proves by itself where a request comes from."""
    _SIGNED.add(view)
    return public(view)


def quiet(view: Callable[P, R]) -> Callable[P, R]:
    """Say that the page asks for this by itself, again and again."""
    _RULES[view] = replace(rule_of(view), quiet=True)
    return view


def rule_of(view: object) -> Rule:
    """Return the rule of a view."""
    return _RULES.get(view, Rule())


def install(app: Flask) -> None:
    """Put the guard, the login and the CSRF check before every page of the app."""
    manager = LoginManager(app)
    manager.session_protection = "strong"
    manager.user_loader(_load)
    app.before_request(_guard)
    csrf = CSRFProtect(app)
    for view in _SIGNED:
        csrf.exempt(view)


def somebody() -> Person | None:
    """Return who is logged in, None for a stranger."""
    if request.blueprint == "api" and (who := sender()):
        return who.person
    return current_user.person if current_user and current_user.is_authenticated else None


def me() -> Person:
    """Return who is logged in; the guard has let nobody else in."""
    person = somebody()
    if person is None:
        raise NotAllowed(reason=_("nobody is logged in"))
    return person


def may(role: str) -> bool:
    """Tell whether whoever is logged in has at least this role."""
    person = somebody()
    return person is not None and _RANK[person.role] >= _RANK[Role(role)]


def let_in(person: Person) -> None:
    """Start a new session for somebody whose password was right, or a guest whom the panel vouches for."""
    language = session.get("language", "")
    session.clear()
    # Not a permanent session: for those Flask-Login quietly weakens its strong protection.
    login_user(Account(person))
    now = the_parts().clock.now()
    session.update(seen=now, since=now, password_at=0 if person.guest else now)
    if language:
        session["language"] = language


def let_out() -> None:
    """End the session."""
    logout_user()
    session.clear()


def throttled(name: str) -> bool:
    """Tell whether there were too many wrong passwords for this name or from this address."""
    people = the_parts().store.people
    tries = (("login-name", name), ("login-address", _address()))
    return any(people.failed(kind, who[:128], THROTTLE_SECONDS) >= THROTTLE_FAILURES for kind, who in tries)


def check_password(name: str, password: str) -> Person | None:
    """Return the person whose password this is; count, and write down, what was wrong."""
    parts = the_parts()
    person = parts.store.people.check(name, password)
    if person is None:
        parts.store.people.note_failure("login-name", name)
        parts.store.people.note_failure("login-address", _address())
        parts.store.audit.add(name, "wrong password", say("from {place}", place=_address()))
    return person


def local_page(wanted: str) -> str:
    """Return the address of one of our own pages; anything that could lead elsewhere becomes the start page."""
    good = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return request.script_root + (wanted if good else "/")


def _address() -> str:
    return request.remote_addr or "local"


def _load(identity: str) -> Account | None:
    number, _sep, epoch = identity.partition(":")
    try:
        person = the_parts().store.people.get(int(number))
    except (NotFound, ValueError):
        return None
    return Account(person) if str(person.epoch) == epoch else None


def _guard() -> AnyResponse | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    rule = rule_of(current_app.view_functions[request.endpoint])
    person = _present_person(rule)
    if rule.role is None:
        return None
    if person is None:
        return _to_login()
    if _RANK[person.role] < _RANK[rule.role]:
        raise NotAllowed(reason=_("this needs the role %(role)s", role=rule.role.value))
    if rule.fresh and the_parts().clock.now() - session.get("password_at", 0) > FRESH_SECONDS:
        if request.method == "POST":
            flash(_("Nothing was done yet. Give your password, then press the button again."), "warning")
        return redirect(url_for("login.password", next=request.path), 303)
    return None


def _present_person(rule: Rule) -> Person | None:
    person = somebody()
    if person is None or (request.blueprint == "api" and sender()):
        return person
    now = the_parts().clock.now()
    idle = GUEST_IDLE_SECONDS if person.guest else IDLE_SECONDS
    if now - session.get("seen", 0) > idle or now - session.get("since", 0) > SESSION_SECONDS:
        let_out()
        return None
    # Not on every request: rewriting the cookie more often than needed lets parallel answers overtake each other.
    if not rule.quiet and now - session["seen"] > IDLE_SECONDS / 60:
        session["seen"] = now
    return person


def _to_login() -> AnyResponse:
    if request.blueprint == "api":
        abort(401)
    empty = the_parts().store.people.count() == 0
    target = url_for("setup.first") if empty else url_for("login.login", next=request.path)
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": url_for("login.login")})
    return redirect(target, 303)
