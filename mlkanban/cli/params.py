"""What is given on the command line, understood: cards, stages, days, limits, metrics."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from mlkanban.errors import UsageProblem

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

NONE = "none"


class CardParam(click.ParamType):  # type: ignore[type-arg]
    """The short id of a card."""

    name = "card"

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


class DayParam(click.ParamType):  # type: ignore[type-arg]
    """A day such as 2026-03-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-03-31.", param, ctx)


class DayOrNone(click.ParamType):  # type: ignore[type-arg]
    """A day such as 2026-03-31, 3d, 2w or fri, or `none` to clear it (given on as '')."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from mlkanban.clock import now
        from mlkanban.core.dates import parse_day

        try:
            return parse_day(value, now().astimezone().date()) or ""
        except UsageProblem as problem:
            self.fail(str(problem), param, ctx)


CARD, STAGE, LIMIT, DAY, DAY_OR_NONE = (
    CardParam(), StageParam(), LimitParam(), DayParam(), DayOrNone(),
)  # fmt: skip


def checklist(items: Sequence[str]) -> list[dict[str, Any]]:
    """A checklist from `[x] what is done` and `what is to do`."""
    made = []
    for item in items:
        mark, text = re.fullmatch(r"(?s)(?:\[([ xX]?)\])?\s*(.*)", item).groups()  # type: ignore[union-attr]
        if text:
            made.append({"text": text, "done": (mark or "").lower() == "x"})
    return made
