"""Planning: which cards could be pulled next, and what fits until a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from mlkanban.core.board import Board, CardFace, Outcome, Stage
from mlkanban.core.lineage import PARENT, origins
from mlkanban.core.metrics import metrics_in
from mlkanban.core.plan import Plan, plan, ready_stage
from mlkanban.core.profit_curve import curve_in, worth_of_target
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.flow.card_chances import Unknown
from mlkanban.flow.due import (
    DueCard,
    DueDates,
    PartsDone,
    Prospects,
    chances_by,
    due_dates,
    prospects,
)
from mlkanban.flow.fit import fit
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.hints import hint
from mlkanban.service.cards import Cards
from mlkanban.service.history import History
from mlkanban.service.transaction import Context, Done
from mlkanban.store import repository
from mlkanban.store.database import Connection

if TYPE_CHECKING:
    from mlkanban.core.card import Card
    from mlkanban.core.plan import Plan
    from mlkanban.flow.fit import Fit


class Planning:
    def __init__(self, context: Context, cards: Cards, history: History) -> None:
        self._context = context
        self._cards = cards
        self._history = history

    def plan(self, board: Board, *, by_score: bool = False) -> Plan:
        """The ideas and what is ready. RuleRefused on a board where work begins at once."""
        ready = ready_stage(board)
        if ready is None:
            raise RuleRefused(
                f"On {board.name} no stage comes before commitment, so there is nothing to plan.",
                "Add a queue in front of the first committed stage.",
            )
        with self._context.store.reading() as conn:
            faces = repository.faces(conn, board.id)
            scores = repository.scores(conn, board.id)
            worths, unit = _worths(conn, board, faces, scores)
        today = board.day_of(self._context.clock())
        return plan(board, ready, faces, scores, today, by_score=by_score, worths=worths, unit=unit)

    def replenish(self, board: Board, *, by_score: bool = False) -> Done:
        """Pull the first ideas into the stage that is ready, as many as its limit has room for."""
        plan = self.plan(board, by_score=by_score)
        ready: Stage = plan.ready
        if plan.room is None:
            raise RuleRefused(
                f"{ready.name} has no limit to fill up to.",
                hint("Set one ({stages limit}), or move the cards you want."),
            )
        if not plan.next:
            what = "is full" if plan.ideas else "has room, but there is no idea to pull"
            raise RuleRefused(f"{ready.name} {what}.", "Nothing was moved.")
        return self._cards.move([row.face.ref for row in plan.next], ready.id)

    def due_dates(self, board: Board, faces: Collection[CardFace] | None = None) -> DueDates:
        """How likely the open cards of a board are finished by their due dates. `faces` are all its
        cards, where somebody has them."""
        return due_dates(board, *self._past(board, faces))

    def chances(
        self, board: Board, faces: Collection[CardFace], day: date
    ) -> dict[str, tuple[float | None, Unknown | None]]:
        """The chance of each open card of a board to be finished by a day, by card id, or why it is
        unknown; `faces` are all its cards."""
        return chances_by(board, *self._past(board, faces), day)

    def _past(
        self, board: Board, faces: Collection[CardFace] | None
    ) -> tuple[Collection[CardFace], dict[str, str], Collection[str], datetime]:
        """What chances are counted from: all cards of a board, which of them were archived when,
        the duplicates among them, and now."""
        with self._context.store.reading() as conn:
            if faces is None:
                faces = repository.faces(conn, board.id)
            archivings = {}
            if any(face.archived and not face.outcome for face in faces):
                archivings = repository.archivings(conn, board.id)
            duplicates: Collection[str] = ()
            if any(face.archived and face.outcome == Outcome.SUPERSEDED for face in faces):
                duplicates = repository.merged(conn, board.id)
        archived = {card: transition.at for card, transition in archivings.items()}
        return faces, archived, duplicates, self._context.clock()

    def due_card(self, board: Board, card: Card | CardFace) -> DueCard | None:
        """The same of one card; None where it has no due date, or is finished."""
        if not card.due:
            return None
        return next((due for due in self.due_dates(board).cards if due.ref == card.ref), None)

    def prospects(self, board: Board, faces: Collection[CardFace] | None = None) -> Prospects:
        """What faces say of the time to come: chances of due dates, and parts that are done;
        `faces` as for `due_dates`."""
        if faces is not None and not any(map(_has_prospects, faces)):
            return Prospects()
        return prospects(board, *self._past(board, faces))

    def parts(self, board: Board, card: Card | CardFace) -> PartsDone | None:
        """How many parts of an open card are done, and by when all are; None for one without."""
        with self._context.store.reading() as conn:
            if not repository.tied(conn, board.id, f"{PARENT}:{card.ref}"):
                return None
        return self.prospects(board).parts.get(card.id)

    def check_day(self, board: Board, until: date) -> None:
        """UsageProblem for a day that no plan reaches to."""
        today = board.day_of(self._context.clock())
        if not today < until <= today + timedelta(days=_FARTHEST):
            raise UsageProblem(
                f"A plan cannot reach to {until}.", "Name a day within the next three years."
            )

    def fit(self, board: Board, until: date, order: Sequence[str] | None = None) -> Fit:
        """What fits until a day, going by the whole past of the board; with the cards that are not
        begun in another `order` than that of the board where one is given."""
        self.check_day(board, until)
        now: datetime = self._context.clock()
        workflow, histories = self._history.for_flow(board, now)
        window = Window.back(None, workflow.day(now))
        return fit(follow(workflow, histories, now, window), until, order)


def _worths(
    conn: Connection, board: Board, faces: Collection[CardFace], scores: Mapping[str, str]
) -> tuple[dict[str, float], str]:
    """What the targets of the cards bring whose scores take that as their value, and its unit."""
    asking = {card for card, score in scores.items() if score.startswith("worth")}
    curve = curve_in(repository.entity(conn, board.id).fields) if asking else None
    if curve is None:
        return {}, ""
    found = {}
    for face in faces:
        if face.id in asking:
            metric = metrics_in(repository.entity(conn, face.id).fields).metric
            worth = worth_of_target(curve, metric, face.tags.split())
            if worth is not None:
                found[face.id] = worth
    return found, curve.unit


def _has_prospects(face: CardFace) -> bool:
    """Whether a face says something of the time to come, or its card is part of one that does."""
    return bool(face.due and face.is_open) or bool(face.lineage and origins(face, PARENT))


_FARTHEST = 3 * 365
