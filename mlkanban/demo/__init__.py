"""The demo board: six months of an invented one-person team that works on fraud, churn and
demand."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from heapq import merge
from importlib import resources
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board
from mlkanban.core.events import Change
from mlkanban.core.goal import MEASURED, GoalReading
from mlkanban.core.goal import PREFIX as GOAL
from mlkanban.core.markdown.charter import PREFIX
from mlkanban.core.names import slug
from mlkanban.core.review import RHYTHM
from mlkanban.core.templates import template
from mlkanban.demo import plan
from mlkanban.demo.logs import write_logs
from mlkanban.demo.reviews import EVERY_DAYS
from mlkanban.demo.schedule import Calendar
from mlkanban.demo.sessions import sessions
from mlkanban.demo.story import Story, new_id
from mlkanban.errors import RuleRefused
from mlkanban.hints import hint
from mlkanban.service import Service
from mlkanban.service.boards import added_stage

NAME = "Fraud, churn and demand"
KEY = slug(NAME)
_METRIC = "fraud_loss_caught"
_CAUGHT = ((150, 41), (120, 47), (89, 56), (58, 61), (27, 63))
"""The business metric in percent, so many days ago."""


def fill(
    service: Service,
    now: datetime,
    seed: int = 7,
    timezone: str = "UTC",
    *,
    data: Path | None = None,
) -> Board:
    """Create the demo board with its history up to `now`, in one transaction. Logs of its runs are
    written below the folder `data`, where there is one.

    The same arguments make the same history. RuleRefused when the board exists already.
    """
    if any(board.key == KEY for board in service.boards.all()):
        raise RuleRefused(f"There is a board {KEY!r} already.", hint("Open it: {--board {}}", KEY))
    made = list(changes(now, seed, timezone))
    service.history.bring_in(made)
    if data is not None:
        write_logs(data, made)
    return service.boards.find(KEY)


def changes(now: datetime, seed: int, timezone: str) -> Iterator[Change]:
    """All changes that ever happened on the demo board, oldest first."""
    made = template("ml")
    assert made is not None
    rng = Random(seed)
    calendar = Calendar(now, ZoneInfo(timezone), rng)
    board = new_id(rng)
    stages = {stage.name: new_id(rng) for stage in made.stages}
    values = {
        "key": KEY, "name": NAME, "template": made.key, "timezone": timezone,
        "conwip": None, "deleted": False,
    }  # fmt: skip
    start = calendar.instant(0)
    yield Change("board.created", board, set=values, at=start)
    for stage in made.stages:
        yield replace(added_stage(board, stages[stage.name], stage, ""), at=start)
    charter = _charter(board, start)
    yield charter
    rhythm = {f"{PREFIX}{RHYTHM}": f"{EVERY_DAYS}d"}
    yield Change("charter.edited", board, set=rhythm, at=start)
    # With dice of their own: the cards do not depend on them.
    beside = sessions(board, calendar, Random(seed))
    story = Story(board, stages, calendar, rng, beside, charter.set[f"{PREFIX}risks"])
    for card in plan.planned(made, calendar, rng):
        story.add(card)
    yield from merge(story.changes(), _readings(board, calendar), key=lambda change: change.at)


def _readings(board: str, calendar: Calendar) -> Iterator[Change]:
    """What the business metric was found to be, month by month."""
    for days, caught in _CAUGHT:
        at = calendar.instant(calendar.days_ago(days))
        reading = GoalReading(_METRIC, caught, at, "audit of the review team")
        yield Change(MEASURED, board, set={GOAL + _METRIC: reading.to_field()}, at=at)


def _charter(board: str, at: str) -> Change:
    """The charter as it was written at the instant `at`."""
    file = resources.files("mlkanban.demo").joinpath("charter.toml")
    texts = tomllib.loads(file.read_text("utf-8"))
    values = {PREFIX + key: text.strip() for key, text in texts.items()}
    return Change("charter.edited", board, set=values, at=at)
