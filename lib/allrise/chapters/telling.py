"""Telling a chapter: its words, the numbering of its figures, and showing blocks in the notebook.

What chapters of a cluster's pack (:mod:`.chapter`) and those about a whole system (:mod:`.system_chapter`) share.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, Concatenate, ParamSpec

import pandas as pd

from allrise.chapters.texts import figure_number, texts
from allrise.content.blocks import Block, Figure, Heading, Notice, Opening, TableColumn, Text
from allrise.content.html import block_css
from allrise.content.language import catalogue
from allrise.data.disclosure import is_public
from allrise.data.store import Store
from allrise.figures.theme import css_variables, figure_css
from allrise.framework import Framework, load

P = ParamSpec("P")


@functools.cache
def notebook_style() -> str:
    """Return the look of blocks for JupyterLab; a pack's page brings its own."""
    variables = css_variables().replace("color-scheme:light;", "")  # JupyterLab decides that for itself
    return f"<style>{variables}{figure_css()}{block_css()}</style>"


def of_too_few(table: pd.DataFrame) -> bool:
    """Return whether a table of answers has rows and shows none of them, since too few people answered."""
    if table.empty or "framework_id" not in table:
        return False
    if "hidden" in table:
        return bool(table["hidden"].all())
    return "respondents" in table and "mean" in table and not bool(table["mean"].notna().any())


class Telling:
    """A chapter being told.

    Attributes
    ----------
    name, store, language
        As opened.
    framework, texts
        The framework and this chapter's words, in the chapter's language.
    """

    def __init__(self, name: str, store: Store, language: str) -> None:
        self.name = name
        self.store = store
        self.language = language
        self.framework: Framework = load(language)
        self.texts: dict[str, Any] = texts(language)[name]
        self._said: set[str] = set()

    def has(self, table: str) -> bool:
        """Return whether a table has a row about whom the chapter is about."""
        return self.store.has(table)

    @cached_property
    def has_data(self) -> bool:
        """Whether the table this chapter stands on has a row; else the chapter is one line long."""
        table = self.texts.get("stands_on")
        return table is None or self.has(table)

    def words(self, name: str) -> dict[str, str]:
        """Return a list of words that all chapters share: ``roles``, ``groups``."""
        return texts(self.language)[name]

    def opening(self) -> Opening:
        """Return the chapter's opening block."""
        return Opening(
            name=self.name,
            number=str(int(self.name[:2])),
            title=self.texts["title"],
            question=self.texts["question"],
            framework_ids=tuple(self.texts["framework_ids"]),
        )

    def open(self) -> None:
        """Show the opening, and say in one line when there are no data for this chapter."""
        from IPython.display import HTML, display

        display(HTML(notebook_style(), metadata={}))
        self.show(self.opening())
        words = self.words("words")
        if not self.has_data:
            self.show(Notice("no_data", words["nothing_public"] if self.public else self.texts["nothing"]))
        elif self.public and self.all_hidden:
            self.show(Notice("no_data", words["all_hidden"]))

    @cached_property
    def public(self) -> bool:
        """Whether anybody may read it: what is not shown may then be hidden, and not missing."""
        return is_public(self.store)

    @property
    def all_hidden(self) -> bool:
        """Whether there are results, and every one of them is hidden."""
        return False

    def heading(self, part: str, framework_id: str = "") -> tuple[Block, ...]:
        """Return a section's heading and introduction, from the chapter's words; nothing in an empty chapter."""
        if not self.has_data:
            return ()
        blocks: list[Block] = [Heading(self.texts[f"{part}_heading"], framework_id=framework_id)]
        public = self.texts.get(f"{part}_intro_public") if self.public else None
        if intro := public or self.texts.get(f"{part}_intro"):
            blocks.append(Text((intro,)))
        return tuple(blocks)

    def strength(self, *more: str) -> tuple[Notice, ...]:
        """Return the box that says what these data cannot show, with the caveats of the table it stands on."""
        stands_on = self.texts.get("stands_on")
        caveats = tuple(c.text for c in self.store.caveats if c.table and c.table == stands_on)
        if not self.has_data:
            return ()
        return (Notice("strength", self.texts["strength_title"], (*self.texts["strength"], *more, *caveats)),)

    def missing(self, name: str, lack: str = "no_data") -> tuple[Notice, ...]:
        """Return one line that says which data a figure lacks; nothing in an empty chapter, or when it was said."""
        what = self.texts["missing"][name]
        if not self.has_data or what in self._said:
            return ()
        self._said.add(what)
        say = self.words("words")["no_data_public" if self.public and lack in {"no_data", "too_few"} else lack]
        return (Notice("no_data", say.format(what=what)),)

    def figure(
        self,
        name: str,
        draw: Callable[Concatenate[pd.DataFrame, P], Figure],
        evidence: pd.DataFrame,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Draw a figure from an evidence table and show it with its number; say so when there is nothing to draw.

        Parameters
        ----------
        name
            Its name in the chapter's list of figures.
        draw
            A function of :mod:`allrise.figures`.
        evidence
            The evidence table; without rows, one line says that there are no data.
        """
        if evidence.empty or of_too_few(evidence):
            self.show(*self.missing(name, "no_data" if evidence.empty else "too_few"))
            return
        self.place(draw(evidence, *args, **kwargs), name)

    def place(self, figure: Figure, place: str, *, part: int = 0, name: str = "", folded: bool = False) -> None:
        """Show a figure at its place in the chapter's list: ``part`` 1, 2, ... makes its number 2.1a, 2.1b, ...

        A ``folded`` figure is detail beside one of its kind that is shown whole: it keeps its readings, its notes and
        its table, and leaves the prompts to the other.

        Figures that the chapter's words list as ``headlines`` are those a meeting opens with; only they keep the
        prompt to predict.
        """
        suffix = chr(ord("a") + part - 1) if part else ""
        name = name or place
        headline = self.is_headline(place, part)
        if folded:
            figure = replace(figure, look="", explanations=())
        self.show(
            replace(
                figure,
                folded=folded,
                name=name,
                table=replace(figure.table, name=name),
                number=figure_number(self.name, place) + suffix,
                headline=headline,
                predict=figure.predict if headline else "",
            )
        )

    def is_headline(self, place: str, part: int = 0) -> bool:  # noqa: ARG002 - the system's chapters heed the part
        """Return whether the figure at a place is one that a meeting looks at first."""
        return place in self.texts.get("headlines", ())

    def figure_label(self, chapter: str, name: str) -> str:
        """Return a figure's number as texts refer to it: ``Figure 2.4``."""
        return f"{catalogue('allrise.content', 'words', self.language)('figure')} {figure_number(chapter, name)}"

    def limits(self, of: str, decimals: int, prefix: str = "") -> tuple[TableColumn, TableColumn]:
        """Return the columns ``lower`` and ``upper`` of a table's interval, which a page shows in the value's cell."""
        say = catalogue("allrise.figures", "words/shared", self.language)
        lower, upper = (
            TableColumn(f"{prefix}{key}", say(key), decimals=decimals, interval_of=of) for key in ("lower", "upper")
        )
        return lower, upper

    def show(self, *blocks: Block) -> None:
        """Show blocks in the notebook, each as an output of its own."""
        from IPython.display import display

        for block in blocks:  # drawn here, so that a block that cannot be drawn fails the chapter and is never left out
            display(block._repr_mimebundle_(), raw=True)  # pyright: ignore[reportPrivateUsage]
