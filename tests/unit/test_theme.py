"""What the look promises: legible, apart for every eye, apart in grey, the same everywhere."""

from __future__ import annotations

import base64
import io
import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from allrise.figures.theme import VARIANTS, css_variables, figure_css, font_faces_css, font_files, tokens

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}

# (foreground, background, least contrast): 4.5 for text, 3 for marks and for the edge of what one can use (WCAG 2.2 AA).
PAIRS = [
    *((text, ground, 4.5) for text in ("ink", "muted") for ground in ("paper", "wash", "raised")),
    ("faint", "paper", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "raised", 4.5),
    ("accent", "accent_wash", 4.5),
    ("ink", "accent_wash", 4.5),
    ("on_accent", "accent", 4.5),
    *((f"on_agree_{i}", f"agree_{i}", 4.5) for i in range(1, 6)),
    ("reference", "paper", 3.0),
    ("edge", "paper", 3.0),
    ("focus", "paper", 3.0),
    *((f"category_{i}", "paper", 3.0) for i in range(1, 7)),
]


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))


def lightness(colour: str) -> float:
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def oklab(rgb: np.ndarray) -> np.ndarray:
    lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(np.clip(rgb, 0, 1) @ lms.T) @ lab.T


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_pair_of_colours_in_use_has_enough_contrast(variant, front, back, least):
    colour = tokens(variant).colour
    light, dark = sorted((luminance(colour[front]), luminance(colour[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("eye", DEFICIENCIES)
def test_categories_stay_apart_for_colour_blind_eyes(variant, eye):
    seen = [oklab(DEFICIENCIES[eye] @ linear(c)) for c in tokens(variant).categories]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.09


@pytest.mark.parametrize("variant", VARIANTS)
def test_categories_stay_apart_in_grey(variant):
    greys = sorted(lightness(c) for c in tokens(variant).categories)
    assert min(b - a for a, b in itertools.pairwise(greys)) > 5.5


def test_every_category_has_a_second_cue_of_its_own():
    t = tokens()
    assert len(t.categories) == len(set(t.markers)) == len(set(t.dashes)) == 6


def test_cluster_and_system_stay_apart_in_grey():
    for variant in VARIANTS:
        c = tokens(variant).colour
        assert abs(lightness(c["accent"]) - lightness(c["reference"])) > 12


def test_a_colour_belongs_to_one_token_so_that_charts_can_be_recoloured():
    light = list(tokens("light").colour.values())
    assert len(light) == len(set(light))


@pytest.mark.parametrize("variant", VARIANTS)
def test_css_sets_every_colour(variant):
    css = css_variables(variant)
    for name, colour in tokens(variant).colour.items():
        assert f"--{name.replace('_', '-')}:{colour}" in css
    assert css.count("{") == css.count("}") == 1


def test_css_of_print_is_in_points():
    assert "--size-body:10.5pt" in css_variables("print")
    assert "--size-body:17.5px" in css_variables("light")


def test_every_custom_property_that_the_charts_use_is_set():
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", figure_css())) - {"--narrow"}
    assert used <= set(re.findall(r"(--[a-z0-9-]+):", css_variables()))


def test_fonts_come_inside_the_css_and_hold_the_letters_of_five_countries(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    font_faces_css.cache_clear()
    css = font_faces_css()
    assert css.count("@font-face") == 2
    assert set(re.findall(r"url\((.{5})", css)) == {"data:"}
    for data in re.findall(r"base64,([^)]+)\)", css):
        font = TTFont(io.BytesIO(base64.b64decode(data)))
        cmap = font.getBestCmap()
        assert {ord(c) for c in "aZ09éèçœŒāēīū’“”–−×≤€£"} <= set(cmap)
        features = {f.FeatureTag for f in font["GSUB"].table.FeatureList.FeatureRecord}
        assert "tnum" in features
    font_faces_css.cache_clear()
    assert font_faces_css() == css  # from the cache folder: the same bytes
    assert len(list(tmp_path.rglob("*.woff"))) == 2
    font_faces_css.cache_clear()


def test_font_css_needs_no_cache_folder(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    font_faces_css.cache_clear()
    assert font_faces_css().count("@font-face") == 2
    font_faces_css.cache_clear()


def test_font_files_are_there():
    assert [(f.weight, f.style) for f in font_files()] == [
        (400, "normal"),
        (700, "normal"),
        (400, "italic"),
        (700, "italic"),
    ]
    assert all(f.path.is_file() for f in font_files())


def test_the_theme_needs_no_matplotlib():
    code = "import sys, allrise.figures.theme as t; t.css_variables(); assert 'matplotlib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_matplotlib_is_as_it_was_after_the_look_was_applied():
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    from allrise.figures.theme.plotting import applied

    before, fonts = dict(mpl.rcParams), list(fontManager.ttflist)
    with applied("dark"):
        figure = Figure()
        figure.subplots().plot([1, 3, 2], label="a")
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    assert "Atkinson Hyperlegible" in out.getvalue()
    assert tokens("dark").colour["category_1"] in out.getvalue()
    assert dict(mpl.rcParams) == before
    assert list(fontManager.ttflist) == fonts
