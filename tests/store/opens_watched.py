"""Work with a store while every `open` of the process is watched.

POSIX locks end when any descriptor of the file is closed: an innocent open() and close() beside
SQLite would drop its lock. Prints the opens of the store, then those after a deliberate one.
"""

import json
import os
import sys
from pathlib import Path

opened: list[str] = []
store = os.path.realpath(Path(sys.argv[1]) / "board.db")


def watch(event: str, args: tuple) -> None:
    if event == "open" and isinstance(args[0], str | bytes | os.PathLike):
        path = os.path.realpath(os.fsdecode(args[0]))
        if path in (store, store + "-journal"):
            opened.append(path)


sys.addaudithook(watch)

from mlkanban.core.board import BlockReason, Outcome  # noqa: E402
from mlkanban.errors import MlkanbanError  # noqa: E402
from mlkanban.store import backup, database  # noqa: E402
from tests.service.people import Person  # noqa: E402

database.open_for_writing(Path(store)).close()
ada = Person(Path(sys.argv[1]))
ada.starts()
bob = Person(Path(sys.argv[1]), "bob", ada.clock, timeout=0)
bob.board_id = ada.board_id
a, b, c = ada.adds("a", "b", "c")
ada.moves(a, b, to="Data prep")
cursor = bob.boards.cursor()
ada.cards.edit([a], {"title": "x"})
ada.cards.note([a], "n")
ada.cards.block([a], BlockReason.BUG)
ada.cards.reorder(c)
ada.undoes()
ada.redoes()
ada.sets("Ready", limit=9)
ada.cards.finish([b], Outcome.SHIPPED)
for _ in range(3):
    bob.boards.update(bob.board_id, cursor)
bob.state()
bob.history.of_card(a)
bob.history.for_flow(bob.board)
backup.write(ada.service._context.store.conn, ada.service.path, label="test")
ada.service.backups.make()
ada.service.repair(ada.service.check_integrity())
with ada.service._context.store.writing():
    try:
        bob.adds("d")  # refused: who holds the lock is looked up
    except MlkanbanError as error:
        print(error, file=sys.stderr)
print(json.dumps(opened))
os.close(os.open(store, os.O_RDONLY))
print(json.dumps(opened))
