"""The OpenAPI 3.1 document of the API, made from the declarations of its endpoints."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from flask import url_for

from pbxsync_web.api.endpoint import ENDPOINTS, NUMBERS, Endpoint, endpoint
from pbxsync_web.api.values import Problem

_REF = "#/components/schemas/{name}"
_ABOUT = """Times are seconds since 1970. Identities of hosts are SHA-256 digests in hex. Whoever wants to change
something sends a token (`Authorization: Bearer pbxsync_...`); a session of the web admin may read."""


@endpoint("GET /openapi.json", dict[str, Any], role=None)
def openapi() -> dict[str, Any]:
    """Give this document."""
    return document(ENDPOINTS, url_for("api.get_health").removesuffix("/health"))


def document(endpoints: Iterable[Endpoint], base: str) -> dict[str, Any]:
    """Return the document; base: where the API is mounted."""
    known = sorted(endpoints, key=lambda one: (one.path, one.method))
    kinds = [kind for one in known for kind in (one.answer, one.body) if kind is not None]
    _schemas, components = msgspec.json.schema_components([*kinds, Problem], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in known:
        paths.setdefault(_open_path(one.path), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "PBXSync", "version": "1", "description": _ABOUT},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "security": [] if one.role is None else [{"token": []}],
        "parameters": [*_parts(one.path), *({**_parameter(*pair), "in": "query"} for pair in one.query)],
        "responses": {str(one.status): _content("done", _schema(one.answer)), **_refusals(one)},
    }
    if one.role is not None:
        said["description"] = f"Needs the role {one.role.value}."
    if one.body is not None:
        said["requestBody"] = {"required": True, **_content("", _schema(one.body))}
        del said["requestBody"]["description"]
    return said


def _refusals(one: Endpoint) -> dict[str, Any]:
    statuses = {HTTPStatus.SERVICE_UNAVAILABLE}
    if one.body is not None or one.query or one.method == "PUT":
        statuses.add(HTTPStatus.BAD_REQUEST)
    if one.role is not None:
        statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if "<" in one.path or one.body is not None:  # a body may name what is not there, too
        statuses.add(HTTPStatus.NOT_FOUND)
    if one.method != "GET":
        statuses |= {HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    problem = {"$ref": _REF.format(name="Problem")}
    return {str(int(status)): _content(status.phrase, problem) for status in sorted(statuses)}


def _content(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _schema(kind: Any) -> Any:
    (schema,), _components = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema


def _open_path(path: str) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", path)


def _parts(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"<(\w+)>", path)
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in names
    ]


def _parameter(name: str, meaning: str) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {"before": {"type": "number", "minimum": 0}}
    kinds |= {one: {"type": "integer", "minimum": low, "maximum": high} for one, (low, high) in NUMBERS.items()}
    return {"name": name, "description": meaning, "schema": kinds.get(name, {"type": "string"})}
