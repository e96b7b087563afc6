"""Lists of cards as JSON: GitHub (`gh issue list --json`), Trello and taskwarrior."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from mlkanban.errors import BadInput
from mlkanban.exchange.issues.record import (
    ListComment,
    ListEntry,
    ListFile,
    ListKind,
    StatusChange,
    as_text,
)
from mlkanban.exchange.text_file import bad


@lru_cache(maxsize=1)
def _parsed(text: str) -> Any:
    """The value of a text, or a list of those in its lines."""
    try:
        return json.loads(text)
    except ValueError:
        lines = text.split("\n")
        if sum(map(bool, map(str.strip, lines))) < 2:
            raise
        return [json.loads(line.strip().rstrip(",")) for line in lines if line.strip(" \r\t[]")]


def loaded(source: ListFile) -> Any:
    """The value in a file, or a list of those in its lines; BadInput for what is no JSON."""
    try:
        return _parsed(source.text)
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise bad(source.file, line, "is not JSON.", "Export it again.") from error
    except RecursionError:
        raise bad(
            source.file, 0, "is JSON that lies too deep in itself.", "Is it a list?"
        ) from None


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _entries(source: ListFile) -> list[Mapping[str, Any]]:
    value = loaded(source)
    entries = _dicts([value] if isinstance(value, dict) else value)
    if not entries and value != []:
        raise bad(source.file, 0, "holds no list of cards.", "Export it again.")
    return entries


def _looks(source: ListFile, *names: str) -> bool:
    """Whether the first entry of a JSON file has these names."""
    text = source.text.lstrip()
    if text[:1] not in ("{", "["):
        return False
    try:
        value = loaded(source)
    except BadInput:  # what is wrong with it is said when it is read
        return False
    first = value if isinstance(value, dict) else next(iter(_dicts(value)), {})
    return all(any(name in first for name in some.split("|")) for some in names)


def _has(*names: str) -> Callable[[ListFile], bool]:
    return lambda source: _looks(source, *names)


def _github(source: ListFile, _: str) -> Iterator[ListEntry]:
    for issue in _entries(source):
        record = ListEntry(0)
        for name, value in issue.items():
            if name == "labels":
                record.add(name, *(one if isinstance(one, str) else _dict(one).get("name")
                                   for one in value or ()))  # fmt: skip
            elif name in ("assignees", "assignee"):
                people = _dicts(value if isinstance(value, list) else [value])
                record.add(name, *(one.get("login") for one in people))
            elif name in ("milestone", "author", "user"):
                record.add(name, _dict(value).get("title") or _dict(value).get("login"))
            elif name == "comments" and isinstance(value, list):
                record.comments += [
                    ListComment(
                        as_text(one.get("createdAt") or one.get("created_at")),
                        as_text(_dict(one.get("author") or one.get("user")).get("login")),
                        as_text(one.get("body")),
                    )
                    for one in _dicts(value)
                ]
            elif name == "projectItems":
                statuses = (_dict(item.get("status")).get("name") for item in _dicts(value))
                record.add("status", next((s for s in statuses if s), ""))
            else:
                record.add(name, value)
        if record.first("status") and record.first("state").casefold() == "open":
            del record.values["state"]  # its column in the project says more
        yield record


def _taskwarrior(source: ListFile, _: str) -> Iterator[ListEntry]:
    for task in _entries(source):
        record = ListEntry(0)
        for name, value in task.items():
            if name == "annotations":
                record.comments += [
                    ListComment(as_text(one.get("entry")), "", as_text(one.get("description")))
                    for one in _dicts(value)
                ]
            elif name == "depends" and isinstance(value, str):
                record.add(name, *value.split(","))
            elif isinstance(value, list):
                record.add(name, *value)
            else:
                record.add(name, value)
        if record.first("status") == "pending" and record.first("start"):
            record.values["status"] = ["started"]
        elif record.first("status") in ("deleted", "recurring"):
            record.left_out = record.first("status")
        yield record


def _trello(source: ListFile, _: str) -> Iterator[ListEntry]:
    """A card's history is in the actions of the board, of which Trello exports the last 1,000."""
    board = _dict(loaded(source))
    lists = {as_text(one.get("id")): one for one in _dicts(board.get("lists"))}
    members = {
        as_text(one.get("id")): one.get("username") or one.get("fullName")
        for one in _dicts(board.get("members"))
    }
    checks: dict[str, list[str]] = {}
    for checklist in _dicts(board.get("checklists")):
        items = sorted(_dicts(checklist.get("checkItems")), key=_position)
        checks.setdefault(as_text(checklist.get("idCard")), []).extend(
            f"[{'x' if item.get('state') == 'complete' else ' '}] {as_text(item.get('name'))}"
            for item in items
        )
    acts: dict[str, list[Mapping[str, Any]]] = {}
    for act in _dicts(board.get("actions")):
        card_id = as_text(_dict(_dict(act.get("data")).get("card")).get("id"))
        acts.setdefault(card_id, []).append(act)
    for card in sorted(_dicts(board.get("cards")), key=_position):
        card_id = as_text(card.get("id"))
        where = lists.get(as_text(card.get("idList")), {})
        record = ListEntry(0)
        for name in ("id", "name", "idShort", "desc", "due", "start", "url", "dateCompleted"):
            record.add(name, card.get(name))
        if not record.first("url"):
            record.add("url", card.get("shortUrl"))
        record.add("list", where.get("name"))
        record.add("labels", *(one.get("name") or one.get("color")
                               for one in _dicts(card.get("labels"))))  # fmt: skip
        record.add("members", *(members.get(as_text(one)) for one in card.get("idMembers") or ()))
        record.add("checklists", *checks.get(card_id, ()))
        record.add("attachments", *(one.get("url") for one in _dicts(card.get("attachments"))))
        record.add("created", _created(card_id))
        record.add("dateLastActivity", card.get("dateLastActivity"))
        for act in sorted(acts.get(card_id, ()), key=lambda act: as_text(act.get("date"))):
            _take_action(record, act)
        if card.get("closed") or where.get("closed"):
            record.left_out = "archived"
        yield record


def _take_action(record: ListEntry, act: Mapping[str, Any]) -> None:
    at, data = as_text(act.get("date")), _dict(act.get("data"))
    came, left = _dict(data.get("listAfter")), _dict(data.get("listBefore"))
    match as_text(act.get("type")):
        case (
            "createCard"
            | "copyCard"
            | "emailCard"
            | "moveCardToBoard"
            | "convertToCardFromCheckItem"
        ):
            if name := as_text(_dict(data.get("list")).get("name")):
                record.history.append(StatusChange(at, name))
            if as_text(act.get("type")) != "moveCardToBoard":
                record.values["created"] = [at]
        case "updateCard" if came:
            stay = StatusChange(at, as_text(came.get("name")), as_text(left.get("name")))
            record.history.append(stay)
        case "commentCard":
            who = as_text(_dict(act.get("memberCreator")).get("username"))
            record.comments.append(ListComment(at, who, as_text(data.get("text"))))


def _position(one: Mapping[str, Any]) -> float:
    place = one.get("pos")
    return float(place) if isinstance(place, int | float) else 0.0


def _created(card_id: str) -> str:
    """When a card was made: its id begins with the seconds since 1970."""
    if len(card_id) != 24:
        return ""
    try:
        return str(int(card_id[:8], 16))
    except ValueError:
        return ""


GITHUB = ListKind(
    "github", "GitHub issues (JSON)", "github",
    _has("title", "number|url|state|createdAt|html_url"), _github,
    {
        "title": "title", "body": "description", "state": "status", "status": "status",
        "statereason": "resolution", "state_reason": "resolution", "labels": "tags",
        "assignees": "assignee", "createdat": "created", "created_at": "created",
        "closedat": "finished", "closed_at": "finished", "updatedat": "updated",
        "updated_at": "updated", "url": "links", "html_url": "links",
    },
    ("html_url", "url", "number", "id"), ("number", "html_url", "url"), "#",
)  # fmt: skip
TRELLO = ListKind(
    "trello", "a Trello board (JSON)", "trello", _has("cards", "lists"), _trello,
    {
        "name": "title", "desc": "description", "list": "status", "labels": "tags", "due": "due",
        "start": "started", "created": "created", "datecompleted": "finished",
        "datelastactivity": "updated", "members": "assignee", "checklists": "checklist",
        "attachments": "links", "url": "links",
    },
    ("id",), ("idshort",), "#",
)  # fmt: skip
TASKWARRIOR = ListKind(
    "taskwarrior", "a taskwarrior export (JSON)", "taskwarrior",
    _has("description", "uuid", "entry|status"), _taskwarrior,
    {
        "description": "title", "status": "status", "tags": "tags", "project": "tags",
        "priority": "priority", "due": "due", "entry": "created", "start": "started",
        "end": "finished", "modified": "updated", "depends": "needs",
    },
    ("uuid",), ("uuid",),
)  # fmt: skip
