"""A chapter of figures that people made themselves in the exploring notebooks and saved for their pack.

The chapter's notebook holds each figure as the block it was saved as, and the cluster it was saved for; packs of other
clusters show none of them. ``allrise packs build --add NOTEBOOK`` takes it into a pack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from allrise.chapters.telling import notebook_style
from allrise.chapters.texts import texts
from allrise.content.blocks import Block, Figure, Notice, Opening, Text, from_json
from allrise.data.store import open_store
from allrise.data.store.reads import OPENED, note_to_file
from allrise.errors import AllriseError


def open_own_chapter(
    data: str, cluster_id: str, audience: str = "cluster", language: str = "en", *, name: str = "20_our_own_figures"
) -> OwnChapter:
    """Open the chapter of one cluster's own figures and show its heading.

    Parameters
    ----------
    data, cluster_id
        As any chapter takes them; blank takes the first cluster.
    audience
        Only ``cluster``: nobody but the person who drew them has checked what these figures show.
    name
        Stem of the notebook, whose number its figures bear.

    Raises
    ------
    AllriseError
        For the audience ``public``.
    """
    if audience != "cluster":
        raise AllriseError(
            "Figures that people drew themselves are not checked for small groups of pupils",
            "Build packs for the public without them.",
        )
    if note := note_to_file(data, ""):
        note(OPENED, "")  # it shows what is saved in it: of the data it reads at most which cluster is the first
    chapter = OwnChapter(cluster_id or str(open_store(data).clusters()["cluster_id"].iloc[0]), language, name)
    chapter.open()
    return chapter


class OwnChapter:
    """Numbers and shows the figures that were saved for one cluster."""

    def __init__(self, cluster_id: str, language: str, name: str) -> None:
        self.cluster_id = cluster_id
        self.name = name
        self.number = str(int(name[:2])) if name[:2].isdigit() else ""
        self.texts: dict[str, Any] = texts(language)["own"]
        self.shown = 0

    def open(self) -> None:
        """Show the look and the heading."""
        from IPython.display import HTML, display

        display(HTML(notebook_style(), metadata={}))
        _display(Opening(self.name, self.number, self.texts["title"], self.texts["question"]))

    def saved(self, cluster_id: str, note: str, figure: Mapping[str, Any]) -> None:
        """Show a saved figure when it was saved for this chapter's cluster.

        Parameters
        ----------
        cluster_id
            The cluster it was saved for.
        note
            What the person wrote beneath it; may be blank.
        figure
            The block's JSON form.
        """
        if cluster_id != self.cluster_id:
            return
        self.shown += 1
        block = from_json(figure)
        if isinstance(block, Figure):
            number = f"{self.number}.{self.shown}" if self.number else str(self.shown)
            block = replace(block, number=number, headline=False)
        _display(block)
        if note.strip():
            _display(Text(tuple(p.strip() for p in note.split("\n") if p.strip()), "intro"))

    def close(self) -> None:
        """Say so when nothing was saved for this cluster."""
        if not self.shown:
            _display(Notice("no_data", self.texts["nothing"]))


def _display(block: Block) -> None:
    from IPython.display import display

    display(block)
