"""The demo board: six months of a made-up team of one that works on fraud, churn and demand."""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from mlkanban.core.events import Change
from mlkanban.core.models import Board
from mlkanban.core.naming import slug
from mlkanban.core.templates import Template, template
from mlkanban.errors import RuleRefused
from mlkanban.exchange.demo_story import Story, new_id
from mlkanban.service import Service
from mlkanban.service.boards import added_stage

NAME = "Fraud, churn and demand"


def fill(service: Service, now: datetime, seed: int = 7, timezone: str = "UTC") -> Board:
    """Make the demo board with its history up to `now`, in one transaction.

    The same arguments tell the same story. RuleRefused when the board is there already.
    """
    if any(board.key == slug(NAME) for board in service.boards.all()):
        raise RuleRefused(f"There is a board {slug(NAME)!r} already.", "Open it with --board.")
    service.history.bring_in(story(now, seed, timezone))
    return service.boards.find(slug(NAME))


def story(now: datetime, seed: int, timezone: str) -> Iterator[Change]:
    """All changes of the demo board, oldest first."""
    made = template("ml")
    assert made is not None
    rng = Random(seed)
    board, stages = new_id(rng), [new_id(rng) for _ in made.stages]
    told = Story(board, dict(zip([s.name for s in made.stages], stages, strict=True)), rng)
    cards = list(told.changes(now, ZoneInfo(timezone), made))
    for change in _founded(board, stages, made, timezone):
        yield change.at_instant(cards[0].at)
    yield from cards


def _founded(board: str, stages: list[str], made: Template, timezone: str) -> Iterator[Change]:
    values = {
        "key": slug(NAME), "name": NAME, "template": made.key, "timezone": timezone,
        "conwip": None, "deleted": False,
    }  # fmt: skip
    yield Change("board.created", board, set=values)
    for stage_id, stage in zip(stages, made.stages, strict=True):
        yield added_stage(board, stage_id, stage, "")
