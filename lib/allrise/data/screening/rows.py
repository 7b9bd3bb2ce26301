"""Rules over the rows of one table. Each takes a table and the ledger; none loops over rows that are right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from allrise.data.screening.checked import Checked
from allrise.data.screening.coded import Mask
from allrise.data.screening.findings import Ledger
from allrise.data.screening.keys import Keys
from allrise.framework.ids import SCALE_IDS

RowRule = Callable[[Checked, Ledger], None]
_RULES: list[tuple[str, str, tuple[str, ...], RowRule]] = []


def _rule(rule: str, table: str, *columns: str) -> Callable[[RowRule], RowRule]:
    """Make a function the check of ``rule`` on ``table``; it runs when the table has ``columns``."""

    def take(function: RowRule) -> RowRule:
        _RULES.append((rule, table, columns, function))
        return function

    return take


def check_rows(checked: Checked, ledger: Ledger) -> None:
    """Run every rule of this module that is about the table."""
    for _, table, columns, function in _RULES:
        if table in (checked.name, "") and checked.has(*columns) and len(checked):
            # Missing values take part in comparisons there and make them false.
            with np.errstate(invalid="ignore"):
                function(checked, ledger)


@_rule("value-with-status", "outcomes", "value", "status")
def _value_with_status(t: Checked, ledger: Ledger) -> None:
    both = ~t.columns["value"].is_missing() & ~t.columns["status"].is_missing()
    t.report(
        ledger, "value-with-status", both, "value", lambda i: f"There is a value and status is {t.text('status', i)!r}"
    )


@_rule("blank-without-status", "outcomes", "value", "status")
def _blank_without_status(t: Checked, ledger: Ledger) -> None:
    neither = t.columns["value"].is_blank() & t.columns["status"].is_blank()
    t.report(ledger, "blank-without-status", neither, "status", "The value is blank and no status says why")


@_rule("value-without-denominator", "outcomes", "value", "pupils")
def _value_without_denominator(t: Checked, ledger: Ledger) -> None:
    without = ~t.columns["value"].is_missing() & t.columns["pupils"].is_blank()
    t.report(ledger, "value-without-denominator", without, "pupils", "There is a value and pupils is blank")


@_rule("limits-order", "outcomes", "value", "lower", "upper")
def _limits_order(t: Checked, ledger: Ledger) -> None:
    value, lower, upper = (t.columns[c].numbers() for c in ("value", "lower", "upper"))
    wrong = (lower > upper) | (value < lower) | (value > upper)
    t.report(
        ledger,
        "limits-order",
        wrong,
        "value",
        lambda i: f"The value is not between its limits, {t.text('lower', i)} and {t.text('upper', i)}",
    )


@_rule("group-larger-than-all", "outcomes", "school_id", "time_period", "measure_id", "pupil_group", "pupils")
def _group_larger_than_all(t: Checked, ledger: Ledger) -> None:
    group, names = t.columns["pupil_group"].labels()
    if "all" not in names:
        return
    keys = [t.columns[c].labels() for c in ("school_id", "time_period", "measure_id")]
    cells = Keys([(c, len(v)) for c, v in keys], len(t))
    pupils = t.columns["pupils"].numbers()
    every = group == names.index("all")
    largest = cells.largest(pupils, every)
    more = np.concatenate(
        [np.flatnonzero(~every[span] & (pupils[span] > largest[cell])) + span.start for span, cell in cells.spans()]
    )
    of = dict(zip(more.tolist(), largest[cells.at(more)].tolist(), strict=True))
    t.report(
        ledger, "group-larger-than-all", more, "pupils",
        lambda i: f"{t.text('pupil_group', i)} counts {pupils[i]:g} pupils and all counts {of[i]:g}",
    )  # fmt: skip


def _one_name(t: Checked, ledger: Ledger) -> None:
    key = t.raw.table.key[0]
    ids, known = t.columns[key].labels()
    names = t.columns["name"].labels()[0]
    of = Keys([(ids, len(known))], len(t)).further(names, (ids >= 0) & (names >= 0))
    t.report(
        ledger,
        "one-id-one-name",
        np.array(list(of), dtype=np.intp),
        "name",
        lambda i: f"{t.text(key, i)!r} is also called {t.text('name', of[i])!r}, in line {t.raw.line(of[i])}",
    )


def _one_id(t: Checked, ledger: Ledger) -> None:
    key = t.raw.table.key[0]
    ids = t.columns[key].labels()[0]
    parts = [t.columns[c].labels() for c in ("name", "country", "region") if c in t.columns]
    named = Keys([(c, len(v)) for c, v in parts], len(t))
    of = named.further(ids, (ids >= 0) & (parts[0][0] >= 0))
    t.report(
        ledger,
        "one-name-two-ids",
        np.array(list(of), dtype=np.intp),
        "name",
        lambda i: f"{t.text(key, of[i])!r} in line {t.raw.line(of[i])} has the same name and region",
    )


for _table in ("schools", "clusters"):
    _rule("one-id-one-name", _table, f"{_table[:-1]}_id", "name")(_one_name)
    _rule("one-name-two-ids", _table, f"{_table[:-1]}_id", "name")(_one_id)


@_rule("spell-order", "memberships", "joined_on", "left_on")
def _spell_order(t: Checked, ledger: Ledger) -> None:
    joined, left = t.columns["joined_on"].days(), t.columns["left_on"].days()
    t.report(
        ledger, "spell-order", left <= joined, "left_on", lambda i: f"The school joined on {joined[i]} and left on {left[i]}"
    )  # fmt: skip


@_rule("overlapping-memberships", "memberships", "school_id", "cluster_id", "joined_on", "left_on")
def _overlapping(t: Checked, ledger: Ledger) -> None:
    school, _ = t.columns["school_id"].labels()
    cluster, names = t.columns["cluster_id"].labels()
    joined, left = t.columns["joined_on"], t.columns["left_on"]
    # Days as numbers: an unknown start is before, and an open end after, every day. A refused date says neither.
    start = np.where(joined.is_missing(), -(2**40), joined.days().astype("datetime64[D]").astype(np.int64))
    end = np.where(left.is_missing(), 2**40, left.days().astype("datetime64[D]").astype(np.int64))
    sure = (school >= 0) & (cluster >= 0) & ~joined.bad[joined.codes] & ~left.bad[left.codes] & (end > start)
    at = np.flatnonzero(sure)
    at = at[np.lexsort((end[at], start[at], school[at]))]
    if not len(at):
        return
    # The latest end so far of the same school, and whose it is, by a running maximum within each school.
    frame = pd.DataFrame({"school": school[at], "end": end[at]})
    latest = frame.groupby("school")["end"].cummax().groupby(frame["school"]).shift(1)
    over = np.flatnonzero(start[at] < latest.fillna(-(2**62)).to_numpy())
    t.report(
        ledger,
        "overlapping-memberships",
        np.sort(at[over]),
        "school_id",
        lambda i: _other_spell(t, i, school, start, end, sure, cluster, names),
    )


def _other_spell(
    t: Checked,
    i: int,
    school: npt.NDArray[np.integer],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    sure: Mask,
    cluster: npt.NDArray[np.integer],
    names: list[str],
) -> str:
    meets = sure & (school == school[i]) & (start < end[i]) & (end > start[i])
    meets[i] = False
    other = int(np.flatnonzero(meets)[0])
    return f"In line {t.raw.line(other)} the school is in {names[cluster[other]]!r} at the same time"


@_rule("unknown-framework-id", "items", "framework_id")
def _framework(t: Checked, ledger: Ledger) -> None:
    column = t.columns["framework_id"]
    wrong = np.array([not pd.isna(v) and v not in SCALE_IDS for v in column.values()], dtype=bool)
    t.report(ledger, "unknown-framework-id", wrong[column.codes], "framework_id", "The framework has no such part")


@_rule("response-changes-role", "survey", "response_id", "wave", "role")
def _changes_role(t: Checked, ledger: Ledger) -> None:
    parts = [t.columns[c].labels() for c in ("response_id", "wave")]
    role = t.columns["role"].labels()[0]
    of = Keys([(c, len(v)) for c, v in parts], len(t)).further(role, role >= 0)
    t.report(
        ledger,
        "response-changes-role",
        np.array(list(of), dtype=np.intp),
        "role",
        lambda i: f"{t.text('response_id', i)!r} is {t.text('role', of[i])} in line {t.raw.line(of[i])}",
    )


@_rule("review-order", "reviews", "started_on", "ended_on")
def _review_order(t: Checked, ledger: Ledger) -> None:
    start, end = t.columns["started_on"].days(), t.columns["ended_on"].days()
    t.report(
        ledger, "review-order", end < start, "ended_on", lambda i: f"The review starts on {start[i]} and ends on {end[i]}"
    )  # fmt: skip


@_rule("actions-done-exceed", "reviews", "actions_agreed", "actions_done")
def _actions(t: Checked, ledger: Ledger) -> None:
    agreed, done = t.columns["actions_agreed"].numbers(), t.columns["actions_done"].numbers()
    t.report(
        ledger, "actions-done-exceed", done > agreed, "actions_done", lambda i: f"{done[i]:g} done of {agreed[i]:g} agreed"
    )  # fmt: skip


def _same(first: str, second: str) -> RowRule:
    def check(t: Checked, ledger: Ledger) -> None:
        one = pd.Series(t.columns[first].distinct, dtype="object").to_numpy()[t.columns[first].codes]
        two = pd.Series(t.columns[second].distinct, dtype="object").to_numpy()[t.columns[second].codes]
        same = (one == two) & ~t.columns[first].is_missing() & ~t.columns[second].is_missing()
        t.report(ledger, "self-tie", same, second, f"{first} and {second} are the same")

    return check


_rule("self-tie", "ties", "from_id", "to_id")(_same("from_id", "to_id"))
_rule("self-tie", "reviews", "reviewer_id", "reviewed_id")(_same("reviewer_id", "reviewed_id"))
