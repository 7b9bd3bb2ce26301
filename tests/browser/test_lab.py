"""The exploring notebooks in a real JupyterLab, started by ``allrise lab``, with every control used and no other host asked."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def lab(chromium, folder, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config")}
    for name in ("JUPYTER_DATA_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "allrise", "lab", "--folder", str(folder), "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    found = re.search(r"http://\S+", "".join(lines))
    assert found, "".join(lines)
    yield process, found[0]
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    process.stdout.close()


@pytest.fixture
def page(browser, lab):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.asked = []
    opened.on("request", lambda r: opened.asked.append(r.url))
    yield opened
    here = lab[1].split("/lab/")[0]
    outside = [u for u in opened.asked if not u.startswith((here, here.replace("http", "ws"), "data:", "blob:"))]
    context.close()
    assert outside == []


def run_all(page, address, name):
    page.goto(address.replace("start_here", name).replace("?", "?reset&"))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(
        "() => { const p = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.innerText);"
        " return window.__began ? !p.some(t => t.includes('*')) : (window.__began = p.some(t => t.includes('*')), false) }"
    )
    # kept notebooks show outputs of their own: what is there now must come from this run
    errors = page.locator(
        ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr'], .jp-RenderedText .ansi-red-fg"
    )
    assert errors.count() == 0, errors.first.inner_text()


def panel(page, label):
    return page.locator(".allrise.ar-panel", has=page.get_by_label(label, exact=True)).last


def axe(page):
    found = pytest.importorskip("axe_playwright_python.sync_playwright").Axe().run(page, context=".allrise")
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"]])
        for v in found.response["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_a_teacher_goes_through_start_here_and_saves_a_figure(page, lab, folder):
    from playwright.sync_api import expect

    run_all(page, lab[1], "start_here")
    panel(page, "Cluster").wait_for()
    assert page.locator(".allrise.ar-panel").count() == 5

    page.get_by_label("Cluster", exact=True).select_option(label="Kahikatea Cove End Kāhui Ako")
    panel(page, "Cluster").get_by_role("heading", name="Kahikatea Cove End Kāhui Ako").wait_for()
    ask = panel(page, "Question")
    ask.locator(".ar-fig-title", has_text="Kahikatea").wait_for()

    look = panel(page, "Table")
    tables = look.get_by_label("Table", exact=True)
    tables.select_option(label="Network ties")
    look.get_by_text("One school works with another").wait_for()
    look.get_by_text("What the columns mean").click()
    look.get_by_text("School whose tie it is.").wait_for()

    ask.get_by_label("Question").select_option(label="Is the gap between groups of pupils closing?")
    ask.locator(".ar-fig-title", has_text="gap").wait_for()
    ask.get_by_label("Measure").select_option(label="Attendance")
    ask.locator(".ar-fig-title", has_text="Attendance").wait_for()
    ask.get_by_label("Up to school year").select_option(index=2)
    ask.locator(".ar-fig-subtitle", has_text="2016").wait_for()
    ask.get_by_label("Question").select_option(label="Which schools work together?")
    expect(ask.get_by_label("Measure")).to_be_disabled(timeout=30_000)
    ask.locator(".ar-fig-title").filter(has_not_text="Attendance").wait_for()

    plot = panel(page, "Chart")
    plot.get_by_label("Measure").select_option(label="Reading: meeting the expected standard")
    # The groups to choose from come with it: a choice made in the same moment would be lost.
    plot.locator(".ar-fig-title", has_text="Reading").wait_for()
    plot.get_by_label(re.compile("Groups of pupils")).select_option(label=["Girls", "Boys"])
    plot.get_by_text("The numbers behind this chart").click()
    plot.get_by_role("cell", name="Girls").or_(plot.get_by_text("Girls", exact=True)).first.wait_for()
    plot.get_by_label("Chart").select_option(label="Schools in one year")
    plot.locator("[role=img][aria-label*='schools from']").wait_for()
    plot.get_by_label("Up to school year").select_option(index=1)
    plot.locator(".ar-fig-subtitle", has_text="2017").wait_for()
    plot.get_by_label("Title").fill("Girls and boys <read> differently here")
    plot.get_by_label("Title").press("Tab")
    plot.locator(".ar-fig-title", has_text="Girls and boys <read> differently here").wait_for()

    save = panel(page, "What you want to say about it")
    save.get_by_text("To be saved: Girls and boys <read>").wait_for()
    save.get_by_label("What you want to say about it").fill("Who would have thought?")
    save.get_by_role("button", name="Save for the pack").click()
    save.get_by_text("allrise packs build").wait_for()
    kept = folder / "for_packs" / "C003"
    assert len(list(kept.glob("own_schools_reading_expected_*.svg"))) == 1
    assert "Who would have thought?" in next(kept.glob("*.txt")).read_text("utf-8")
    assert axe(page) == []


def test_somebody_drops_in_files_mends_one_and_sees_them_accepted(page, lab, folder, tmp_path):
    kit = Path(__file__).resolve().parents[2] / "datasets" / "demo"
    run_all(page, lab[1], "my_own_data")
    mine = panel(page, "Or the path of a folder with your files")
    mine.wait_for()
    page.get_by_text("A date that can be read in two ways").first.wait_for()
    assert axe(page) == []

    schools = (kit / "schools.csv").read_text("utf-8")
    wrong = tmp_path / "schools.csv"
    head, first, *rest = schools.splitlines()
    wrong.write_text("\n".join([head, first.replace(",CA,", ",Atlantis,"), *rest]) + "\n", "utf-8")
    with page.expect_file_chooser() as chooser:
        mine.get_by_role("button", name=re.compile("Choose files")).click()
    chooser.value.set_files([wrong, kit / "clusters.csv", kit / "memberships.csv"])
    mine.get_by_text("Some things must be mended first.").first.wait_for()
    mine.get_by_text("Atlantis").first.wait_for()
    mine.get_by_text("In Excel").first.click()
    mine.get_by_text("Example:").first.wait_for()

    (folder / "my_data" / "schools.csv").write_text(schools, "utf-8")
    mine.get_by_role("button", name="Check again").click()
    mine.get_by_text("These data can be used.").first.wait_for()

    path = mine.get_by_label("Or the path of a folder with your files")
    path.fill(str(tmp_path / "nowhere"))
    path.press("Enter")
    mine.get_by_text("There is no folder").wait_for()
    path.fill(str(kit))
    path.press("Enter")
    mine.get_by_text("outcomes.csv").first.wait_for()

    mine.get_by_role("button", name="Take my files away").click()
    mine.get_by_text("Your files were taken out").wait_for()
    assert list((folder / "my_data").iterdir()) == []
    assert axe(page) == []


@pytest.mark.parametrize("name", ["analysts", "data_dictionary"])
def test_every_cell_of_the_other_notebooks_runs(page, lab, folder, name):
    run_all(page, lab[1], name)
    assert axe(page) == []
    if name == "analysts":
        save = panel(page, "What you want to say about it")
        save.get_by_role("button", name="Save for the pack").click()
        save.get_by_text("allrise packs build").wait_for()
        assert (folder / "for_packs" / "C001" / "girls_and_boys.csv").is_file()


def test_the_kit_s_own_notebooks_are_not_changed_by_people(lab, folder):
    kit = Path(__file__).resolve().parents[2] / "notebooks" / "explore"
    assert {p.name for p in (folder / "notebooks" / "explore").glob("*.ipynb")} >= {p.name for p in kit.glob("*.ipynb")}
    assert not (kit / ".allrise-copied.json").exists()
    assert not (kit / "for_packs").exists()


def test_the_server_asks_nobody_for_news_and_lets_nobody_in_without_the_key(lab):
    _, address = lab
    here = address.split("/lab/")[0]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{here}/api/contents")
    key = address.split("token=")[1]
    request = urllib.request.Request(f"{here}/lab/api/news", headers={"Authorization": f"token {key}"})
    with urllib.request.urlopen(request) as answer:
        assert b'"news": []' in answer.read()


def test_one_interrupt_ends_everything(lab):
    process, _ = lab
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert "JupyterLab has ended." in process.stdout.read()
    until = time.monotonic() + 10
    while time.monotonic() < until and any(c.is_running() and c.status() != "zombie" for c in children):
        time.sleep(0.2)
    assert not [c for c in children if c.is_running() and c.status() != "zombie"]
