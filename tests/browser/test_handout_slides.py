"""The projector's slides: by keyboard, without a network, and without a barrier."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "unit" / "packs"))
import handout_samples

from allrise.packs.formats import writer

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's Chromium is not installed")
    file = tmp_path / "slides.html"
    file.write_bytes(writer("slides")(handout_samples.pack())["slides.html"])
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 720})
        opened.asked = []
        opened.on("request", lambda r: opened.asked.append(r.url))
        opened.goto(file.as_uri())
        yield opened
        browser.close()


def shown(page):
    return page.locator(".slide.now").evaluate("s => s.id")


def test_keys_lead_through_the_slides_and_nothing_is_fetched(page):
    assert shown(page) == "s1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert shown(page) == "s3"
    page.keyboard.press("ArrowLeft")
    assert shown(page) == "s2"
    page.keyboard.press("End")
    assert page.locator(".slide").last.is_visible()
    page.keyboard.press("n")
    assert page.locator("#notes").get_attribute("aria-pressed") == "true"
    assert all(u.startswith(("file:", "data:")) for u in page.asked)


def test_no_slide_has_a_barrier_or_is_cut_off(page):
    from axe_playwright_python.sync_playwright import Axe

    for i in range(page.locator(".slide").count()):
        page.evaluate(f"location.hash = '#s{i + 1}'")
        page.wait_for_function(f"document.querySelector('.slide.now').id === 's{i + 1}'")
        box = page.locator(".slide.now").evaluate(
            "s => [s.scrollHeight - s.clientHeight, s.scrollWidth - s.clientWidth]"
        )
        assert max(box) <= 1, f"slide {i + 1} overflows"
        assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
