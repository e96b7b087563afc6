"""The order in which the runs of a machine's queue get their turn, and what of it heads show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from mlkanban.core.board import Board, CardFace, Priority, Work
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.effects import training_stage

_PRIORITIES = list(Priority)


class InQueue(NamedTuple):
    """A run of the queue: its id, the priority of its card, and when it came (ISO 8601 UTC)."""

    run: str
    priority: str
    came: str

    @property
    def rank(self) -> tuple[int, str, str]:
        known = self.priority in _PRIORITIES
        at = Priority(self.priority) if known else Priority.NORMAL
        return _PRIORITIES.index(at), self.came, self.run


def in_turn(places: Iterable[InQueue], by_hand: Sequence[str]) -> list[str]:
    """The ids of these runs in the order of their turns: by the priority of their cards, then by
    when they came. Those in `by_hand` keep that order; the others go behind the last one of those
    that has at least their priority."""
    known = {place.run: place for place in places}
    order = [known[run] for run in dict.fromkeys(by_hand) if run in known]
    placed = {place.run for place in order}
    for place in sorted(known.values(), key=lambda place: place.rank):
        if place.run in placed:
            continue
        behind = [at for at, other in enumerate(order) if other.rank[0] <= place.rank[0]]
        order.insert(behind[-1] + 1 if behind else 0, place)
    return [place.run for place in order]


def shifted(order: Sequence[str], runs: Collection[str], *, earlier: bool) -> list[str]:
    """The order with each of these runs one place earlier, or later. Those that are at the end
    together stay there, in the order that they have."""
    made = list(order) if earlier else [*reversed(order)]
    for at in range(1, len(made)):
        if made[at] in runs and made[at - 1] not in runs:
            made[at - 1], made[at] = made[at], made[at - 1]
    return made if earlier else [*reversed(made)]


def waiting_runs(board: Board, faces: Iterable[CardFace]) -> Counter[str]:
    """How many runs wait to execute, by the id of the stage where their cards will be then."""
    return _by_stage(board, faces, queued_of)


def held_runs(board: Board, faces: Iterable[CardFace]) -> Counter[str]:
    """How many of these runs are held back, by stages as above."""
    return _by_stage(board, faces, _held_of)


def _by_stage(
    board: Board, faces: Iterable[CardFace], count: Callable[[CardFace], int]
) -> Counter[str]:
    runs: Counter[str] = Counter()
    for face in faces:
        if (many := count(face)) and (stage := training_stage(board, face)):
            runs[stage.id] += many
    return runs


def more_slots_of(face: CardFace) -> int:
    """How many slots an unattended card takes beyond one."""
    return Brief.read(face.runs).more_slots if face.runs and face.work == Work.UNATTENDED else 0


def queued_of(face: CardFace) -> int:
    """How many runs of an open card wait for their turn."""
    return Brief.read(face.runs).queued if face.runs and face.is_open else 0


def _held_of(face: CardFace) -> int:
    return Brief.read(face.runs).held if face.runs and face.is_open else 0
