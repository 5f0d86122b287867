"""Logging: one JSON object per line, the run id on every line of a run, secrets removed."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_RUN: ContextVar[str] = ContextVar("run", default="")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_NAMES = r"(?:secret|password|passwd|passphrase|md5_cred|dbpass|_pass|\bpass|\bpin)"
_SECRET = re.compile(rf"""(?i)({_NAMES}\\?["']?[ \t]*(?:=>?|:)[ \t]*)("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s;]+)""")
_SECRET_KEY = re.compile(f"(?i){_NAMES}$")
_LOGIN = re.compile(r"(://[^/\s:@]*:)[^@\s/]+@")


@contextmanager
def about_run(run: str) -> Iterator[None]:
    """Put a run id on every line logged inside."""
    token = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(token)


def without_secrets(text: str) -> str:
    """Return the text with the values of secret=, password= and the like, and passwords in URLs, replaced by ***."""
    return _LOGIN.sub(r"\1***@", _SECRET.sub(r"\1***", text))


def _cleaned(value: object) -> object:
    """Return a value for a log line; before it becomes JSON, because its escapes would hide where a secret ends."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): "***" if _SECRET_KEY.search(str(key)) else _cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(one) for one in value]
    return without_secrets(str(value))


class JsonLines(logging.Formatter):
    """A fixed sentence plus keys: {"at", "level", "say", "run", ...}."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "say": record.getMessage(),
        }
        if _RUN.get():
            line["run"] = _RUN.get()
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(_cleaned(line), ensure_ascii=False)


def set_up(level: str = "INFO") -> None:
    """Send our log lines to standard error, where the service manager keeps them."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
