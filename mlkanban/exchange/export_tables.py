"""A board as a database for pandas, Datasette and SQL: TABLES is THE description of its tables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from mlkanban import __version__
from mlkanban.core.board import Board
from mlkanban.core.card_fields import FIELDS, CardField
from mlkanban.core.field_kinds import Flag, MetricNumber
from mlkanban.core.timestamps import instant
from mlkanban.exchange.export import Progress, field_cells, field_columns
from mlkanban.records import record
from mlkanban.service import Service
from mlkanban.service.exports import CardDays, ExportedCard, ExportedFlow
from mlkanban.text import display_lines

_PORTION = 1000


class DbColumn(NamedTuple):
    """A column: what it holds, and the table it refers to, '' for none."""

    name: str
    type: type
    about: str
    references: str = ""


@record(frozen=True)
class TableDescription:
    """A table; its first column is its key. `searched` are the columns of its full-text search,
    `indexed` are those with an index."""

    name: str
    about: str
    columns: tuple[DbColumn, ...]
    searched: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()


_NUMBERS = frozenset({"metric_value", "metric_target"})
_PARTS = {
    "metric_name": "The name of its metric.",
    "metric_value": "Where the metric stands: what its runs or a person gave.",
    "metric_direction": "`>=` where more is better, `<=` where less is.",
    "metric_target": "What the metric is to reach.",
    "blocked": "Why it is blocked now: the reason.",
    "blocked_external": "`yes` where somebody else has to act.",
    "blocked_note": "What was written when it was blocked.",
    "blocked_until": "What lifts the block: `card:ID`, `run:ID` or a day.",
}


def _card_columns() -> Iterator[DbColumn]:
    for field in FIELDS:
        for name in field_columns(field):
            is_number = name in _NUMBERS or isinstance(field.kind, MetricNumber)
            kind = float if is_number else int if isinstance(field.kind, Flag) else str
            yield DbColumn(name, kind, _PARTS.get(name) or field.help)


_CARD = DbColumn("card", str, "The short id of the card.", "cards")

TABLES: tuple[TableDescription, ...] = (
    TableDescription(
        "board", "The board that was exported, in one row.",
        (
            DbColumn("key", str, "Its key, as `--board` takes it."),
            DbColumn("name", str, "Its name."),
            DbColumn("timezone", str, "The time zone that makes its days."),
            DbColumn("exported_at", str, "When it was exported: all numbers are as of then."),
            DbColumn("program", str, "The version of mlkanban that wrote the file."),
        ),
    ),
    TableDescription(
        "stages", "The stages in their order, also removed ones in which cards have been.",
        (
            DbColumn("position", int, "Its place on the board, from 0."),
            DbColumn("name", str, "Its name."),
            DbColumn("kind", str, "What is done there: active, queue, gate and so on."),
            DbColumn("phase", str, "`before` commitment, `committed`, or `delivered`."),
            DbColumn("wip_limit", int, "How many cards it takes; empty for any number."),
            DbColumn("unattended", int, "How many more with a run at work; empty where all count."),
            DbColumn("removed", int, "1 where the board has it no more."),
        ),
    ),
    TableDescription(
        "cards", "One row per card, archived and finished ones too.",
        (
            DbColumn("id", str, "The short id, such as g12."),
            DbColumn("uuid", str, "The id that no other card has, on any machine."),
            *_card_columns(),
            DbColumn("created", str, "When it was added."),
            DbColumn("entered", str, "When it entered its stage."),
            DbColumn("started", str, "When it was committed, where that still holds."),
            DbColumn("finished", str, "When it was delivered or got its outcome."),
            DbColumn("flow_state", str,
                   "`uncommitted`, `open`, `finished`, `abandoned` or `discarded`."),
            DbColumn("flow_outcome", str, "How it ended, `shipped` where nothing else was said."),
            DbColumn("never_worked", int, "1 where it went straight past delivery: no cycle time."),
            DbColumn("started_day", str, "The day of commitment, in the time zone of the board."),
            DbColumn("finished_day", str, "The day of its end, likewise."),
            DbColumn("cycle_days", int, "Calendar days from the one to the other, both counted."),
            DbColumn("reopened", int, "How often it came back from past delivery."),
            DbColumn("blocked_days", float, "Days of 24 hours in which it was blocked while open."),
            DbColumn("notes", str, "All its notes, oldest first."),
        ),
        ("title", *(f.name for f in FIELDS if f.searchable and f.name not in ("title", "blocked")),
         "blocked_note", "notes"),
        ("stage", "flow_state", "finished_day"),
    ),
    TableDescription(
        "transitions", "One row per step of a card: its whole state from then on. Undone steps are "
        "left out, and the first step of a card is its adding.",
        (
            DbColumn("id", int, "A number."),
            _CARD,
            DbColumn("at", str, "When."),
            DbColumn("day", str, "The day, in the time zone of the board."),
            DbColumn("stage", int, "The position of the stage.", "stages"),
            DbColumn("outcome", str, "How it ended; empty while it is open."),
            DbColumn("work", str, "How it is being worked on."),
            DbColumn("blocked", str, "Why it is blocked; empty while it is not."),
            DbColumn("external", int, "1 where somebody else has to act, 0 where not."),
        ),
        indexed=("card", "at"),
    ),
    TableDescription(
        "runs", "One row per run of a card, as it was known when the board was exported.",
        (
            DbColumn("id", int, "A number."),
            _CARD,
            DbColumn("run", str, "The id of the run."),
            DbColumn("name", str, "Its name, where a tracker has one."),
            DbColumn("state", str, "running, finished, failed and so on; of a tracker, its word."),
            DbColumn("outcome", str, "How it ended, in a few words."),
            DbColumn("is_result", int, "1 where it came to its end, so that its values count."),
            DbColumn("started", str, "When it started."),
            DbColumn("ended", str, "When it ended."),
            DbColumn("seconds", int, "The seconds that count, where they are known."),
            DbColumn("gpus", int, "How many GPUs it had, where that is known."),
            DbColumn("exit", int, "Its exit status."),
            DbColumn("command", str, "The command line."),
            DbColumn("host", str, "The machine."),
            DbColumn("git_commit", str, "The commit of the code."),
            DbColumn("dirty", int, "1 where the code had changes that were not committed."),
            DbColumn("dataset", str, "The data that the card named when it began."),
            DbColumn("tracker_file", str, "Where its tracker keeps it."),
            DbColumn("params", str, "Its parameters, as JSON."),
        ),
        indexed=("card", "run"),
    ),
    TableDescription(
        "metrics", "One row per metric of a card, per guard, and per value that a run reported.",
        (
            DbColumn("id", int, "A number."),
            _CARD,
            DbColumn("run", int, "The run that reported it; empty for the card's own.", "runs"),
            DbColumn("role", str, "`metric` and `guard` of the card, `reported` by a run."),
            DbColumn("name", str, "Its name."),
            DbColumn("value", float, "Its value."),
            DbColumn("direction", str, "`>=` where more is better, `<=` where less is."),
            DbColumn("target", float, "What it is to reach, or the limit of a guard."),
            DbColumn("baseline", float, "The value before the work."),
            DbColumn("noise", float, "How far it varies by chance."),
            DbColumn("state", str, "Of a guard: held, broken, open or not measured."),
        ),
        indexed=("card", "run", "name"),
    ),
    TableDescription(
        "blocked_spans", "One row per time in which an open card was blocked.",
        (
            DbColumn("id", int, "A number."),
            _CARD,
            DbColumn("since", str, "From when."),
            DbColumn("until", str, "Until when; empty while it is blocked."),
            DbColumn("reason", str, "The reason."),
            DbColumn("external", int, "1 where somebody else has to act."),
            DbColumn("days", float, "Days of 24 hours, up to the export where it goes on."),
        ),
        indexed=("card",),
    ),
    TableDescription(
        "events", "One row per event of the log of the board, undone ones too.",
        (
            DbColumn("id", str, "The id of the event."),
            DbColumn("number", int, "Its place in the order of time."),
            DbColumn("card", str, "The short id of the card; empty where there is no such card, as "
                   "for events about the board.", "cards"),
            DbColumn("card_uuid", str, "The long id of the card."),
            DbColumn("at", str, "When."),
            DbColumn("actor", str, "Who did it: a login name, `run:ID` or `condition`."),
            DbColumn("host", str, "On which machine."),
            DbColumn("kind", str, "What happened, such as card.moved."),
            DbColumn("action", str, "What one key or command did has one id."),
            DbColumn("undoes", str, "The event whose values it puts back."),
            DbColumn("in_force", int, "0 where it was undone."),
            DbColumn("data", str, "What it set, and what that replaced, as JSON."),
        ),
        indexed=("card", "at", "kind"),
    ),
)  # fmt: skip
"""Keys and references as in the file. Instants are ISO 8601 in UTC, days are 2026-03-31."""

Row = Sequence[Any]


def write_database(
    service: Service, board: Board, file: Path, progress: Progress = lambda _: None
) -> tuple[int, int, bool]:
    """Write a board into a new database; returns the numbers of cards and of events, and whether
    the search could be made."""
    with service.exports.database(file) as out:
        for table in TABLES:
            types = {column.name: column.type for column in table.columns}
            out.create(
                table.name, types, {c.name: c.references for c in table.columns if c.references}
            )
        flow = service.exports.flow(board)
        out.insert("board", [_board(board, flow)])
        out.insert("stages", _stages(board, flow))
        numbers = {"transitions": 0, "runs": 0, "metrics": 0, "blocked_spans": 0}
        cards = 0
        exported = service.exports.cards(board, flow)
        while portion := list(islice(exported, _PORTION)):
            rows: dict[str, list[Row]] = {"cards": [], **{name: [] for name in numbers}}
            for card in portion:
                _add_card(rows, numbers, board, flow, card)
            for name, some in rows.items():
                out.insert(name, some)
            cards += len(portion)
            progress(cards)
        events = 0
        refs, undone = service.exports.card_refs(board.id), service.exports.undone(board.id)
        log = service.exports.events(board.id)
        while some_events := list(islice(log, _PORTION)):
            out.insert(
                "events",
                [
                    (
                        e.id, number, refs.get(e.card), e.card or None, e.at,
                        display_lines(e.actor), display_lines(e.host), display_lines(e.kind),
                        e.action, e.undoes or None, int(e.id not in undone), json.dumps(e.data),
                    )
                    for number, e in enumerate(some_events, events + 1)
                ],
            )  # fmt: skip
            events += len(some_events)
            progress(cards + events)
        for table in TABLES:
            out.index(table.name, table.indexed)
        found = [out.search(table.name, table.searched) for table in TABLES if table.searched]
    return cards, events, all(found)


def _board(board: Board, flow: ExportedFlow) -> Row:
    return (
        board.key, display_lines(board.name), board.timezone, instant(flow.as_of), __version__,
    )  # fmt: skip


def _stages(board: Board, flow: ExportedFlow) -> Iterator[Row]:
    workflow = flow.workflow
    for at, (name, kind, limits) in enumerate(
        zip(workflow.stages, workflow.kinds, workflow.limits, strict=True)
    ):
        phase = (
            "before" if at < workflow.first_committed
            else "committed" if at < workflow.first_delivered else "delivered"
        )  # fmt: skip
        removed = int(at in workflow.removed)
        yield at, display_lines(name), kind.value, phase, limits.cards, limits.unattended, removed


def _add_card(
    rows: dict[str, list[Row]],
    numbers: dict[str, int],
    board: Board,
    flow: ExportedFlow,
    exported: ExportedCard,
) -> None:
    face, card, days, runs = exported

    def add(table: str, *cells: Any) -> int:
        numbers[table] += 1
        rows[table].append((numbers[table], face.ref, *map(_cell, cells)))
        return numbers[table]

    rows["cards"].append(
        tuple(
            map(_cell, (
                face.ref, card.id,
                *(cell for field in FIELDS for cell in _field_cells(field, board, exported)),
                card.created_at, card.entered_at, card.started_at, card.finished_at,
                *_flow_cells(days),
                "\n\n".join(note.text for note in card.notes),
            ))
        )
    )  # fmt: skip
    for step in days.steps if days else ():
        add(
            "transitions", step.at, flow.workflow.day(step.at), step.stage, step.outcome,
            step.work.value, step.block and step.block.reason,
            None if step.block is None else int(step.block.external),
        )  # fmt: skip
    for span in days.blocked if days else ():
        add("blocked_spans", span.since, span.until, span.reason, int(span.external), span.days)
    if metric := card.measured:
        add("metrics", None, "metric", metric.name, metric.value, metric.direction, metric.target,
            metric.baseline, metric.noise, None)  # fmt: skip
    for guard in card.measured_guards:
        add("metrics", None, "guard", guard.name, guard.value, guard.direction, guard.target,
            guard.baseline, guard.noise, guard.state.value)  # fmt: skip
    for run in runs:
        number = add(
            "runs", run.id, run.name, run.word, run.outcome, int(run.is_result), run.started,
            run.ended, run.elapsed, run.gpus, run.exit, shlex.join(run.argv), run.host, run.commit,
            int(run.dirty), run.dataset, run.where, json.dumps(dict(run.params)),
        )  # fmt: skip
        for name, value in run.metrics.items():
            add("metrics", number, "reported", name, value, None, None, None, None, None)


def _field_cells(field: CardField, board: Board, exported: ExportedCard) -> Sequence[Any]:
    if isinstance(field.kind, Flag):
        return (int(bool(exported.card.values[field.name])),)
    return field_cells(field, board, exported.card)


def _flow_cells(days: CardDays | None) -> Sequence[Any]:
    if days is None:
        return (None,) * 8
    return (
        days.state.value, days.outcome, int(days.never_worked), days.started, days.finished,
        days.cycle_days, days.reopened, days.blocked_days,
    )  # fmt: skip


def _cell(value: Any) -> Any:
    """A value as the file has it: nothing for an empty text, no text that acts on a terminal."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return display_lines(value) or None
    return value
