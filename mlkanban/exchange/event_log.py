"""Event logs of other tools: each row says that a case entered a state, and becomes history of a
card.

All ids are derived from the log, so that importing it again, or a longer version of it, adds only
what is new.
"""

import csv
import io
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.core.board import CardType, Outcome
from mlkanban.core.events import Change
from mlkanban.core.timestamps import FIRST_YEAR, LAST_YEAR, instant
from mlkanban.errors import UsageProblem
from mlkanban.exchange.event_map import EventMap
from mlkanban.exchange.text_file import LONGEST_LINE, bad, read_text
from mlkanban.text import accept_title

_NAMESPACE = uuid.UUID("5e0a4f6c-3d7b-5b44-9a51-6d6c6b616e62")
_SHOWN = 12
_LONGEST_TITLE = 500


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
            event_id = _id(card, row.at, row.state, str(row.repeat))
            yield Change(kind, board, card=card, set=values, at=row.at, event_id=event_id)


def read_log(file: Path, map: EventMap) -> EventLog:
    """Read and check the log in a CSV file; BadInput says where it is wrong."""
    text = read_text(file)
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    zone = ZoneInfo(map.timezone)
    rows: list[LogRow] = []
    unknown: dict[str, int] = {}
    seen: dict[tuple[str, str, str], int] = {}
    try:
        header = next(reader, [])
        columns = [_column(file, header, name) for name in (map.case, map.timestamp, map.state)]
        title = _column(file, header, map.title) if map.title else columns[0]
        for cells in reader:
            if not cells:
                continue
            line = reader.line_num
            if len(cells) != len(header):
                what = f"has {len(cells)} fields, the first line {len(header)}."
                raise bad(file, line, what, "Is a comma or a quote missing?")
            case, written, state = (cells[column] for column in columns)
            if not case:
                raise bad(file, line, f"the column {map.case!r} is empty.", "Name the case.")
            at = _instant(file, line, written, zone)
            stage = map.stage_of.get(state)
            if stage is None:
                unknown.setdefault(state, line)
                continue
            same = seen[case, at, state] = seen.get((case, at, state), -1) + 1
            rows.append(LogRow(at, case, state, stage, same, _title(file, line, cells[title])))
    except csv.Error as error:
        raise bad(file, reader.line_num, f"is not CSV: {error}.", "Export it again.") from error
    if unknown:
        shown = [f"{state!r} (line {line})" for state, line in list(unknown.items())[:_SHOWN]]
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        raise bad(
            file, 0, f"no stage of the map has the states {', '.join(shown)}{more}.",
            "Add them to the states of a [[stage]].",
        )  # fmt: skip
    if not rows:
        raise bad(file, 0, "holds no rows.", "One row per state that a case entered is needed.")
    return EventLog(file.name, map, _in_order(rows))


def _in_order(rows: Sequence[LogRow]) -> tuple[LogRow, ...]:
    """Rows in order of time. Equal instants keep the order of the file, or are reversed where a
    case, or else the whole file, is written newest first."""
    backwards = _descends(row.at for row in rows)
    cases: dict[str, list[str]] = {}
    for row in rows:
        cases.setdefault(row.case, []).append(row.at)
    turned = {case: _descends(instants, backwards) for case, instants in cases.items()}
    numbered = [(row.at, -at if turned[row.case] else at, row) for at, row in enumerate(rows)]
    return tuple(row for _, _, row in sorted(numbered))


def _descends(instants: Iterable[str], otherwise: bool = False) -> bool:
    """Whether instants go back in time more often than forward; `otherwise` when neither."""
    steps = [(later > before) - (later < before) for before, later in pairwise(instants)]
    return sum(steps) < 0 if sum(steps) else otherwise


def _column(file: Path, header: list[str], name: str) -> int:
    if name not in header:
        there = ", ".join(header) or "none"
        raise bad(file, 1, f"there is no column {name!r}.", f"The columns are: {there}.")
    places = [str(at) for at, other in enumerate(header, 1) if other == name]
    if len(places) > 1:
        what = f"the column {name!r} stands there twice or more (columns {', '.join(places)})."
        raise bad(file, 1, what, "Rename the others, or name another column in the map.")
    return header.index(name)


def _instant(file: Path, line: int, written: str, zone: ZoneInfo) -> str:
    """A timestamp in the form of the log; without an offset it is read in the time zone of the
    map."""
    try:
        moment = datetime.fromisoformat(written.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        what = f"{written!r} is not an ISO 8601 timestamp."
        raise bad(file, line, what, "Write it as 2026-03-31T14:05:00Z.") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
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
