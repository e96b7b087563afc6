"""Event logs of other tools: that a case entered a state becomes history of a card.

All ids are derived from the log, so that importing it again, or a longer version of it, adds only
what is new.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.core.board import CardType, Outcome
from mlkanban.core.events import Change
from mlkanban.core.timestamps import FIRST_YEAR, LAST_YEAR, instant
from mlkanban.errors import BadInput, UsageProblem
from mlkanban.exchange.dates import DateReader, UnclearDates
from mlkanban.exchange.event_map import EventMap
from mlkanban.exchange.event_rows import EventRow, event_rows
from mlkanban.exchange.text_file import bad, named, read_text
from mlkanban.text import accept_title, is_seen, made_keepable

_NAMESPACE = uuid.UUID("5e0a4f6c-3d7b-5b44-9a51-6d6c6b616e62")
_SHOWN = 12
_LONGEST_TITLE = 500
_CREATED = ""
"""Stands for the state in which a case was written."""


class LogRow(NamedTuple):
    """A case entered a stage at an instant; `repeat` counts identical rows."""

    at: str
    case: str
    state: str
    stage: int
    repeat: int
    title: str


@dataclass(frozen=True, slots=True)
class EventLog:
    """An event log, read and checked, in order of time."""

    name: str
    map: EventMap
    rows: tuple[LogRow, ...]

    @property
    def board_id(self) -> str:
        """The id of the board: the same for every version of the log as long as the map has these
        stages."""
        shape = [f"{stage.name}/{stage.kind}/{stage.committed}" for stage in self.map.stages]
        return _id(self.map.key, *shape)

    @property
    def cases(self) -> int:
        return len({row.case for row in self.rows})

    @property
    def finished(self) -> int:
        """The cases that are past delivery at the end of the log."""
        last = {row.case: row.stage for row in self.rows}
        return sum(stage >= self.map.first_delivered for stage in last.values())

    @property
    def last_day(self) -> date:
        """The day of the last row, in the zone of the board."""
        return (
            datetime.fromisoformat(self.rows[-1].at).astimezone(ZoneInfo(self.map.timezone)).date()
        )

    def changes(self) -> Iterator[Change]:
        """The log as changes of a board: its stages, the steps of its cards, and a last change that
        names the source. Places without a rank mean the end of the stage."""
        board = self.board_id
        values = {
            "key": self.map.key, "name": self.map.name, "template": "",
            "timezone": self.map.timezone, "conwip": None, "deleted": False,
        }  # fmt: skip
        yield Change("board.created", board, set=values, event_id=_id(board, "board"))
        stages = [_id(board, "stage", stage.name) for stage in self.map.stages]
        for stage_id, stage in zip(stages, self.map.stages, strict=True):
            values = {
                "name": stage.name, "kind": stage.kind.value, "committed": stage.committed,
                "limit": None, "unattended": None, "soft": False, "rank": "",
                "deleted": False,
            }  # fmt: skip
            event_id = _id(stage_id, "added")
            yield Change("stage.added", board, stage=stage_id, set=values, event_id=event_id)
        digest = uuid.uuid5(_NAMESPACE, board)
        for change in self._steps(board, stages):
            digest = uuid.uuid5(digest, change.event_id)
            yield change
        yield Change(
            "import.noted", board, note=f"{self.name}: {len(self.rows)} rows, {self.cases} cases",
            event_id=_id(str(digest), "noted"),
        )  # fmt: skip

    def _steps(self, board: str, stages: list[str]) -> Iterator[Change]:
        """The rows that moved a card."""
        last: dict[str, int] = {}
        for row in self.rows:
            before = last.get(row.case)
            if before == row.stage:
                continue
            last[row.case] = row.stage
            card = _id(board, "card", row.case)
            values: dict[str, object] = {"place": [stages[row.stage], ""]}
            kind = "card.moved"
            done = row.stage >= self.map.first_delivered
            was_done = before is not None and before >= self.map.first_delivered
            if done and not was_done:
                values["outcome"] = Outcome.SHIPPED.value
            elif was_done and not done:
                values["outcome"] = None
                kind = "card.reopened"
            if before is None:
                kind = "card.created"
                values |= {"title": row.title, "type": CardType.CHORE.value, "deleted": False}
                key = " ".join(made_keepable(row.case).split())
                if key != row.title and is_seen(key):
                    values["source_key"] = key
            event_id = _id(card, row.at, row.state, str(row.repeat))
            yield Change(kind, board, card=card, set=values, at=row.at, event_id=event_id)


class UnknownStates(BadInput):
    """States that no stage of the map has; `states` {state: line}."""

    def __init__(self, file: Path, states: dict[str, int]) -> None:
        shown = [
            f"{state!r}" + (f" (line {line})" if line else "")
            for state, line in list(states.items())[:_SHOWN]
        ]
        more = f" and {len(states) - _SHOWN} more" if len(states) > _SHOWN else ""
        error = bad(
            file, 0, f"no stage of the map has the states {', '.join(shown)}{more}.",
            "Add them to the states of a [[stage]], or say where they belong: --state STATE=STAGE.",
        )  # fmt: skip
        super().__init__(error.message, error.hint)
        self.states = states


def read_log(file: Path, map: EventMap) -> EventLog:
    """Read and check the log in a file; BadInput says where it is wrong."""
    return log_in(file, read_text(file), map)


def log_in(file: Path, text: str, map: EventMap) -> EventLog:
    """Read and check the log in the `text` of a file: once to learn how its dates are written, then
    to take its rows."""
    dates = DateReader(ZoneInfo(map.timezone), map.format)
    unknown: dict[str, int] = {}
    for row in event_rows(file, text, map):
        for date_text in filter(None, (row.created, row.at)):
            _learn(file, row.line, dates, date_text)
        if not row.at:
            raise _no_date(file, row.line, row.at)
        if row.state not in map.stage_of:
            unknown.setdefault(row.state, row.line)
    if unknown:
        raise UnknownStates(file, unknown)
    if dates.unclear:
        raise UnclearDates(file, dates.unclear)
    rows: list[LogRow] = []
    texts: dict[str, str] = {}  # a long log has each state and each title many times

    def once(text: str) -> str:
        return texts.setdefault(text, text)

    creations: dict[str, tuple[str, EventRow]] = {}
    for row in event_rows(file, text, map):
        at = _instant(file, row.line, dates, row.at)
        title = once(_title(file, row.line, row.title))
        stage = map.stage_of[row.state]
        rows.append(LogRow(at, once(row.case), once(row.state), stage, 0, title))
        if row.created and (row.case not in creations or at < creations[row.case][0]):
            creations[row.case] = at, row
    if not rows:
        raise bad(file, 0, "holds no rows.", "One row per state that a case entered is needed.")
    _number_repeats(rows)
    in_order = _in_order(rows, backwards=None if not map.date_columns else False)
    return EventLog(
        named(Path(file.name)), map, tuple(_with_creations(file, map, dates, in_order, creations))
    )


def _number_repeats(rows: list[LogRow]) -> None:
    """Count identical rows, in the order of the file."""
    for _, same in groupby(sorted(range(len(rows)), key=lambda n: rows[n].at),
                           lambda n: rows[n].at):  # fmt: skip
        seen: Counter[tuple[str, str]] = Counter()
        for number in same:
            row = rows[number]
            if repeat := seen[row.case, row.state]:
                rows[number] = row._replace(repeat=repeat)
            seen[row.case, row.state] += 1


def _with_creations(
    file: Path,
    map: EventMap,
    dates: DateReader,
    rows: Sequence[LogRow],
    creations: Mapping[str, tuple[str, EventRow]],
) -> list[LogRow]:
    """The rows with the day on which each case was written, in the state that its first row left,
    where the file has both."""
    written = []
    for case, (first, row) in creations.items():
        at = _instant(file, row.line, dates, row.created)
        if at < first:
            stage = map.stage_of.get(row.origin, 0)
            written.append(LogRow(at, case, _CREATED, stage, 0, _title(file, row.line, row.title)))
    return sorted((*written, *rows), key=attrgetter("at")) if written else list(rows)


def _in_order(rows: Sequence[LogRow], backwards: bool | None = None) -> tuple[LogRow, ...]:
    """Rows in order of time. Equal instants keep the order of the file, or are reversed where a
    case, or else the whole file, is written newest first, or where that is known."""
    cases: dict[str, list[str]] = {}
    for row in rows:
        cases.setdefault(row.case, []).append(row.at)
    if backwards is None:
        backwards = _descends(row.at for row in rows)
        turned = {case: _descends(instants, backwards) for case, instants in cases.items()}
    else:
        turned = dict.fromkeys(cases, backwards)
    order = sorted(range(len(rows)), key=lambda n: (rows[n].at, -n if turned[rows[n].case] else n))
    return tuple(rows[n] for n in order)


def _descends(instants: Iterable[str], otherwise: bool = False) -> bool:
    """Whether instants go back in time more often than forward; `otherwise` when neither."""
    steps = [(later > before) - (later < before) for before, later in pairwise(instants)]
    return sum(steps) < 0 if sum(steps) else otherwise


def _learn(file: Path, line: int, dates: DateReader, written: str) -> None:
    if not dates.learn(written):
        raise _no_date(file, line, written)


def _no_date(file: Path, line: int, written: str) -> BadInput:
    hint = "Write it as 2026-03-31T14:05:00Z, or name its form in the map: "
    return bad(
        file, line, f"{written!r} is no date that can be read.",
        f'{hint}format = "%d/%b/%y %I:%M %p".',
    )  # fmt: skip


def _instant(file: Path, line: int, dates: DateReader, written: str) -> str:
    """A timestamp in the form of the log; without an offset it is read in the time zone of the
    map."""
    moment = dates.read(written)
    if moment is None:
        what = f"{written!r} does not lie between {FIRST_YEAR} and {LAST_YEAR}."
        raise bad(file, line, what, "Correct the timestamp.")
    return instant(moment)


def _title(file: Path, line: int, text: str) -> str:
    try:
        title = accept_title(text)
    except UsageProblem as problem:
        raise bad(file, line, problem.message, "Give each case a title.") from None
    if len(title) > _LONGEST_TITLE:
        what = f"The title has {len(title):,} characters; {_LONGEST_TITLE} is the most."
        raise bad(file, line, what, "Shorten it, or take the titles from another column.")
    return title


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
