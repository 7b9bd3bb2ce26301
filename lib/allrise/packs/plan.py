"""What a build is asked for, and the packs and chapters that this means."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from allrise import paths
from allrise.chapters.texts import texts
from allrise.data.disclosure import Pseudonyms, is_public, pseudonyms_of, public_store
from allrise.data.disclosure.texts import KINDS, plain
from allrise.data.profiles import profile
from allrise.data.store import Progress, Store, open_store
from allrise.errors import AllriseError, UnknownName, UnreadableInput
from allrise.packs.folders import SYSTEM_FOLDER, folder_names
from allrise.packs.formats import check_formats
from allrise.packs.model import Audience, IndexRenderer, InputFile, PackSubject, Paper, Parameter, Renderer
from allrise.packs.notebooks import Notebook, choose, find_notebooks, read_notebook

#: Parameters that every notebook of a kind must take.
CLUSTER_PARAMETERS = ("data", "cluster_id")
SYSTEM_PARAMETERS = ("data",)


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build is asked for.

    Parameters
    ----------
    data
        A data folder, or ``demo``.
    out
        Folder of the packs.
    clusters, chapters
        Which; all when empty. A pack has exactly the chapters of its last build.
    audience, minutes, language, time_period
        Parameters of the chapters; ``time_period`` ``None`` is the latest school year.
    formats
        Names of :data:`allrise.packs.formats.FORMATS`.
    jobs
        How many chapters run at once; ``None`` for one a core.
    paper
        Size of printed pages; ``""`` for the one of each cluster's country.
    scheduler
        Address of a Dask scheduler; ``""`` for this machine.
    force
        Also build what is unchanged.
    chapter_limit, cell_limit
        Wall-clock seconds.
    added
        Notebooks that stand in every pack after the kit's own chapters; not in packs for the public.
    release
        Of a public build: another label gives other pseudonyms to the same data.
    notebooks
        Folder with ``pack/`` and ``system/``; the kit's own when ``None``.
    renderer, index_renderer
        Make the pages instead of the kit's own.
    """

    data: str
    out: Path
    clusters: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    audience: Audience = "cluster"
    formats: tuple[str, ...] = ("html",)
    minutes: int = 60
    language: str = "en"
    time_period: int | None = None
    paper: Paper = ""
    jobs: int | None = None
    scheduler: str = ""
    force: bool = False
    chapter_limit: float = 600
    cell_limit: float = 300
    release: str = ""
    added: tuple[Path, ...] = ()
    notebooks: Path | None = None
    renderer: Renderer | None = None
    index_renderer: IndexRenderer | None = None


@dataclass(frozen=True, slots=True)
class PlannedPack:
    """One pack to build: its subject, folder and chapters, each with the parameters it takes.

    ``private`` are texts that no file of a public pack may hold.
    """

    subject: PackSubject
    folder: str
    chapters: tuple[Notebook, ...]
    parameters: Mapping[str, Parameter]
    private: tuple[str, ...] = ()

    def parameters_of(self, chapter: Notebook) -> dict[str, Parameter]:
        """Return the parameters that ``chapter`` takes."""
        return {k: v for k, v in self.parameters.items() if k in chapter.takes}

    @property
    def system(self) -> bool:
        """Whether it is about the whole system and not one cluster."""
        return self.folder == SYSTEM_FOLDER


@dataclass(frozen=True, slots=True)
class Plan:
    """All packs of a build, in the order of the table ``clusters``, the system's first."""

    options: BuildOptions
    store: Store
    packs: tuple[PlannedPack, ...]


def make_plan(options: BuildOptions, preparing: Progress | None = None) -> Plan:
    """Return the packs that ``options`` ask for; nothing is written but the prepared data.

    Parameters
    ----------
    preparing
        Called with what is done and the share that is done while the data are prepared, when they are new.

    Raises
    ------
    UnknownName
        For a cluster, chapter, format or language that does not exist, with those that come close.
    UnreadableInput, InvalidData
        When the data folder or a notebook cannot be used.
    FormatNotAvailable
        When something asked for cannot be made here.
    """
    options = replace(options, formats=check_formats(options.formats), data=_absolute(options.data))
    texts(options.language)
    chapters, system = find_chapters(options)
    source = store = open_store(options.data, progress=preparing)
    ids = [str(i) for i in source.table("clusters")["cluster_id"]]
    wanted = _wanted(ids, options.clusters)
    private: Mapping[str, tuple[str, ...]] = {}
    if options.audience == "public" and not is_public(source):
        names = pseudonyms_of(source, options.release)
        store = public_store(source, names=names)
        private = _private(source, names, options.data)
        wanted = frozenset(names.cluster_id(i) for i in wanted)
        # Chapters may run on other machines, which do not have this one's secret: they open the public data itself.
        options = replace(options, data=str(store.path))
    table = store.table("clusters")
    folders = folder_names(str(i) for i in table["cluster_id"])
    shared: dict[str, Parameter] = {
        "data": options.data,
        "time_period": options.time_period,
        "audience": options.audience,
        "minutes": options.minutes,
        "language": options.language,
    }
    packs: list[PlannedPack] = []
    if system and not options.clusters:
        packs.append(PlannedPack(_whole(store, table), SYSTEM_FOLDER, system, shared, private.get("", ())))
    for row in table.to_dict("records") if chapters else ():
        cluster_id = str(row["cluster_id"])
        if cluster_id in wanted:
            words = {k: "" if row.get(k) is None or row[k] != row[k] else str(row[k]) for k in _SUBJECT}
            subject = PackSubject(cluster_id, **words)
            parameters = {**shared, "cluster_id": cluster_id}
            about = private.get(cluster_id, ())
            packs.append(PlannedPack(subject, folders[cluster_id], chapters, parameters, about))
    if not packs:
        raise UnreadableInput(f"{options.data}: the table clusters is empty", "Add a row for each cluster.")
    return Plan(options, store, tuple(packs))


def find_chapters(options: BuildOptions) -> tuple[tuple[Notebook, ...], tuple[Notebook, ...]]:
    """Return the chapters of a cluster's pack and those of the system's.

    Raises
    ------
    UnknownName
        For a chapter that does not exist.
    UnreadableInput
        When a notebook cannot be used.
    """
    folder = options.notebooks or paths.notebooks()
    chapters = find_notebooks(folder / "pack", CLUSTER_PARAMETERS)
    system = find_notebooks(folder / "system", SYSTEM_PARAMETERS)
    if not chapters:
        raise UnreadableInput(f"{folder / 'pack'} has no chapters", "Restore the kit's notebooks.")
    if options.chapters:
        chosen = choose((*chapters, *system), options.chapters)
        chapters, system = (tuple(n for n in kind if n in chosen) for kind in (chapters, system))
    return _with_added(chapters, options), system


def period_of(pack: PlannedPack, plan: Plan, manifest: Mapping[str, Any] | None = None) -> str:
    """Return the school year that a pack is about, as its country writes it; ``""`` when nothing has a year.

    Parameters
    ----------
    manifest
        Of the pack that is there. When it was made from the very same store, the year is the same too and no data
        are read: a build with nothing to do reads none.
    """
    store, asked = plan.store, plan.options.time_period
    if (
        manifest is not None
        and manifest["data"].get("store") == store.fingerprint
        and manifest["parameters"].get("time_period") == asked
        and manifest["pack"]["country"] == pack.subject.country
    ):
        return str(manifest["pack"]["period"])
    if asked is not None:
        return _school_year(pack.subject.country, asked)
    if pack.system:
        years = store.periods()
    else:
        outcomes = store.slice(pack.subject.cluster_id).tables.get("outcomes")
        years = () if outcomes is None else tuple(int(y) for y in outcomes["time_period"].dropna())
    return _school_year(pack.subject.country, max(years)) if years else ""


def inputs_of(pack: PlannedPack, plan: Plan) -> tuple[InputFile, ...]:
    """Return the files of the data folder, each with how many of its rows are about a pack."""
    store = plan.store
    used: Mapping[str, int]
    if pack.system:
        used = {Path(i.file).stem: i.rows for i in store.inputs}
    else:
        part = store.slice(pack.subject.cluster_id)
        used = {"clusters": 1, **{name: len(frame) for name, frame in part.tables.items()}}
    return tuple(InputFile(i.file, i.sha256, used.get(Path(i.file).stem, 0)) for i in store.inputs)


def _with_added(chapters: tuple[Notebook, ...], options: BuildOptions) -> tuple[Notebook, ...]:
    """Return the kit's chapters and after them the notebooks that somebody added."""
    if options.added and options.audience == "public":
        raise AllriseError(
            "packs for the public cannot have added chapters: nobody has checked that they give no pupil away",
            "Build without --add, or with --audience cluster.",
        )
    found = chapters
    for path in options.added:
        if not path.is_file():
            raise UnreadableInput(f"There is no notebook {path}", "Give the .ipynb file to add as a chapter.")
        notebook = read_notebook(path.absolute(), CLUSTER_PARAMETERS)
        if any(notebook.name == c.name for c in found):
            raise UnreadableInput(f"Two chapters are called {notebook.name}", f"Rename {path}.")
        found = (*found, notebook)
    return found


def _private(source: Store, names: Pseudonyms, data: str) -> dict[str, tuple[str, ...]]:
    """Return what each public pack must not hold, by pseudonymous cluster: its schools' names and ids, and places.

    Under ``""`` stands what the pack about all clusters must not hold.
    """
    places = {str(Path.home()), str(source.path), str(Path(data).absolute()) if data != "demo" else ""}
    everywhere = tuple(sorted(p for p in places if len(p) > 1))
    schools = source.table("schools", ["school_id", "name"])
    known = dict(zip(schools["school_id"], schools["name"], strict=True))
    clusters = source.table("clusters", ["name"])["name"]
    # A school may be called as its cluster is, or as the place where all of them are.
    open_words = {plain(str(name)) for name in clusters}
    found: dict[str, list[str]] = {}
    spells = source.table("memberships", ["school_id", "cluster_id"]).drop_duplicates()
    for school_id, cluster_id in spells.itertuples(index=False):
        texts = (str(school_id), str(known.get(school_id, "")))
        said = [t for t in texts if plain(t) and not any(f" {plain(t)} " in f" {name} " for name in open_words)]
        found.setdefault(names.cluster_id(str(cluster_id)), []).extend(said)
    return {
        "": (*everywhere, *sorted({t for texts in found.values() for t in texts if _only_a_school(t)})),
        **{names.cluster_id(str(c)): everywhere for c in source.table("clusters", ["cluster_id"])["cluster_id"]},
        **{c: (*everywhere, *texts) for c, texts in found.items()},
    }


def _only_a_school(text: str) -> bool:
    """Say whether a name or id can be nothing else in a pack about all clusters, as ``The Link`` or a number could."""
    words = plain(text).split()
    letters_and_digits = any(c.isalpha() for c in text) and any(c.isdigit() for c in text)
    return letters_and_digits if len(words) == 1 else len(words) > 2 and not KINDS.issuperset(words)


_SUBJECT = ("name", "country", "region", "kind")


def _whole(store: Store, clusters: pd.DataFrame) -> PackSubject:
    """Return the subject of the pack about all clusters; its country where there is only one."""
    countries = sorted({str(c) for c in clusters["country"].dropna()})
    return PackSubject("", store.title, countries[0] if len(countries) == 1 else "")


def _absolute(data: str) -> str:
    return data if data == "demo" else str(Path(data).expanduser().absolute())


def _wanted(ids: list[str], asked: tuple[str, ...]) -> frozenset[str]:
    known = frozenset(ids)
    for cluster_id in asked:
        if cluster_id not in known:
            close = difflib.get_close_matches(cluster_id, ids, n=3) or [
                i for i in ids if i.casefold() == cluster_id.casefold()
            ]
            some = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
            hint = f"Did you mean {' or '.join(close)}?" if close else f"The data have {some}."
            raise UnknownName(f"There is no cluster `{cluster_id}`", hint)
    return frozenset(asked) or known


def _school_year(country: str, year: int) -> str:
    try:
        return profile(country).school_year(year)
    except AllriseError:
        return str(year)
