"""A process that answers without pause and prints each command's number once it is acknowledged, until it is killed.

Arguments: database, code, first number, tokens separated by commas.
"""

from __future__ import annotations

import sys
from collections import deque

from allrise.room import commands as c
from allrise.room.service import Service


def command(number: int, code: str, tokens: list[str]) -> c.Submit:
    """Return the command with a number: always the same one, so that a retry is a retry."""
    return c.Submit(
        command_id=f"stream-{number:06d}",
        code=code,
        token=tokens[number % len(tokens)],
        question="rate",
        answers={"F1": 1 + number % 5, "F2": 1 + (number // 5) % 5},
        revision=number,
    )


def main() -> None:
    database, code, first, tokens = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(",")
    waiting: deque = deque()
    with Service.open(database) as service:
        for number in range(first, first + 100_000):
            waiting.append((number, service._writer.put(command(number, code, tokens))))
            if len(waiting) >= 16:
                acknowledged, future = waiting.popleft()
                future.result()
                print(acknowledged, flush=True)


if __name__ == "__main__":
    main()
