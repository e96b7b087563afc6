"""A stage that is gone still counts in the history of the cards that passed through it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlkanban.core.naming import find_stage
from mlkanban.service import Service

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_removing_a_stage_restarts_no_clock(tmp_path: Path) -> None:
    now = [START]
    service = Service.open(tmp_path, actor="ada", clock=lambda: now[0])
    board = service.boards.create("Fraud", "ml", "UTC")
    (card,) = service.cards.add(board.id, "a").cards
    for name in ("Data prep", "Features", "Training"):
        now[0] += timedelta(days=1)
        service.cards.move([card.ref], find_stage(board, name).id)
    started = service.cards.get(card.ref).started_at
    for gone in ("Features", "Data prep"):
        service.boards.remove_stage(board.id, find_stage(board, gone).id)
    assert service.cards.get(card.ref).started_at == started == START + timedelta(days=1)

    board = service.boards.find("fraud")
    workflow, (history,) = service.history.for_flow(board)
    committed = [step.stage >= workflow.first_committed for step in history.steps]
    assert committed == [False, True, True, True]
    story = [entry.event.kind for entry in service.history.of_card(card.ref)]
    assert story == ["card.created", "card.moved", "card.moved", "card.moved"]
    service.close()
