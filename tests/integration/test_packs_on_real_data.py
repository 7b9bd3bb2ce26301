"""From real open data to packs: the whole way, with the reference values that are known of the files."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from allrise.chapters.chapter import open_chapter
from allrise.chapters.system import system_table
from allrise.content.blocks import MIME, from_json
from allrise.data.store import open_store
from allrise.evidence.outcomes import overdispersion_for

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.reference,
    pytest.mark.skipif(not REAL.is_dir(), reason="the real data files are not beside this checkout"),
]


def allrise(*words):
    run = subprocess.run(
        [sys.executable, "-m", "allrise", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in run.stderr, run.stderr
    return run


def blocks_of(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    bundles = [o["data"] for c in cells if c.cell_type == "code" for o in c.outputs if "data" in o]
    return [from_json(b[MIME]) for b in bundles if MIME in b]


@pytest.fixture(scope="module")
def england(tmp_path_factory):
    folder = tmp_path_factory.mktemp("england") / "data"
    panel = REAL / "england" / "ks2_hampshire_surrey_2016_2018_with_trust.csv"
    run = allrise("data", "import", "england-ks2", panel, "--out", folder)
    assert run.returncode == 0, run.stderr
    assert "9 clusters" in run.stdout
    return folder


def test_the_funnels_reference_values_hold_in_the_store_of_the_real_panel(england):
    system = system_table(open_store(england), "outcomes")
    expected = {2016: (515, 2.77, 0.0953), 2017: (518, 2.73, 0.0925), 2018: (522, 2.69, 0.0906)}
    for period, (k, phi, tau) in expected.items():
        over = overdispersion_for(system, measure_id="rwm_expected", time_period=period)
        assert over is not None
        assert over.k == k
        assert over.phi == pytest.approx(phi, abs=0.005)
        assert over.tau == pytest.approx(tau, abs=0.00005)


def test_every_trust_with_five_primaries_has_a_pack_that_verifies_and_says_the_caveat(england, tmp_path):
    out = tmp_path / "packs"
    run = allrise("packs", "build", england, "--out", out, "--cluster", "TR00873", "--cluster", "TR00263", "--json")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    assert allrise("packs", "verify", out).returncode == 0
    page = (out / "TR00873" / "index.html").read_text("utf-8")
    assert "Trust membership is as of March 2022, not of the test year." in page
    assert "Nobody has answered a survey in this cluster yet" in page
    manifest = json.loads((out / "TR00873" / "manifest.json").read_text("utf-8"))
    assert manifest["status"] == "built"
    assert {c["status"] for c in manifest["chapters"]} == {"ok"}
    assert all(len(i["sha256"]) == 64 for i in manifest["inputs"])
    figures = {b.number: b for b in blocks_of(out / "TR00873" / "chapters" / "02_outcomes.ipynb") if b.kind == "figure"}
    schools = list(figures["2.2"].table.records())
    assert [r["letter"] for r in schools if r["letter"]] == sorted(r["letter"] for r in schools if r["letter"])
    assert "0.091" in " ".join(figures["2.4"].notes)  # tau, 2018/19


def test_all_nine_trusts_are_planned(england):
    store = open_store(england)
    counts = store.clusters()["n_schools"]
    assert len(counts) == 9
    assert counts.min() >= 5
    chapter = open_chapter("02_outcomes", str(england), "TR00873")
    assert chapter.years == "2016/17 to 2018/19"
    assert chapter.measure is not None
    assert chapter.measure.measure_id == "rwm_expected"


def test_raw_tables_make_one_cluster_of_the_authority(tmp_path):
    raw = sorted((REAL / "england").glob("dfe_ks2_201[78]_850_raw.csv"))
    assert allrise("data", "import", "england-ks2", *raw, "--out", tmp_path / "data").returncode == 0
    clusters = open_store(tmp_path / "data").clusters()
    assert list(clusters["name"]) == ["Hampshire"]


def test_a_directory_without_outcomes_makes_a_pack_that_says_so_in_one_line_a_chapter(tmp_path):
    files = [REAL / "nz" / "schools_2017-07.csv", REAL / "nz" / "schools_2021-09.csv"]
    assert allrise("data", "import", "nz-directory", *files, "--out", tmp_path / "data").returncode == 0
    out = tmp_path / "packs"
    run = allrise("packs", "build", tmp_path / "data", "--out", out, "--cluster", "99051")
    assert run.returncode == 0, run.stdout + run.stderr
    for name in ("02_outcomes", "03_factors", "04_peer_review", "05_network", "07_leadership"):
        blocks = blocks_of(out / "99051" / "chapters" / f"{name}.ipynb")
        assert [b.kind for b in blocks] == ["opening", "notice"], name
    overview = blocks_of(out / "99051" / "chapters" / "01_overview.ipynb")
    assert next(b for b in overview if b.kind == "cover").cluster == "Te Kāhui Tai Kura o Te Hiku"
