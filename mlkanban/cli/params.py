"""What is given on the command line, understood: cards, stages, days, limits, metrics."""

import math
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


class DayOrNone(DayParam):
    """A day, or `none` to clear it (given on as '')."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return "" if value in ("", NONE) else super().convert(value, param, ctx)


CARD, STAGE, LIMIT, DAY, DAY_OR_NONE = (
    CardParam(), StageParam(), LimitParam(), DayParam(), DayOrNone(),
)  # fmt: skip

_METRIC = re.compile(r"\s*([^<>=]+?)\s*(>=|<=|=)\s*(\S+)\s*")


def metric(
    written: Sequence[str],
    baseline: float | None = None,
    noise: float | None = None,
    before: dict[str, Any] | None = None,
) -> dict[str, Any] | None:
    """A metric from `val_auc>=0.92` (what is aimed at) and `val_auc=0.91` (where it stands).

    What is not named stays as it was `before`, as long as it is the same metric; `none` clears.
    """
    made = dict(before or {})
    for text in written:
        if text == NONE:
            made = {}
            continue
        found = _METRIC.fullmatch(text)
        if not found:
            raise UsageProblem(
                f"{text!r} is not a metric.", "Write val_auc>=0.92, loss<=0.1 or val_auc=0.91."
            )
        name, sign, number = found.groups()
        if made.get("name") != name:
            made = {"name": name}
        if sign == "=":
            made["value"] = _number(number)
        else:
            made |= {"direction": sign, "target": _number(number)}
    if (baseline is not None or noise is not None) and not made:
        raise UsageProblem("There is no metric to compare with.", "Name it: --metric val_auc>=0.92")
    for key, number_given in (("baseline", baseline), ("noise", noise)):
        if number_given is not None:
            made[key] = _finite(number_given, str(number_given))
    return made or None


def _number(text: str) -> float:
    try:
        return _finite(float(text), text)
    except ValueError:
        raise UsageProblem(f"{text!r} is not a number.", "Write it as 0.92 or 1e-3.") from None


def _finite(number: float, text: str) -> float:
    if not math.isfinite(number):
        raise UsageProblem(f"A metric cannot be {text}.", "Write a finite number such as 0.92.")
    return number


def checklist(items: Sequence[str]) -> list[dict[str, Any]]:
    """A checklist from `[x] what is done` and `what is to do`."""
    made = []
    for item in items:
        mark, text = re.fullmatch(r"(?s)(?:\[([ xX]?)\])?\s*(.*)", item).groups()  # type: ignore[union-attr]
        if text:
            made.append({"text": text, "done": (mark or "").lower() == "x"})
    return made
