"""What apps let people predict, as plain numbers from the evidence tables of packs; kept for all visitors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allrise.apps.gallery import Source, blocks_of, kept

if TYPE_CHECKING:
    from allrise.chapters.chapter import Chapter

#: What can be predicted: chapter table, value column, what it is called.
LINES = {
    "gap": ("gap", "The gap between {low} and {high}"),
    "spread": ("sd_between", "How far apart the schools are, chance taken out"),
    "level": ("value", "The level of {measure}"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line over the years to predict: years in words, a value or ``None`` each, and the axis."""

    title: str
    unit: str
    years: tuple[str, ...]
    values: tuple[float | None, ...]
    low: float
    high: float
    step: float


def line(source: Source, cluster_id: str, what: str, series: str = "cluster") -> Line | None:
    """Return a line of :data:`LINES` of a cluster or its ``system``; ``None`` with fewer than two years known."""
    value: dict[str, Any] | None = kept(
        source, f"line {cluster_id} {what} {series}", lambda: _line(source, cluster_id, what, series)
    )
    if value is None:
        return None
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    return Line(**given)


def _line(source: Source, cluster_id: str, what: str, series: str) -> dict[str, Any] | None:
    from allrise.chapters import outcomes

    found: dict[str, Any] = {}

    def read(chapter: Chapter) -> None:
        table = {"gap": outcomes.gap, "spread": outcomes.spread, "level": outcomes.level}[what](chapter)
        if table.empty or chapter.measure is None:
            return
        column, title = LINES[what]
        mine: Any = table[table["series"] == series]
        mine = mine.sort_values("time_period")
        values = [None if math.isnan(float(v)) else round(float(v), 1) for v in mine[column].astype("float64")]
        known = [v for v in values if v is not None]
        if len(known) < 2 or values[0] is None:
            return
        low, high = (
            ("", "")
            if (pair := outcomes.groups(chapter)) is None
            else (chapter.words("groups").get(g, g) for g in pair)
        )
        percent = chapter.measure.unit == "percent"
        ends = _ends(
            known, floor_at_zero=what == "spread" or (percent and what == "level"), level=what == "level" and percent
        )
        found.update(
            title=f"{title.format(low=low, high=high, measure=chapter.measure.label)} · {chapter.slice.cluster.name}"
            if series == "cluster" else f"{title.format(low=low, high=high, measure=chapter.measure.label)} · all schools",
            unit=("%" if what == "level" else "points") if percent else chapter.measure.unit,
            years=[chapter.profile.school_year(int(p)) for p in mine["time_period"]],
            values=values, low=ends[0], high=ends[1], step=ends[2],
        )  # fmt: skip

    blocks_of("02_outcomes", source, cluster_id, read)
    return found or None


def _ends(known: list[float], *, floor_at_zero: bool, level: bool) -> tuple[float, float, float]:
    """Return ends and step of an axis that does not give the answer away: symmetrical room around the first value."""
    if level:
        return 0.0, 100.0, 1.0
    first = known[0]
    reach = max(abs(v - first) for v in known) * 1.8 + abs(first) * 0.6 + 1e-6
    size = 10 ** math.floor(math.log10(reach))
    reach = math.ceil(reach / size) * size
    size *= 2 if reach / size > 4 else 1
    low, high = math.floor((first - reach) / size) * size, math.ceil((first + reach) / size) * size
    high = low + math.ceil((high - low) / (4 * size)) * 4 * size  # four steps of round numbers
    if floor_at_zero:
        low, high = 0.0, math.ceil(high / (4 * size)) * 4 * size
    return float(low), float(high), float(size / 20)


def losses(source: Source, cluster_id: str) -> list[dict[str, Any]]:
    """Return what the network loses when its busiest school and role step out; see :func:`allrise.evidence.network.loss`."""

    def make() -> list[dict[str, Any]]:
        from allrise.chapters import practice

        found: list[dict[str, Any]] = []

        def read(chapter: Chapter) -> None:
            rows = practice.loss(chapter).to_dict("records")
            found.extend(
                {
                    "what": str(r["what"]),
                    "ties": int(r["ties"]),
                    "lost": int(r["ties_lost"]),
                    "cut_off": int(r["cut_off"]),
                }
                for r in rows
            )

        blocks_of("05_network", source, cluster_id, read)
        return found

    return kept(source, f"losses {cluster_id}", make)


def together(source: Source, cluster_id: str) -> dict[str, Any]:
    """Return how every two factors move together: ``pairs`` of ``a, b, rho, lower, upper`` and whom it was asked of."""

    def make() -> dict[str, Any]:
        from allrise.chapters import factors

        found: dict[str, Any] = {"pairs": [], "n": 0, "units": ""}

        def read(chapter: Chapter) -> None:
            table = factors.together(chapter)
            unit = "clusters" if "clusters" in table else "respondents"
            rows = [r for r in table.to_dict("records") if r["rho"] == r["rho"]]
            found["pairs"] = [{k: r[k] for k in ("a", "b", "rho", "lower", "upper")} for r in rows]
            found["n"] = int(max((r[unit] for r in rows), default=0))
            found["units"] = "clusters" if unit == "clusters" else "people of this cluster"

        blocks_of("03_factors", source, cluster_id, read)
        return found

    return kept(source, f"together {cluster_id}", make)
