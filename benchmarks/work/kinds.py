"""The kinds of change a PBX really makes: what K0 to K5 do to the work."""

import os
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.work import astdb
from benchmarks.work.audio import Voice
from benchmarks.work.config import EDITED
from benchmarks.work.media import BEGAN, message
from benchmarks.work.tree import put

CHANGED = BEGAN + 1_000_000
PHONE = 1234
REWRITTEN = 120
_EDITS, _MESSAGES = 34, 50


def change(kind: str, root: Path, seed: int) -> None:
    """Change the work below `root` as its kind says; another seed makes other contents. K0 and K4 change nothing."""
    source = random.Random(f"{kind}-{seed}")
    for act in _ACTS[kind]:
        act(root, source)


def _edit_extension(root: Path, source: random.Random) -> None:
    """Edit one extension: six configuration files."""
    mark, phone = f"{source.getrandbits(64):016x}", PHONE
    etc = root / "etc-asterisk"
    added = f"exten => {phone},n,NoOp(changed {mark})"
    _rewrite(etc / EDITED[0], rf"^(exten => {phone},1,.*)$", rf"\1\n{added}")
    _rewrite(etc / EDITED[1], rf"^callerid=.* <{phone}>$", f"callerid=Renamed {mark} <{phone}>")
    _rewrite(etc / EDITED[2], rf"^password=.*\nusername={phone}$", f"password={mark}{mark}\nusername={phone}")
    _rewrite(etc / EDITED[3], rf"^(mailboxes={phone}@default\nmax_contacts)=\d+$", rf"\1={3 + source.randrange(90)}")
    _rewrite(etc / EDITED[4], rf"^{phone} => [^,]*,[^,]*,[^,]*", f"{phone} => 7777,Renamed,{mark}@pbx.example")
    queue = f"[699]\nstrategy=ringall\nmember=Local/{phone}@from-queue/n,0,Renamed {mark},hint:{phone}@ext-local\n"
    _rewrite(etc / EDITED[5], r"\Z", queue)


def _rewrite(path: Path, pattern: str, replacement: str) -> None:
    text = path.read_text(encoding="utf-8")
    new, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    if not count:
        raise ValueError(f"{path} holds nothing like {pattern}")
    path.write_text(new, encoding="utf-8")
    os.utime(path, (CHANGED, CHANGED))


def _apply_config(root: Path, _source: random.Random) -> None:
    """Rewrite 120 generated files with the same content, as FreePBX's Apply Config does."""
    names = sorted(path.name for path in (root / "etc-asterisk").iterdir() if path.name not in EDITED)
    for name in names[:REWRITTEN]:
        path = root / "etc-asterisk" / name
        content = path.read_bytes()
        path.write_bytes(content)
        os.utime(path, (CHANGED, CHANGED))


def _edit_more(root: Path, source: random.Random) -> None:
    """Edit three lines in each of 34 more configuration files."""
    others = sorted(path for path in (root / "etc-asterisk").iterdir() if path.name not in EDITED)
    for path in source.sample(others, _EDITS):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for _ in range(3):
            lines[source.randrange(min(8, len(lines) - 1), len(lines))] = f"edited={source.getrandbits(56):014x}\n"
        path.write_text("".join(lines), encoding="utf-8")
        os.utime(path, (CHANGED, CHANGED))


def _remove_messages(root: Path, source: random.Random) -> None:
    """Remove 50 messages; Asterisk closes each gap by renumbering what follows."""
    boxes = [box for box in _boxes(root) if len(list(box.glob("*.txt"))) > 1]
    for box in source.sample(boxes, _MESSAGES):
        count = len(list(box.glob("*.txt")))
        gone = source.randrange(count)
        for ending in ("wav", "txt"):
            (box / f"msg{gone:04d}.{ending}").unlink()
            for number in range(gone + 1, count):
                (box / f"msg{number:04d}.{ending}").rename(box / f"msg{number - 1:04d}.{ending}")


def _add_messages(root: Path, source: random.Random) -> None:
    voice = Voice(f"new-{source.getrandbits(64)}")
    for at, box in enumerate(source.sample(_boxes(root), _MESSAGES)):
        path = f"msg{len(list(box.glob('*.txt'))):04d}"
        put(box, message(path, int(box.parent.name), CHANGED + at, source, voice))


def _boxes(root: Path) -> Sequence[Path]:
    return sorted(root.glob("voicemail/default/*/INBOX"))


def _insert(root: Path, source: random.Random) -> None:
    """Insert 64 KiB at the head of the large file."""
    path = root / "recordings.bin"
    content = path.read_bytes()
    path.write_bytes(source.randbytes(2**16) + content)
    os.utime(path, (CHANGED, CHANGED))


def _move_folder(root: Path, source: random.Random) -> None:
    """Rename the folder of 300 announcements."""
    sounds = root / "sounds"
    (sounds / "custom-ivr").rename(sounds / f"custom-ivr-{source.getrandbits(32):08x}")


def _set_keys(root: Path, source: random.Random) -> None:
    """Set three keys of one extension in AstDB."""
    user, mark = f"/AMPUSER/{PHONE}", f"{source.getrandbits(32):08x}"
    pairs = [(f"{user}/cidname", f"Renamed {mark}"), (f"{user}/ringtimer", mark), (f"{user}/voicemail", f"novm{mark}")]
    astdb.write(root / "astdb.sqlite3", pairs)


_Act = Callable[[Path, random.Random], None]
_ACTS: dict[str, tuple[_Act, ...]] = {
    "K0": (),
    "K0M": (),
    "K1": (_edit_extension,),
    "K1R": (_edit_extension, _apply_config),
    "K2": (_edit_extension, _edit_more, _remove_messages, _add_messages),
    "K3": (_insert,),
    "K4": (),
    "K5": (_move_folder,),
    "A1": (_set_keys,),
}
