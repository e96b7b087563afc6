"""Iterations, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.iterations import Iterations
from mlkanban.flow.iterations import iterations as count
from mlkanban.text import quantity

_CONVENTION = "visits of finished and open cards that were in the stage"
_LISTED = 3


class PassesJson(TypedDict):
    card: str
    passes: int


class IterationsStageJson(TypedDict):
    stage: str
    n: int
    mean: float | None
    max: int
    again: int
    cards: list[PassesJson]


class IterationsJson(NumberJson):
    n: int
    stages: list[IterationsStageJson]


def to_json(iterations: Iterations) -> IterationsJson:
    return {
        "n": iterations.n,
        "stages": [
            {
                "stage": s.stage, "n": s.n, "mean": s.mean, "max": s.max, "again": s.again,
                "cards": [{"card": ref, "passes": passes} for ref, passes in s.cards],
            }
            for s in iterations.stages
        ],
        "convention": _CONVENTION,
        **scope_json(iterations.scope),
    }  # fmt: skip


def figures(iterations: Iterations) -> Figures:
    again = {ref for stage in iterations.stages for ref, _ in stage.cards}
    return ("n", str(iterations.n)), ("went back", str(len(again)))


def summary(iterations: Iterations) -> Summary:
    note = f"n {quantity(iterations.n, 'card')} | {scope_text(iterations.scope)} | {_CONVENTION}"
    if not iterations.n:
        return Summary("Iterations", ("No card was worked on in this window.",), None, note)
    again = {ref for stage in iterations.stages for ref, _ in stage.cards}
    share = 100 * len(again) / iterations.n
    cards = quantity(iterations.n, "card")
    line = f"{len(again)} of {cards} ({share:.0f} %) came to a stage more than once"
    rows = tuple(
        (
            s.stage,
            str(s.n),
            "-" if s.mean is None else f"{s.mean:.2f}",
            str(s.max),
            str(s.again),
            ", ".join(f"{ref} {passes}x" for ref, passes in s.cards[:_LISTED]),
        )
        for s in iterations.stages
    )
    head = ("stage", "cards", "mean", "most", "again", "most often")
    return Summary("Iterations", (line,), Table(head, rows), note)


NUMBER = NumberView(
    "iterations",
    count,
    summary,
    figures,
    to_json,
    picture="iterations",
    staged=True,
)
