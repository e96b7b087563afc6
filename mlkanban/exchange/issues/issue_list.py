"""A list of cards: what is understood of it, and the cards that it makes.

The file is gone through twice, entry by entry: first to find out what its columns, statuses and
dates are, then to make the cards.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core import rules
from mlkanban.core.board import Board, Outcome, Priority
from mlkanban.core.card_fields import FIELD, FIELDS
from mlkanban.core.timestamps import instant
from mlkanban.errors import UsageProblem
from mlkanban.exchange.dates import ORDERS, DateReader, UnclearDates
from mlkanban.exchange.issues import json_lists, kanban_tui, tables, text_lists
from mlkanban.exchange.issues.issue_map import (
    NONE,
    IssueMap,
    Landing,
    is_dropped,
    is_held,
    landing,
    named_type,
    type_landing,
)
from mlkanban.exchange.issues.record import ListComment, ListEntry, ListFile, ListKind
from mlkanban.exchange.text_file import STDIN, bad, decoded, read_bytes
from mlkanban.service.fields import checked, flat
from mlkanban.service.issue_import import ImportedCard, ImportedNote, ImportedStep
from mlkanban.text import accept, is_seen, made_keepable, quantity

KINDS: tuple[ListKind, ...] = (
    kanban_tui.KANBAN_TUI,
    json_lists.TRELLO, json_lists.TASKWARRIOR, json_lists.GITHUB,
    tables.JIRA, tables.AZURE, tables.LINEAR, tables.GITLAB, tables.GITHUB_PROJECT,
    text_lists.OBSIDIAN, text_lists.TODO, tables.TABLE, text_lists.LINES,
)  # fmt: skip
"""All kinds of lists, the more particular ones first: the first that knows a file reads it."""
_DATES = ("created", "started", "finished", "cancelled", "updated", "due")
_OWN_WAY = frozenset(
    ("title", "key", "tags", "type", "priority", "due", "links", "checklist", "parent", "needs")
)
_DELIVERED = (Outcome.SHIPPED, Outcome.LEARNED)
_LONGEST_TITLE = 500
_PRIORITIES = {
    Priority.URGENT: ("highest", "urgent", "blocker", "critical", "p0", "immediate"),
    Priority.HIGH: ("high", "h", "major", "p1", "1", "a"),
    Priority.NORMAL: ("normal", "medium", "m", "no priority", "p2", "2", "b", "none"),
    Priority.LOW: ("low", "lowest", "l", "minor", "trivial", "p3", "p4", "3", "4"),
}
_PRIORITY = {word: priority.value for priority, words in _PRIORITIES.items() for word in words}
_PLAIN_TYPES = frozenset(
    ("task", "story", "user story", "issue", "sub-task", "subtask", "product backlog item", "todo")
)
_NO_DAY = date(1970, 1, 1)
"""Days of fields are no words such as `fri` in a file."""
_PRIORITY_LABEL = re.compile(r"prio(?:rity)?\s*(?:::?|/|-)\s*(\S.*)", re.IGNORECASE)
_BOX = re.compile(r"\s*[-*+]\s+(\[[ xX]\]\s+\S.*)")
_TICK = re.compile(r"\[([ xX])\]\s+(.*)", re.DOTALL)
_ADDRESS = re.compile(r"\s*<[^>]*>\s*$")


@dataclass(slots=True)
class Understood:
    """What was found in a list: how often each of its `columns` says something, how many cards have
    each of its `statuses`, and what is `left_out`, with counts."""

    cards: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    discarded: Counter[str] = field(default_factory=Counter)
    """How many cards of each status end as discarded, for they were never worked on."""
    types: Counter[str] = field(default_factory=Counter)
    """How many cards have each word for their type, '' where nothing says it."""
    labels: set[str] = field(default_factory=set)
    """Labels in lower case, each of which a map may make a type."""
    done: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    two_dates: int = 0
    """Finished cards of which only the writing and the end are known."""
    begun_unknown: int = 0
    """Cards in progress of which nobody knows since when."""
    ended_unknown: int = 0
    """Finished cards of which nobody knows since when."""
    guessed_ends: int = 0
    """Finished cards of which nobody says that they were shipped."""
    archived_ends: int = 0
    """Those of them that go off the board."""
    more: dict[str, list[str]] = field(default_factory=dict)
    """{column: further fields that some of its texts become}: checklists in descriptions, and
    priorities and types among labels."""

    def add_more(self, column: str, target: str) -> None:
        if target not in self.more.setdefault(column, []):
            self.more[column].append(target)


def kind_of(source: ListFile, name: str = "") -> ListKind:
    """The kind with this name, or the one that knows the file; BadInput when none does."""
    if name:
        if source.database and name != kanban_tui.KANBAN_TUI.name:
            raise bad(source.file, 0, f"is a database, not {name}.", "Export it as text.")
        kind = next((each for each in KINDS if each.name == name), None)
        if kind is None:
            listed = ", ".join(each.name for each in KINDS)
            raise UsageProblem(f"There is no kind of list {name!r}.", f"There are: {listed}.")
        return kind
    kind = next((each for each in KINDS if each.recognise(source)), None)
    if kind is None:
        if source.database:
            what = "is a database without the tables of kanban-tui."
            raise bad(source.file, 0, what, "Export its cards as CSV.")
        json_lists.loaded(source)  # says what is wrong with it
        listed = ", ".join(each.name for each in KINDS)
        raise bad(source.file, 0, "is no list that is known.", f"Say what it is: --as {listed}.")
    return kind


def read_source(file: Path) -> ListFile:
    """Read a file, or standard input; BadInput says what is wrong with it."""
    data = read_bytes(file)
    if data.startswith(b"SQLite format 3\0"):
        if file == STDIN:
            raise bad(file, 0, "is a database.", "Name its file instead.")
        return ListFile(file, "", database=True)
    return ListFile(file, decoded(file, data, in_lines=False))


class IssueList:
    def __init__(
        self, source: ListFile, kind: ListKind, map: IssueMap, board: Board, *, assume: bool = True
    ) -> None:
        """Go through the file for the first time. BadInput says where it is wrong; UnclearDates
        where no date shows which number is the day, unless the usual order of the kind may be
        assumed."""
        self.kind = kind
        self.map = map
        self.board = board
        self.zone = ZoneInfo(board.timezone)
        self.understood = Understood()
        self._source = source
        self._dates = DateReader(ZoneInfo(kind.zone) if kind.zone else self.zone, map.format)
        self._known: dict[str, str] = {}
        self._landings: dict[str, Landing] = {}
        self._untitled: dict[str, None] = {}
        for record in self._records():
            self._look_at(record)
        self.assumed = self._dates.unclear
        if self.assumed and not (assume and kind.order):
            raise UnclearDates(source.file, self.assumed)
        if self.assumed:
            self._dates.assume(kind.order)
        if not self.understood.cards and self._untitled:
            names = list(self._untitled)
            raise bad(
                source.file, 0, f"has no column for the title. Its columns: {', '.join(names)}.",
                f'Name that of the title: --column "{names[0]}=title".',
            )  # fmt: skip
        if not self.understood.cards and not self.understood.left_out:
            raise bad(source.file, 0, "holds no cards.", "Is it the right file?")
        self.targets = {self._target(name) for name in self.understood.columns}
        columns = {name.casefold() for name in self.understood.columns}
        self._best_key = next((key for key in kind.keys if key in columns), "")
        self._called = [
            name for name in kind.called if name in columns and map.columns.get(name) != NONE
        ]
        self._count_dates()

    def target(self, column: str) -> str:
        """What becomes of a column, '' for nothing."""
        target, name = self._target(column), column.casefold()
        if target == NONE and name not in self.map.columns:
            target = "key" if name in (self._best_key, *self._called[:1]) else target
        return "" if target == NONE else target

    def is_shown_key(self, column: str) -> bool:
        """Whether the cards show what the column says as their key."""
        if "key" in self.targets:
            return self._target(column) == "key"
        return column.casefold() in self._called[:1]

    def landing(self, status: str) -> Landing:
        if status not in self._landings:
            said = self.map.statuses.get(status.casefold(), "")
            done = status in self.understood.done
            self._landings[status] = landing(self.board, status, said, done=done)
        return self._landings[status]

    def goes_to(self, status: str) -> str:
        """Where the cards of a status go, in words."""
        place = self.landing(status)
        discarded = self.understood.discarded[status]
        others = self.understood.statuses[status] - discarded
        if not discarded:
            return place.words
        if not others:
            return Outcome.DISCARDED.value
        return f"{place.words} ({others:,}), {Outcome.DISCARDED} ({discarded:,})"

    def cards(self) -> Iterator[ImportedCard]:
        """The cards of the list, in its order."""
        again: Counter[str] = Counter()
        for record in self._records():
            title = self._title(record)
            if record.left_out or not title:
                continue
            key = self._key(record)
            if not key:
                again[title] += 1
                key = f"title:{title}" + (f":{again[title]}" if again[title] > 1 else "")
            yield self._card(record, key, title)

    def _records(self) -> Iterator[ListEntry]:
        return self.kind.records(self._source, "")

    def _target(self, column: str) -> str:
        if column not in self._known:
            name = column.casefold()
            said = self.map.columns.get(name) or self.kind.fields.get(name)
            self._known[column] = said or NONE
        return self._known[column]

    def _look_at(self, record: ListEntry) -> None:
        seen = self.understood
        if record.left_out:
            seen.left_out[f"{record.left_out} entries"] += 1
            return
        title = self._title(record)
        if not title:
            seen.left_out["entries without a title"] += 1
            self._untitled |= dict.fromkeys(record.values)
            return
        seen.cards += 1
        seen.left_out["characters of titles after the first 500"] += max(
            0, len(title) - _LONGEST_TITLE
        )
        if key := self._key(record):
            seen.keys.add(key)
        for name, values in record.values.items():
            seen.columns[name] += 1
            for text in values:
                if self._target(name) == "description" and any(map(_BOX.fullmatch, _lines(text))):
                    seen.add_more(name, "checklist")
                elif self._target(name) == "tags":
                    labels = _words(text)
                    seen.labels |= {label.casefold() for label in labels}
                    if any(map(_priority_of, labels)):
                        seen.add_more(name, "priority")
                    if any(named_type(label, self.map) for label in labels):
                        seen.add_more(name, "type")
            if self._target(name) in _DATES:
                for text in values:
                    self._learn(record.line, text)
        for at in (*(c.at for c in record.comments), *(stay.at for stay in record.history)):
            if at:
                self._learn(record.line, at)
        if record.comments:
            seen.columns["comments"] += 1
        status = self._status(record)
        seen.statuses[status] += 1
        seen.types[self._type_word(record)] += 1
        if self._texts(record, "done"):
            seen.done.add(status)
        if (word := self._one(record, "priority")) and word.casefold() not in _PRIORITY:
            seen.left_out[f"priority {word!r}"] += 1

    def _count_dates(self) -> None:
        """Count what the dates of the list do not say."""
        seen = self.understood
        for record in self._records():
            if record.left_out or not self._title(record):
                continue
            place = self.landing(self._status(record))
            ended = bool(place.outcome)
            worked = bool(self._one(record, "started")) or bool(record.history)
            dated = any(self._one(record, name) for name in ("finished", "cancelled", "updated"))
            in_history = bool(record.history)
            seen.guessed_ends += bool(place.outcome in _DELIVERED and place.guessed)
            seen.archived_ends += place.archived
            if place.outcome is Outcome.ABANDONED:
                ends_as = self._steps(record)[-1].outcome
                seen.discarded[self._status(record)] += ends_as == Outcome.DISCARDED
            if ended and not dated and not in_history:
                seen.ended_unknown += 1
            elif place.outcome is Outcome.SHIPPED and not worked and self._one(record, "created"):
                seen.two_dates += 1
            elif place.stage and not ended and self.board.is_committed(place.stage.id):
                seen.begun_unknown += not worked

    def _learn(self, line: int, text: str) -> None:
        if not self._dates.learn(text):
            hint = "Name the form of its dates: --format '%d/%b/%y %I:%M %p'."
            raise bad(self._source.file, line, f"{text!r} is no date that can be read.", hint)

    def _instant(self, line: int, text: str) -> str:
        """A date in the form of the store, '' for none."""
        if not text:
            return ""
        moment = self._dates.read(text)
        if moment is None:
            what = f"{text!r} does not lie between 1970 and 2200."
            raise bad(self._source.file, line, what, "Correct the date.")
        return instant(moment)

    def _texts(self, record: ListEntry, target: str) -> list[str]:
        """The values that become a field, made such that a board can keep them."""
        return [
            made_keepable(text)
            for name, texts in record.values.items()
            if self._target(name) == target
            for text in texts
        ]

    def _one(self, record: ListEntry, target: str) -> str:
        return next(iter(self._texts(record, target)), "")

    def _title(self, record: ListEntry) -> str:
        title = " ".join(self._one(record, "title").split())
        return title if is_seen(title) else ""

    def _key(self, record: ListEntry) -> str:
        """What tells a card apart in its list, '' for its title alone. BadInput for one that no
        board can keep: made keepable, two keys could be one. A number, which another project may
        have too, is none."""
        names = {name.casefold(): texts for name, texts in record.values.items()}
        numbers = self.kind.called if self.kind.mark else ()
        said = next(
            (
                texts for name, texts in record.values.items()
                if self._target(name) == "key" and name.casefold() not in numbers
            ),
            None,
        )  # fmt: skip
        key = (said or next((names[key] for key in self.kind.keys if names.get(key)), [""]))[0]
        try:
            return accept(key, f"the key of {self._title(record)!r}")
        except UsageProblem as problem:
            raise bad(self._source.file, record.line, problem.message, problem.hint) from None

    def _shown_key(self, record: ListEntry) -> str:
        """What people call the card in its tool, '' for nothing."""
        for name, texts in record.values.items():
            if self.is_shown_key(name):
                text = made_keepable(texts[0])
                known = name.casefold() in self.kind.called
                key = self.kind.key_of(text) if known else " ".join(text.split())
                return key if is_seen(key) else ""
        return ""

    def _status(self, record: ListEntry) -> str:
        """The status of a card, with how it ended where nothing was delivered, or where a box is
        ticked."""
        status = self._one(record, "status")
        resolution = self._one(record, "resolution")
        if is_dropped(resolution):
            return f"{status} ({resolution})".strip()
        if self._texts(record, "done"):
            return f"{status} (ticked)".strip()
        if self._one(record, "cancelled") and not is_dropped(status):
            return f"{status} (cancelled)".strip()
        return status

    def _card(self, record: ListEntry, key: str, title: str) -> ImportedCard:
        parents = self._texts(record, "parent")
        needs = [
            word for text in self._texts(record, "needs") for word in re.split(r"[,;\s]+", text)
        ]
        parent = next((one for one in parents if one in self.understood.keys), None)
        return ImportedCard(
            key=key,
            values=self._values(record, title[:_LONGEST_TITLE]),
            steps=self._steps(record),
            description=self._description(record) if "description" in self.targets else None,
            comments=list(self._comments(record)),
            parent=(parent or next(iter(parents), "")) if "parent" in self.targets else None,
            needs=list(filter(None, needs)) if "needs" in self.targets else None,
        )

    def _values(self, record: ListEntry, title: str) -> dict[str, Any]:
        """The stored values of all fields that the list has."""
        values: dict[str, Any] = checked({"title": title}, partial=True)
        tags, kind = self._tags_and_type(record)
        values["type"] = kind
        if self._called or "key" in self.targets:
            values["key"] = self._shown_key(record)
        stored: dict[str, Any] = {}
        if self.targets & {"tags", "assignee", "type"}:
            stored |= _members("tags", tags)
        if "links" in self.targets:
            stored |= _members("links", self._texts(record, "links"))
        if self._has("priority"):
            word = self._one(record, "priority").casefold()
            labels = map(_priority_of, self._labels(record))
            found = _PRIORITY.get(word) or next(filter(None, labels), "")
            values["priority"] = found or Priority.NORMAL.value
        if "due" in self.targets:
            due = self._dates.read(self._one(record, "due"))
            values["due"] = due.astimezone(self.zone).date().isoformat() if due else None
        if self._has("checklist"):
            boxes = [box[1] for line in self._described(record) if (box := _BOX.fullmatch(line))]
            items = list(_items((*self._texts(record, "checklist"), *boxes)))
            values["checklist"] = checked({"checklist": items}, partial=True)["checklist"]
        for each in FIELDS:
            if each.name in self.targets and each.name not in _OWN_WAY and each.settable:
                values[each.name] = self._value(record, each.name)
        return flat(values) | stored

    def _value(self, record: ListEntry, name: str) -> Any:
        """The value of a field that a map names, read as people type it."""
        text = self._one(record, name)
        if not text:
            return None
        try:
            return checked({name: FIELD[name].kind.parse(text, name, _NO_DAY)}, partial=True)[name]
        except UsageProblem as problem:
            what = f"{name}: {problem.message}"
            raise bad(self._source.file, record.line, what, problem.hint) from None

    def _tags_and_type(self, record: ListEntry) -> tuple[list[str], str]:
        words = [word for word in self._labels(record) if not _priority_of(word)]
        people = [
            _ADDRESS.sub("", name)
            for text in self._texts(record, "assignee")
            for name in re.split(r"\s*[,;]\s*", text)
        ]
        kind = self._one(record, "type").casefold()
        if kind and kind not in _PLAIN_TYPES and not named_type(kind, IssueMap()):
            words.append(kind)
        tags = [*words, *(f"@{name.lstrip('@')}" for name in people if name.strip("@ "))]
        return tags, type_landing(self._type_word(record), self.map).type.value

    def _type_word(self, record: ListEntry) -> str:
        """The word for the type of a card: the one in the column of types, or a label that names a
        type where the column does not."""
        word = self._one(record, "type")
        if word and named_type(word, self.map):
            return word
        return next((one for one in self._labels(record) if named_type(one, self.map)), word)

    def _has(self, target: str) -> bool:
        """Whether the list says this of any card."""
        return target in self.targets or any(target in m for m in self.understood.more.values())

    def _labels(self, record: ListEntry) -> list[str]:
        return [word for text in self._texts(record, "tags") for word in _words(text)]

    def _described(self, record: ListEntry) -> list[str]:
        """The lines of the description."""
        return _lines("\n\n".join(dict.fromkeys(self._texts(record, "description"))))

    def _description(self, record: ListEntry) -> str:
        """The description without the boxes to tick, which are the checklist."""
        text = "\n".join(line for line in self._described(record) if not _BOX.fullmatch(line))
        return text.strip()

    def _comments(self, record: ListEntry) -> Iterator[ImportedNote]:
        written = [ListComment("", "", text) for text in self._texts(record, "comment")]
        if self._target("comments") == NONE and "comments" in self.map.columns:
            return
        for comment in (*record.comments, *written):
            text = made_keepable(comment.text).strip()
            if text:
                who = f"{made_keepable(comment.who)}: " if comment.who else ""
                yield ImportedNote(self._instant(record.line, comment.at), who + text)

    def _steps(self, record: ListEntry) -> list[ImportedStep]:
        """The way of a card, from its writing to where it stands."""
        board, line = self.board, record.line
        at = {name: self._instant(line, self._one(record, name)) for name in _DATES}
        final, first = self.landing(self._status(record)), board.stages[0].id
        finished = at["finished"] or at["cancelled"]
        steps: list[ImportedStep] = []
        if record.history:
            stays = [(self._instant(line, stay.at), stay) for stay in record.history]
            stays.sort(key=lambda one: one[0])
            begun, oldest = stays[0]
            if at["created"] and at["created"] < begun:
                before = self.landing(oldest.origin).stage if oldest.origin else None
                steps.append(self._step(at["created"], Landing(before or board.stages[0]), steps))
            for moment, stay in stays:
                steps.append(self._step(moment, self.landing(stay.status), steps))
        else:
            committed = final.stage is not None and board.is_committed(final.stage.id)
            waits = final.stage if not final.outcome and not committed else None
            steps.append(ImportedStep(at["created"], waits.id if waits else first))
            started = at["started"]
            if started and (committed or final.outcome) and not (finished and started > finished):
                begun_in = board.stages[board.first_committed : board.first_committed + 1]
                steps += [ImportedStep(started, stage.id) for stage in begun_in]
        last = (finished if final.outcome else "") or at["updated"]
        landed = self._step(last, final, steps)
        if (landed.stage, landed.outcome) != (steps[-1].stage, steps[-1].outcome):
            steps.append(landed)
        return _forward(steps)

    def _step(self, at: str, place: Landing, before: Sequence[ImportedStep]) -> ImportedStep:
        """The step to where a status lands, after these."""
        stage = before[-1].stage if before else self.board.stages[0].id
        if place.outcome is None:
            return ImportedStep(at, place.stage.id if place.stage else stage)
        worked = any(self.board.is_committed(step.stage) for step in before)
        outcome = rules.outcome_for(place.outcome, committed=worked)
        rest = rules.resting_place(self.board, outcome)
        return ImportedStep(
            at, rest.id if rest else stage, outcome.value,
            guessed=place.guessed, archived=place.archived,
        )  # fmt: skip


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def _words(text: str) -> list[str]:
    """The labels in a text."""
    return re.split(r"\s*[,;]\s*", text) if "," in text or ";" in text else [text]


def _priority_of(label: str) -> str:
    """The priority that a label such as `priority: high` stands for, '' for any other one."""
    said = _PRIORITY_LABEL.fullmatch(label.strip())
    return _PRIORITY.get(said[1].strip().casefold(), "") if said else ""


def _forward(steps: Sequence[ImportedStep]) -> list[ImportedStep]:
    """The steps with dates that go forward: the first is the oldest of all, and none is before the
    one ahead of it. Steps at an unknown time come after all others."""
    dated = [step.at for step in steps if step.at]
    latest = min(dated, default="")
    forward = []
    for number, step in enumerate(steps):
        if step.at or not number:
            latest = latest if not number else max(latest, step.at)
            step = replace(step, at=latest)
        forward.append(step)
    return forward


def _members(name: str, words: Iterable[str]) -> dict[str, bool]:
    """The members of a set as they are stored, and the sign that the list has such a set."""
    each = FIELD[name]
    stored = {each.stored: True}
    for word in words:
        try:
            stored[each.stored + each.kind.member(word, name)] = True  # type: ignore[attr-defined]
        except UsageProblem:
            continue  # an empty word, or `none`
    return stored


def _items(texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    for text in texts:
        box = _TICK.fullmatch(text)
        words = " ".join((box[2] if box else text).split())
        if words:
            yield {"text": words, "done": bool(box) and box[1] in "xX"}  # type: ignore[index]


def summary_lines(issues: IssueList) -> list[str]:
    """Sentences about what the dates of a list do not say."""
    seen, lines = issues.understood, []
    for status, count in seen.statuses.items():
        place = issues.landing(status)
        if place.unknown:
            held = ", not blocked" if is_held(status) else ""
            lines.append(
                f'No stage is known to mean "{status}": {quantity(count, "card")} to {place.word}'
                f'{held}. Name the stage: --status "{status}=STAGE".'
            )
    if issues.assumed:
        other = next(order for order in ORDERS if order != issues.kind.order)
        lines.append(
            f"Dates such as {issues.assumed} are read {issues.kind.order}, the usual form of this"
            f" kind; --format {other} reads them the other way."
        )
    if seen.two_dates:
        cards = quantity(seen.two_dates, "finished card")
        lines.append(f"{cards}: created to resolved, no history, so no cycle time.")
    if seen.begun_unknown:
        cards = quantity(seen.begun_unknown, "card")
        lines.append(
            f"{cards} in progress without the day they began: counted from their last update, or"
            " from now."
        )
    if seen.ended_unknown:
        cards = quantity(seen.ended_unknown, "finished card")
        lines.append(f"{cards} without the day they ended: counted as finished now.")
    if seen.guessed_ends:
        cards = quantity(seen.guessed_ends, "finished card")
        off = " archived," if seen.archived_ends else ""
        lines.append(
            f"{cards} with a guessed outcome:{off} no report lists them as won. Name the outcome:"
            ' --status "STATUS=shipped", or learned.'
        )
    return lines
