"""``python -m allrise.apps.server``: the apps' process, as ``allrise serve`` starts it."""

from __future__ import annotations

import argparse
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from allrise.errors import AllriseError


def main() -> int:
    """Serve the apps; the first line on standard output says where, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m allrise.apps.server", description=__doc__)
    parser.add_argument("--workshop", type=Path, required=True, help="folder of the notebooks")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--audience", choices=("public", "cluster"), default="public")
    parser.add_argument("--room", default="", help="address of the room server on this machine")
    parser.add_argument("--code", default="", help="join code of the session")
    parser.add_argument("--join", default="", help="address at which phones join")
    parser.add_argument("--most", type=int, default=0, help="pages open at once; 0 finds out from the free memory")
    parser.add_argument("--ahead", action="store_true", help="draw what the room will ask for ahead")
    parser.add_argument("--packs", default="", help="folder of built packs to show beside the apps")
    parser.add_argument("--log", default="", help="file for the log")
    given = parser.parse_args()
    if given.log:
        Path(given.log).parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(given.log, maxBytes=5_000_000, backupCount=3, encoding="utf-8")
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.WARNING)
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    from allrise.apps.server.launch import Settings, serve  # here: Voila is slow to import

    try:
        serve(Settings(**vars(given)))
    except AllriseError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
