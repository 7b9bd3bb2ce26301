"""A data folder says what it holds, in the words of the tables, and comes back as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from allrise.data.package import (
    About,
    Caveat,
    Licence,
    Source,
    describe,
    read_descriptor,
    write_descriptor,
    write_folder,
)
from allrise.data.reference import data_folder_page
from allrise.data.tables import CLUSTERS, OUTCOMES, TABLES
from allrise.errors import UnreadableInput

ROOT = Path(__file__).parents[2]


def clusters(**changes) -> pd.DataFrame:
    row = {"cluster_id": "007", "name": 'The "Hill", north', "country": "NZ", "formed_on": pd.Timestamp("2015-02-01")}
    return CLUSTERS.typed(pd.DataFrame([{**row, **changes}]))


def write(folder: Path, tables=None, **changes) -> None:
    words = {
        "name": "Hill schools 2024",
        "title": "Hill schools",
        "licences": (Licence("CC-BY-4.0", "Creative Commons Attribution 4.0"),),
        "sources": (Source("Hill schools' own records", version="2024-05"),),
        "synthetic": True,
        "caveats": (Caveat("Made up."), Caveat("Not counted in 2020.", "outcomes")),
    }
    write_folder(folder, {"clusters": clusters()} if tables is None else tables, About(**{**words, **changes}))


def test_every_column_has_a_type_a_title_and_a_description():
    for table in TABLES.values():
        fields = describe(table)["fields"]
        assert [f["name"] for f in fields] == list(table.column_names)
        assert all(f["type"] and f["title"] and f["description"] for f in fields)


def test_bounds_and_references_stand_in_the_table_schema():
    schema = describe(OUTCOMES)
    pupils = next(f for f in schema["fields"] if f["name"] == "pupils")
    assert pupils["unit"] == "pupils"
    assert pupils["constraints"] == {"minimum": 0, "maximum": 50_000}
    school = {"fields": ["school_id"], "reference": {"resource": "schools", "fields": ["school_id"]}}
    assert school in schema["foreignKeys"]
    assert schema["primaryKey"] == list(OUTCOMES.key)


def test_a_folder_tells_what_was_told_to_it(tmp_path):
    write(tmp_path, description="For tests.", profile="nz")
    found = read_descriptor(tmp_path)
    assert found.name == "hill-schools-2024"
    assert found.synthetic
    assert found.present
    assert found.profile == "nz"
    assert found.licences == (Licence("CC-BY-4.0", "Creative Commons Attribution 4.0"),)
    assert found.sources == (Source("Hill schools' own records", version="2024-05"),)
    assert found.caveats_of("outcomes") == ("Made up.", "Not counted in 2020.")
    assert found.caveats_of("schools") == ("Made up.",)
    assert [(r.name, r.path, r.format) for r in found.resources] == [("clusters", "clusters.csv", "csv")]


def test_a_foreign_key_never_names_a_table_that_is_not_there(tmp_path):
    columns = {"memberships": ["school_id", "cluster_id"], "schools": ["school_id"]}
    write_descriptor(tmp_path, columns, About("x", "X"))
    raw = json.loads((tmp_path / "datapackage.json").read_text())
    keys = raw["resources"][0]["schema"]["foreignKeys"]
    assert [k["reference"]["resource"] for k in keys] == ["schools"]
    assert "licenses" not in raw


def test_csv_is_plain_utf8_with_iso_dates_and_blanks(tmp_path):
    frame = clusters(name="Kāhui\r\nAko").assign(open=pd.array([True], dtype="boolean"))
    write(tmp_path, {"clusters": frame})
    raw = (tmp_path / "clusters.csv").read_bytes()
    assert (
        raw
        == (
            "cluster_id,name,country,region,kind,formed_on,purpose,enquiry_question,open\n"
            '007,"Kāhui\nAko",NZ,,,2015-02-01,,,true\n'
        ).encode()
    )


def test_a_table_that_is_no_longer_written_goes_away(tmp_path):
    write(tmp_path, {"clusters": clusters(), "stages": TABLES["stages"].empty()})
    (tmp_path / "notes.csv").write_text("mine\n")
    write(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clusters.csv", "datapackage.json", "notes.csv"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    write(tmp_path)
    before = (tmp_path / "clusters.csv").read_bytes()

    def full(*_args, **_kw):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, {"clusters": clusters(name="Other")})
    assert (tmp_path / "clusters.csv").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clusters.csv", "datapackage.json"]


def test_a_folder_without_a_descriptor_is_read_by_its_file_names(tmp_path):
    for name in ("clusters.csv", "Schools.CSV", "outcomes.parquet", "notes.docx", "~$book.xlsx"):
        (tmp_path / name).write_text("x")
    found = read_descriptor(tmp_path)
    assert not found.present
    assert {(r.name, r.format) for r in found.resources} == {
        ("clusters", "csv"),
        ("schools", "csv"),
        ("outcomes", "parquet"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "{",
        "{}",
        '{"resources": [{"name": "clusters"}]}',
        '{"resources": [{"name": "clusters", "path": "/etc/passwd"}]}',
        '{"resources": [{"name": "clusters", "path": "../clusters.csv"}]}',
        '{"resources": [{"name": "clusters", "path": "C:clusters.csv"}]}',
        '{"resources": [{"name": "clusters", "path": "http://x/clusters.csv"}]}',
        '{"resources": [{"name": "clusters", "path": ["a.csv", "b.csv"]}]}',
        '{"resources": [{"name": "clusters", "path": "clusters.docx"}]}',
        "[" * 100_000,
    ],
)
def test_a_descriptor_that_cannot_be_used_is_refused_with_a_mend(tmp_path, text):
    (tmp_path / "datapackage.json").write_text(text)
    with pytest.raises(UnreadableInput) as caught:
        read_descriptor(tmp_path)
    assert "datapackage.json" in caught.value.what
    assert caught.value.mend


def test_the_reference_page_is_what_the_tables_say():
    page = (ROOT / "docs/data-folder.md").read_text(encoding="utf-8")
    assert page == data_folder_page(), "write it again: allrise.data.reference.data_folder_page()"
    for table in TABLES.values():
        section = page.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| `{column.name}` | {column.type} |" in section
