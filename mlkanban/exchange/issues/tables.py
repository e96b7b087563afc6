"""Lists of cards as tables: Jira, GitHub Projects, GitLab, Linear, Azure DevOps, and any other one
with a column for the title."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser

from mlkanban.errors import BadInput
from mlkanban.exchange.dates import MONTH_FIRST
from mlkanban.exchange.delimited import delimiter_of, table_rows
from mlkanban.exchange.issues.record import ListComment, ListEntry, ListFile, ListKind
from mlkanban.exchange.text_file import bad

_COMMON = {
    "title": "title", "summary": "title", "name": "title", "subject": "title", "task": "title",
    "description": "description", "body": "description", "notes": "description",
    "status": "status", "state": "status", "stage": "status", "list": "status",
    "type": "type", "issue type": "type", "work item type": "type", "priority": "priority",
    "labels": "tags", "label": "tags", "tags": "tags", "components": "tags",
    "due": "due", "due date": "due", "deadline": "due",
    "created": "created", "created at": "created", "created date": "created",
    "created at (utc)": "created", "started": "started", "started at": "started",
    "activated date": "started", "start date": "started",
    "resolved": "finished", "completed": "finished", "closed": "finished", "finished": "finished",
    "closed date": "finished", "closed at": "finished", "closed at (utc)": "finished",
    "completed at": "finished", "updated": "updated", "updated at": "updated",
    "changed date": "updated", "updated at (utc)": "updated",
    "assignee": "assignee", "assignees": "assignee", "assigned to": "assignee",
    "assign": "assignee", "owner": "assignee", "owners": "assignee", "members": "assignee",
    "member": "assignee", "responsible": "assignee",
    "url": "links", "link": "links", "comment": "comment", "comments": "comment",
    "parent": "parent",
}  # fmt: skip
_JIRA = {
    **_COMMON, "resolution": "resolution", "parent key": "parent", "parent id": "none",
    "custom field (epic link)": "parent", "outward issue link (blocks)": "none",
    "inward issue link (blocks)": "needs", "custom field (start date)": "started",
}  # fmt: skip
_LINEAR = {**_COMMON, "canceled": "cancelled", "parent issue": "parent"}
_AZURE = {
    **_COMMON, "resolved date": "none", "acceptance criteria": "description", "reason": "none",
    "target date": "due",
}  # fmt: skip


def _head(source: ListFile) -> set[str]:
    """The names in the first line, in lower case; none where it is no table."""
    if not source.text or source.text.lstrip()[:1] in ("{", "["):
        return set()
    first = source.text.split("\n", 1)[0]
    cells = first.rstrip("\r").split(delimiter_of(first + "\n"))
    return (
        {cell.strip().strip('"').strip().casefold() for cell in cells} if len(cells) > 1 else set()
    )


def _has(*names: str) -> Callable[[ListFile], bool]:
    return lambda source: set(names) <= _head(source)


def _is_table(source: ListFile) -> bool:
    """Whether the first line names a title, or all lines are rows of one width."""
    head = _head(source)
    return any(_COMMON.get(name) == "title" for name in head) or (bool(head) and _is_even(source))


def _is_even(source: ListFile) -> bool:
    """Whether a head with different names stands over rows as wide as it is. A blank behind a comma
    is how sentences are written."""
    try:
        rows = table_rows(source.file, source.text, delimiter_of(source.text))
        _, head = next(rows, (1, []))
        names = {name.strip().casefold() for name in head} - {""}
        even = len(names) == len(head) and not any(name[:1].isspace() for name in head)
        return even and all(cells for _, cells in rows) and source.text.strip().count("\n") > 0
    except BadInput:
        return False


def _records(source: ListFile, delimiter: str = "") -> Iterator[ListEntry]:
    rows = table_rows(source.file, source.text, delimiter or delimiter_of(source.text))
    _, head = next(rows, (1, []))
    names = [name.strip() for name in head]
    for line, cells in rows:
        record = ListEntry(line)
        for name, cell in zip(names, cells, strict=True):
            record.add(name, cell)
        if record.values:
            yield record


def _jira(source: ListFile, delimiter: str) -> Iterator[ListEntry]:
    """Comments are `15/Jan/26 10:32 AM;ada;the text`."""
    for record in _records(source, delimiter):
        for name in ("Comment", "Comments"):
            for text in record.values.pop(name, ()):
                at, _, rest = text.partition(";")
                who, mark, words = rest.partition(";")
                record.comments.append(
                    ListComment(at, who, words) if mark else ListComment("", "", text)
                )
        yield record


def _linear(source: ListFile, delimiter: str) -> Iterator[ListEntry]:
    for record in _records(source, delimiter):
        if record.first("Archived"):
            record.left_out = "archived"
        yield record


def _azure(source: ListFile, delimiter: str) -> Iterator[ListEntry]:
    """Queries of trees have a column of titles for each level: a card is part of the last one
    above it."""
    above: dict[int, str] = {}
    for record in _records(source, delimiter):
        for name in ("Description", "Acceptance Criteria", "Repro Steps"):
            if name in record.values:
                record.values[name] = [plain(text) for text in record.values[name]]
        levels = [level for level in range(1, 11) if record.first(f"Title {level}")]
        if levels and "Title" not in record.values:
            level = levels[0]
            record.add("Title", record.values.pop(f"Title {level}")[0])
            above = {at: key for at, key in above.items() if at < level}
            if above and "Parent" not in record.values:
                record.add("Parent", above[max(above)])
            above[level] = record.first("ID")
        yield record


class _Plain(HTMLParser):
    """Collects the text of a page."""

    _BREAKS = frozenset(("br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3"))

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")


def plain(text: str) -> str:
    """HTML as text; what is none stays as it is."""
    if "<" not in text or ">" not in text:
        return text
    reader = _Plain()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(filter(None, lines))


def _any_table(source: ListFile, delimiter: str) -> Iterator[ListEntry]:
    if not _head(source):
        raise bad(source.file, 1, "is no table.", "Its first line names the columns.")
    return _records(source, delimiter)


JIRA = ListKind(
    "jira", "a Jira export (CSV)", "jira", _has("issue key", "summary"), _jira, _JIRA,
    ("issue key",), ("issue key",), head=_head,
)  # fmt: skip
LINEAR = ListKind(
    "linear", "a Linear export (CSV)", "linear", _has("id", "team", "title", "status"), _linear,
    _LINEAR, ("id",), ("id",), head=_head,
)  # fmt: skip
AZURE = ListKind(
    "azure", "an Azure DevOps export (CSV)", "azure", _has("id", "work item type"), _azure, _AZURE,
    ("id",), ("id",), order=MONTH_FIRST, head=_head,
)  # fmt: skip
GITLAB = ListKind(
    "gitlab", "a GitLab export (CSV)", "gitlab", _has("title", "issue id", "url", "state"),
    _records, _COMMON, ("url", "issue id"), ("issue id",), "#", zone="UTC",
    head=_head,
)  # fmt: skip
GITHUB_PROJECT = ListKind(
    "github-project", "a GitHub project (TSV)", "github", _has("title", "url", "status"), _records,
    _COMMON, ("url",), ("url",), "#", head=_head,
)  # fmt: skip
TABLE = ListKind(
    "table", "a table", "table", _is_table, _any_table, _COMMON,
    ("key", "id", "issue id", "url", "link"), ("key", "id", "issue id"), head=_head,
)  # fmt: skip
