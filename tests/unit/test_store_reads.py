"""What is read of a store is noted, all of it, and reads the same again from the same data only."""

from __future__ import annotations

import inspect

import clean_folder
import pytest

from allrise.chapters.replay import Replay
from allrise.chapters.system import system_table
from allrise.chapters.system_tables import table_of_system
from allrise.data.facts import facts
from allrise.data.store import Store, open_store
from allrise.data.store.reads import EVERYTHING, VARIABLE, notes_in, read_of, text_of
from allrise.data.store.slices import SliceTables
from allrise.errors import UnknownName


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Opens a folder of tables, reads it in some way, and returns the notes of that."""
    monkeypatch.setenv("ALLRISE_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "notes"

    def read(how, tables=None):
        folder = clean_folder.write(tmp_path / "data", tables or clean_folder.clean())
        monkeypatch.setenv(VARIABLE, str(file))
        file.unlink(missing_ok=True)
        how(open_store(folder))
        monkeypatch.delenv(VARIABLE)
        found = notes_in(file.read_text(encoding="utf-8"))
        assert {n.data for n in found} <= {str(folder), ""}
        return {n.read: n.gave for n in found}, open_store(folder)

    return read


def _nothing(_store):
    return None


def _failing(store):
    with pytest.raises(UnknownName):
        store.slice("Z")
    with pytest.raises(UnknownName):
        store.table("no such table")
    assert "no such table" not in store.slice("A").tables
    with pytest.raises(KeyError):
        store.slice("A").tables["no such table"]


def _everything_of_it(store):
    for name in ("title", "synthetic", "licences", "sources", "caveats"):
        getattr(store, name)
    store.has("outcomes"), store.rows("outcomes"), store.clusters(), store.periods(), store.marked("public.json")
    store.table("schools", ["school_id", "country"]), store.table("outcomes")
    part = store.slice("A")
    part.has("reviews"), part.table("outcomes"), part.table("commitments"), list(part.tables), part.key()
    system_table(store, "outcomes", country="NZ", measure_id="M"), system_table(store, "points", time_period=2018)
    system_table(store, "neighbours", cluster_id="A"), system_table(store, "together"), system_table(store, "gaps")
    table_of_system(store, "stages", 2018, country="NZ"), table_of_system(store, "outside")
    facts()


@pytest.mark.parametrize("how", [_nothing, _failing, _everything_of_it])
def test_a_replay_of_the_same_data_gives_every_digest_again(notes, how):
    noted, store = notes(how)
    replay = Replay(store)
    assert {text: replay.digest(text) for text in noted} == noted


def test_every_public_way_to_read_a_store_is_noted(notes):
    """A method that is added without a note would let a chapter read unnoticed."""
    given = {
        "derived": ("n", lambda s: s.table("clusters")),
        "derived_slice": ("n", "A"),
        "has": ("outcomes",),
        "marked": ("x",),
        "rows": ("outcomes",),
        "slice": ("A",),
        "table": ("outcomes",),
    }
    public = [n for n in dir(Store) if not n.startswith("_")]
    for name in public:

        def read(store, name=name):
            value = getattr(store, name) if name != "derived" else store.derived
            if callable(value):
                more = {"version": "1"} if name.startswith("derived") else {}
                value(*given.get(name, ()), **more)

        try:
            noted, _ = notes(read)
        except UnknownName:
            continue  # a table that nobody computed yet
        assert set(noted) > {text_of(("opened",))}, name
    assert len(public) >= 15


def test_all_that_slices_hand_out_is_noted(notes):
    public = [n for n, f in inspect.getmembers(SliceTables, inspect.isfunction) if not n.startswith("_")]
    assert set(public) == {"arrow", "has", "get", "items", "keys", "values"}
    noted, _ = notes(lambda s: s.slice("A").tables.get("outcomes"))
    assert text_of(("slice", "A", "outcomes")) in noted


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "changed"),
    [
        ("outcomes", 1, "value", "62.6", {"slice A outcomes"}),
        ("outcomes", 5, "value", "4.3", set()),
        ("memberships", 4, "joined_on", "2014-01-01", set()),
        ("clusters", 1, "name", "Another", {"cluster A"}),
        ("clusters", 2, "name", "Another", {"slice A other_clusters"}),
        ("schools", 1, "pupils", "141", {"slice A schools"}),
    ],
)
def test_a_change_shows_in_the_readings_of_what_changed_and_in_no_other(notes, table, row, column, value, changed):
    def slice_of_a(store):
        part = store.slice("A")
        for name in ("outcomes", "schools", "memberships", "other_clusters"):
            part.table(name)

    noted, _ = notes(slice_of_a)
    tables = clean_folder.clean()
    tables[table][row][tables[table][0].index(column)] = value
    _, store = notes(_nothing, tables)
    replay = Replay(store)
    assert {" ".join(map(str, read_of(t))) for t, gave in noted.items() if replay.digest(t) != gave} == changed


def test_who_asks_for_the_fingerprint_or_the_folder_may_know_everything(notes):
    for how in (lambda s: s.fingerprint, lambda s: s.path, lambda s: s.inputs, lambda s: s.warnings):
        noted, store = notes(how)
        assert noted[text_of(EVERYTHING)] == store.fingerprint


def test_what_a_table_is_computed_from_is_no_reading_of_who_asks_for_it(notes):
    first, _ = notes(lambda s: system_table(s, "gaps", country="NZ"))
    again, _ = notes(lambda s: system_table(s, "gaps", country="NZ"))  # it is there already
    assert first == again
    assert len(first) == 2


def test_a_table_that_this_code_cannot_compute_has_no_digest(notes):
    noted, store = notes(lambda s: s.derived("mine", lambda t: t.table("clusters"), version="9"))
    derived = next(t for t in noted if read_of(t)[0] == "derived")
    assert Replay(store).digest(derived) is None
