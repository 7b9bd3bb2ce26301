"""Pack pages in a browser: at a desk, on a phone, by keyboard, on paper; nothing leaves the machine."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLUSTERS = ("C003", "C005")


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Evidence packs of two demo clusters, built by the command."""
    out = tmp_path_factory.mktemp("packs") / "packs"
    command = [sys.executable, "-m", "allrise", "packs", "build", "demo", "--out", str(out)]
    for cluster in CLUSTERS:
        command += ["--cluster", cluster]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return out


def opened(browser, path, width=1280, **context):
    """Open a page with every request noted; the second value is the list of addresses asked for."""
    asked = []
    page = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, asked


def findings(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:120]) for v in found]


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("name", ["index.html", "C003/index.html", "C005/index.html"])
def test_no_barrier_no_sideways_scrolling_and_no_other_host(browser, packs, name, width):
    page, asked = opened(browser, packs / name, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert [a for a in asked if not a.startswith(("file:", "data:"))] == []


def test_a_headline_chart_waits_for_a_prediction_and_opens_by_keyboard(browser, packs):
    page, _ = opened(browser, packs / "C005" / "index.html")
    figure = page.locator("figure.ar-headline").first
    assert figure.locator(".ar-predict").is_visible()
    assert not figure.locator(".ar-drawing").is_visible()
    figure.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert figure.locator(".ar-drawing").is_visible()
    assert figure.locator(".ar-drawing svg").bounding_box()["height"] > 100


def test_everything_can_be_read_and_opened_without_scripts(browser, packs):
    page, _ = opened(browser, packs / "C005" / "index.html", java_script_enabled=False)
    summary = page.locator("figure.ar-headline summary").first
    summary.click()
    assert page.locator("figure.ar-headline .ar-drawing").first.is_visible()


def test_the_list_of_packs_finds_a_cluster_as_one_types(browser, packs):
    page, _ = opened(browser, packs / "index.html")
    assert page.locator("[data-find]:visible").count() == 2
    page.get_by_role("searchbox").fill("kahui")  # written Kāhui: accents do not matter
    assert page.locator("[data-find]:visible").count() == 1
    page.get_by_role("searchbox").fill("nowhere at all")
    assert page.get_by_text("No pack matches").is_visible()


def test_every_link_in_a_pack_leads_somewhere(browser, packs):
    page, _ = opened(browser, packs / "C005" / "index.html")
    broken = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash.slice(1)).filter(h => h && !document.getElementById(h))"
    )
    assert broken == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_on_paper_predictions_stand_on_another_page_than_their_charts(browser, packs, tmp_path):
    import pikepdf

    page, _ = opened(browser, packs / "C005" / "index.html")
    page.pdf(path=tmp_path / "pack.pdf", prefer_css_page_size=True)
    with pikepdf.open(tmp_path / "pack.pdf") as pdf:
        assert 20 <= len(pdf.pages) <= 100
    page.emulate_media(media="print")
    assert page.locator(".predictions").is_visible()
    assert not page.locator("figure.ar-headline .ar-predict").first.is_visible()
    assert page.locator("figure.ar-headline").first.evaluate("e => getComputedStyle(e).breakBefore") == "page"
    assert not page.locator(".ar-numbers").first.is_visible()
