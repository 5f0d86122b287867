"""What an operating system error means to the caller of the files dataset; translated once, here and in act.py."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pbxsync_worker.core.model.errors import NoSpace, Unsupported


@contextmanager
def foreign(what: str) -> Iterator[None]:
    """Translate OSErrors: NoSpace where the disk is full, else Unsupported."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(path=what, free=0, needed="more") from error
        raise Unsupported(what=what, reason=os.strerror(error.errno or errno.EIO)) from error
