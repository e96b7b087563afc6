"""What the columns and statuses of a list become: guessed, or said by a person in a map."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from mlkanban.core.board import Board, CardType, Outcome, Stage, StageKind
from mlkanban.core.card_fields import FIELDS, called
from mlkanban.core.names import pick
from mlkanban.errors import UsageProblem
from mlkanban.exchange.dates import ORDERS, is_form
from mlkanban.exchange.text_file import bad, read_toml

NONE = "none"
SPECIAL = (
    "key", "status", "resolution", "done", "created", "started", "finished", "cancelled", "updated",
    "description", "comment", "assignee",
)  # fmt: skip
"""What a column may become beside a field of a card."""
TARGETS = (*SPECIAL, *(each.name for each in FIELDS if each.settable), NONE)
_DONE = frozenset(
    ("done", "closed", "complete", "completed", "resolved", "merged", "shipped", "finished",
     "released", "fixed", "deployed", "delivered")
)  # fmt: skip
_DROPPED = frozenset(
    ("cancelled", "canceled", "won't do", "wont do", "won't fix", "wontfix", "duplicate",
     "not planned", "invalid", "rejected", "abandoned", "removed", "declined", "cannot reproduce",
     "obsolete", "dropped", "deleted")
)  # fmt: skip
_REVIEW = frozenset(
    ("in review", "review", "testing", "in testing", "in test", "test", "qa", "validation",
     "to review", "ready for review", "code review", "verification", "to verify")
)  # fmt: skip
_ACTIVE = frozenset(
    ("in progress", "doing", "started", "active", "in development", "wip", "working", "ongoing",
     "in work", "development", "implementing", "committed")
)  # fmt: skip
_QUEUED = frozenset(
    ("", "to do", "todo", "backlog", "open", "new", "opened", "reopened", "ready", "next",
     "up next", "triage", "inbox", "icebox", "later", "planned", "proposed", "idea", "ideas",
     "not started", "unstarted", "selected for development", "pending", "no status", "task")
)  # fmt: skip
_HELD = frozenset(("hold", "held", "blocked", "waiting", "waits", "paused", "stuck", "suspended"))
"""Words of a status that say that work waits."""
_TYPES = {
    CardType.EXPERIMENT: ("spike", "research", "hypothesis", "experimentation"),
    CardType.FEATURE: (
        "story", "user story", "new feature", "improvement", "enhancement", "product backlog item"
    ),
    CardType.DATA: ("dataset",),
    CardType.DEPLOYMENT: ("release", "deploy"),
}  # fmt: skip
_TYPE = {word: type for type, words in _TYPES.items() for word in words}
_KEYS = ("kind", "format", "columns", "statuses", "types")


@dataclass(slots=True)
class IssueMap:
    """What a person said of a list; names of columns, statuses and types are in lower case. `kind`
    is the name of its kind, `format` the form of its dates, '' for what is found out."""

    kind: str = ""
    format: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


class Landing(NamedTuple):
    """Where the cards of a status go: to a stage, or to their end with an outcome. `guessed` where
    neither a person nor the name of a stage says so, `unknown` where nothing does."""

    stage: Stage | None
    outcome: Outcome | None = None
    guessed: bool = False
    unknown: bool = False

    @property
    def word(self) -> str:
        """How a map names it."""
        return self.stage.name if self.stage else str(self.outcome)

    @property
    def archived(self) -> bool:
        """Whether its cards go off the board: a stage that is worked in past delivery (Monitoring)
        is for what is in use, and nobody says that these are."""
        ended = self.guessed and self.outcome is Outcome.SHIPPED
        return ended and self.stage is not None and self.stage.kind is not StageKind.QUEUE

    @property
    def words(self) -> str:
        """The stage and the outcome: `Done, shipped`, or `shipped, archived`."""
        stage = self.stage.name if self.stage and not self.archived else ""
        return ", ".join(filter(None, (stage, self.outcome, "archived" if self.archived else "")))


class TypeLanding(NamedTuple):
    """The type of the cards whose list names this one; `guessed` as for a Landing."""

    type: CardType
    guessed: bool = False


def named_type(word: str, map: IssueMap) -> CardType | None:
    """The type that a word of a list names, by the map or by its own name."""
    name = map.types.get(word.casefold(), word).casefold()
    return CardType(name) if name in list(CardType) else None


def type_landing(word: str, map: IssueMap) -> TypeLanding:
    """The type of the cards with this word for it, '' for none."""
    named = named_type(word, map)
    return (
        TypeLanding(named) if named else TypeLanding(_TYPE.get(_plain(word), CardType.CHORE), True)
    )


def is_dropped(word: str) -> bool:
    """Whether a status or a resolution means that nothing was delivered."""
    return _plain(word) in _DROPPED


def is_held(status: str) -> bool:
    """Whether a status says that work waits for something."""
    return not _HELD.isdisjoint(_plain(status).split())


def landing(board: Board, status: str, said: str, *, done: bool = False) -> Landing:
    """Where the cards of a status go; `said` is what the map says of it, '' for nothing. `done`:
    the list says of its own that they are finished. UsageProblem for what is no stage."""
    names = {stage.name: stage for stage in board.stages}
    if said:
        if said.casefold() in list(Outcome):
            return _ended(board, Outcome(said.casefold()))
        stage = pick(said, names)
        if stage is None:
            there = ", ".join((*names, *Outcome))
            raise UsageProblem(
                f"There is no stage {said!r} on {board.key}.", f"There are: {there}."
            )
        return _ended(board, Outcome.SHIPPED) if board.is_delivered(stage.id) else Landing(stage)
    same = next((s for name, s in names.items() if name.casefold() == status.casefold()), None)
    if same is not None and (not done or board.is_delivered(same.id)):
        return _ended(board, Outcome.SHIPPED) if board.is_delivered(same.id) else Landing(same)
    if done:
        return _ended(board, Outcome.SHIPPED)._replace(guessed=True)
    return _guess(board, status)


def _guess(board: Board, status: str) -> Landing:
    committed = [stage for stage in board.stages if board.is_committed(stage.id)]
    word = _plain(status)
    resolution = re.search(r"\(([^)]*)\)$", status)
    if word in _DROPPED or (resolution and is_dropped(resolution[1])):
        return Landing(None, Outcome.ABANDONED, True)
    if word in _DONE:
        return _ended(board, Outcome.SHIPPED)._replace(guessed=True)
    if word in _REVIEW and committed:
        gates = [stage for stage in committed if stage.kind is StageKind.GATE]
        return Landing((gates or committed)[-1], guessed=True)
    if word in _ACTIVE and committed:
        active = [stage for stage in committed if stage.kind is StageKind.ACTIVE]
        return Landing((active or committed)[0], guessed=True)
    begun = [stage for stage in board.stages if word and _plain(stage.name).startswith(word)]
    if len(begun) == 1 and not board.is_delivered(begun[0].id):
        return Landing(begun[0], guessed=True)
    named = [
        stage for stage in board.stages
        if f" {_plain(stage.name)} " in f" {word} " and not board.is_delivered(stage.id)
    ]  # fmt: skip
    if len(named) == 1:
        return Landing(named[0], guessed=True)
    return Landing(board.stages[0], guessed=True, unknown=word not in _QUEUED)


def _ended(board: Board, outcome: Outcome) -> Landing:
    after = board.stages[board.first_delivered :]
    if outcome is Outcome.SHIPPED and after:
        return Landing(after[0], outcome)
    return Landing(None, outcome)


def _plain(text: str) -> str:
    """A name without signs and pictures, in lower case."""
    return " ".join(re.sub(r"[^\w']+|_", " ", text.casefold()).split())


def read_issue_map(file: Path) -> IssueMap:
    """Read a map from a TOML file; BadInput names what is wrong."""
    data = read_toml(file)
    for key in data:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            guess = f" Did you mean {near[0]}?" if near else ""
            raise bad(file, 0, f"{key}: a map has no such key.{guess}", "Correct it there.")
    made = IssueMap(
        _text(file, data, "kind"), _text(file, data, "format"),
        _table(file, data, "columns"), _table(file, data, "statuses"),
        _table(file, data, "types"),
    )  # fmt: skip
    try:
        check(made)
    except UsageProblem as problem:
        raise bad(file, 0, problem.message, problem.hint or "Correct it there.") from None
    return made


def check(map: IssueMap) -> None:
    """UsageProblem for a field, a type or a form of dates that there is not."""
    for column, target in map.columns.items():
        known = called(target)
        name = known.name if known else target
        if name not in TARGETS:
            near = get_close_matches(target, TARGETS, 1)
            guess = f"Did you mean {near[0]}? " if near else ""
            listed = ", ".join(TARGETS)
            raise UsageProblem(
                f"The column {column!r} cannot become {target!r}.", f"{guess}There are: {listed}."
            )
        map.columns[column] = name
    for word, type in map.types.items():
        if type.casefold() not in list(CardType):
            raise UsageProblem(
                f"The type {word!r} cannot become {type!r}.", f"There are: {', '.join(CardType)}."
            )
    if map.format and map.format not in ORDERS and not is_form(map.format):
        raise UsageProblem(
            f"{map.format!r} is neither day-first, month-first nor a form of dates.",
            "Write it as %d/%b/%y %I:%M %p.",
        )


def _text(file: Path, data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise bad(file, 0, f"{key}: must be text in quotes.", "Correct it there.")
    return value


def _table(file: Path, data: Mapping[str, Any], key: str) -> dict[str, str]:
    table = data.get(key, {})
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise bad(file, 0, f"{key}: must be a table of texts in quotes.", "Correct it there.")
    return {name.casefold(): value for name, value in table.items()}


def map_text(
    kind: str,
    format: str,
    columns: Iterable[tuple[str, str]],
    statuses: Iterable[tuple[str, str]],
    types: Iterable[tuple[str, str]] = (),
) -> str:
    """The text of a map that says all this."""
    import tomlkit  # 25 ms that only somebody who writes a map has to wait

    head = {"kind": kind} | ({"format": format} if format else {})
    lines = [tomlkit.dumps(head)]
    for name, pairs in (("columns", columns), ("statuses", statuses), ("types", [*types])):
        if name == "types" and not pairs:
            continue
        # Line by line: a table of tomlkit takes minutes for 20,000 columns.
        lines.append(f"\n[{name}]\n")
        lines += [
            f"{tomlkit.key(key).as_string()} = {tomlkit.string(value).as_string()}\n"
            for key, value in pairs
        ]
    return "".join(lines)
