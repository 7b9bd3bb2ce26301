"""The room server's process: ``python -m allrise.room.server``; started and watched by ``allrise serve``.

Says on one line of standard output, as JSON, where it listens; errors are for people, on standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import sys

from allrise.errors import AllriseError
from allrise.room.server.launch import Started, serve
from allrise.room.server.site import POLL_SECONDS
from allrise.room.service import Service


def main() -> int:
    """Serve until told to end; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m allrise.room.server", description=__doc__)
    parser.add_argument("--database", default=None)
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - phones come over the network
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--address", default="")
    parser.add_argument(
        "--poll", type=float, default=POLL_SECONDS, help="seconds between two looks of a phone for news"
    )
    given = parser.parse_args()
    if not 0.1 <= given.poll <= 60:
        parser.error("--poll takes 0.1 to 60 seconds")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")

    # Reading and writing are in threads beside the event loop; a short turn keeps phones from waiting behind them.
    sys.setswitchinterval(0.001)

    def started(where: Started, _service: Service) -> None:
        print(json.dumps({"port": where.port, "address": where.address}), flush=True)
        gc.collect()
        gc.freeze()  # what is loaded by now stays; collections need not look at it again

    serving = serve(
        given.database, host=given.host, port=given.port, address=given.address, poll=given.poll, started=started
    )
    try:
        asyncio.run(serving)
    except AllriseError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
