"""Finds what changes a file system in a source text; making one of our own folders by its path is allowed."""

import ast
from collections.abc import Iterator

_PATH_WRITERS = {"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "unlink", "rmdir"}
_OS_WRITERS = {
    *("rename", "replace", "link", "symlink", "unlink", "remove", "rmdir", "mkdir", "truncate"),
    *("ftruncate", "mknod", "mkfifo", "removedirs", "renames"),
}
_FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"}
_TREES = {"rmtree", "copy", "copy2", "copyfile", "copytree", "move", "copyfileobj"}


def writes(source: str) -> list[str]:
    """Return `line: what` for each call that changes a file system."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [f"{call.lineno}: {what}" for call in calls for what in _reasons(call)]


def _reasons(call: ast.Call) -> Iterator[str]:
    owner, name = _called(call)
    if name in ("open", "fdopen") and owner != "os" and _opens_for_writing(call, 0 if owner else 1):
        yield f"{name}() for writing"
    if owner == "os" and name == "fdopen" and _opens_for_writing(call, 1):
        yield "os.fdopen() for writing"
    if owner == "os" and name == "open" and _FLAGS & _names(call):
        yield "os.open() for writing"
    if owner == "os" and name in _OS_WRITERS:
        yield f"os.{name}()"
    if owner == "shutil" and name in _TREES:
        yield f"shutil.{name}()"
    if owner not in ("os", "self", "disk", "_disk") and name in _PATH_WRITERS:
        yield f".{name}()"


def _called(call: ast.Call) -> tuple[str, str]:
    match call.func:
        case ast.Name(id=name):
            return "", name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return owner, name
        case ast.Attribute(value=ast.Attribute(attr=owner), attr=name):
            return owner, name
        case ast.Attribute(attr=name):
            return "?", name
        case _:
            return "", ""


def _opens_for_writing(call: ast.Call, position: int) -> bool:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[position : position + 1]
    return any(isinstance(one, ast.Constant) and set(str(one.value)) & set("wax+") for one in given)


def _names(call: ast.Call) -> set[str]:
    return {node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)}
