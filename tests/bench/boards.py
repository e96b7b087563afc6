"""Boards to measure with: as many cards as wanted, each with the history of its way."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlkanban.core.board import Board, CardType, Priority
from mlkanban.core.events import Change
from mlkanban.service import Service

_TITLE = (
    "focal loss for minority classes after a baseline of logistic regression, retrain on drift "
    "alert, calibrate probabilities, feature leakage audit, label noise, quantile forecast, sweep "
    "of learning rate and batch size, shadow deploy"
)
_TAGS = ("gpu", "nlp", "tabular", "vision", "baseline", "paper")
_FIRST_STAGE = 0.3
"""The share of the cards in the first stage; the others share the rest."""


def make(home: Path, *, cards: int = 0, events: int = 0) -> None:
    """A store below `home` with one board of `cards` cards, or of at least `events` events.

    With `events` nine of ten cards have been delivered, as on a board used for years.
    """
    moment = datetime.now(UTC)
    service = Service.open(home, actor="bench", clock=lambda: moment)
    board = service.boards.create("Churn and fraud", "ml", "Europe/Berlin")
    for stage in board.stages:
        service.boards.edit_stage(board.id, stage.id, {"limit": None, "unattended": None})
    service.history.bring_in(_worked(board, events) if events else _standing(board, cards))
    service.close()


def _standing(board: Board, cards: int) -> Iterator[Change]:
    chance, last = random.Random(cards), len(board.stages) - 1
    first = round(cards * _FIRST_STAGE)
    for number in range(cards):
        stage = 0 if number < first else 1 + number % last
        yield from _card(board, chance, stage)


def _worked(board: Board, events: int) -> Iterator[Change]:
    chance, last = random.Random(events), len(board.stages) - 1
    written = 0
    while written < events:
        stage = last if chance.random() < 0.9 else chance.randrange(last)
        yield from _card(board, chance, stage)
        written += stage + 1


def _card(board: Board, chance: random.Random, stage: int) -> Iterator[Change]:
    """A card written in the first stage, and its moves to `stage`."""
    card = str(uuid.UUID(int=chance.getrandbits(128)))
    at = datetime.now(UTC) - timedelta(days=chance.uniform(100, 400))
    yield Change("card.created", board.id, card=card, at=_instant(at), set=_fields(board, chance))
    for step in range(1, stage + 1):
        at += timedelta(days=chance.expovariate(1 / 4))
        values: dict[str, object] = {"place": [board.stages[step].id, ""]}
        if step == board.first_delivered:
            values["outcome"] = "shipped"
        yield Change(
            "card.moved", board.id, card=card, at=_instant(min(at, datetime.now(UTC))), set=values
        )


def _fields(board: Board, chance: random.Random) -> dict[str, object]:
    words = _TITLE.replace(",", "").split()
    values: dict[str, object] = {
        "title": " ".join(chance.choices(words, k=chance.randint(3, 9))).capitalize(),
        "type": chance.choice(list(CardType)).value,
        "priority": chance.choice(list(Priority)).value,
        "place": [board.stages[0].id, ""],
        "deleted": False,
        "hypothesis": " ".join(chance.choices(words, k=60)),
    }
    values |= {f"tag:{tag}": True for tag in chance.sample(_TAGS, chance.randint(0, 2))}
    if chance.random() < 0.3:
        values["metric"] = {"name": "val_auc", "target": 0.92, "value": 0.917}
    if chance.random() < 0.2:
        values["due"] = (datetime.now(UTC) + timedelta(chance.randint(-9, 60))).date().isoformat()
    return values


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
