"""The workshop's look: one style sheet of the theme's tokens, fonts, charts, blocks and results.

``python -m allrise.apps.style`` writes it into the Voila template, where plain Voila finds it; a test holds the file
and the theme together.
"""

from __future__ import annotations

from importlib.resources import files

from allrise.content.html import block_css
from allrise.figures.theme import css_variables, figure_css, font_faces_css
from allrise.paths import workshop

#: Begins and ends the part of the room's style sheet that draws results.
RESULTS = ("/* Results", "/* Stage ----")

TEMPLATE = "template/voila/templates/allrise"


def theme_css() -> str:
    """Return tokens (light; the projector's under ``.stage`` and ``.console``), charts, blocks, results, fonts."""
    room = files("allrise.room.server").joinpath("static", "room.css").read_text("utf-8")
    begin, end = (room.index(mark) for mark in RESULTS)
    results = "\n".join(line for line in room[begin:end].splitlines() if not line.startswith(("button.main",)))
    return "".join(
        (
            "/* Made by python -m allrise.apps.style from the theme. */\n",
            css_variables("light"),
            css_variables("projector", selector=":root.stage"),
            figure_css(),
            block_css(),
            "@scope (.ar-results){\n",
            results,
            "}\n",
            font_faces_css(),
        )
    )


def main() -> None:
    """Write the style sheet into the template."""
    (workshop() / TEMPLATE / "static" / "theme.css").write_text(theme_css(), "utf-8")


if __name__ == "__main__":
    main()
