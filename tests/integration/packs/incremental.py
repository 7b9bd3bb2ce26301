"""A small world of data and chapters, changes to it one at a time, and a pool that runs chapters in this process."""

from __future__ import annotations

import csv
import json
import os
import random
from concurrent.futures import Future
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import nbformat

from allrise.data.store.reads import VARIABLE
from allrise.packs.model import ChapterRun

PARAMETERS = """data = ""
cluster_id = ""
time_period = ""
audience = "cluster"
minutes = 60
language = "en"
"""
OPEN = """from allrise.chapters.chapter import open_chapter
from allrise.content.blocks import Text
chapter = open_chapter("{}", data, cluster_id, time_period, audience, minutes, language)"""
OPEN_SYSTEM = """from allrise.chapters.system_chapter import open_system
from allrise.content.blocks import Text
chapter = open_system("{}", data, "", time_period, audience, minutes, language)"""

#: What each chapter computes: all its tables as text, which shows the last digit that a figure could.
CHAPTERS = {
    "02_outcomes": (
        OPEN.format("02_outcomes"),
        "from allrise.chapters import outcomes",
        "tables = (outcomes.level, outcomes.funnel, outcomes.gap, outcomes.gap_parts, outcomes.spread, outcomes.similar)",
        "Text(tuple(t(chapter).to_csv() for t in tables) + (chapter.years, chapter.source('outcomes', chapter.measure)))",
    ),
    "03_factors": (
        OPEN.format("03_factors"),
        "from allrise.chapters import factors",
        "Text(tuple(t(chapter).to_csv() for t in (factors.profile, factors.by_role, factors.together)))",
    ),
    "05_network": (
        OPEN.format("05_network"),
        "from allrise.chapters import practice",
        "Text((practice.pairs(chapter).to_csv(), practice.stages(chapter).to_csv(), str(chapter.has('reviews'))))",
    ),
    "07_by_hand": (
        "from pathlib import Path\nfrom allrise.content.blocks import Text",
        "file = Path(data) / 'outcomes.csv'",
        "Text((file.read_text()[-60:],))",
    ),
    "09_discussion_guide": (
        OPEN.format("09_discussion_guide"),
        "from allrise.chapters import discussion",
        "discussion.protocol(chapter)",
        "Text((chapter.slice.cluster.purpose,))",
    ),
}
SYSTEM = {
    "10_spread_and_gap": (
        OPEN_SYSTEM.format("10_spread_and_gap"),
        "Text(tuple(s.reference('outcomes').to_csv() + s.table('changes').to_csv() for s in chapter.systems))",
    ),
    "12_adoption": (
        OPEN_SYSTEM.format("12_adoption"),
        "from allrise.chapters import system_adoption",
        "Text((system_adoption.prediction(chapter).to_csv(), *(s.table('outside').to_csv() for s in chapter.systems)))",
    ),
}


class World:
    """Data, notebooks and options that can be changed one thing at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tables = _tables()
        self.chapters = {n: list(cells) for n, cells in CHAPTERS.items()}
        self.system = {n: list(cells) for n, cells in SYSTEM.items()}
        self.options = {"minutes": 60, "formats": ("html",), "time_period": None}
        self.facts = "A fact"

    def write(self) -> None:
        folder = self.root / "data"
        folder.mkdir(exist_ok=True)
        for name, rows in self.tables.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        for kind, chapters in (("pack", self.chapters), ("system", self.system)):
            (self.root / "notebooks" / kind).mkdir(parents=True, exist_ok=True)
            for name, cells in chapters.items():
                first = nbformat.v4.new_code_cell(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]})
                rest = [nbformat.v4.new_code_cell(c, id=f"cell-{n}") for n, c in enumerate(cells)]
                nbformat.write(
                    nbformat.v4.new_notebook(cells=[first, *rest]), self.root / "notebooks" / kind / f"{name}.ipynb"
                )

    def column(self, table: str, name: str) -> int:
        return self.tables[table][0].index(name)

    def set(self, table: str, row: int, column: str, value: str) -> None:
        rows = self.tables[table]
        rows[1 + row % (len(rows) - 1)][self.column(table, column)] = value


def _tables() -> dict[str, list[list[str]]]:
    draw = random.Random(7)
    clusters = {"E1": "GB-ENG", "E2": "GB-ENG", "N1": "NZ"}
    schools: list[list[str]] = []
    spells: list[list[str]] = []
    outcomes: list[list[str]] = []
    for place, country in enumerate(("GB-ENG", "NZ")):
        mine = [c for c, where in clusters.items() if where == country]
        for n in range(14):
            school = f"{'EN'[place]}{n:02}"
            schools.append([school, f"School {school}", country, "primary", str(150 + 10 * n)])
            if n // 4 < len(mine):
                spells.append([school, mine[n // 4], f"201{4 + n % 2}-01-01", ""])
            level = draw.uniform(45, 75)
            for year in (2016, 2017, 2018):
                pupils = 24 + 2 * (n % 5)
                for group, share, less in (("disadvantaged", 0.4, 9), ("not_disadvantaged", 0.6, -6), ("all", 1.0, 0)):
                    value = level - less + draw.uniform(-4, 4)
                    outcomes.append(
                        [school, str(year), "reading", group, str(round(pupils * share)), f"{value:.1f}", ""]
                    )
                outcomes.append([school, str(year), "days", "all", str(pupils), f"{draw.uniform(3, 9):.2f}", ""])
    survey = [
        [f"R{c}{n}", c, "", "2018", ("teacher", "leader")[n % 2], item, str(draw.randint(2, 5))]
        for c in clusters
        for n in range(12)
        for item in ("I1", "I2")
    ]
    ties = [
        [f"{p}{a:02}", f"{p}{b:02}", "2018", "joint practice", str(draw.randint(1, 5))]
        for p in "EN"
        for a in range(8)
        for b in range(8)
        if a != b and a // 4 == b // 4
    ]
    return {
        "clusters": [
            ["cluster_id", "name", "country", "purpose"],
            *([c, f"Cluster {c}", where, f"Purpose of {c}"] for c, where in clusters.items()),
        ],
        "schools": [["school_id", "name", "country", "phase", "pupils"], *schools],
        "memberships": [["school_id", "cluster_id", "joined_on", "left_on"], *spells],
        "measures": [
            ["measure_id", "label", "unit", "higher_is_better"],
            ["reading", "Reading", "percent", "true"],
            ["days", "Days lost", "days", "false"],
        ],
        "outcomes": [
            ["school_id", "time_period", "measure_id", "pupil_group", "pupils", "value", "status"],
            *outcomes,
        ],
        "items": [
            ["item_id", "framework_id", "wording", "reversed"],
            ["I1", "F1", "We share a purpose.", "false"],
            ["I2", "F2", "Others decide for us.", "true"],
        ],
        "survey": [["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"], *survey],
        "ties": [["from_id", "to_id", "time_period", "kind", "strength"], *ties],
        "stages": [["cluster_id", "time_period", "stage"], ["E1", "2018", "co_responsibility"]],
    }  # fmt: skip


@dataclass
class InProcess:
    """A pool that runs chapters here, one after the other, and notes as a kernel does."""

    jobs: int = 1
    scratch: Path = Path("/nowhere")
    ran: list[tuple[str, str]] = field(default_factory=list)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return None

    def submit(self, task, *, rank=(), limit=None):
        future: Future = Future()
        chapter = task.function == "allrise.packs.ahead:run_in_worker"
        future.set_result(self._run(*task.arguments) if chapter else task.run())
        return future

    def _run(self, job):
        self.ran.append((job.pack, job.name))
        notes = job.output.with_suffix(".notes")
        notebook = nbformat.read(job.notebook, as_version=4)
        injected = nbformat.v4.new_code_cell(
            "\n".join(f"{k} = {v!r}" for k, v in sorted(job.parameters.items())), id="injected"
        )
        notebook.cells.insert(1, injected)
        names: dict = {}
        os.environ[VARIABLE] = str(notes)
        try:
            for cell in notebook.cells:
                cell.outputs = _outputs(cell.source, names)
        finally:
            del os.environ[VARIABLE]
        job.output.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, job.output)
        text = notes.read_text(encoding="utf-8") if notes.exists() else ""
        notes.unlink(missing_ok=True)
        return ChapterRun(job.pack, job.name, "ok", 0.1, saved=True, notes=text)


def _outputs(source, names):
    *lines, last = source.strip().split("\n")
    with redirect_stdout(StringIO()):  # what a chapter shows by itself
        exec("\n".join(lines), names)
        try:
            code = compile(last, "cell", "eval")
        except SyntaxError:
            exec(last, names)
            return []
        value = eval(code, names)
    if not hasattr(value, "to_json"):
        return []
    block = value._repr_mimebundle_()
    return [nbformat.v4.new_output("display_data", {k: v for k, v in block.items() if k != "text/html"})]


def page(pack):
    """Say everything that a page may say, of the pack and its making, except when and from which files."""
    content = {
        "subject": [pack.subject.cluster_id, pack.subject.name, pack.subject.country],
        "period": pack.period,
        "parameters": dict(pack.parameters),
        "warnings": list(pack.warnings),
        "caveats": list(pack.caveats),
        "said": {c.name: [b.plain() for b in c.blocks] for c in pack.chapters},
    }
    return {"index.html": json.dumps(content).encode()}


def index(records):
    return json.dumps([r.folder for r in records]).encode()


def contents(out: Path) -> dict[str, bytes]:
    """Return every file of every pack but what says when and from what it was made."""
    files = (p for p in out.rglob("*") if p.is_file() and p.name != "manifest.json" and p.suffix != ".xlsx")
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files}
