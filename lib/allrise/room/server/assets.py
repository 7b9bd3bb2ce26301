"""Style, scripts and fonts: made once at start, addressed by their content, kept by browsers for good."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from allrise.figures.theme import css_variables, font_faces_css

_FONT = re.compile(r"url\(data:font/woff;base64,([^)]+)\)")
_SIZE = re.compile(r"--size-([a-z0-9-]+):([0-9.]+)px")
#: What a browser calls 100% until its reader asks for larger or smaller text, in pixels.
_READERS_SIZE = 16.0
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "woff": "font/woff",
          "svg": "image/svg+xml"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its address, its bytes, and the same packed."""

    address: str
    content_type: str
    body: bytes
    packed: bytes | None


@dataclass(frozen=True, slots=True)
class Assets:
    """All files, by the last part of their address, and the address of each by its plain name."""

    files: Mapping[str, Asset]
    addresses: Mapping[str, str]


def as_the_reader_likes(tokens: str) -> str:
    """Return tokens whose type sizes follow the size of text that a reader has set in the browser; pixels would not."""
    sizes = {name: float(px) for name, px in _SIZE.findall(tokens)}

    def relative(match: re.Match[str]) -> str:
        name, px = match[1], float(match[2])
        if name == "body":  # the root's own size; all others hang on it
            return f"--size-body:{100 * px / _READERS_SIZE:.6g}%"
        return f"--size-{name}:{px / sizes['body']:.5g}rem"

    return _SIZE.sub(relative, tokens)


def build_assets() -> Assets:
    """Make style, scripts and fonts of the room's pages.

    The style is the theme's tokens (light, dark, and the projector's for the stage) and ``room.css``. The fonts are
    files of their own, so that a page is readable before they have come.
    """
    found: dict[str, Asset] = {}
    addresses: dict[str, str] = {}

    def add(name: str, body: bytes) -> str:
        stem, _, ending = name.rpartition(".")
        hashed = f"{stem}-{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
        packed = None if ending == "woff" else gzip.compress(body, mtime=0)
        found[hashed] = Asset(f"/assets/{hashed}", _TYPES[ending], body, packed)
        addresses[name] = f"/assets/{hashed}"
        return addresses[name]

    weights = iter(("regular", "bold", "third", "fourth"))
    fonts = _FONT.sub(
        lambda match: f"url({add(f'font-{next(weights)}.woff', base64.b64decode(match[1]))})", font_faces_css()
    )
    static = files("allrise.room.server").joinpath("static")
    tokens = (
        as_the_reader_likes(css_variables("light"))
        + "@media (prefers-color-scheme: dark){" + as_the_reader_likes(css_variables("dark")) + "}"
        + css_variables("projector", selector=":root.stage")
    )  # fmt: skip
    add("room.css", (fonts + tokens + static.joinpath("room.css").read_text("utf-8")).encode())
    for script in ("room.js", "stage.js", "desk.js"):
        add(script, static.joinpath(script).read_bytes())
    add("icon.svg", static.joinpath("icon.svg").read_bytes())
    return Assets(found, addresses)
