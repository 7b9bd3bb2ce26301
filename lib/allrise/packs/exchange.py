"""Puts a finished folder in the place of another in one step, where the system can.

Linux (``renameat2``) and macOS (``renamex_np``) exchange two names atomically: whoever looks sees the old
folder or the new one. Elsewhere, and on file systems without it, the old folder is moved aside first; a kill
between the two steps leaves the old one aside, and :meth:`allrise.packs.publish.Workspace.open` puts it back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2

#: What a system or file system answers that has no exchange.
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def exchange(one: Path, other: Path) -> bool:
    """Exchange two existing folders of one file system; ``False`` when that cannot be done in one step here.

    Raises
    ------
    OSError
        For any other reason: a missing folder, no permission.
    """
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            result = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
        elif sys.platform == "darwin":
            result = libc.renamex_np(os.fsencode(one), os.fsencode(other), _RENAME_SWAP)
        else:
            return False
    except (AttributeError, OSError, TypeError):  # no such function in this C library
        return False
    if result == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def put_in_place(new: Path, target: Path, aside: Path) -> None:
    """Make ``target`` be the folder ``new``; what stood there is afterwards at ``aside`` (or nothing is).

    All three are on one file system; ``aside`` does not exist and its parent does.
    """
    if not target.exists():
        new.rename(target)
    elif exchange(new, target):
        new.rename(aside)
    else:
        target.rename(aside)
        new.rename(target)
