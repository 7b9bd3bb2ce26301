"""Where the kit's own folders are: notebooks, bundled data, workshop.

They stand beside the package in a checkout and are not part of the installed package.
"""

from __future__ import annotations

from pathlib import Path

from allrise.errors import UnreadableInput


def kit_root() -> Path:
    """Return the folder of the checkout that this package runs from.

    Raises
    ------
    UnreadableInput
        When the package was installed without the kit around it.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file() or not (root / "datasets").is_dir():
        raise UnreadableInput(
            f"allrise runs from {Path(__file__).parent}, which is not inside a checkout of the kit.",
            "Get the whole kit (it holds notebooks/, datasets/ and workshop/) and run ./run from its folder.",
        )
    return root


def datasets() -> Path:
    """Return the folder of bundled data: ``demo`` and ``facts``."""
    return _part("datasets")


def notebooks() -> Path:
    """Return the folder of notebooks: ``pack``, ``system`` and ``explore``."""
    return _part("notebooks")


def workshop() -> Path:
    """Return the folder of the Voila notebooks and their template."""
    return _part("workshop")


def _part(name: str) -> Path:
    folder = kit_root() / name
    if not folder.is_dir():
        raise UnreadableInput(f"The kit's folder {folder} is missing.", "Restore it from the kit's repository.")
    return folder
