"""Boards to start from, always the same: written by ada through the service."""

from datetime import datetime, timedelta
from pathlib import Path

from tests.service.people import Person
from tests.tui.page import NOW

STAGES = (
    "Ideas", "Ready", "Data prep", "Features", "Training", "Evaluation", "Deployment", "Monitoring",
)  # fmt: skip


class Then:
    """A clock set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def started(data: Path, name: str = "Fraud", template: str = "ml", days_ago: int = 12) -> Person:
    """Somebody with a new board; close `person.service` when it is filled."""
    ada = Person(data, "ada", Then(NOW - timedelta(days=days_ago)))  # type: ignore[arg-type]
    ada.starts(template, name)
    return ada


def small_board(data: Path) -> None:
    """Three ideas, one card ready, one in preparation, Training full with its one card."""
    ada = started(data)
    ada.adds("calibrate probabilities", tags=["tabular"])
    ada.adds("focal loss for minority classes", tags=["gpu", "nlp"], priority="high")
    ada.adds("embedding store", type="feature")
    ada.adds("audit the labels", to="Ready", type="data", due="2026-03-22")
    ada.adds("join the transactions", to="Data prep", type="data")
    ada.adds("logistic baseline", to="Training", metric={"name": "auc", "target": 0.92})
    ada.service.close()


def used_board(data: Path) -> None:
    """The small board after some weeks: finished cards, a blocked one, a run, a note."""
    small_board(data)
    ada = Person(data, "ada", Then(NOW - timedelta(days=40)))  # type: ignore[arg-type]
    ada.board_id = ada.boards.find().id
    for number, days in enumerate((1, 2, 2, 3, 3, 3, 5, 8)):
        at = NOW - timedelta(days=40 - 2 * number)
        ada.clock.now = at
        [ref] = ada.adds(f"finished experiment {number + 1}")
        ada.moves(ref, to="Features")
        ada.clock.now = at + timedelta(days=days - 1)
        ada.moves(ref, to="Monitoring")
    ada.clock.now = NOW - timedelta(days=3)
    [blocked] = ada.adds("retrain on the new quarter", to="Evaluation")
    ada.cards.block([blocked], _reason(), note="ticket 4711")
    ada.adds("sweep of learning rates", to="Training", work="unattended")
    [noted] = ada.adds("drift alert", type="monitoring", tags=["q4"])
    ada.cards.note([noted], "PSI above **0.2** for three days.")
    ada.service.close()


def long_board(data: Path, cards: int = 400) -> None:
    """Many ideas."""
    ada = started(data)
    ada.adds(*(f"idea number {n:03}" for n in range(1, cards + 1)))
    ada.service.close()


def _reason() -> object:
    from mlkanban.core.models import BlockReason

    return BlockReason.DATA_ACCESS
