"""The report of `allrise data check` in a browser: readable by everyone, at a desk and on a phone."""

from __future__ import annotations

import pandas as pd
import pytest

from allrise.cli.screening_report import as_html
from allrise.data.package import About, write_folder
from allrise.data.screening import screen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    clusters = pd.DataFrame({"cluster_id": ["A"], "name": ["Alpha"], "country": ["NZ"], "formed_on": ["01/02/2015"]})
    schools = pd.DataFrame(
        {
            "school_id": [f"{i:03}" for i in range(40)],
            "name": "Hill",
            "country": "NZ",
            "pupils": [f"{i}x" for i in range(40)],
        }
    )
    members = pd.DataFrame({"school_id": ["1", "002"], "cluster_id": "A", "joined_on": "", "left_on": ""})
    about = About("x", "Hill schools")
    write_folder(folder, {"clusters": clusters, "schools": schools, "memberships": members}, about)
    broken = folder / "report.html"
    broken.write_text(as_html(screen(folder), "data"), encoding="utf-8")
    schools["pupils"], clusters["formed_on"], members["school_id"] = "40", "2015-02-01", ["001", "002"]
    schools["name"] = [f"School {i}" for i in range(40)]
    write_folder(folder, {"clusters": clusters, "schools": schools, "memberships": members}, about)
    clean = folder / "clean.html"
    clean.write_text(as_html(screen(folder), "data"), encoding="utf-8")
    return {"broken": broken.as_uri(), "clean": clean.as_uri()}


@pytest.mark.parametrize("name", ["broken", "clean"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_has_no_barrier_and_never_scrolls_sideways(browser, pages, name, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name])
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("data:", pages[name]))] == []
    page.close()
