"""How a board stands, in one line: to be held against other boards.

Each figure is one that other numbers tell at length: the WIP limits, `sle`, `throughput` and
`forecast`, with the windows these have when nothing else is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mlkanban.core.board import Board, CardFace
from mlkanban.flow.due import due
from mlkanban.flow.forecast import forecast
from mlkanban.flow.sample import Sample
from mlkanban.flow.sle import sle
from mlkanban.flow.throughput import throughput
from mlkanban.flow.window import Window

BACK, AHEAD, PERCENT = 30, 30, 85


@dataclass(frozen=True, slots=True)
class Standing:
    """`wip` open cards are committed, of `conwip` (None: no limit); `blocked` and `overdue` are of
    all open ones; `at_risk` are due, and will be late with more than 50 %. `past_sle` are older
    than the expectation of `sle_days`, both None without one;
    `finished` cards in the last `days`, 30 or since the first commitment, which is `per_week`, None
    for less than two weeks; `next_30_days` cards or more will be finished then, with 85 %, None
    when there is too little history."""

    wip: int
    conwip: int | None
    blocked: int
    overdue: int
    sle_days: int | None
    past_sle: int | None
    finished: int
    days: int
    per_week: float | None
    next_30_days: int | None
    at_risk: int


def standing(board: Board, faces: Iterable[CardFace], sample: Sample) -> Standing:
    """Count a board whose cards are `faces`; the window of `sample` does not matter."""
    today = sample.today.isoformat()
    opened = [face for face in faces if face.is_open]
    lately = throughput(sample.within(Window.back(BACK, sample.today)))
    expected = sle(sample)
    return Standing(
        wip=sum(board.is_committed(face.stage) for face in opened),
        conwip=board.conwip,
        blocked=sum(bool(face.block_reason) for face in opened),
        overdue=sum(bool(face.due) and face.due < today for face in opened),
        sle_days=expected.days,
        past_sle=None if expected.days is None else len(expected.past),
        finished=lately.n,
        days=lately.days,
        per_week=lately.per_week,
        at_risk=sum(card.doubtful and card.days >= 0 for card in due(sample).cards),
        next_30_days=forecast(sample.of_all_time, days=AHEAD, cards=1).how_many.get(PERCENT),
    )
