"""What can be read in a PDF of the kit: words on its pages, outlines, alternative texts and metadata.

Only to look for what must not be in a public pack, so that no PDF library is needed where packs are built. Pages
are compressed and show numbers of glyphs; each font says which characters its glyphs are (``ToUnicode``). This
reads files as the kit's own typesetter writes them: no encryption, no object streams, resources named alike
throughout. A PDF in which it finds no word is an error for whoever looks, not a clean file.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(?:^|\s)(\d+) \d+ obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"^(.*?)\bstream\r?\n(.*)\bendstream", re.DOTALL)
_FONTS = re.compile(rb"/Font\s*<<(.*?)>>", re.DOTALL)
_FONT = re.compile(rb"/([^\s/<>]+)\s+(\d+) \d+ R")
_TO_UNICODE = re.compile(rb"/ToUnicode\s+(\d+) \d+ R")
_STRING = re.compile(rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]+)>")
_SHOWN = re.compile(
    rb"/(?P<font>[^\s/\[\]()<>]+)\s+(?P<size>[-\d.]+)\s+Tf"
    rb"|(?P<x>-?[\d.]+)\s+(?P<y>-?[\d.]+)\s+cm\b"
    rb"|\[(?P<several>(?:\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>|[-\d.\s]+)*)\]\s*TJ"
    rb"|(?P<one>\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>)\s*(?:Tj|'|\")",
    re.DOTALL,
)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_THREE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_PART = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_ESCAPE = re.compile(rb"\\(\r\n|[0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_BYTES = 256
#: No letter is wider than this, in sizes of its font.
_WIDEST = 1.4

Glyphs = dict[int, str]


def words_of(content: bytes) -> Iterator[str]:
    """Return the texts of a PDF: one for each page or drawing with words, one for each string outside of them.

    Parameters
    ----------
    content
        The file.
    """
    plain: dict[int, bytes] = {}
    streams: dict[int, bytes] = {}
    for found in _OBJECT.finditer(content):
        number, body = int(found[1]), found[2]
        if stream := _STREAM.match(body):
            body, data = stream[1], _inflated(stream[1], stream[2])
            if b"/Image" not in body and b"/FontFile" not in body:
                streams[number] = data
        plain[number] = body
    fonts = _fonts(plain, streams)
    for body in plain.values():
        for string in _STRING.findall(body):
            yield _text(_unescaped(string[1:-1]))
        for digits in _HEX.findall(body):
            yield _text(_from_hex(digits))
    for data in streams.values():
        if b"TJ" in data or b"Tj" in data:
            text = " ".join(_runs(data, fonts))
            yield text
            yield re.sub(r"[-\u00ad\u2010] ", "", text)  # a word that goes on in the next line
        elif b"<?xpacket" in data or b"<x:xmpmeta" in data:
            yield data.decode("utf-8", "replace")


def _inflated(about: bytes, data: bytes) -> bytes:
    if b"/FlateDecode" not in about:
        return data
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def _fonts(plain: dict[int, bytes], streams: dict[int, bytes]) -> dict[bytes, list[Glyphs]]:
    """Return the characters of the glyphs of each font, by the name under which pages use it."""
    found: dict[bytes, list[Glyphs]] = {}
    made: dict[int, Glyphs] = {}
    used = {
        (name, int(number))
        for body in plain.values()
        for part in _FONTS.findall(body)
        for name, number in _FONT.findall(part)
    }
    for name, number in sorted(used):
        if (at := _TO_UNICODE.search(plain.get(number, b""))) and (table := int(at[1])) in streams:
            made[table] = made.get(table) or _glyphs(streams[table])
            found.setdefault(name, []).append(made[table])
    return found


def _glyphs(table: bytes) -> Glyphs:
    glyphs: Glyphs = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in _PAIR.findall(block):
            glyphs[int(code, 16)] = _utf16(_from_hex(text))
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in _THREE.findall(block):
            start = _utf16(_from_hex(text))
            for step in range(int(last, 16) - int(first, 16) + 1 if start else 0):
                glyphs[int(first, 16) + step] = start[:-1] + chr(ord(start[-1]) + step)
    return glyphs


def _runs(data: bytes, fonts: dict[bytes, list[Glyphs]]) -> Iterator[str]:
    """Return the texts in the order in which they are set; the letters of a drawing, set one by one, as words."""
    now: list[Glyphs] = []
    size, at, before = 0.0, (0.0, 0.0), (0.0, 0.0)
    word = ""
    for found in _SHOWN.finditer(data):
        if found["font"] is not None:
            now, size = fonts.get(found["font"], []), float(found["size"])
            continue
        if found["x"] is not None:
            at = float(found["x"]), float(found["y"])
            continue
        texts = [_decoded(found["several"] if found["one"] is None else found["one"], glyphs) for glyphs in now]
        single = len(texts) == 1 and len(texts[0]) == 1
        beside = at[1] == before[1] and 0 < at[0] - before[0] <= _WIDEST * size
        if word and not (single and beside):
            yield word
            word = ""
        if single:
            word += texts[0]
        else:
            yield from texts
        before = at
    if word:
        yield word


def _decoded(shown: bytes, glyphs: Glyphs) -> str:
    codes = b"".join(
        _unescaped(part[1:-1]) if part.startswith(b"(") else _from_hex(part[1:-1]) for part in _PART.findall(shown)
    )
    return "".join(glyphs.get(codes[i] * _BYTES + codes[i + 1], "") for i in range(0, len(codes) - 1, 2))


def _unescaped(string: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        sign = found[1]
        return _CONTROL[sign] if sign in _CONTROL else bytes([int(sign, 8) % _BYTES]) if sign.isdigit() else sign

    return _ESCAPE.sub(one, string)


def _from_hex(digits: bytes) -> bytes:
    bare = b"".join(digits.split())
    return bytes.fromhex((bare + b"0" * (len(bare) % 2)).decode("ascii"))


def _text(string: bytes) -> str:
    return _utf16(string[2:]) if string.startswith(b"\xfe\xff") else string.decode("latin-1")


def _utf16(string: bytes) -> str:
    return string.decode("utf-16-be", "replace")
