"""The rows of event logs as tools write them: tables with a row for each change, tables with a row
for each card and a date for each stage, and the JSON of Jira with its changelog."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.exchange.dates import DateReader
from mlkanban.exchange.delimited import delimiter_of, table_rows
from mlkanban.exchange.event_map import EventMap
from mlkanban.exchange.text_file import bad
from mlkanban.hints import hint

_NO_DATE = frozenset(("", "-", "nat", "nan", "none", "null"))
_STATUS = "status"


class EventRow(NamedTuple):
    """A case entered a state at a time, as it is written in a line; `origin` is the state that it
    left, and `created` when it was written, '' for what the file does not have."""

    line: int
    case: str
    title: str
    at: str
    state: str
    origin: str = ""
    created: str = ""


def event_rows(file: Path, text: str, map: EventMap) -> Iterator[EventRow]:
    """The rows that count, in the order of the file; BadInput says where the file is wrong."""
    if text.lstrip()[:1] in ("{", "["):
        return _jira_rows(file, text)
    return _table_rows(file, text, map)


def _table_rows(file: Path, text: str, map: EventMap) -> Iterator[EventRow]:
    if not map.case:
        what = "columns must be a table: it names the columns of the file."
        raise bad(map.file, 0, what, hint("See: {import events --help}."))
    rows = table_rows(file, text, map.delimiter or delimiter_of(text))
    _, header = next(rows, (1, []))
    case = _column(file, header, map.case)
    title = _column(file, header, map.title) if map.title else case
    created = _column(file, header, map.created) if map.created else None
    where = [(_column(file, header, name), values) for name, values in map.where.items()]
    if map.date_columns:
        dates = [(name, _column(file, header, name)) for name in map.date_columns]
    else:
        at, state = (_column(file, header, name) for name in (map.timestamp, map.state))
        origin = _column(file, header, map.origin) if map.origin else None
    for line, cells in rows:
        if any(cells[column].strip().casefold() not in values for column, values in where):
            continue
        if not cells[case]:
            raise bad(file, line, f"the column {map.case!r} is empty.", "Name the case.")
        written = cells[created] if created is not None else ""
        whose = line, cells[case], cells[title]
        if map.date_columns:
            for name, column in dates:
                if cells[column].strip().casefold() not in _NO_DATE:
                    yield EventRow(*whose, cells[column], name, "", written)
        else:
            left = cells[origin] if origin is not None else ""
            yield EventRow(*whose, cells[at], cells[state], left, written)


def left_out_dates(file: Path, text: str, map: EventMap) -> list[str]:
    """Columns of dates that no stage of a map names, of a table with a date for each stage: there
    the tracker may have a stage that the map does not have."""
    if not map.date_columns or text.lstrip()[:1] in ("{", "["):
        return []
    rows = table_rows(file, text, map.delimiter or delimiter_of(text))
    _, header = next(rows, (1, []))
    known = {map.case, map.title, map.created, *map.where, *map.date_columns}
    reader = DateReader(ZoneInfo(map.timezone), map.format)
    kept = {at for at, name in enumerate(header) if name.strip() and name not in known}
    filled = set()
    for _, cells in rows:
        for at in [*kept]:
            cell = cells[at].strip()
            if cell.casefold() in _NO_DATE:
                continue
            filled.add(at)
            if cell.isdecimal() or not reader.learn(cell):
                kept.remove(at)
    return [header[at] for at in sorted(kept & filled)]


def _column(file: Path, header: list[str], name: str) -> int:
    if name not in header:
        there = ", ".join(header) or "none"
        raise bad(file, 1, f"there is no column {name!r}.", f"The columns are: {there}.")
    places = [str(at) for at, other in enumerate(header, 1) if other == name]
    if len(places) > 1:
        what = f"the column {name!r} stands there twice or more (columns {', '.join(places)})."
        raise bad(file, 1, what, "Rename the others, or name another column in the map.")
    return header.index(name)


def _jira_rows(file: Path, text: str) -> Iterator[EventRow]:
    """The steps in the answers of Jira's REST interface, read with `expand=changelog`."""
    for issue in _jira_issues(file, text):
        fields = issue.get("fields") or {}
        key, title = _text(issue.get("key")), _text(fields.get("summary"))
        if not key:
            raise bad(file, 0, "an issue has no key.", "Export it again.")
        created = _text(fields.get("created"))
        log = issue.get("changelog")
        if not isinstance(log, dict):
            what = f"{key} has no changelog."
            raise bad(file, 0, what, "Ask Jira for it with expand=changelog.")
        histories = log.get("histories") or log.get("values") or []
        steps = [
            EventRow(
                0, key, title or key, _text(change.get("created")), _text(item.get("toString")),
                _text(item.get("fromString")), created,
            )
            for change in histories
            for item in change.get("items") or []
            if item.get("field") == _STATUS
        ]  # fmt: skip
        if steps:
            yield from steps
        elif created:
            state = _text((fields.get(_STATUS) or {}).get("name"))
            yield EventRow(0, key, title or key, created, state, "", "")


def _jira_issues(file: Path, text: str) -> Iterator[dict[str, Any]]:
    """The issues of an answer, of a list of answers, or of one in each line."""
    try:
        try:
            pages = [json.loads(text)]
        except ValueError:
            pages = [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise bad(file, line, "is not JSON.", "Export it again.") from error
    except RecursionError:
        raise bad(file, 0, "is JSON that lies too deep in itself.", "Is it from Jira?") from None
    while pages:
        page = pages.pop(0)
        if isinstance(page, list):
            pages = [*page, *pages]
        elif isinstance(page, dict) and isinstance(page.get("issues"), list):
            pages = [*page["issues"], *pages]
        elif isinstance(page, dict) and "fields" in page:
            yield page
        else:
            raise bad(file, 0, "has no issues of Jira.", "Ask Jira's REST interface for them.")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
