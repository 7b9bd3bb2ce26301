"""What the results part of a page needs, for phones, the stage and the facilitator alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from allrise.framework import LANGUAGES as FRAMEWORK_LANGUAGES
from allrise.framework import load
from allrise.room.server.drawing import bar, opinion_map, quadrant, vote_bar
from allrise.room.server.revealed import Revealed

if TYPE_CHECKING:
    from allrise.room.server.board import Board
    from allrise.room.server.pages import Page
    from allrise.room.server.wording import Wording
    from allrise.room.snapshots import QuestionState, SessionState

#: Rows, and letters of their labels, above which the stage draws a table closer.
MOST_ROWS, MOST_LETTERS = 8, 150
#: Letters of a label and of a question that surely fit into a line of the stage; lines above which it draws closer.
LABEL_LETTERS, PROMPT_LETTERS, MOST_LINES = 22, 55, 9
#: Statements in a column.
MOST_STATEMENTS = 4
VIEWS = ("room", "country", "role", "agreement", "map")


#: Height of a column of statements on the stage, and of what stands below each one's words, in lines of those words.
COLUMN_LINES, BELOW_LINES = 18.2, 1.5
#: Letters of a statement that surely fit into a line there.
LINE_LETTERS = 34
#: The same for the line of its votes, in smaller type, and the height of that line.
TALLY_LETTERS, TALLY_LINES = 46, 0.9


def with_room(rows: Sequence[Any], texts: Mapping[int, str], tally: int = 40) -> list[tuple[Any, bool]]:
    """Return statements, each with whether the stage has no room left for it: nobody can scroll a stage.

    ``tally`` is the length of the line of votes below each, in letters.
    """
    below = BELOW_LINES + TALLY_LINES * -(-tally // TALLY_LETTERS)
    taken, out = 0.0, list[tuple[Any, bool]]()
    for row in rows:
        words = texts.get(row["statement"], "")
        taken += -(-len(words) // LINE_LETTERS) + below
        out.append((row, bool(out) and taken > COLUMN_LINES))
    return out


def tally_letters(t: Wording) -> int:
    """Return how long the line of a statement's votes is, in letters."""
    percents = 3 * len(t("results.percent", n=50)) + len(t("results.votes", n=50)) + len(" " * 3 + " · " * 3)
    return percents + sum(len(t(f"results.{vote}")) for vote in ("agree", "disagree", "pass"))


def crowded(prompt: str, labels: Sequence[str], rows: int) -> bool:
    """Return whether the stage has to draw a table closer, so that its last row is on the screen too."""
    lines = sum(-(-len(label) // LABEL_LETTERS) for label in labels) + len(prompt) // PROMPT_LETTERS
    return rows > MOST_ROWS or sum(map(len, labels)) > MOST_LETTERS or (rows > 0 and lines > MOST_LINES)


def agreed_and_split(board: Board) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the statements that most agree with and those that split the room; none is both, each at most four."""
    agreed = [row for row in board.consensus if 2 * row["agrees"] > row["votes"]][:MOST_STATEMENTS]
    numbers = {row["statement"] for row in agreed}
    return agreed, [row for row in board.split if row["statement"] not in numbers][:MOST_STATEMENTS]


async def results_values(page: Page, state: SessionState, question: QuestionState, view: str) -> dict[str, Any]:
    """Return what ``_results.html`` draws.

    Parameters
    ----------
    page
        The page that draws; its language is used.
    view
        One of :data:`VIEWS`; one that has nothing to show falls back to the whole room.
    """
    key = (state.code, question.name)
    told = await page.site.results.get(key)
    again = told is None or told.version < 0 or told.state != question.state
    found: Revealed = told.value if told is not None else Revealed(question.kind, waiting=True)
    board = page.site.opinions.last(state.code, question.name) if question.kind == "statements" else None
    views = ["room"]
    split = [kind for kind in ("country", "role") if found.by.get(kind)]
    views += [kind for kind in split if any(found.by[kind]["sizes"].values())]  # a table of hidden cells tells nothing
    if found.agreed is not None:
        views.append("agreement")
    if board is not None and board.closed:
        views.append("map")
    shown = view if view in views else "room"
    labels = {item.name: page.wording_of(item.label) for item in question.items}
    if question.kind == "quadrant":
        labels = {item.name.rpartition("/")[0]: page.wording_of(item.label) for item in question.items}
    poles = {
        item.name: (page.wording_of(item.left_pole), page.wording_of(item.right_pole))
        for item in question.items if item.left_pole
    }  # fmt: skip
    texts: dict[int, str] = {}
    if question.kind == "statements":
        texts = {
            s.number: page.wording_of(s.texts) if s.texts else s.text
            for s in await page.site.boards.get((state.code, question.name))
        }
    agreed, split_by = agreed_and_split(board) if board is not None else ([], [])
    names = load(page.t.language if page.t.language in FRAMEWORK_LANGUAGES else "en")
    settled = (
        told is not None and told.version >= 0 and question.kind != "statements"
    )  # a board's votes come by the second
    return {
        "again": again,
        "key": (told.version, told.state, shown, again) if told is not None and settled else None,
        "theme_names": {r["framework_id"]: names[r["framework_id"]].label for r in found.themes if r["framework_id"] in names},
        "all_small": bool(split) and not {"country", "role"} & set(views),
        "crowded": crowded(page.wording_of(question.prompt), list(labels.values()), len(found.rows)),
        "found": found, "board": board, "views": views, "view": shown, "labels": labels, "poles": poles,
        "agreed": agreed, "split": split_by,
        "with_room": lambda rows: with_room(rows, texts, tally_letters(page.t)),
        "statement_texts": texts, "threshold": 10, "closed": question.state == "closed",
        "draw_bar": lambda cells, label: bar(cells, label, question.kind, page.t),
        "draw_vote": lambda row: vote_bar(row, page.t),
        "draw_map": (lambda: opinion_map(board, page.t)) if board is not None and board.found else None,
        "draw_quadrant": lambda: quadrant(found.rows, page.t),
    }  # fmt: skip
