"""A pack made by hand, small and with every kind of block, for tests of hand-outs."""

from __future__ import annotations

from allrise.content.blocks import (
    CaptureSheet,
    Cover,
    Explanation,
    Figure,
    Heading,
    Hidden,
    Notice,
    Opening,
    Protocol,
    Question,
    Step,
    Table,
    TableColumn,
    Text,
)
from allrise.packs.model import ExecutedChapter, ExecutedPack, PackSubject

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="allrise" width="510pt" height="200pt" viewBox="0 0 510 200">'
    '<title>t</title><desc>d</desc><g class="wide"><path d="M 0 0 L 500 190" stroke="#005f7d" fill="none"/>'
    '<text x="10" y="20" font-size="10" fill="#1c2126">WIDE</text></g>'
    '<g class="narrow" display="none"><text x="10" y="20">NARROW</text></g></svg>'
)

HOSTILE = (
    "#set page(width: 1pt)",
    "$x^2$ @key <label> \\ `raw` *bold* _it_ // gone",
    "=1+1",
    "=cmd|' /C calc'!A1",
    "<script>alert(1)</script> &amp; </w:t>",
    "bell\x07 and null\x00 inside",
    "W" * 180,
    "Te Kura Māori o Ngā Tamariki — tūturu",
    "مدرسة النور",
    "école 😀 学校",
    "{{ w.title }} {% raw %}",
    "-- --- \"straight\" 'quotes' ...",
)


def table(name="level", rows=None, title="A table"):
    columns = (
        TableColumn("letter", "Row"),
        TableColumn("school", "School"),
        TableColumn("value", "Value", "percent", 0),
        TableColumn("lower", "Lower limit", "percent", 0, "value"),
        TableColumn("upper", "Upper limit", "percent", 0, "value"),
    )
    rows = rows or (("A", "First School", 56.5, 50.2, 61.25), ("B", "Second School", Hidden("c"), None, None))
    return Table(name, title, columns, rows, notes=("A note of the table.",))


def figure(number="1.1", *, headline=True, name="level", words="Reading"):
    return Figure(
        name=name,
        title=f"{words}, figure {number}",
        subtitle="Percent of pupils, 2018/19",
        svg=SVG,
        width=510,
        height=200,
        alt=f"Chart {number} of {words}: 57%.",
        readings=(f"{words} stands at 57% (50% to 61%).", "One value is hidden."),
        notes=("Source: made for a test.",),
        table=table(name, title=f"{words} {number}"),
        predict=f"What do you expect of {words}?" if headline else "",
        look="Point at one thing.",
        discuss=("What would you do?",),
        explanations=(Explanation("chance", "It may be chance."), Explanation("practice", "It may be practice.")),
        headline=headline,
        number=number,
    )


def pack(
    *, words="Reading", cluster="Test Trust", country="GB-ENG", language="en", paper="", more=(), audience="cluster"
):
    cover = Cover(
        cluster_id="C1", cluster=cluster, cluster_word="trust", place="North", question=f"What of {words}?",
        purpose="Nobody is lost.", period="2018/19", audience="leaders", synthetic=True,
        facts=(("Schools", "2"),), strength="It describes.",
    )  # fmt: skip
    first = ExecutedChapter(
        "01_overview",
        "ok",
        1.0,
        blocks=(
            Opening("01_overview", "1", "Who we are", "Who is here?"),
            cover,
            Heading("What we promised last time"),
            Table("commitments", "What we promised last time", (TableColumn("what", "What"),), ((words,),)),
            Heading("The charts"),
            Text(("Look at them together.",)),
            figure(words=words),
            Notice("strength", "How far it goes", ("It describes.", "It does not rank.")),
            *more,
        ),
    )
    second = ExecutedChapter(
        "02_outcomes",
        "failed",
        1.0,
        blocks=(
            Opening("02_outcomes", "2", "Outcomes", "How do they do?"),
            figure("2.1", headline=False, name="schools", words=words),
        ),
    )
    last = ExecutedChapter(
        "09_discussion_guide",
        "ok",
        1.0,
        blocks=(
            Opening("09_discussion_guide", "9", "The guide", "What now?"),
            Protocol(
                "A protocol",
                60,
                (Step(0, 5, "Arrive", "Read aloud."), Step(5, 55, "Talk", words)),
                (("Timekeeper", "Watches."),),
            ),
            Question("Q1.1", f"What works for {words}?", ("Figure 1.1: 57%.",), ("Who else?",)),
            Heading("What we will do"),
            Text(("Write it down.",)),
            CaptureSheet("Our commitments", "Before you leave.", (("What", "hint"), ("Who", "a role")), 4),
            Notice("strength", "A fair warning", ("No cause.",)),
        ),
    )
    return ExecutedPack(
        subject=PackSubject("C1", cluster, country, "North", "trust"),
        folder="C1",
        audience=audience,
        period="2018/19",
        parameters={"language": language, "audience": audience},
        chapters=(first, second, last),
        versions={"allrise": "0"},
        generated="2026-01-02T03:04:05Z",
        paper=paper,
    )
