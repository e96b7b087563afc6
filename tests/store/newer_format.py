"""A program that writes and knows the next format of events.

Run with the data folder of a store, it prints the titles of its cards.
"""

import sys
from datetime import datetime
from pathlib import Path

from mlkanban.core import events

events.FORMAT += 1

from mlkanban.service import Service  # noqa: E402


def no_clock() -> datetime:
    raise AssertionError("nothing is written")


service = Service.open(Path(sys.argv[1]), actor="later", clock=no_clock, write=False)
for board in service.boards.all():
    for face in service.boards.snapshot(board.id).faces:
        print(face.title)
service.close()
