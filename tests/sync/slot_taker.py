"""One person of a team in a process of its own, which does what stdin says, line by line.

    python -m tests.sync.slot_taker FOLDER NAME [before|after]

Says `done`, or why it was refused, for each `move CARD STAGE` or `note CARD TEXT`. With the last
word it says `there` before or after the database commits, before the store here does, and stays
there until it is killed.
"""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from mlkanban.errors import MlkanbanError
from mlkanban.sync.transports.postgresql import PostgreSQL
from mlkanban.sync.transports.turns import take_turn
from tests.service.people import Person


def _stay(*, first_commit: bool) -> None:
    commit = PostgreSQL.end_turn

    def end_turn(way: PostgreSQL) -> None:
        if first_commit:
            commit(way)
        print("there", flush=True)
        signal.pause()

    PostgreSQL.end_turn = end_turn  # type: ignore[assignment]


def main() -> None:
    folder, name, *stays = sys.argv[1:]
    if stays:
        _stay(first_commit=stays == ["after"])
    clock = lambda: datetime.now(UTC)  # noqa: E731
    one = Person(Path(folder), name, clock, take_turn=take_turn)  # type: ignore[arg-type]
    one.board_id = one.boards.all()[0].id
    print("ready", flush=True)
    for line in sys.stdin:
        deed, card, word = line.split()
        try:
            if deed == "move":
                one.moves(card, to=word)
            else:
                one.cards.note([card], word)
        except MlkanbanError as error:
            print(error.message, flush=True)
        else:
            print(" ".join(["done", *one.service.take_notices()]), flush=True)


if __name__ == "__main__":
    main()
