"""Lists of cards as text: todo.txt, a Kanban board of Obsidian, and plain lines."""

import re
from collections.abc import Iterator

from mlkanban.exchange.issues.record import ListEntry, ListFile, ListKind

_DATE = r"\d{4}-\d{2}-\d{2}"
_TODO = re.compile(
    rf"(?P<x>x\s+)?(?:\((?P<pri>[A-Z])\)\s+)?(?:(?P<one>{_DATE})\s+)?(?:(?P<two>{_DATE})\s+)?(?P<text>.*)"
)
_TODO_MARK = re.compile(r"(?:^|\s)(?:[+@][^\s+@]\S*|(?:due|pri|t|rec|h|id):\S+)")
_LANE = re.compile(r"##\s+(.+?)(?:\s+\(\d+\))?\s*$")
_HEADING = re.compile(r"#{1,6}\s")
_ITEM = re.compile(r"[-*+]\s+\[(.)\]\s+(.*)")
_TAG = re.compile(r"(?:^|(?<=\s))#([^\s#]*[^\s#\d][^\s#]*)")
_DUE = re.compile(rf"@\{{({_DATE})\}}|@\[\[({_DATE})\]\]|📅\s*({_DATE})|\[due::\s*({_DATE})\]")
_DONE = re.compile(rf"[✅✔]\ufe0f?\s*({_DATE})|\[completion::\s*({_DATE})\]")
_CREATED = re.compile(rf"➕\s*({_DATE})|\[created::\s*({_DATE})\]")
_STARTED = re.compile(rf"🛫\s*({_DATE})|\[start::\s*({_DATE})\]")
_TIME = re.compile(r"@@\{[^}]*\}")
_BLOCK = re.compile(r"\s\^([A-Za-z0-9-]+)\s*$")
_WIKI = re.compile(r"!?\[\[([^\]|]+)(?:\|([^\]]+))?\]\]")
_WEB = re.compile(r"\[([^\]]*)\]\((https?://[^)\s]+)\)")
_PRIORITY = {"🔺": "highest", "⏫": "high", "🔼": "medium", "🔽": "low", "⏬": "lowest"}
_COMPLETE = "**Complete**"
_NUMBERED = re.compile(r"(?:[-*+•]|\d{1,9}[.)])\s+(?:\[(.)\]\s+)?(\S.*)")


def _lines(source: ListFile) -> list[str]:
    return [line.rstrip("\r") for line in source.text.split("\n")]


def _is_todo(source: ListFile) -> bool:
    """Most lines begin as in todo.txt, or have its marks."""
    lines = [line for line in _lines(source) if line.strip()]
    if not lines or any(line.startswith(("#", "- ", "* ", "{", "[")) for line in lines):
        return False
    begins = re.compile(rf"x\s+{_DATE}|\([A-Z]\)\s|{_DATE}\s")
    marked = sum(bool(begins.match(line) or re.search(r"\s[+@]\w", line)) for line in lines)
    return marked * 2 > len(lines)


def _todo(source: ListFile, _: str) -> Iterator[ListEntry]:
    for number, line in enumerate(_lines(source), 1):
        match = _TODO.fullmatch(line.strip())
        if match is None or not line.strip():
            continue
        record = ListEntry(number)
        done = bool(match["x"])
        record.add("done", "done" if done else "open")
        record.add("priority", match["pri"])
        if done:
            record.add("completed", match["one"])
            record.add("created", match["two"])
        else:
            record.add("created", match["one"])
        for mark in _TODO_MARK.findall(match["text"]):
            word = mark.strip()
            if word[0] in "+@":
                record.add("projects" if word[0] == "+" else "contexts", word[1:])
            else:
                name, _, value = word.partition(":")
                record.add({"pri": "priority", "t": "threshold"}.get(name, name), value)
        record.add("text", " ".join(_TODO_MARK.sub("", match["text"]).split()))
        yield record


def _is_obsidian(source: ListFile) -> bool:
    return "kanban-plugin:" in source.text[:2000] or (
        any(_LANE.match(line) for line in _lines(source))
        and any(_ITEM.match(line) for line in _lines(source))
    )


def _obsidian(source: ListFile, _: str) -> Iterator[ListEntry]:
    """Lanes are headings, cards are boxes below them, and what is indented belongs to a card."""
    lane, complete, archive, record = "", False, False, None
    texts: list[str] = []
    front = False
    for number, line in enumerate(_lines(source), 1):
        if line.strip() == "---" and (number == 1 or front):
            front = number == 1
            continue
        if front:
            continue
        if record is not None and (line.startswith(("\t", "  ")) or not line.strip()):
            inner = line.strip()
            if box := _ITEM.match(inner):
                record.add("checklist", f"[{'x' if box[1] in 'xX' else ' '}] {box[2]}")
            elif inner:
                texts.append(inner)
            continue
        if record is not None:
            record.add("text", "\n".join(texts))
            yield record
            record, texts = None, []
        if line.strip() == "***":
            archive = True
        elif line.startswith("%% kanban:settings"):
            return
        elif heading := _LANE.match(line):
            lane, complete = heading[1], False
        elif line.strip() == _COMPLETE:
            complete = True
        elif item := _ITEM.match(line):
            record = _card(number, item[2])
            record.add("lane", lane)
            if complete or item[1] in "xX":
                record.add("box", "done")
            if archive:
                record.left_out = "archived"
    if record is not None:
        record.add("text", "\n".join(texts))
        yield record


def _card(number: int, text: str) -> ListEntry:
    """A line of Obsidian, with the marks of its boards and of its tasks."""
    record = ListEntry(number)
    for name, pattern in (
        ("block", _BLOCK), ("due", _DUE), ("done", _DONE), ("created", _CREATED),
        ("start", _STARTED),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            record.add(name, next(filter(None, match.groups()), ""))
        text = pattern.sub(" ", text)
    for sign, priority in _PRIORITY.items():
        if sign in text:
            record.add("priority", priority)
            text = text.replace(sign, " ")
    record.add("tags", *_TAG.findall(text))
    text = _TAG.sub(" ", _TIME.sub(" ", text))
    record.add("links", *(match[1] for match in _WIKI.finditer(text)))
    record.add("links", *(match[2] for match in _WEB.finditer(text)))
    rest = " ".join(_WEB.sub("", _WIKI.sub("", text)).split()).strip()
    whole = _WEB.sub(lambda m: m[1], _WIKI.sub(lambda m: m[2] or m[1].rpartition("/")[2], text))
    title = " ".join((rest or whole).split())
    record.add("title", re.sub(r"^(\*\*|__|\*|_)(.+)\1$", r"\2", title))
    return record


def _any_text(source: ListFile) -> bool:
    return not source.database and source.text.lstrip()[:1] not in ("{", "[", "<")


def _plain_lines(source: ListFile, _: str) -> Iterator[ListEntry]:
    for number, line in enumerate(_lines(source), 1):
        text = line.strip()
        if not text or _HEADING.match(text):
            continue
        record = ListEntry(number)
        item = _NUMBERED.fullmatch(text)
        text = item[2] if item else text
        record.add("line", text)
        record.add("box", "done" if item and (item[1] or "") in ("x", "X") else "")
        yield record


TODO = ListKind(
    "todo.txt", "a todo.txt list", "todo.txt", _is_todo, _todo,
    {
        "text": "title", "done": "status", "priority": "priority", "created": "created",
        "completed": "finished", "projects": "tags", "contexts": "tags", "due": "due",
    },
    ("id",), ("id",),
)  # fmt: skip
OBSIDIAN = ListKind(
    "obsidian", "an Obsidian board (Markdown)", "obsidian", _is_obsidian, _obsidian,
    {
        "title": "title", "lane": "status", "box": "done", "tags": "tags", "due": "due",
        "done": "finished", "created": "created", "start": "started", "priority": "priority",
        "links": "links", "checklist": "checklist", "text": "description",
    },
    ("block",),
)  # fmt: skip
LINES = ListKind(
    "lines", "plain lines, a card each", "lines", _any_text, _plain_lines,
    {"line": "title", "box": "done"},
)  # fmt: skip
