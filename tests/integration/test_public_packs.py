"""Public packs as they stand on disk: what is in every one of their bytes, and what is not."""

from __future__ import annotations

import csv
import getpass
import json
import platform
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from disclosure_worlds import another_world, make_system, write_outcomes
from typer.testing import CliRunner

from allrise.cli import build_app
from allrise.data.disclosure import Pseudonyms, public_store
from allrise.data.store import open_store
from allrise.packs.build import build
from allrise.packs.pdf_words import words_of
from allrise.packs.plan import BuildOptions
from allrise.packs.releases import MixedFolder
from allrise.packs.share import NotForThePublic, publish_packs

pytestmark = pytest.mark.slow

KEY = b"one key for both worlds, of 32 b"
WHEN = r"(made|Made) on [\w -]+\d{4}[\d-]*|\d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d)|D:\d{14}\S*|<\w+:(InstanceID|DocumentID)>[^<]*"
BIG, TINY = "C0001", "TINY-CLUSTER"


class Built:
    """A data folder with a cluster of two small schools in it, and the public packs made from it."""

    def __init__(self, root, cluster_ids):
        self.root, self.data, self.out = root, root / "secret folder" / "data", root / "out"
        self.cluster_ids = cluster_ids
        self.store = open_store(self.data, cache=root / "cache")
        self.names = Pseudonyms(KEY)
        self.result = None

    def build(self, **options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ALLRISE_CACHE", str(self.root / "cache"))
            patch.setattr("allrise.packs.plan.pseudonyms_of", lambda *_: self.names)
            given = {"data": str(self.data), "out": self.out, "clusters": self.cluster_ids, "audience": "public"}
            given["formats"] = ("all",)
            self.result = build(BuildOptions(**{**given, **options}))
        return self.result

    def pack(self, cluster_id):
        return self.out / self.names.cluster_id(cluster_id)

    def table(self, cluster_id, name):
        with (self.pack(cluster_id) / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def public(self):
        return public_store(self.store, names=self.names, cache=self.root / "cache")


def _first_world(root):
    data = root / "secret folder" / "data"
    truth = make_system(data, clusters=4, years=2)
    ids = pd.read_csv(data / "clusters.csv", dtype=str)["cluster_id"].tolist()
    assert ids
    schools = pd.read_csv(data / "schools.csv", dtype=str)
    spells = pd.read_csv(data / "memberships.csv", dtype=str)
    clusters = pd.read_csv(data / "clusters.csv", dtype=str)
    own = spells.loc[spells["cluster_id"] == ids[0], "school_id"]
    named = schools.set_index("school_id")["name"][own.iloc[0]]
    clusters.loc[0, "purpose"] = f"What {named} can do, all of us can."
    _say_in_a_commitment(data, ids[0], f"All pupils read as those of {named} do.")
    tiny = {"cluster_id": TINY, "name": "Two Small Schools of Farthing Island", "country": "GB-ENG"}
    tiny |= {"purpose": "Both of our schools.", "formed_on": "2015-09-01"}
    pd.concat([clusters, pd.DataFrame([tiny])]).to_csv(data / "clusters.csv", index=False)
    few = pd.DataFrame(
        {"school_id": ["TINY-1", "TINY-2"], "name": ["Skerry Infants", "Holm Juniors"], "country": "GB-ENG"}
    )
    pd.concat([schools, few.assign(phase="primary", pupils="9")]).to_csv(data / "schools.csv", index=False)
    more = few.assign(cluster_id=TINY, joined_on="2015-09-01")[["school_id", "cluster_id", "joined_on"]]
    pd.concat([spells, more]).to_csv(data / "memberships.csv", index=False)
    rows = [
        {"school_id": s, "time_period": 2018, "measure_id": "reading", "pupil_group": "all", "pupils": n, "value": v}
        for s, n, v in (("TINY-1", 4, 25.0), ("TINY-2", 5, 60.0))
    ]
    truth = pd.concat([truth, pd.DataFrame(rows)], ignore_index=True)
    write_outcomes(data, truth)
    return truth, ids[0]


def _say_in_a_commitment(data, cluster_id, text):
    commitments = pd.read_csv(data / "commitments.csv", dtype=str)
    own = commitments.index[commitments["cluster_id"] == cluster_id]
    assert len(own)
    commitments.loc[own[0], "what"] = text
    commitments.to_csv(data / "commitments.csv", index=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("first")
    truth, big = _first_world(root)
    place = Built(root, (big, TINY))
    place.truth, place.big = truth, big
    result = place.build()
    assert result.ok, [(p.error, [r.error for r in p.failures]) for p in result.packs]
    return place


def every_file(out):
    return sorted(p for p in out.rglob("*") if p.is_file())


def texts(path):
    """Return every text of a file: of the parts of office files, and of the pages of a PDF."""
    content = path.read_bytes()
    if path.suffix == ".pdf":
        return {"": "\n".join(sorted(words_of(content)))}  # the order of objects in the file means nothing
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            return {n: parts.read(n).decode("utf-8", "replace") for n in parts.namelist() if not n.endswith(".pdf")}
    return {"": re.sub(r"base64,[A-Za-z0-9+/=\\n]+", "", content.decode("utf-8"))}


def test_no_byte_of_a_public_pack_names_a_school_a_path_a_user_or_a_machine(built):
    schools = built.store.table("schools")
    private = [*schools["school_id"], *schools["name"], *built.store.table("memberships")["cluster_id"], TINY]
    private += ["secret folder", "Farthing", str(Path.home()) + "/", platform.node(), str(built.root)]
    private += [f"/{getpass.getuser()}/", "Skerry", "Holm Juniors"]
    private = [p for p in private if len(p) > 2]

    def found_in(text):
        return [p for p in private if p in text and re.search(rf"(?<!\w){re.escape(p)}(?!\w)", text)]

    files = every_file(built.out)
    assert len(files) > 40
    assert {p.suffix for p in files} == {".html", ".json", ".ipynb", ".csv", ".pdf", ".pptx", ".docx", ".xlsx", ".zip"}
    for path in files:
        assert found_in(str(path.relative_to(built.out))) == []
        if path.suffix == ".zip":
            continue  # the other files once more
        for part, text in texts(path).items():
            assert found_in(text) == [], (path.name, part)


def test_a_public_pack_tells_of_its_cluster_and_how_it_was_protected(built):
    page = (built.pack(built.big) / "index.html").read_text(encoding="utf-8")
    clusters = built.store.table("clusters").set_index("cluster_id")
    assert clusters["name"][built.big] in page
    assert clusters["enquiry_question"][built.big] in page
    assert "can do, all of us can" not in page  # its purpose names a school
    spells = built.store.table("memberships")
    own = spells.loc[(spells["cluster_id"] == built.big) & spells["left_on"].isna(), "school_id"]
    assert all(built.names.school_name(school_id) in page for school_id in own)
    assert "Made for the public" in page
    assert built.names.cluster_code(TINY) in (built.pack(TINY) / "index.html").read_text(encoding="utf-8")


def test_a_commitment_that_names_a_school_is_said_to_be_withheld_and_not_to_have_been_left_open(built):
    for name, column in (("01_commitments", "what"), ("06_commitments", "what")):
        rows = built.table(built.big, name)
        withheld = [r for r in rows if r[column] == "Not shown to the public: it names a school"]
        assert len(withheld) == 1
    assert withheld[0]["said_what"] == "Said"
    page = (built.pack(built.big) / "index.html").read_text(encoding="utf-8")
    assert page.count("1 has words that are not shown to the public") == 2
    assert "All pupils read as those of" not in page


def test_a_notebook_of_a_public_pack_has_no_parameters_of_its_making_and_no_printed_text(built):
    for path in (built.pack(built.big) / "chapters").iterdir():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert set(notebook["metadata"]["papermill"]["parameters"]) == {
            "audience",
            "language",
            "minutes",
            "time_period",
        }
        outputs = [o for c in notebook["cells"] for o in c.get("outputs", ())]
        assert {o["output_type"] for o in outputs} <= {"display_data", "execute_result"}
        injected = [c for c in notebook["cells"] if "injected-parameters" in c["metadata"].get("tags", ())]
        assert all("cluster_id =" not in "".join(c["source"]) for c in injected)
        assert injected


def test_tables_of_a_public_pack_hold_the_protected_numbers_only(built):
    public = built.public()
    schools = public.table("schools").set_index("name")["school_id"]
    outcomes = public.table("outcomes")
    outcomes = outcomes.loc[outcomes["pupil_group"] == "all"]
    rows = [r for r in built.table(built.big, "02_schools") if r["school"] in schools.index]
    assert len(rows) > 4
    hidden = 0
    for row in rows:
        mine = outcomes.loc[outcomes["school_id"] == schools[row["school"]]]
        if row["value"] == "c":
            hidden += 1
            assert "c" in set(mine["status"])
            assert row["pupils"] == "c"
        else:
            pairs = set(zip(mine["pupils"].astype("float"), mine["value"], strict=True))
            assert (float(row["pupils"]), float(row["value"])) in pairs
            assert float(row["pupils"]) % 5 == 0
    assert hidden


def test_a_pack_of_which_everything_is_hidden_is_built_and_says_so(built):
    page = (built.pack(TINY) / "index.html").read_text(encoding="utf-8")
    assert "All results of this cluster are hidden" in page
    assert json.loads((built.pack(TINY) / "manifest.json").read_text())["status"] == "built"
    for path in (built.pack(TINY) / "tables").glob("*.csv"):
        assert not re.search(r"\b(25|60|44)\b", path.read_text())  # the two results, and of both together


def first_difference(a, b):
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[max(start - 60, 0) : start + 60], b[max(start - 60, 0) : start + 60]


def test_packs_made_from_another_world_with_other_hidden_results_and_names_are_the_same(built, tmp_path):
    """The whole pack in every format: so neither what is hidden nor what rounding took away is in any place of any mark."""
    other = Built(tmp_path, (built.big,)) if _second_world(built, tmp_path) else None
    assert other
    result = other.build()
    assert result.ok
    compared = 0
    for path in every_file(built.pack(built.big)):
        twin = other.pack(built.big) / path.relative_to(built.pack(built.big))
        if path.name == "manifest.json":
            continue  # hashes of the store and times
        if path.suffix == ".zip":
            continue  # the other files once more
        a, b = ({n: re.sub(WHEN, "", t) for n, t in texts(p).items()} for p in (path, twin))
        assert a.keys() == b.keys()
        unlike = {n: first_difference(a[n], b[n]) for n in a if a[n] != b[n]}
        assert unlike == {}, path.name
        compared += 1
    assert compared > 40


def _second_world(built, root):
    data = root / "secret folder" / "data"
    shutil.copytree(built.data, data)
    back = {built.names.school_id(s): s for s in built.store.table("schools")["school_id"]}
    public = built.public().table("outcomes")
    other, moved = another_world(built.truth, public.assign(school_id=public["school_id"].map(back)))
    # A pattern may depend on what it hides; those schools stay as they are.
    write_outcomes(data, other)
    second = public_store(open_store(data, cache=root / "cache"), names=built.names, cache=root / "cache")
    key = ["school_id", "time_period", "measure_id", "pupil_group"]
    a, b = (t.set_index(key).sort_index().astype("object") for t in (public, second.table("outcomes")))
    unlike = ((a != b) & ~(a.isna() & b.isna())).any(axis=1)
    differ = {back[i[0]] for i in a.index[unlike]}
    kept, truth = other["school_id"].isin(differ), built.truth
    write_outcomes(data, pd.concat([other[~kept], truth[truth["school_id"].isin(differ)]]))
    schools = pd.read_csv(data / "schools.csv", dtype=str)
    schools["name"] = [f"Renamed {i} Academy" for i in range(len(schools))]
    clusters = pd.read_csv(data / "clusters.csv", dtype=str)
    clusters.loc[0, "purpose"] = f"We all learn from {schools['name'][7]}."
    _say_in_a_commitment(data, built.big, f"Every school of ours copies {schools['name'][9]}.")
    clusters.to_csv(data / "clusters.csv", index=False)
    schools["latitude"] = ""
    schools["longitude"] = ""
    schools.to_csv(data / "schools.csv", index=False)
    within_rounding = (other["value"] - truth["value"]).abs().between(1e-3, 1)
    return len([c for c in moved if c[0] not in differ]) > 20 and (within_rounding & ~kept).sum() > 100


def test_public_packs_never_stand_beside_packs_that_name_schools_or_packs_of_another_release(built, tmp_path):
    with pytest.raises(MixedFolder, match="another audience"):
        built.build(audience="cluster", chapters=("09",))
    before = built.names
    built.names = Pseudonyms(b"another key, another release 32b")
    try:
        with pytest.raises(MixedFolder, match="another release"):
            built.build(chapters=("09",))
    finally:
        built.names = before
    assert [p.status for p in built.build().packs] == ["unchanged", "unchanged"]


def test_one_command_makes_packs_for_both_and_only_the_public_ones_leave_the_house(built, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLRISE_CACHE", str(built.root / "cache"))
    options = ["packs", "build", str(built.data), "--out", str(tmp_path / "both"), "--cluster", TINY, "--chapter", "06"]
    options += ["--audience", "both", "--release", "spring", "--format", "html,pdf,zip", "--jobs", "1"]
    done = CliRunner().invoke(build_app(), options)
    assert done.exit_code == 0, done.output
    (public,) = (tmp_path / "both" / "public").glob("c-*")
    assert public.name != built.names.cluster_id(TINY)  # another label, another pseudonym
    assert "Farthing Island" in (tmp_path / "both" / "cluster" / TINY / "index.html").read_text("utf-8")
    for path in every_file(tmp_path / "both" / "public"):
        assert not [t for t in texts(path).values() if "Farthing" in t], path.name
    with pytest.raises(NotForThePublic):
        publish_packs(tmp_path / "both" / "cluster", str(tmp_path / "web"))
    publish_packs(tmp_path / "both" / "public", str(tmp_path / "web"))
    sent = {p.relative_to(tmp_path / "web" / public.name) for p in every_file(tmp_path / "web" / public.name)}
    assert sent == {p.relative_to(public) for p in every_file(public)}
    assert "Farthing" not in (tmp_path / "web" / "index.html").read_text("utf-8")
