"""What is given on the command line, understood: cards, stages, days, limits, metrics."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from mlkanban.core.instants import FIRST_YEAR, LAST_YEAR
from mlkanban.text import accept

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from mlkanban.core.models import Board

NONE = "none"


def today(board: "Board") -> date:
    """This day in the board's time zone."""
    from mlkanban.clock import now

    return now().astimezone(ZoneInfo(board.timezone)).date()


class CardParam(click.ParamType):  # type: ignore[type-arg]
    """The short id of a card."""

    name = "card"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return accept(value, "the id of the card")

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from mlkanban.cli.completion import card_refs

        return card_refs(ctx, incomplete)


class StageParam(click.ParamType):  # type: ignore[type-arg]
    """The name of a stage, or its beginning."""

    name = "stage"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from mlkanban.cli.completion import board_stages

        return board_stages(ctx, incomplete)


class LineageParam(click.ParamType):  # type: ignore[type-arg]
    """A kind and a card, `ablation-of:g12`."""

    name = "lineage"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from mlkanban.cli.completion import lineages

        return lineages(ctx, incomplete)


class LimitParam(click.ParamType):  # type: ignore[type-arg]
    """A number of cards, or `none`; not given it is None."""

    name = "limit"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == NONE:
            return NONE
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor none.", param, ctx)


def limit_of(given: int | str) -> int | None:
    """The limit a LimitParam means."""
    return None if isinstance(given, str) else given


class AimParam(click.ParamType):  # type: ignore[type-arg]
    """What a metric is to reach, `val_auc>=0.92`."""

    name = "goal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from mlkanban.core.metrics import accept_aim

        return accept_aim(value)


class DayParam(click.ParamType):  # type: ignore[type-arg]
    """A day such as 2026-03-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-03-31.", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(f"{value!r} does not lie between {FIRST_YEAR} and {LAST_YEAR}.", param, ctx)
        return day


CARD, STAGE, LIMIT, DAY = CardParam(), StageParam(), LimitParam(), DayParam()
LINEAGE, AIM = LineageParam(), AimParam()


def checklist(items: Sequence[str]) -> list[dict[str, Any]]:
    """A checklist from `[x] what is done` and `what is to do`."""
    made = []
    for item in items:
        mark, text = re.fullmatch(r"(?s)(?:\[([ xX]?)\])?\s*(.*)", item).groups()  # type: ignore[union-attr]
        if text:
            made.append({"text": text, "done": (mark or "").lower() == "x"})
    return made
