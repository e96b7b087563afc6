"""THE table of query fields: their names, operators, values and predicates."""

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from mlkanban.core import lineage
from mlkanban.core.board import BlockReason, Board, CardFace, Work, waits
from mlkanban.core.card_fields import FIELDS as CARD_FIELDS
from mlkanban.core.day_input import parse_day
from mlkanban.core.metrics import CardMetrics, MetricFields
from mlkanban.core.milestones import days_old
from mlkanban.core.query.store_terms import ANYTHING, Answers, FieldText
from mlkanban.errors import BadQuery, UsageProblem
from mlkanban.runs.model.state import RunState
from mlkanban.text import natural

Predicate = Callable[[CardFace], bool]
TermKind = Literal["word", "span", "day", "metric"]

_COMPARED: Mapping[str, Callable[..., bool]] = {
    ":": operator.eq, "=": operator.eq, ">": operator.gt, "<": operator.lt,
    ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,5})([dw]?)")
_METRIC = re.compile(r"([^<>=]+)(?:(>=|<=|>|<|=)(-?[\d.]+(?:e-?\d+)?))?", re.IGNORECASE)
ACTOR = "actor"
CONFLICT = "conflict"
WRITTEN_STATES = {state: FieldText(state, ANYTHING) for state in ("promised", "win")}
"""States that are fields of a card which no face shows, each with what the store is asked."""
STATES = (
    "open", "committed", "blocked", "late", "finished", "archived", "snoozed", "unattended",
    "waiting", CONFLICT, *WRITTEN_STATES,
)  # fmt: skip
NO_RUN, ANY_RUN = "none", "any"
NO_PARENT, ANY_PARENT = "none", "any"
NOBODY = "none"


@dataclass(frozen=True, slots=True)
class QueryContext:
    """The context of a query: the board, today in its time zone, all its cards, and the
    answers of the store about them."""

    board: Board
    today: date
    faces: Collection[CardFace] = ()
    answers: Answers = field(default_factory=Answers)

    def day(self, instant: str) -> date:
        """The day of a stored instant in the board's time zone; today for what a clock that was
        ahead dated later."""
        return self.board.past_day(instant, self.today)


@dataclass(frozen=True, slots=True)
class QueryField:
    """`example` shows how it is written; `values` are what can stand after the colon."""

    name: str
    meaning: str
    example: str
    kind: TermKind
    made: Callable[[str, str, QueryContext], Predicate]
    values: Callable[[QueryContext], Iterable[str]] = lambda scene: ()
    stored_field: str = ""
    """The field of a card (core/card_fields.py) that the store looks into, '' for none."""
    colon_only: bool = False
    """Whether only a colon asks for it: `score>0.8` and `work=5` are text to search for."""

    def check(self, sign: str, value: str, at: int) -> None:
        """Check a term; BadQuery for an operator or a value that this field never takes."""
        wrong = (
            (self.kind in ("word", "metric") and sign not in (":", "="))
            or (self.kind == "span" and not _SPAN.fullmatch(value.lower()))
            or (self.kind == "metric" and not _METRIC.fullmatch(value))
        )
        if wrong:
            term = f"{self.name}{sign}{value}"
            raise BadQuery(f"{term} is not understood.", at, f"Write it as {self.example}.")

    def predicate(self, sign: str, value: str, at: int, scene: QueryContext) -> Predicate:
        """The predicate of a term; BadQuery for a value that this board does not have."""
        try:
            return self.made(sign, value, scene)
        except UsageProblem as error:
            raise BadQuery(error.message, at, error.hint) from error


def _one_of(name: str, value: str, allowed: Iterable[str]) -> frozenset[str]:
    """The allowed words that begin with a value; UsageProblem when there is none."""
    names = list(allowed)
    matching = frozenset(word for word in names if word.startswith(value.lower()))
    exact = frozenset({value.lower()}) & matching
    if not matching:
        raise UsageProblem(f"{value!r} is no {name}.", f"There are: {', '.join(names)}.")
    return exact or matching


def _stage(sign: str, value: str, scene: QueryContext) -> Predicate:
    stages = scene.board.stages
    if value.isdecimal() and 1 <= int(value) <= len(stages):
        wanted = frozenset({stages[int(value) - 1].id})
    else:
        names = {stage.name.casefold(): stage.id for stage in stages}
        matching = [name for name in names if name.startswith(value.casefold())]
        if not matching:
            known = ", ".join(stage.name for stage in stages)
            raise UsageProblem(f"No stage begins with {value!r}.", f"There are: {known}.")
        exact = [name for name in matching if name == value.casefold()]
        wanted = frozenset(names[name] for name in exact or matching)
    return lambda face: face.stage in wanted


def _tag(sign: str, value: str, scene: QueryContext) -> Predicate:
    wanted = value.casefold().removeprefix("#")
    if wanted == "none":
        return lambda face: not face.tags
    return lambda face: wanted in face.tags.casefold().split()


def _enum(
    name: str, attribute: str, allowed: Iterable[str], *, none: bool = False
) -> Callable[[str, str, QueryContext], Predicate]:
    words = list(allowed)

    def made(sign: str, value: str, scene: QueryContext) -> Predicate:
        get = operator.attrgetter(attribute)
        if none and value.lower() == "none":
            return lambda face: not get(face)
        wanted = _one_of(name, value, words)
        return lambda face: get(face) in wanted

    return made


def _blocked(sign: str, value: str, scene: QueryContext) -> Predicate:
    word = value.lower()
    if word in ("yes", "no"):
        return lambda face: bool(face.block_reason) == (word == "yes")
    if word in ("external", "internal"):
        return lambda face: (
            bool(face.block_reason) and bool(face.block_external) == (word == "external")
        )
    wanted = _one_of("reason", value, (*map(str, BlockReason), "yes", "no", "external", "internal"))
    return lambda face: face.block_reason in wanted


def _is(sign: str, value: str, scene: QueryContext) -> Predicate:
    wanted = _one_of("state", value, STATES)
    board, today = scene.board, scene.today.isoformat()
    in_conflict = scene.answers.conflicts or frozenset()
    holders = {
        state: scene.answers.fields.get(asked, frozenset())
        for state, asked in WRITTEN_STATES.items()
    }
    checks: Mapping[str, Predicate] = {
        "open": lambda face: face.is_open,
        "committed": lambda face: face.is_open and board.is_committed(face.stage),
        "blocked": lambda face: bool(face.block_reason),
        "late": lambda face: _is_late(face, today),
        "finished": lambda face: bool(face.outcome),
        "archived": lambda face: bool(face.archived),
        "snoozed": lambda face: face.snoozed_until > today,
        "unattended": lambda face: face.work == Work.UNATTENDED,
        "waiting": lambda face: face.work == Work.WAITING,
        CONFLICT: lambda face: face.id in in_conflict,
        "promised": lambda face: face.is_open and face.id in holders["promised"],
        "win": lambda face: face.id in holders["win"],
    }
    some = [checks[word] for word in wanted]
    return lambda face: any(check(face) for check in some)


def _days(value: str) -> int:
    match = _SPAN.fullmatch(value.lower())
    assert match is not None
    return int(match[1]) * (7 if match[2] == "w" else 1)


def _age(sign: str, value: str, scene: QueryContext) -> Predicate:
    compare, days, today = _COMPARED[sign], _days(value), scene.today

    def old(face: CardFace) -> bool:
        begun = face.started_at or face.created_at
        if not begun or (face.finished_at and not face.started_at):
            return False
        last = scene.day(face.finished_at) if face.finished_at else today
        return compare(days_old(scene.day(begun), last), days)

    return old


def _here(sign: str, value: str, scene: QueryContext) -> Predicate:
    compare, days, today = _COMPARED[sign], _days(value), scene.today
    return lambda face: (
        bool(face.entered_at) and compare(max(0, (today - scene.day(face.entered_at)).days), days)
    )


def _is_late(face: CardFace, today: str) -> bool:
    return bool(face.due) and face.due < today and face.is_open


def _due(sign: str, value: str, scene: QueryContext) -> Predicate:
    word = value.lower()
    if word in ("none", "yes", "late") and sign in (":", "="):
        today = scene.today.isoformat()
        if word == "late":
            return lambda face: _is_late(face, today)
        return lambda face: bool(face.due) == (word == "yes")
    day = parse_day(value, scene.today)
    if day is None:
        raise UsageProblem("due needs a day to be compared with.", "Write due<1w or due:none.")
    compare, wanted = _COMPARED[sign], day.isoformat()
    return lambda face: bool(face.due) and compare(face.due, wanted)


def _ago(attribute: str) -> Callable[[str, str, QueryContext], Predicate]:
    """A day in the past: `created<7d` is less than 7 days ago, `created>2026-01-31` after it."""

    def made(sign: str, value: str, scene: QueryContext) -> Predicate:
        get, compare = operator.attrgetter(attribute), _COMPARED[sign]
        if _SPAN.fullmatch(value.lower()):
            days = _days(value)
            return lambda face: (
                bool(get(face)) and compare(max(0, (scene.today - scene.day(get(face))).days), days)
            )
        day = parse_day(value, scene.today)
        if day is None:
            return lambda face: not get(face)
        return lambda face: bool(get(face)) and compare(scene.day(get(face)), day)

    return made


def _metric(sign: str, value: str, scene: QueryContext) -> Predicate:
    match = _METRIC.fullmatch(value)
    assert match is not None
    name, how, number = match[1].casefold(), match[2], match[3]
    if not how:
        return lambda face: bool(_metrics_named(name, face))
    try:
        compare, wanted = _COMPARED[how], float(number)
    except ValueError:
        raise UsageProblem(f"{number!r} is not a number.", "Write metric:auc>=0.9.") from None

    return lambda face: any(
        compare(metric["value"], wanted)
        for metric in _metrics_named(name, face)
        if "value" in metric
    )


def _metrics_named(part: str, face: CardFace) -> list[MetricFields]:
    """The metrics and guards of a card with this part of a name, in lower case."""
    kept = CardMetrics.read(face.metric).all
    return [metric for metric in kept if part in metric["name"].casefold()]


def _snoozed(sign: str, value: str, scene: QueryContext) -> Predicate:
    wanted = _one_of("answer", value, ("yes", "no")) == {"yes"}
    today = scene.today.isoformat()
    return lambda face: (face.snoozed_until > today) == wanted


def _needs(sign: str, value: str, scene: QueryContext) -> Predicate:
    word = value.lower()
    if word in ("yes", "no"):
        waiting = waits(scene.faces)
        return lambda face: (face.id in waiting) == (word == "yes")
    if word == "none":
        return lambda face: not face.needs
    return lambda face: word in face.needs.split()


_RUN_WORDS = (*map(str, RunState), ANY_RUN, NO_RUN)


def _run(sign: str, value: str, scene: QueryContext) -> Predicate:
    wanted = _one_of("state of a run", value, _RUN_WORDS)
    newest = scene.answers.runs or {}
    if ANY_RUN in wanted:
        return lambda face: face.id in newest
    return lambda face: newest.get(face.id, NO_RUN) in wanted


_KINDS = (lineage.PARENT, *map(str, lineage.LineageKind))


def _from(sign: str, value: str, scene: QueryContext) -> Predicate:
    word = value.lower()
    kinds = [kind for kind in _KINDS if kind.startswith(word)]
    return lambda face: any(
        ref == word or kind in kinds
        for kind, _, ref in (member.partition(":") for member in face.lineage.split())
    )


def _parent(sign: str, value: str, scene: QueryContext) -> Predicate:
    word = value.lower()
    if word in (NO_PARENT, ANY_PARENT):
        wanted = word == ANY_PARENT
        return lambda face: bool(lineage.origins(face, lineage.PARENT)) == wanted
    return lambda face: word in lineage.origins(face, lineage.PARENT)


def _id(sign: str, value: str, scene: QueryContext) -> Predicate:
    wanted = value.lower()
    return lambda face: face.ref == wanted


def _actor(sign: str, value: str, scene: QueryContext) -> Predicate:
    """Who did something with a card: by a whole name, else by the beginning of one."""
    actors, word = scene.answers.actors or {}, value.casefold()
    names = frozenset[str]().union(*actors.values())
    wanted = {name for name in names if name.casefold() == word} or {
        name for name in names if name.casefold().startswith(word)
    }
    return lambda face: not wanted.isdisjoint(actors.get(face.id, ()))


def _actors(scene: QueryContext) -> Iterable[str]:
    """The people among those who did something; runs are found by `run:` and their id."""
    names = frozenset[str]().union(*(scene.answers.actors or {}).values())
    return sorted(name.lower() for name in names if not name.startswith("run:"))


def _person(sign: str, value: str, scene: QueryContext) -> Predicate:
    """Who moved it last in progress: a whole name, else the beginning of one."""
    word = value.casefold().removeprefix("@")
    if word == NOBODY:
        return lambda face: not face.person
    names = {face.person for face in scene.faces if face.person}
    wanted = {name for name in names if name.casefold() == word} or {
        name for name in names if name.casefold().startswith(word)
    }
    return lambda face: face.person in wanted


def _people(scene: QueryContext) -> Iterable[str]:
    return (*sorted({face.person.lower() for face in scene.faces if face.person}), NOBODY)


def _parents(scene: QueryContext) -> Iterable[str]:
    refs = {ref for face in scene.faces for ref in lineage.origins(face, lineage.PARENT)}
    return (*sorted(refs, key=natural), NO_PARENT, ANY_PARENT)


def field_text(name: str, value: str) -> FieldText:
    """What the store is asked of a field: `none` asks for cards where it is empty."""
    text = value.casefold()
    return FieldText(name, ANYTHING if text == "none" else text)


def _stored(name: str) -> Callable[[str, str, QueryContext], Predicate]:
    def made(sign: str, value: str, scene: QueryContext) -> Predicate:
        wanted_text = field_text(name, value)
        holders = scene.answers.fields.get(wanted_text, frozenset())
        wanted = wanted_text.text != ANYTHING
        return lambda face: (face.id in holders) == wanted

    return made


def _tags(scene: QueryContext) -> Iterable[str]:
    return sorted({tag for face in scene.faces for tag in face.tags.split()})


_EQUALS = frozenset({"type", "priority", "class", "outcome", "health"})
"""The choices that can be asked for with `=` too, which is text behind every other one."""
_REASONS = ("yes", "no", "external", "internal", *map(str, BlockReason))


def _table() -> Iterable[QueryField]:
    def fixed(words: Iterable[str]) -> Callable[[QueryContext], Iterable[str]]:
        kept = tuple(words)
        return lambda scene: kept

    yield QueryField(
        "stage",
        "the stage it stands in, by the beginning of its name or its number",
        "stage:training or stage:5",
        "word",
        _stage,
        lambda scene: [stage.name.lower() for stage in scene.board.stages],
    )
    yield QueryField("tag", "one of its tags, or none", "tag:gpu", "word", _tag, _tags)
    for card_field in CARD_FIELDS:
        if card_field.kind.choices and card_field.stored in CardFace._fields:
            words, none = card_field.kind.choices, card_field.kind.blank is None
            yield QueryField(
                card_field.word,
                f"its {card_field.label}",
                f"{card_field.word}:{words[0]}",
                "word",
                _enum(card_field.label, card_field.stored, words, none=none),
                fixed((*words, "none") if none else words),
                colon_only=card_field.word not in _EQUALS,
            )
    yield QueryField(
        "blocked",
        "yes, no, a reason, external or internal",
        "blocked:yes or blocked:data",
        "word",
        _blocked,
        fixed(_REASONS),
    )
    yield QueryField(
        "needs",
        "yes while it waits for another card, no, none, or the card it depends on",
        "needs:yes or needs:g4",
        "word",
        _needs,
        fixed(("yes", "no", "none")),
    )
    yield QueryField(
        "from",
        "the card it comes from, or how",
        "from:g4 or from:retrain-of",
        "word",
        _from,
        fixed(_KINDS),
    )
    yield QueryField(
        "parent",
        "the card it is part of, or any, none",
        "parent:g4 or parent:none",
        "word",
        _parent,
        _parents,
        colon_only=True,
    )
    yield QueryField(
        "run",
        "the state of its newest run, or any, none",
        "run:failed or run:none",
        "word",
        _run,
        fixed(_RUN_WORDS),
    )
    yield QueryField("is", "what it is", "is:committed", "word", _is, fixed(STATES))
    yield QueryField(
        "snoozed", "whether it sleeps", "snoozed:yes", "word", _snoozed, fixed(("yes", "no"))
    )
    yield QueryField(
        "age", "days as the board shows them, both ends counted", "age>5d or age>=2w", "span", _age
    )
    yield QueryField("here", "days since it came to its stage", "here>3d", "span", _here)
    yield QueryField(
        "due",
        "a day, or none, yes, late",
        "due<1w, due:late or due<=2026-12-01",
        "day",
        _due,
        fixed(("late", "today", "none", "yes")),
    )
    yield QueryField(
        "created",
        "how long ago, or a day",
        "created<7d or created>2026-01-31",
        "day",
        _ago("created_at"),
    )
    yield QueryField(
        "finished", "how long ago, or a day", "finished<30d", "day", _ago("finished_at")
    )
    yield QueryField(
        "metric",
        "the name of its metric or of a guard, and where it stands",
        "metric:auc>=0.9",
        "metric",
        _metric,
    )
    yield QueryField(
        "id",
        "its id",
        "id:g4 or id:g7",
        "word",
        _id,
        lambda scene: sorted((face.ref for face in scene.faces), key=natural),
        colon_only=True,
    )
    yield QueryField(
        ACTOR,
        "who did something with it: a name or its beginning, condition, or run:ID",
        "actor:ada",
        "word",
        _actor,
        _actors,
        colon_only=True,
    )

    yield QueryField(
        "person",
        "who moved it last in progress: a name or its beginning, or none",
        "person:ada",
        "word",
        _person,
        _people,
        colon_only=True,
    )


def _plain(known: Collection[str]) -> Iterable[QueryField]:
    """The fields of a card that need nothing of their own here: a text in them is looked for."""
    for card_field in CARD_FIELDS:
        name = card_field.asks
        if name and name not in known:
            yield QueryField(
                name,
                f"{card_field.kind.asked.format(card_field.label)}, or none",
                f"{name}:word",
                "word",
                _stored(card_field.name),
                lambda scene: ("none",),
                card_field.name,
                colon_only=True,
            )


FIELDS: dict[str, QueryField] = {entry.name: entry for entry in _table()}
FIELDS |= {entry.name: entry for entry in _plain(FIELDS)}
_FORMER = {card_field.former: card_field.option for card_field in CARD_FIELDS if card_field.former}


def field_name(word: str) -> str:
    """The name of a field as the table has it, from any case, with _ for -, or from the name it
    had before."""
    name = word.lower().replace("_", "-")
    return _FORMER.get(name, name)
