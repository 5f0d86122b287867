"""One endpoint of the API, declared once: its route, who may use it, what it takes and what it answers.

The OpenAPI document is made from the same declarations, so it cannot say anything else than what is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Response, request

from pbxsync_web import access
from pbxsync_web.credentials import need_strong
from pbxsync_web.forms import NAME, RESERVED, Refused
from pbxsync_worker.core.model.errors import Invalid, NotFound
from pbxsync_worker.core.model.sentence import say
from pbxsync_worker.core.store.people import Role

page = Blueprint("api", __name__, url_prefix="/api/v1")
T = TypeVar("T")
View = Callable[..., Any]
_MARKS: dict[Role, Callable[[View], View]] = {
    Role.VIEWER: lambda view: view,
    Role.OPERATOR: access.operator,
    Role.ADMIN: access.admin,
}
NUMBERS = {"limit": (1, 200), "before_line": (0, 10**9)}
"""Parameters that are whole numbers: their lowest and highest value."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an endpoint promises.

    path: with `<name>` for parts that vary; role: None for everybody; body: what it takes as JSON; query: names and
    meanings of its parameters; grave: needs what a panel's ticket alone does not give.
    """

    name: str
    method: str
    path: str
    role: Role | None
    summary: str
    answer: Any
    body: Any = None
    query: tuple[tuple[str, str], ...] = ()
    status: int = HTTPStatus.OK
    grave: bool = False


ENDPOINTS: list[Endpoint] = []


def endpoint(
    route: str,
    answer: Any,
    *,
    role: Role | None = Role.VIEWER,
    body: Any = None,
    query: tuple[tuple[str, str], ...] = (),
    status: int = HTTPStatus.OK,
    grave: bool = False,
) -> Callable[[View], View]:
    """Make a function an endpoint; route: "GET /path"; the body comes as its argument `body`."""
    method, _, path = route.partition(" ")

    def declare(view: View) -> View:
        summary = (view.__doc__ or "").strip().splitlines()[0]
        known = Endpoint(view.__name__, method, path, role, summary, answer, body, query, int(status), grave)
        ENDPOINTS.append(known)

        @wraps(view)
        def serve(**parts: str) -> Response:
            if method != "GET":
                need_strong(grave=grave)
            if body is not None:
                parts["body"] = read_body(body)
            data = msgspec.json.encode(view(**parts))
            return Response(data, status, content_type="application/json")

        marked: View = access.public(serve) if role is None else _MARKS[role](serve)
        if method == "GET":
            marked = access.quiet(marked)
        page.add_url_rule(path, f"{method.lower()}_{view.__name__}", access.signed_by_header(marked), methods=[method])
        return view

    return declare


def read_body(kind: type[T]) -> T:
    """Return the JSON of this request; raise Invalid that says where it is wrong."""
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(what="The request", problems=str(error)) from error


def accepted(read: T | Refused) -> T:
    """Return what a form has read; raise Invalid with what was wrong in which field."""
    if isinstance(read, Refused):
        said = "; ".join(f"{name}: {problem}" for name, problem in read.problems.items())
        raise Invalid(what="The request", problems=said)
    return read


def number_in(what: str, text: str) -> int:
    """Return the number that a path names; raise NotFound, since there is nothing without one."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound(what=what, name=text)
    return int(text)


def name_in(what: str, text: str) -> str:
    """Return the name that a path gives to a new thing; raise Invalid where nothing can be called so."""
    if not NAME.fullmatch(text) or text in RESERVED:
        problems = say("small letters, digits and dashes; not {reserved}", reserved=", ".join(sorted(RESERVED)))
        raise Invalid(what=say("{what} {name}", what=what, name=text[:64]), problems=problems)
    return text


def number_of(name: str, default: int) -> int:
    """Return a parameter that is a whole number within its bounds; raise Invalid."""
    lowest, highest = NUMBERS[name]
    text = request.args.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) < 11 and lowest <= int(text) <= highest:
        return int(text)
    raise Invalid(what="The request", problems=f"{name} is a whole number from {lowest} to {highest}")


def moment_of(name: str) -> float:
    """Return a parameter that is a time, seconds since 1970, 0 where it is not given; raise Invalid."""
    text = request.args.get(name, "0")
    try:
        value = float(text)
    except ValueError as error:
        raise Invalid(what="The request", problems=f"{name} is a number of seconds since 1970") from error
    if not 0 <= value < 1e11:
        raise Invalid(what="The request", problems=f"{name} is a number of seconds since 1970")
    return value
