"""Files that are replaced whole: whoever reads, and whatever fails, sees the old file or the new one, never half of one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

#: Letters of a file's name that its unfinished part carries, so that a long name stays one that a disk takes.
_LETTERS = 40


@contextmanager
def replaced(path: Path, *, private: bool = False, beside: Path | None = None) -> Generator[Path]:
    """Give a new, empty file to write, and put it in the place of ``path`` when the block is done.

    When the block or the replacement fails, ``path`` is as it was and nothing is left beside it. Several processes and threads may
    do this to one path at once: one of their files stands there in the end. The file is not flushed to the disk: a caller
    for whom a loss of power counts does that before the block ends.

    Parameters
    ----------
    path
        What is replaced or made; its folder must be there.
    private
        Whether the file is readable and writable by its owner only, from the first byte on.
    beside
        Folder of the unfinished file, on the same disk; the folder of ``path`` when absent.

    Raises
    ------
    OSError
        When the file cannot be made or put in place.
    """
    part = (beside or path.parent) / f".{path.name[:_LETTERS]}.{os.getpid()}-{secrets.token_hex(4)}.part"
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes, *, private: bool = False, beside: Path | None = None) -> None:
    """Write a text (UTF-8, line ends as they are) or bytes in the place of ``path``, as :func:`replaced` does."""
    with replaced(path, private=private, beside=beside) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
