"""What cards are worth: the values of their metric on the profit curve of their board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mlkanban.core.board import Board, CardFace, in_use, to_do
from mlkanban.core.metrics import CardMetrics, direction_of
from mlkanban.core.profit_curve import (
    MetricWorth,
    ProfitCurve,
    WorthKind,
    WorthMark,
    WorthMarks,
    metric_worth,
)

if TYPE_CHECKING:
    from mlkanban.core.card import Card
    from mlkanban.runs.use_cases.card_runs import Runs
    from mlkanban.service.boards import Boards
    from mlkanban.service.cards import Cards
    from mlkanban.service.charter import Charter


class CardWorths:
    """What the cards of a board are worth, each and as marks on the profit curve."""

    def __init__(self, boards: Boards, cards: Cards, charter: Charter, runs: Runs) -> None:
        self._boards, self._cards, self._charter, self._runs = boards, cards, charter, runs

    def of_card(self, card: Card) -> MetricWorth | None:
        """What the metric of a card brings where it stands; None without a curve for it, and
        without a value. A model in use stands where it was read last."""
        curve = self._charter.worth(card.board)
        return _stands(curve, card, self._margin(card)) if curve else None

    def marks(self, board: Board, now: datetime) -> WorthMarks | None:
        """The profit curve of a board with the model in use, and with baseline, best configuration
        and target of the open card with the best value; None without a curve."""
        curve = self._charter.worth(board.id)
        if curve is None:
            return None
        faces = self._boards.snapshot(board.id).faces
        day = board.day_of(now)
        return WorthMarks(curve, tuple(self._marks(curve, faces)), day)

    def _marks(self, curve: ProfitCurve, faces: Sequence[CardFace]) -> Iterator[WorthMark]:
        some = [
            f for f in faces if curve.holds_for(CardMetrics.read(f.metric).name, f.tags.split())
        ]
        used = [face for face in some if in_use(face)]
        used.sort(key=lambda face: (face.finished_at, face.ref), reverse=True)
        found: dict[WorthKind, WorthMark] = {}
        for face in used:
            card = self._cards.get(face.ref)
            if stands := _stands(curve, card, self._margin(card)):
                found["in use"] = WorthMark("in use", stands, card.ref, card.title)
                break
        best: tuple[float, Card, MetricWorth] | None = None
        aim: Card | None = None
        for face in filter(to_do, some):
            card = self._cards.get(face.ref)
            aim = aim or card
            stands = self._best(curve, card)
            better = stands and (-stands.value if _is_lower_better(card) else stands.value)
            if stands and better is not None and (best is None or better > best[0]):
                best = better, card, stands
        if best is not None:
            _, aim, stands = best
            found["best"] = WorthMark("best", stands, aim.ref, aim.title)
        if aim is not None and aim.metric is not None:
            lower = _is_lower_better(aim)
            known: tuple[tuple[WorthKind, float | None], ...] = (
                ("baseline", aim.metric.baseline), ("target", aim.metric.target)
            )  # fmt: skip
            for kind, value in known:
                if value is not None:
                    at = metric_worth(curve, value, lower_is_better=lower)
                    found[kind] = WorthMark(kind, at, aim.ref, aim.title)
        order: tuple[WorthKind, ...] = ("baseline", "in use", "best", "target")
        yield from (found[kind] for kind in order if kind in found)

    def _best(self, curve: ProfitCurve, card: Card) -> MetricWorth | None:
        """Where the best configuration of a card stands, or without runs the card itself."""
        results = self._runs.results(card.ref)
        if results is None or results.best is None:
            return _stands(curve, card, self._margin(card))
        best = results.best
        margin = best.margin if best.observed > 1 or _noise(card) else None
        return metric_worth(curve, best.mean, margin, lower_is_better=_is_lower_better(card))

    def _margin(self, card: Card) -> float | None:
        """What the value of a card is trusted to: the spread of its runs, or its noise."""
        results = self._runs.results(card.ref) if card.measured else None
        latest = results.latest if results else None
        if latest and card.measured and latest.mean == card.measured.value and latest.observed > 1:
            return latest.margin
        return _noise(card)


def _noise(card: Card) -> float | None:
    return card.metric.noise if card.metric else None


def _is_lower_better(card: Card) -> bool:
    return bool(card.metric and direction_of({"direction": card.metric.direction}) == "<=")


def _stands(curve: ProfitCurve, card: Card, margin: float | None) -> MetricWorth | None:
    measured = card.measured
    if measured is None or not curve.holds_for(measured.name, card.tags):
        return None
    reading = next((one for one in card.readings if one.metric == curve.metric), None)
    value = measured.value if reading is None else reading.value
    if value is None:
        return None
    trusted = margin if reading is None else None
    return metric_worth(curve, value, trusted, lower_is_better=_is_lower_better(card))
