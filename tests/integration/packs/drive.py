"""Runs one build in a process of its own, as the command line does: ``python drive.py OPTIONS_AS_JSON``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pages

from allrise.cli.packs import run_build
from allrise.errors import AllriseError
from allrise.packs.plan import BuildOptions

if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    options = BuildOptions(
        data=given["data"],
        out=Path(given["out"]),
        notebooks=Path(given["notebooks"]),
        minutes=given.get("minutes", 60),
        jobs=given.get("jobs", 2),
        renderer=pages.page,
        index_renderer=pages.index,
    )
    try:
        result = run_build(options, quiet=True)
    except AllriseError as error:
        print(f"allrise: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    print(json.dumps(result.to_json()))
    sys.exit(0 if result.ok else 1)
