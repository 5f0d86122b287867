"""How few bytes could bring one tree to another: what a sender would send who knew everything the target has."""

import os
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import zstandard


def lower_bound(base: Path, changed: Path, leave_out: tuple[str, ...] = ()) -> int:
    """Return the bytes of new contents: patched from what was at the same path, else compressed; moves cost nothing."""
    old, new = _digests(base, leave_out), _digests(changed, leave_out)
    known = set(old.values())
    fresh = {digest: name for name, digest in new.items() if digest not in known}
    return sum(_cost((changed / name).read_bytes(), base / name) for name in fresh.values())


def _digests(root: Path, leave_out: tuple[str, ...]) -> Mapping[str, bytes]:
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            below = str(path.relative_to(root))
            if not below.startswith(leave_out):
                found[below] = blake2b(path.read_bytes(), digest_size=32).digest()
    return found


def _cost(content: bytes, before: Path) -> int:
    whole = len(zstandard.compress(content, 3))
    if not before.exists():
        return whole
    old = before.read_bytes()
    known = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    # The window must reach back over the whole of the old content.
    wide = max(20, (len(content) + len(old)).bit_length())
    settings = zstandard.ZstdCompressionParameters.from_level(9, window_log=min(27, wide), enable_ldm=True)
    patch = zstandard.ZstdCompressor(dict_data=known, compression_params=settings).compress(content)
    return min(whole, len(patch))
