"""Boards to start from, always the same: written by ada through the service."""

from datetime import timedelta
from pathlib import Path

from mlkanban.core.board import BlockReason
from mlkanban.core.events import Change
from tests.service.people import Clock, Person
from tests.tui.page import NOW


def started(data: Path, name: str = "Fraud", template: str = "ml", days_ago: int = 12) -> Person:
    """Somebody with a new board; close `person.service` when it is filled."""
    ada = Person(data, "ada", Clock(NOW - timedelta(days=days_ago)))
    ada.starts(template, name)
    return ada


def somebody(data: Path, days_ago: float = 4) -> Person:
    """Ada again, at the board that is there; close `person.service` afterwards."""
    ada = Person(data, "ada", Clock(NOW - timedelta(days=days_ago)))
    ada.board_id = ada.boards.find().id
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
    ada = somebody(data, 40)
    for number, days in enumerate((1, 2, 2, 3, 3, 3, 5, 8)):
        at = NOW - timedelta(days=40 - 2 * number)
        ada.clock.now = at
        [ref] = ada.adds(f"finished experiment {number + 1}")
        ada.moves(ref, to="Features")
        ada.clock.now = at + timedelta(days=days - 1)
        ada.moves(ref, to="Monitoring")
    ada.clock.now = NOW - timedelta(days=3)
    [blocked] = ada.adds("retrain on the new quarter", to="Evaluation")
    ada.cards.block([blocked], BlockReason.DATA_ACCESS, note="ticket 4711")
    ada.adds("sweep of learning rates", to="Training", work="unattended")
    [noted] = ada.adds("drift alert", type="monitoring", tags=["q4"])
    ada.cards.note([noted], "PSI above **0.2** for three days.")
    ada.service.close()


def long_board(data: Path, cards: int = 400) -> None:
    """Many ideas, written at once."""
    ada = started(data)
    ideas = ada.stage("Ideas").id
    ada.service.history.bring_in(
        Change(
            "card.created",
            ada.board_id,
            card=f"00000000-0000-7000-8000-{number:012}",
            set={"title": f"idea number {number:03}", "place": [ideas, ""], "deleted": False},
        )
        for number in range(1, cards + 1)
    )
    ada.service.close()
