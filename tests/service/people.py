"""Somebody at a board, at a time the test decides."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlkanban.core.board import Board, Stage, place
from mlkanban.core.card import Card
from mlkanban.core.names import find_stage
from mlkanban.service import Service
from mlkanban.service.transaction import TakeTurn
from mlkanban.store import database
from mlkanban.store.location import store_path

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A minute passes with every look, so that everything has an order."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def back(self, minutes: int) -> None:
        self.now -= timedelta(minutes=minutes)


@cache
def _new_store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "board.db")
        database.open_for_writing(path).close()
        return path.read_bytes()


def _put_new_store(path: Path) -> None:
    """Put a new store at `path`, as the first start makes it; the migrations run once for all."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(_new_store())


class Person:
    """A service with the names people use: stages by name, cards by title when they are made."""

    def __init__(
        self,
        data: Path,
        actor: str = "ada",
        clock: Clock | None = None,
        *,
        timeout: float = 30,
        config: Path | None = None,
        take_turn: TakeTurn | None = None,
    ) -> None:
        self.clock = clock or Clock()
        _put_new_store(store_path(data))
        self.service = Service.open(
            data,
            actor=actor,
            clock=self.clock,
            timeout=timeout,
            config=config,
            take_turn=take_turn,
        )
        self.boards, self.cards = self.service.boards, self.service.cards
        self.history, self.undoing = self.service.history, self.service.undoing
        self.exports = self.service.exports
        self.board_id = ""

    def starts(self, template: str = "ml", name: str = "Fraud") -> Board:
        board = self.boards.create(name, template, "UTC")
        self.board_id = board.id
        return board

    @property
    def board(self) -> Board:
        return next(b for b in self.boards.all() if b.id == self.board_id)

    def stage(self, name: str) -> Stage:
        return find_stage(self.board, name)

    def adds(self, *titles: str, to: str = "", override: str = "", **fields: object) -> list[str]:
        stage_id = self.stage(to).id if to else ""
        return [
            self.cards.add(
                self.board_id, title, stage_id=stage_id, fields=fields, override=override
            ).cards[0].ref
            for title in titles
        ]  # fmt: skip

    def moves(self, *refs: str, to: str, override: str = "", before: str = "") -> list[Card]:
        stage_id = self.stage(to).id
        return list(self.cards.move(refs, stage_id, override=override, before=before).cards)

    def sets(self, stage: str, **fields: object) -> None:
        self.boards.edit_stage(self.board_id, self.stage(stage).id, fields)

    def where(self, ref: str) -> str:
        stage = self.cards.get(ref).stage
        return next(s.name for s in self.board.stages if s.id == stage)

    def order(self, stage: str) -> list[str]:
        wanted = self.stage(stage).id
        faces = sorted(self.boards.snapshot(self.board_id).faces, key=place)
        return [f.ref for f in faces if f.stage == wanted]

    def undoes(self) -> str:
        return self.undoing.undo(self.board_id).message

    def redoes(self) -> str:
        return self.undoing.redo(self.board_id).message

    def state(self) -> tuple[Board, list[dict[str, Any]]]:
        """All that can be seen of the board, but for the marks of when it was last touched."""
        snapshot = self.boards.snapshot(self.board_id)
        cards = [asdict(self.cards.get(face.ref)) for face in sorted(snapshot.faces, key=place)]
        return replace(snapshot.board, former=()), cards
