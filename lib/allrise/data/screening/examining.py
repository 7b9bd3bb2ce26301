"""A first pass over a file's bytes: checksum, encoding, lines. Two blocks at most are held in memory."""

from __future__ import annotations

import codecs
import hashlib
import stat
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from allrise.data.screening.findings import Ledger, Place

_BLOCK = 1 << 23
_MARKS: tuple[tuple[bytes, str, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file is made of. ``plain`` means that its lines are LF or CRLF and it holds no zero bytes."""

    sha256: str
    bytes: int
    encoding: str
    lines: int
    plain: bool
    nul: bool


def open_problem(path: Path) -> str:
    """Return why ``path`` cannot be read, or a blank."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return _reason(error)
    if stat.S_ISDIR(mode):
        return "it is a folder"
    if not stat.S_ISREG(mode):
        return "it is not an ordinary file"
    try:
        with path.open("rb"):
            return ""
    except OSError as error:
        return _reason(error)


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "you may not open it"
    if isinstance(error, FileNotFoundError):
        return "the link leads nowhere"
    return (error.strerror or "it cannot be opened").lower()


def checksum(path: Path) -> tuple[str, int]:
    """Return (sha256, bytes) of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def examine(path: Path) -> Examined:
    """Read a text file once and say what it is made of."""
    digest, size, newlines, returns, pairs = hashlib.sha256(), 0, 0, 0, 0
    nul, utf8, last, head = False, True, b"", b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    cp1252 = True
    hashed: Future[None] | None = None
    with path.open("rb") as file, ThreadPoolExecutor(1) as aside:
        while block := file.read(_BLOCK):
            if not size:
                head = block[:4096]
            if hashed is not None:
                hashed.result()
            hashed = aside.submit(digest.update, block)
            size += len(block)
            newlines += block.count(b"\n")
            if b"\r" in block or last == b"\r":
                returns += block.count(b"\r")
                pairs += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
            nul = nul or b"\0" in block
            cp1252 = cp1252 and not any(b in block for b in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))
            if utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    utf8 = False
            last = block[-1:]
    if utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
    encoding = _encoding(head, utf8=utf8, cp1252=cp1252)
    wide = encoding.startswith(("utf-16", "utf-32"))
    return Examined(
        sha256=digest.hexdigest(),
        bytes=size,
        encoding=encoding,
        lines=newlines + (last not in (b"\n", b"")),
        plain=returns == pairs and not nul and not wide,
        nul=nul and not wide,
    )


def _encoding(head: bytes, *, utf8: bool, cp1252: bool) -> str:
    for mark, encoding, _ in _MARKS:
        if head.startswith(mark) and (encoding != "utf-8-sig" or utf8):
            return encoding
    # Text in a Latin alphabet as UTF-16 has a zero for every other byte.
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) > 3 and max(even, odd) > 0.4 * (len(head) / 2) and min(even, odd) < 0.05 * (len(head) / 2):
        return "utf-16-le" if odd > even else "utf-16-be"
    if utf8:
        return "utf-8"
    return "cp1252" if cp1252 else "latin-1"


_NAMES = {
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
}


def report_encoding(found: Examined, place: Place, ledger: Ledger) -> None:
    """Write down what is odd about the bytes."""
    if found.encoding == "utf-8-sig":
        ledger.add("byte-order-mark", place, "The file starts with a byte order mark")
    elif found.encoding != "utf-8":
        ledger.add("encoding", place, f"The file is not UTF-8; it was read as {_NAMES[found.encoding]}")
    if found.nul:
        ledger.add("nul-bytes", place, "The file holds zero bytes, which are not text; they were left out")
