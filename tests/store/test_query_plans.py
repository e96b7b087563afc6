"""What a person writes takes no longer on a large board: nothing looks at all cards or events."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlkanban.core.board import Board
from mlkanban.service import Service
from tests.tui.page import clock

LARGE = {"card", "event", "entity", "transition", "words"}
"""Tables that grow with the work."""


@pytest.fixture
def service(tmp_path: Path) -> Service:
    service = Service.open(tmp_path, actor="ada", clock=clock)
    board = service.boards.create("Fraud", "ml", "UTC")
    service.cards.add(board.id, "one")
    service.cards.add(board.id, "two")
    return service


def add(service: Service, board: Board, ref: str) -> None:
    service.cards.add(board.id, "three", stage_id=board.stages[0].id)


def move(service: Service, board: Board, ref: str) -> None:
    service.cards.move([ref], board.stages[1].id)


def lift(service: Service, board: Board, ref: str) -> None:
    service.conditions.lift()


def note(service: Service, board: Board, ref: str) -> None:
    service.cards.note([ref], "a note")


def update(service: Service, board: Board, ref: str) -> None:
    service.boards.update(board.id, service.boards.cursor() - 1)


@pytest.mark.parametrize("action", [add, move, lift, note, update])
def test_no_query_looks_at_all_cards_or_events(
    service: Service, action: Callable[[Service, Board, str], None]
) -> None:
    board = service.boards.find()
    ref = service.boards.snapshot(board.id).faces[0].ref
    conn = service._context.store.conn
    asked: list[str] = []
    conn.set_trace_callback(asked.append)
    action(service, board, ref)
    conn.set_trace_callback(None)
    found = {
        (step, " ".join(query.split()))
        for query in asked
        if query.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"))
        and "EXISTS (SELECT 1 FROM card" not in query  # the first card is enough
        for (_, _, _, step) in conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        if _takes_all(step)
    }
    assert not found


def _takes_all(step: str) -> bool:
    """Whether a step of a plan takes longer the more cards or events there are."""
    verb, table, *_ = step.split()
    if table not in LARGE or "card_blocked" in step:  # of the blocked ones there are few
        return False
    return verb == "SCAN" or step.endswith("(board=?)")
