"""Chapter 09: the protocol fitted to the meeting, the paper's questions beside this cluster's evidence, and sheets to write on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from allrise.chapters import dialogue_shown, factors_shown, leadership, outcomes_shown, practice_shown
from allrise.chapters.chapter import Chapter
from allrise.chapters.telling import Telling
from allrise.content.blocks import Block, CaptureSheet, Heading, Protocol, Question, Step

#: Sentences of evidence under one question; more would not be read in a meeting.
MOST = 4


def protocol(chapter: Chapter) -> Protocol:
    """Return the protocol with steps fitted to the meeting's minutes; they add up exactly."""
    return timed_protocol(chapter.texts, chapter.parameters.minutes)


def timed_protocol(say: Mapping[str, Any], minutes: int) -> Protocol:
    """Return the protocol of a chapter's words (``steps``, ``roles``, ``protocol_title``), fitted to the minutes."""
    lengths = share_out(minutes, [s["share"] for s in say["steps"]])
    start, timed = 0, list[Step]()
    for step, length in zip(say["steps"], lengths, strict=True):
        timed.append(Step(start, length, step["title"], step["text"]))
        start += length
    return Protocol(
        title=say["protocol_title"],
        minutes=minutes,
        steps=tuple(timed),
        roles=tuple((role, what) for role, what in say["roles"]),
    )


def share_out(minutes: int, shares: Sequence[int]) -> list[int]:
    """Split whole minutes by shares: at least one a step, adding up exactly (largest remainders).

    Raises
    ------
    ValueError
        When there are fewer minutes than steps.
    """
    if minutes < len(shares):
        msg = f"{minutes} minutes cannot hold {len(shares)} steps"
        raise ValueError(msg)
    total = sum(shares)
    exact = [minutes * s / total for s in shares]
    parts = [max(1, int(x)) for x in exact]
    while sum(parts) < minutes:
        i = max(range(len(parts)), key=lambda k: exact[k] - parts[k])
        parts[i] += 1
    while sum(parts) > minutes:
        i = min((k for k in range(len(parts)) if parts[k] > 1), key=lambda k: exact[k] - parts[k])
        parts[i] -= 1
    return parts


def evidence(chapter: Chapter) -> dict[str, tuple[str, ...]]:
    """Return what this cluster's figures say, by framework id; each sentence names its figure."""
    said: dict[str, tuple[str, ...]] = {}
    for room in (outcomes_shown, factors_shown, practice_shown, leadership, dialogue_shown):
        for key, lines in room.headline_readings(chapter).items():
            said[key] = (*said.get(key, ()), *lines)
    return said


def questions(chapter: Chapter, said: Mapping[str, Sequence[str]]) -> tuple[Block, ...]:
    """Return the paper's questions under their parts, each with the cluster's own figures that bear on it.

    Parameters
    ----------
    said
        Framework id to sentences, from :func:`evidence`.
    """
    blocks: list[Block] = list(chapter.heading("questions"))
    part = 0
    for q in chapter.framework.questions:
        if q.part != part:
            part = q.part
            blocks.append(Heading(chapter.texts[f"part_{part}"], level=3))
        lines = dict.fromkeys(line for source in q.evidence_from for line in said.get(source, ()))
        blocks.append(Question(q.id, q.statement, mixed(lines) or (chapter.texts["no_evidence"],), q.prompts))
    return tuple(blocks)


def mixed(lines: Iterable[str]) -> tuple[str, ...]:
    """Return at most :data:`MOST` sentences, from as many figures as there are: one of each figure, then the next of each."""
    by_figure: dict[str, list[str]] = {}
    for line in lines:
        by_figure.setdefault(line.partition(":")[0], []).append(line)
    rounds = zip_longest(*by_figure.values())
    return tuple(line for each in rounds for line in each if line is not None)[:MOST]


def capture_sheets(chapter: Telling) -> tuple[Block, ...]:
    """Return the sheet for what people saw and the sheet for what they will do."""
    say = chapter.texts
    return (
        *chapter.heading("capture"),
        CaptureSheet(say["notes_title"], say["notes_intro"], tuple((a, b) for a, b in say["notes_columns"]), 6),
        CaptureSheet(say["capture_title"], say["capture_intro"], tuple((a, b) for a, b in say["capture_columns"]), 5),
    )
