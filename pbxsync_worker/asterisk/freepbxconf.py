"""/etc/freepbx.conf, a PHP program, read for its plain assignments and never executed.

Strict: what is not `$amp_conf['NAME'] = 'text';` is no value, and a value that PHP would have to compute is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pbxsync_worker.core.model.errors import Invalid, Unsupported
from pbxsync_worker.core.model.sentence import say

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*")
      | (?P<end>;)
      | (?P<code>[^\s;'"\#/]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_STARTS = re.compile(r"^(?:\?>|<\?php|<\?)+")
_NUMBER = re.compile(r"\$amp_conf\[S\]=(\d{1,10})")
_INCLUDE = re.compile(r"@?(?:require|include)(?:_once)?\(?S\)?")
_BOOTSTRAP = "/admin/bootstrap.php"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "$": "$", '"': '"'}
_COMPUTED = "01234567xuevf"
_NEEDED = ("AMPDBUSER", "AMPDBPASS", "AMPDBNAME")
_ENGINES = ("mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class Login:
    """How FreePBX reaches its databases.

    host, port: of the server, port 0 for its default; socket: path, "" for none; database: FreePBX's own; records:
    the database of call records.
    """

    user: str
    password: str = field(repr=False)
    database: str
    host: str = "localhost"
    port: int = 0
    socket: str = ""
    records: str = "asteriskcdrdb"


@dataclass(frozen=True, slots=True)
class FreePbxConf:
    """values: of `$amp_conf`; web_root: folder that holds `admin`, "" where the file does not tell."""

    values: Mapping[str, str] = field(repr=False)
    web_root: str = ""

    def login(self) -> Login:
        """Return the log-in of the databases; raise Invalid where one is missing, Unsupported for another engine."""
        missing = [name for name in _NEEDED if not self.values.get(name)]
        if missing:
            raise Invalid(what="freepbx.conf", problems=say("{names} not set", names=", ".join(missing)))
        engine = self.values.get("AMPDBENGINE") or _ENGINES[0]
        if engine not in _ENGINES:
            raise Unsupported(
                what=say("A database of the kind {engine}", engine=engine),
                reason=say("only MySQL and MariaDB are known"),
            )
        port = self.values.get("AMPDBPORT") or "0"
        if not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise Invalid(what="freepbx.conf", problems=say("AMPDBPORT is not a port"))
        user, password, database = (self.values[name] for name in _NEEDED)
        return Login(
            user=user, password=password, database=database,
            host=self.values.get("AMPDBHOST") or "localhost",
            port=int(port),
            socket=self.values.get("AMPDBSOCK", ""),
            records=self.values.get("CDRDBNAME") or "asteriskcdrdb",
        )  # fmt: skip


def parse_freepbx_conf(text: str) -> FreePbxConf:
    """Read the file; raise Invalid where a value is set in a way that only PHP could tell."""
    values: dict[str, str] = {}
    web_root = ""
    for shape, texts in _statements(text):
        number = _NUMBER.fullmatch(shape)
        if shape == "$amp_conf[S]=S":
            values[_plain(texts[0])] = _plain(texts[1])
        elif number:
            values[_plain(texts[0])] = number[1]
        elif "$amp_conf" in shape:
            raise Invalid(
                what="freepbx.conf", problems=say("a value of $amp_conf is computed: {shape}", shape=shape[:60])
            )
        elif _INCLUDE.fullmatch(shape):
            path = _plain(texts[0])
            web_root = path.removesuffix(_BOOTSTRAP) if path.endswith(_BOOTSTRAP) else web_root
    return FreePbxConf(values, web_root)


def _statements(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each statement as its code, with S for every text, and the texts as they are written."""
    code = ""
    texts: list[str] = []
    for token in _TOKEN.finditer(text):
        kind, part = token.lastgroup, token[0]
        if kind == "end":
            yield _STARTS.sub("", code), texts
            code, texts = "", []
        elif kind == "text":
            code += "S"
            texts.append(part)
        elif kind == "code":
            code += part
    yield _STARTS.sub("", code), texts


def _plain(written: str) -> str:
    """Return what a text of PHP says; raise Invalid where it holds a variable or a number of a letter."""
    inside = written[1:-1]
    if written[0] == "'":
        return re.sub(r"\\([\\'])", r"\1", inside)
    if re.search(r"(?<!\\)(?:\\\\)*(?:\$[A-Za-z_{]|\{\$)", inside) or re.search(
        rf"(?<!\\)(?:\\\\)*\\[{_COMPUTED}]", inside
    ):
        raise Invalid(what="freepbx.conf", problems=say("a text in double quotes is computed"))
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), inside, flags=re.DOTALL)
