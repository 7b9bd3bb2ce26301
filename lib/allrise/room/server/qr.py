"""The join address as a QR code, for a page and for a terminal."""

from __future__ import annotations

import io
from functools import lru_cache

import segno
from markupsafe import Markup


@lru_cache(maxsize=64)
def qr_svg(address: str, label: str) -> Markup:
    """Return the code as inline SVG, dark on white whatever the page looks like: phones read that best."""
    code = segno.make(address, error="m", micro=False)
    size = code.symbol_size(border=3)[0]
    path: list[str] = []
    for y, row in enumerate(code.matrix_iter(border=3)):
        x = 0
        bits = [bool(bit) for bit in row]
        while x < size:
            if not bits[x]:
                x += 1
                continue
            end = x
            while end < size and bits[end]:
                end += 1
            path.append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end
    return Markup(
        '<svg class="qr" role="img" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"><title>{label}</title>'
        '<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{path}"/></svg>'
    ).format(size=size, label=label, path="".join(path))


def qr_terminal(address: str) -> str:
    """Return the code as text for a terminal, two rows of modules a line."""
    out = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(out=out, compact=True, border=2)
    return out.getvalue()
