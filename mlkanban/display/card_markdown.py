"""One card as Markdown that others read, as in a pull request: what was tried, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board
from mlkanban.core.card import Card, to_json
from mlkanban.core.field_kinds import until_text
from mlkanban.core.metrics import number_text, precise
from mlkanban.core.profit_curve import MetricWorth
from mlkanban.display.guard_text import state_words
from mlkanban.display.table import Table, markdown_table, markdown_text
from mlkanban.display.worth_text import worth_text
from mlkanban.glyphs import UTF8
from mlkanban.text import quantity

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Results


def card_markdown(
    card: Card, board: Board, now: datetime, results: Results | None, worth: MetricWorth | None
) -> str:
    """A card for people who do not use the board. What a person wrote as a line is taken literally;
    notes are Markdown already."""
    return "\n\n".join(_parts(card, board, now, results, worth)) + "\n"


def _parts(
    card: Card, board: Board, now: datetime, results: Results | None, worth: MetricWorth | None
) -> Iterator[str]:
    zone = ZoneInfo(board.timezone)

    def day(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d}"

    yield f"### {markdown_text(card.title)} ({card.ref})"
    ended = f", {card.outcome}" if card.outcome else ""
    since = day(card.finished_at if card.outcome and card.finished_at else card.entered_at)
    stands = f"{card.type}, {board.stage(card.stage).name}{ended} since {since}"
    if card.blocker:
        until = f", {text}" if (text := until_text(card.blocker.until)) else ""
        stands += f", blocked by {card.blocker.reason} since {day(card.blocker.since)}{until}"
        stands += f": {' '.join(card.blocker.note.split())}" if card.blocker.note else ""
    if card.due and not card.outcome:
        stands += f", due {card.due}{', late' if card.due < now.astimezone(zone).date() else ''}"
    yield markdown_text(stands)
    for name, text in (("Hypothesis", card.hypothesis), ("Result", card.verdict)):
        if text:
            yield f"**{name}:** {markdown_text(' '.join(text.split()))}"
    if card.measured is not None:
        yield markdown_table(_metrics(card))
    if results is not None:
        runs = quantity(len(results.runs), "run")
        many = quantity(len(results.configurations), "configuration")
        yield f"{runs} {'counts' if len(results.runs) == 1 else 'count'}, in {many}"
    if worth is not None:
        yield f"**Worth:** {markdown_text(UTF8.figures(worth_text(worth)))}"
    if card.dataset:
        yield f"**Dataset:** {markdown_text(' '.join(card.dataset.split()))}"
    if card.checklist:
        yield "\n".join(
            f"- [{'x' if item.done else ' '}] {markdown_text(item.text)}" for item in card.checklist
        )
    if card.links:
        yield "\n".join(f"- {_link(link)}" for link in card.links)


def _metrics(card: Card) -> Table:
    """The metric and the guards of a card."""

    assert card.measured is not None
    rows = []
    for metric in (card.measured, *card.measured_guards):
        aim = "" if metric.target is None else f"{metric.direction} {precise(metric.target)}"
        value = "" if metric.value is None else number_text(metric.value, to_json(metric))
        baseline = "" if metric.baseline is None else precise(metric.baseline)
        rows.append([metric.name, value, aim, baseline, ""])
    for row, guard in zip(rows[1:], card.measured_guards, strict=True):
        row[-1] = state_words(guard.state, guard.value)
    has_guards = bool(card.measured_guards)
    head = ["metric", "value", "target", "baseline", "guard"]
    return Table(head, rows) if has_guards else Table(head[:-1], [row[:-1] for row in rows])


def _link(link: str) -> str:
    """A link that can be followed, if it is an address; the rest is text."""
    address = link.strip()
    safe = address.startswith(("https://", "http://")) and not set(address) & set("<> \\\n")
    return f"<{address}>" if safe and address.isprintable() else markdown_text(address)
