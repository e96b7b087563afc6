"""The database of kanban-tui: tasks of all its boards, with the moves that its audit kept."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack

from mlkanban.errors import BadInput
from mlkanban.exchange.issues.record import ListEntry, ListFile, ListKind, StatusChange, as_text
from mlkanban.exchange.text_file import bad
from mlkanban.sqlite_files import SqliteFile, reading

_NEEDED = frozenset(("task_id", "title", "column", "creation_date", "board_id"))
_DATES = ("creation_date", "start_date", "finish_date", "due_date")


def _is_kanban_tui(source: ListFile) -> bool:
    if not source.database:
        return False
    with reading(source.file) as file:
        return file.columns("tasks") >= _NEEDED and "name" in file.columns("columns")


def _tasks(source: ListFile, _: str) -> Iterator[ListEntry]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(reading(source.file))
        except BadInput as error:
            raise BadInput(error.message, "Nothing was written.") from error
        if not file.columns("tasks") >= _NEEDED:
            raise bad(source.file, 0, "has no tasks of kanban-tui.", "Is it the right file?")
        yield from _entries(file)


def _entries(file: SqliteFile) -> Iterator[ListEntry]:
    columns = {as_text(key): as_text(name) for key, name in _pairs(file, "columns", "column_id")}
    boards = dict(_pairs(file, "boards", "board_id"))
    categories = dict(_pairs(file, "categories", "category_id"))
    needs: defaultdict[int, list[int]] = defaultdict(list)
    if file.columns("dependencies") >= {"task_id", "depends_on_task_id"}:
        for task, other in file.rows("SELECT task_id, depends_on_task_id FROM dependencies"):
            needs[task].append(other)
    moves: defaultdict[int, list[StatusChange]] = defaultdict(list)
    if "object_field" in file.columns("audits"):
        # The audit is in UTC, the dates of tasks are in local time.
        for task, at, old, new in file.rows(
            "SELECT object_id, event_timestamp, value_old, value_new FROM audits"
            " WHERE object_type = 'task' AND object_field = 'column' ORDER BY event_id"
        ):
            name = columns.get(as_text(new), "")
            if name:
                change = StatusChange(f"{at} UTC", name, columns.get(as_text(old), ""))
                moves[task].append(change)
    more = [
        name for name in ("description", "category", *_DATES[1:]) if name in file.columns("tasks")
    ]
    listed = ", ".join(("task_id", "title", '"column"', "board_id", "creation_date", *more))
    for task, title, column, board, created, *rest in file.rows(
        f"SELECT {listed} FROM tasks ORDER BY task_id"
    ):
        record = ListEntry(0, history=moves[task])
        record.add("task_id", task)
        record.add("title", title)
        record.add("column", columns.get(as_text(column)))
        record.add("board", boards.get(board))
        record.add("creation_date", created)
        for name, value in zip(more, rest, strict=True):
            record.add(name, categories.get(value) if name == "category" else value)
        record.add("depends_on", *needs[task])
        yield record


def _pairs(file: SqliteFile, table: str, key: str) -> Iterator[tuple[int, str]]:
    if file.columns(table) >= {key, "name"}:
        yield from file.rows(f"SELECT {key}, name FROM {table}")


KANBAN_TUI = ListKind(
    "kanban-tui",
    "a database of kanban-tui",
    "kanban-tui",
    _is_kanban_tui,
    _tasks,
    {
        "title": "title",
        "column": "status",
        "description": "description",
        "category": "tags",
        "creation_date": "created",
        "start_date": "started",
        "finish_date": "finished",
        "due_date": "due",
        "depends_on": "needs",
    },
    ("task_id",),
    ("task_id",),
)
