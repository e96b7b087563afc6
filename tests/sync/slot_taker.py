"""One person of a team in a process of its own, which does what stdin says, line by line.

    python -m tests.sync.slot_taker FOLDER NAME

Says `done`, or why it was refused, for each `move CARD STAGE`.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.errors import MlkanbanError
from mlkanban.sync.transports.turns import take_turn
from tests.service.people import Person


def main() -> None:
    folder, name = sys.argv[1:]
    clock = lambda: datetime.now(UTC)  # noqa: E731
    one = Person(Path(folder), name, clock, take_turn=take_turn)  # type: ignore[arg-type]
    one.board_id = one.boards.all()[0].id
    print("ready", flush=True)
    for line in sys.stdin:
        _, card, stage = line.split()
        try:
            one.moves(card, to=stage)
        except MlkanbanError as error:
            print(error.message, flush=True)
        else:
            print(" ".join(["done", *one.service.take_notices()]), flush=True)


if __name__ == "__main__":
    main()
