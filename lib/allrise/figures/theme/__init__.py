"""The one look: tokens as typed values, as CSS for pages and apps, and the font that goes with them.

Everything that has a colour, a size or a font takes it from here, so that a chart, the page around it, a
phone and a slide agree. Nothing here imports matplotlib: rooms and apps read the tokens too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

from allrise.figures.theme.fonts import FontFile, font_faces_css, font_files

__all__ = [
    "VARIANTS",
    "FontFile",
    "Tokens",
    "Variant",
    "css_variables",
    "figure_css",
    "font_faces_css",
    "font_files",
    "tokens",
]

Variant = Literal["light", "dark", "projector", "print"]

VARIANTS: tuple[Variant, ...] = ("light", "dark", "projector", "print")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The design tokens of one variant.

    Parameters
    ----------
    variant
        ``light``, ``dark``, ``projector`` or ``print``.
    colour
        Name to ``#rrggbb``.
    family, fallback
        The font's name, and what stands in for it where it is missing.
    screen, paper, figure
        Type sizes: CSS pixels on screen, points on paper, points inside a chart.
    line_height, space, radius, measure, stroke
        Ratios; CSS pixels; CSS pixels; widths (``column_points`` and ``compact_points`` in points); points.
    markers, dashes
        Second cues of the six categories: matplotlib markers, and SVG dash patterns (``solid`` for none).
    """

    variant: Variant
    colour: Mapping[str, str]
    family: str
    fallback: tuple[str, ...]
    screen: Mapping[str, float]
    paper: Mapping[str, float]
    figure: Mapping[str, float]
    line_height: Mapping[str, float]
    space: Mapping[str, float]
    radius: Mapping[str, float]
    measure: Mapping[str, float]
    stroke: Mapping[str, float]
    markers: tuple[str, ...]
    dashes: tuple[str, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The six category colours in their order."""
        return tuple(self.colour[f"category_{i}"] for i in range(1, 7))

    @property
    def agreement(self) -> tuple[str, ...]:
        """The five colours from strong disagreement to strong agreement."""
        return tuple(self.colour[f"agree_{i}"] for i in range(1, 6))

    @property
    def font_stack(self) -> str:
        """The font family as CSS writes it."""
        return ", ".join(f if f in ("sans-serif", "serif") else f"'{f}'" for f in (self.family, *self.fallback))


@lru_cache(maxsize=1)
def _source() -> dict[str, Any]:
    return tomllib.loads(files("allrise.figures.theme").joinpath("tokens.toml").read_text("utf-8"))


@lru_cache(maxsize=len(VARIANTS))
def tokens(variant: Variant = "light") -> Tokens:
    """Return the tokens of a variant."""
    source = _source()
    colours = cast("dict[str, dict[str, str]]", source["colour"])
    kind = source["type"]
    return Tokens(
        variant=variant,
        colour={**colours["light"], **colours[variant]},
        family=kind["family"],
        fallback=tuple(kind["fallback"]),
        screen=kind["screen"],
        paper=kind["paper"],
        figure=kind["figure"],
        line_height=kind["line_height"],
        space=source["space"],
        radius=source["radius"],
        measure=source["measure"],
        stroke=source["stroke"],
        markers=tuple(source["cues"]["markers"]),
        dashes=tuple(source["cues"]["dashes"]),
    )


def css_variables(variant: Variant = "light", *, selector: str = ":root") -> str:
    """Return one CSS rule that sets every token as a custom property.

    Colours are ``--paper``, ``--ink``, ``--accent-wash``, ``--category-1``...; type sizes ``--size-body``, ``--size-h1``... (pixels on
    screen, points for ``print``); ``--space-m``, ``--radius-m``, ``--column``, ``--target``, ``--line-height-body`` and ``--font``.

    Examples
    --------
    A page that follows the phone's dark mode::

        css_variables() + "@media (prefers-color-scheme: dark){" + css_variables("dark") + "}"
    """
    t = tokens(variant)
    sizes, unit = (t.paper, "pt") if variant == "print" else (t.screen, "px")
    lines: dict[str, str] = {
        "color-scheme": "dark" if variant == "dark" else "light",
        "--font": t.font_stack,
        **{f"--{_dashed(k)}": v for k, v in t.colour.items()},
        **{f"--size-{_dashed(k)}": f"{v:g}{unit}" for k, v in sizes.items()},
        **{f"--line-height-{k}": f"{v:g}" for k, v in t.line_height.items()},
        **{f"--space-{k}": f"{v:g}px" for k, v in t.space.items()},
        **{f"--radius-{k}": f"{v:g}px" for k, v in t.radius.items()},
        "--column": f"{t.measure['column']:g}px",
        "--margin-note": f"{t.measure['margin_note']:g}px",
        "--target": f"{t.measure['target']:g}px",
    }
    return f"{selector}{{" + ";".join(f"{k}:{v}" for k, v in lines.items()) + "}\n"


@lru_cache(maxsize=1)
def figure_css() -> str:
    """Return the CSS that lets the charts of a page follow its variant and fit a phone.

    A chart names its colours as attributes, which any rule overrides: each token's colour becomes the custom property
    of that token, so a page in dark mode or on a projector recolours its charts without drawing them again. A chart
    holds two drawings, one for a column of 680 px and one for a phone; the narrow one is shown in columns under 480 px.
    """
    rules = [
        f'svg.allrise [{paint}="{colour}"]{{{paint}:var(--{_dashed(name)})}}'
        for name, colour in tokens("light").colour.items()
        for paint in ("fill", "stroke")
    ]
    rules.append("svg.allrise{display:block;width:100%;height:auto;max-width:var(--column);font-family:var(--font)}")
    narrow = (
        "svg.allrise:has(.narrow){aspect-ratio:var(--narrow)}"
        "svg.allrise:has(.narrow)>.wide{display:none}"
        "svg.allrise>.narrow{display:inline}"
    )
    rules.append(f"@media screen and (max-width:540px){{{narrow}}}")
    return "\n".join(rules) + "\n"


def _dashed(name: str) -> str:
    return name.replace("_", "-")
