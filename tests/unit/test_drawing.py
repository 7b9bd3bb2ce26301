"""How charts are drawn: no state left behind, the same bytes, nothing that touches, colours that a page can change."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allrise.figures.drawing import drawn
from allrise.figures.measuring import shortened, text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import scale, spread_out
from allrise.figures.sheet import Sheet
from allrise.figures.theme import tokens

quick = settings(max_examples=200, deadline=None, derandomize=True)


def draw(sheet: Sheet) -> None:
    sheet.open(120)
    panel = Panel(sheet, 40, 10, sheet.width - 20, 100, x=(0, 10), y=(0, 1))
    panel.grid_y((0, 0.5, 1), str)
    panel.band((0, 5, 10), (0.2, 0.3, 0.2), (0.6, 0.7, 0.8), colour="accent")
    panel.line((0, 5, 10), (0.4, 0.5, 0.5), colour="accent", dash="5 3")
    for i, marker in enumerate(tokens().markers):
        sheet.dots(panel.points([i], [0.5]), colour=f"category_{i + 1}", marker=marker)
        sheet.dots(panel.points([i], [0.8]), colour=f"category_{i + 1}", marker=marker, hollow=True)
    sheet.text(50, 50, "Māori & <Pasifika> $10", halo=True)


def test_a_chart_leaves_no_setting_and_no_pyplot_behind():
    before = dict(mpl.rcParams)
    drawn("one", draw, title="T", description="D")
    assert dict(mpl.rcParams) == before
    code = (
        "import sys, tests_drawing as t\nfrom allrise.figures.drawing import drawn\n"
        "drawn('one', t.draw, title='T', description='D')\nassert 'matplotlib.pyplot' not in sys.modules"
    ).replace("tests_drawing", "test_drawing")
    here = os.pathsep.join([os.path.dirname(__file__), *sys.path])  # noqa: PTH120
    assert (
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": here}, check=False).returncode
        == 0
    )


@pytest.mark.parametrize("seed", ["0", "1"])
def test_a_chart_is_the_same_in_every_process(seed):
    code = (
        "import test_drawing as t\nfrom allrise.figures.drawing import drawn\n"
        "print(drawn('one', t.draw, title='T', description='D')[0])"
    )
    here = os.pathsep.join([os.path.dirname(__file__), *sys.path])  # noqa: PTH120
    env = {**os.environ, "PYTHONPATH": here, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert out.stdout.decode().strip() == drawn("one", draw, title="T", description="D")[0]


def test_every_colour_of_a_chart_is_a_token_so_that_a_page_can_change_it():
    svg, _, _ = drawn("one", draw, title="T", description="D")
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', svg))
    assert used <= set(tokens().colour.values())
    assert "style=" not in svg.replace('style="--narrow', "")


def test_text_stays_text_and_is_escaped():
    svg, _, _ = drawn("one", draw, title="T", description="D")
    texts = [e.text for e in ET.fromstring(svg).iter() if e.tag.endswith("text")]
    assert texts.count("Māori & <Pasifika> $10") == 2


def test_two_charts_on_a_page_share_no_id():
    first, _, _ = drawn("one", draw, title="T", description="D")
    second, _, _ = drawn("one", draw, title="Another", description="D")
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]


@quick
@given(st.lists(st.floats(0, 300), max_size=12), st.floats(1, 20))
def test_labels_moved_apart_do_not_touch_and_keep_their_order(wanted, gap):
    placed = spread_out(wanted, gap, 0, 400)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for a, b in itertools.pairwise(order):
        assert placed[b] - placed[a] >= gap - 1e-6
    assert all(-1e-6 <= p <= 400 + 1e-6 for p in placed)


def test_labels_with_room_stay_where_they_want_to_be():
    assert spread_out([10, 50, 90], 20, 0, 100) == [10, 50, 90]


@quick
@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=20), st.integers(2, 8))
def test_an_axis_holds_its_values_and_has_few_ticks(values, ticks):
    axis = scale(values, ticks=ticks)
    span = axis.upper - axis.lower
    assert axis.lower <= min(values) + 1e-6 * span
    assert axis.upper >= max(values) - 1e-6 * span
    assert 2 <= len(axis.ticks) <= ticks + 3
    assert all(round(t, axis.decimals) == pytest.approx(t, abs=1e-9) for t in axis.ticks)


@quick
@given(st.lists(st.floats(0, 100), max_size=20))
def test_an_axis_of_percentages_never_leaves_0_to_100(values):
    axis = scale(values, minimum=0, maximum=100, least=20)
    assert 0 <= axis.lower < axis.upper <= 100
    assert axis.upper - axis.lower >= 19.999


@quick
@given(st.text(st.sampled_from("abc MāW"), max_size=120), st.floats(40, 200))
def test_wrapped_names_fit(text, width):
    lines = wrapped(text, width, 10.5, lines=2)
    assert len(lines) <= 2
    assert all(text_width(line, 10.5) <= width for line in lines)


def test_a_name_that_fits_is_left_alone():
    assert wrapped("Ashfield Primary School", 300, 10.5) == ("Ashfield Primary School",)
    assert shortened("Ashfield", 300, 10.5) == "Ashfield"
    assert shortened("Ashfield Primary School", 60, 10.5).endswith("…")
