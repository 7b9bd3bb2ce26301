"""The blocks of an executed notebook, in the order in which they were shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from allrise.content.blocks import MIME, Block, from_json


def read_blocks(notebook: Path) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """Read the blocks that stand in a notebook's outputs.

    Returns
    -------
    blocks, problems
        ``problems`` has one line for each output that says it is a block and cannot be read as one: a version
        of the kit that knows other blocks made it, or it was changed by hand.

    Raises
    ------
    OSError, ValueError
        When the file cannot be read as a notebook.
    """
    content = json.loads(notebook.read_text(encoding="utf-8"))
    return blocks_of(content["cells"])


def blocks_of(cells: list[dict[str, Any]]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """Return the blocks in the outputs of ``cells`` (of nbformat 4), and what could not be read."""
    blocks: list[Block] = []
    problems: list[str] = []
    for number, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", ()):
            if output.get("output_type") not in {"display_data", "execute_result"}:
                continue
            value = output.get("data", {}).get(MIME)
            if value is None:
                continue
            try:
                blocks.append(from_json(value))
            except (ValueError, AttributeError) as error:
                problems.append(f"cell {number}: {error}")
    return tuple(blocks), tuple(problems)
