"""F2 to F8, L and T: the profile of answers over factors and by role; never an average over factors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.diverging import Answers, diverging_chart
from allrise.figures.drawing import draw_figure
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.framework import Framework, load

SHARES = ("s1", "s2", "s3", "s4", "s5")


@lru_cache(maxsize=4)
def framework(language: str) -> Framework:
    """Return the framework in a language; English where it has none."""
    from allrise.errors import UnknownName

    try:
        return load(language)
    except UnknownName:
        return load("en")


def label(subject: Subject, framework_id: str) -> str:
    """Return the name of a framework id; the id itself when it is not the framework's."""
    known = framework(subject.language)
    return known[framework_id].label if framework_id in known else framework_id


def code(framework_id: str) -> str:
    """Return what people point at: ``F3``; nothing for scales without a number."""
    return framework_id if framework_id[1:].isdigit() else ""


def full_name(subject: Subject, framework_id: str) -> str:
    """Return ``Trust (F3)``."""
    return f"{label(subject, framework_id)} ({framework_id})" if code(framework_id) else label(subject, framework_id)


def with_percent(frame: pd.DataFrame, columns: Sequence[str] = SHARES) -> pd.DataFrame:
    """Return a frame whose shares (0..1) are percent."""
    return frame.assign(**{k: [100 * v for v in c.finite(frame[k])] for k in columns})


def shares_of(record: dict[str, Any]) -> tuple[float, ...]:
    """Return the five shares of a row in percent; empty when one is missing."""
    found = [c.number(record[k]) for k in SHARES]
    return tuple(v for v in found if v is not None) if None not in found else ()


def share_columns(subject: Subject) -> tuple[TableColumn, ...]:
    """Return the columns of the five answers."""
    return tuple(
        TableColumn(k, words, "percent", 0) for k, words in zip(SHARES, framework(subject.language).scale, strict=True)
    )


def mean_text(subject: Subject, record: dict[str, Any]) -> str:
    """Return a mean with its interval, ``3.7 (3.5 to 3.9)``."""
    return subject.numbers.interval(*c.spans_known(record, "mean"), "score", 1)


def _compact_note(subject: Subject, record: dict[str, Any]) -> str:
    people = subject.numbers.number(c.whole(record["respondents"]))
    return f"{mean_text(subject, record)}; {people}" if c.number(record["mean"]) is not None else people


def factor_profile(
    profile: pd.DataFrame, subject: Subject, *, weakest: Sequence[str] = (), name: str = "factor_profile"
) -> Figure:
    """Show the answers to each factor as a bar, and their mean with its interval.

    Parameters
    ----------
    profile
        ``framework_id``, ``respondents``, ``schools``, ``items``, ``mean``, ``lower``, ``upper``, ``agree_share``, ``s1`` to ``s5``
        (shares 0..1), and, where known, ``invited`` and ``response_rate``.
    weakest
        Ids that may be the lowest, from ``evidence.survey.weakest_factor``.
    """
    w, shared, n = subject.words("survey"), subject.words("shared"), subject.numbers
    table = with_percent(profile, (*SHARES, "agree_share"))
    table = table.assign(factor=[label(subject, str(f)) for f in table["framework_id"]])
    if "response_rate" in table:
        table = with_percent(table, ("response_rate",))
    shown = [r for r in c.records(table) if c.number(r["mean"]) is not None and shares_of(r)]
    kind = _kind(profile)
    title = w(f"factor_profile.title_{kind}", cluster=subject.cluster)
    readings = _profile_readings(subject, shown, len(table), weakest)
    alt = w("factor_profile.alt", readings=" ".join(_alt(subject, shown)) or readings[0])
    rows = [
        Answers(
            code(str(r["framework_id"])),
            str(r["factor"]),
            shares_of(r),
            c.spans_known(r, "mean") if c.number(r["mean"]) is not None else None,
            n.number(c.whole(r["respondents"])) if shares_of(r) else "",
            _compact_note(subject, r) if shares_of(r) else "",
            w("too_few"),
        )
        for r in c.records(table)
    ]

    def draw(sheet: Sheet) -> None:
        diverging_chart(
            sheet,
            rows,
            scale_labels=framework(subject.language).scale,
            mean_label=w("mean_axis"),
            note_label=w("people"),
            number=n.number,
            percent=lambda v: n.value(v, "percent", 0),
        )

    counts = [c.whole(r["respondents"]) for r in shown]
    rates = [c.number(r.get("response_rate")) for r in shown]
    known_rates = [v for v in rates if v is not None]
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("factor_profile.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("factor_profile.note", people=n.span(min(counts), max(counts))) if counts else "",
            w("factor_profile.response", rate=n.value(min(known_rates), "percent", 0))
            if known_rates
            else w("no_response_rate"),
            w("mean_note"),
            hidden=len(table) - len(shown),
        ),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("framework_id", w("id")),
                TableColumn("factor", w("factor")),
                TableColumn("respondents", w("people"), "", 0),
                TableColumn("schools", shared("schools"), "schools", 0),
                *share_columns(subject),
                TableColumn("agree_share", w("agree"), "percent", 0),
                TableColumn("mean", w("mean"), "score", 1),
                TableColumn("lower", shared("lower"), "score", 1, interval_of="mean"),
                TableColumn("upper", shared("upper"), "score", 1, interval_of="mean"),
            ),
        ),
        framework_ids=tuple(str(f) for f in profile["framework_id"]),
        predict=w("factor_profile.predict", cluster=subject.cluster),
        look=w("factor_profile.look"),
        discuss=(*w.several("factor_profile.discuss"), *_prompts(subject, weakest)),
        explanations=_explanations(subject, shown, counts, known_rates),
        headline=True,
    )


def _kind(profile: pd.DataFrame) -> str:
    """Return which part of the framework a profile is about: ``F``, ``L``, ``T``, or ``other`` when mixed."""
    kinds = {code(str(f))[:1] for f in profile["framework_id"]}
    return kinds.pop() if len(kinds) == 1 and kinds <= {"F", "L", "T"} else "other"


def _prompts(subject: Subject, weakest: Sequence[str]) -> tuple[str, ...]:
    """Return the framework's own question about the lowest factor, when it is one."""
    known = framework(subject.language)
    return known[weakest[0]].prompts[:1] if len(weakest) == 1 and weakest[0] in known else ()


def _alt(subject: Subject, shown: list[dict[str, Any]]) -> list[str]:
    w = subject.words("survey")
    return [
        w("factor_profile.alt_row", factor=str(r["factor"]), mean=mean_text(subject, r), agree=_agree(subject, r))
        for r in shown
    ]


def _agree(subject: Subject, record: dict[str, Any]) -> str:
    return subject.numbers.value(float(record["agree_share"]), "percent", 0)


def _profile_readings(
    subject: Subject, shown: list[dict[str, Any]], rows: int, weakest: Sequence[str]
) -> tuple[str, ...]:
    w, n = subject.words("survey"), subject.numbers
    if not shown:
        return (w("factor_profile.nothing"),)

    def say(r: dict[str, Any]) -> str:
        return w(
            "factor_profile.row",
            factor=full_name(subject, str(r["framework_id"])),
            agree=_agree(subject, r),
            mean=mean_text(subject, r),
            people=n.count(c.whole(r["respondents"]), "person"),
        )

    said = c.told(subject, shown, say, lambda r: float(r["mean"]))
    names = tuple(full_name(subject, f) for f in weakest)
    if len(names) == 1:
        said.append(w("factor_profile.lowest", factor=names[0]))
    elif names:
        said.append(w("factor_profile.lowest_of", factors=n.listed(names)))
    if rows > len(shown):
        said.append(w("factor_profile.hidden", n=rows - len(shown), number=n.number(rows - len(shown))))
    return tuple(said)


def _explanations(subject: Subject, shown: list[dict[str, Any]], counts: list[int], rates: list[float]) -> Any:
    w, n = subject.words("survey"), subject.numbers
    if not shown:
        return ()
    middle = max(shown, key=lambda r: float(r["s3"]))
    return c.explanations(
        chance=w("factor_profile.chance", people=n.span(min(counts), max(counts))),
        practice=w(
            "factor_profile.practice",
            factor=str(middle["factor"]),
            share=n.value(float(middle["s3"]), "percent", 0),
        ),
        data=w("factor_profile.data", rate=n.value(min(rates), "percent", 0))
        if rates
        else w("factor_profile.data_unknown"),
    )


def by_role(roles: pd.DataFrame, subject: Subject, framework_id: str, *, name: str = "") -> Figure:
    """Show the answers to one factor by role, with n; hidden roles are rows without a bar.

    Parameters
    ----------
    roles
        ``framework_id``, ``role``, ``respondents``, ``s1`` to ``s5`` (shares 0..1), ``mean``, ``lower``, ``upper``, ``hidden``; rows of
        other factors are left out.
    """
    w, shared, n = subject.words("survey"), subject.words("shared"), subject.numbers
    name = name or f"by_role_{framework_id.lower()}"
    table = with_percent(roles.loc[roles["framework_id"] == framework_id, :].reset_index(drop=True))
    table = table.assign(
        who=[role(subject, str(r)) for r in table["role"]],
        status=["c" if bool(h) else "" for h in table["hidden"]],
    )
    shown = [r for r in c.records(table) if shares_of(r) and not bool(r["hidden"])]
    factor = full_name(subject, framework_id)
    title = w("by_role.title", factor=factor, cluster=subject.cluster)
    readings = [
        w("by_role.row", role=str(r["who"]), mean=mean_text(subject, r), agree=n.value(float(r["s4"]) + float(r["s5"]), "percent", 0),
          people=n.count(c.whole(r["respondents"]), "person"))
        for r in c.records(table.assign(agree=table["s4"] + table["s5"])) if shares_of(r) and not bool(r["hidden"])
    ]  # fmt: skip
    hidden = len(table) - len(shown)
    if hidden and shown:
        readings.append(w("by_role.hidden", n=hidden, number=n.number(hidden)))
    said = tuple(readings) or (w("by_role.nothing"),)
    alt = w("by_role.alt", factor=factor, readings=" ".join(said))
    rows = [
        Answers(
            "",
            str(r["who"]),
            shares_of(r) if not bool(r["hidden"]) else (),
            c.spans_known(r, "mean") if c.number(r["mean"]) is not None and not bool(r["hidden"]) else None,
            n.number(c.whole(r["respondents"])) if shares_of(r) and not bool(r["hidden"]) else "",
            _compact_note(subject, r) if shares_of(r) and not bool(r["hidden"]) else "",
            w("hidden_role"),
        )
        for r in c.records(table)
    ]

    def draw(sheet: Sheet) -> None:
        diverging_chart(
            sheet,
            rows,
            scale_labels=framework(subject.language).scale,
            mean_label=w("mean_axis"),
            note_label=w("people"),
            number=n.number,
            percent=lambda v: n.value(v, "percent", 0),
        )

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("by_role.subtitle", period=subject.period),
        alt=alt,
        readings=said,
        notes=c.notes(
            subject,
            w(
                "by_role.note",
                people=n.count(sum(c.whole(r["respondents"]) for r in shown), "person"),
                roles=n.count(len(shown), "role"),
            ),
            w("mean_note"),
            hidden=len(table) - len(shown),
        ),
        table=c.table(
            name,
            title,
            table.assign(agree_share=table["s4"] + table["s5"]),
            (
                TableColumn("who", w("role_label")),
                TableColumn("respondents", w("people"), "", 0),
                *share_columns(subject),
                TableColumn("agree_share", w("agree"), "percent", 0),
                TableColumn("mean", w("mean"), "score", 1),
                TableColumn("lower", shared("lower"), "score", 1, interval_of="mean"),
                TableColumn("upper", shared("upper"), "score", 1, interval_of="mean"),
            ),
            hiding=c.Hiding(("respondents", *SHARES, "agree_share", "mean", "lower", "upper")),
        ),
        framework_ids=(framework_id,),
        predict=w("by_role.predict", factor=factor),
        look=w("by_role.look"),
        discuss=w.several("by_role.discuss"),
        explanations=c.explanations(
            chance=w("by_role.chance", few=n.count(min(c.whole(r["respondents"]) for r in shown), "person"))
            if shown
            else "",
            practice=w("by_role.practice"),
        ),
    )


def role(subject: Subject, key: str) -> str:
    """Return a role in the readers' language; the key itself for one that the kit does not know."""
    w = subject.words("survey")
    return w(f"role.{key}") if f"role.{key}" in w else key
