"""The report in words that nobody has to look up, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypedDict

from mlkanban.cells import shortened
from mlkanban.core.board import BlockReason, Health
from mlkanban.core.goal import Goal
from mlkanban.core.model_health import HealthReading, parse_threshold
from mlkanban.core.plan import EVEN
from mlkanban.core.profit_curve import WorthMark
from mlkanban.core.timestamps import instant
from mlkanban.display.goal_text import now_text
from mlkanban.display.number_view import Day, chance_text
from mlkanban.display.table import Table
from mlkanban.display.worth_text import compact_value, money
from mlkanban.errors import UsageProblem
from mlkanban.service.report import BoardReport, NextCard, ReportedEnd, ReportedModel
from mlkanban.text import display, quantity

MOST_NEEDS, MOST_NEXT, MOST_ENDED, MOST_MODELS, MOST_BOARDS = 4, 10, 5, 4, 8
_TITLE, _WHERE, _TEXT, _WHY, _NOTE = 52, 38, 80, 200, 70
"""The cells of a title, of where a card stands, of a conclusion, of what a board is for, and of why
a card waits. They keep the report on one page, with its longest lists."""
_NAME, _LINE, _FEW = 64, 108, 3
_METRIC, _UNIT = 20, 10
_CUT = "…"
_REASONS = {
    BlockReason.COMPUTE_QUEUE: "computing time", BlockReason.DATA_ACCESS: "access to data",
    BlockReason.DATA_QUALITY: "better data", BlockReason.LABELLING: "labels",
    BlockReason.DEPENDENCY: "other work", BlockReason.APPROVAL_GATE: "an approval",
    BlockReason.ENVIRONMENT: "its setup", BlockReason.BUG: "a bug fix",
    BlockReason.DECISION: "a decision", BlockReason.OTHER: "something else",
}  # fmt: skip
_HEALTH = {
    Health.OK: "fine", Health.WATCH: "being watched", Health.ALERT: "at alert",
    Health.RETRAINING: "being trained again",
}  # fmt: skip
_SIDES = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}
_OUTCOMES = (("shipped", "shipped"), ("learned", "answered a question"), ("superseded", "replaced"))


@dataclass(frozen=True, slots=True)
class ReportPoint:
    """A thing of a list, and what is said of it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A part of the report under a heading: sentences, points or a table, and how many things it
    leaves out. `empty` stands where there is nothing."""

    heading: str
    lines: tuple[str, ...] = ()
    points: tuple[ReportPoint, ...] = ()
    table: Table | None = None
    empty: str = ""
    more: str = ""
    half: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The whole report in words."""

    heading: str
    when: str
    lead: tuple[str, ...]
    boards: Table | None
    sections: tuple[ReportSection, ...]
    pace: str


def words(report: BoardReport) -> ReportWords:
    """The report in words; titles and names as they were stored, long ones cut."""
    wanted = report.wanted
    heading = shortened(_one_line(report.board.name), _NAME, _CUT) + (
        f": only {wanted.query}" if wanted.query else ""
    )
    heading += f", for {wanted.person}" if wanted.person else ""
    about = f" ({EVENTS[report.since.event]})" if report.since.event else ""
    when = f"{_long_day(report.today)}, looking back to {_long_day(_since(report))}{about}"
    sections = [_needs(report)]
    if wanted.person:
        sections += [_models(report)] if report.models else []
    else:
        sections = [
            *_why(report), *sections, _next(report),
            _ended("Won", report.won, "Nothing was shipped in this time."),
            _ended("Learned", report.learned, "No question was answered in this time."),
            *([_models(report)] if report.models else []),
        ]  # fmt: skip
    return ReportWords(
        heading,
        when,
        tuple(_lead(report)),
        _boards(report) if report.boards else None,
        tuple(sections),
        "" if wanted.person else pace_text(report),
    )


EVENTS = {"report": "the last report", "review": "the last review"}


def day_text(day: date, today: date) -> str:
    """`3 Mar`, with the year where that is another."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def _long_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _since(report: BoardReport) -> date:
    return report.since.at.astimezone(report.zone).date()


def _lead(report: BoardReport) -> Iterator[str]:
    """What happened, and what is to be done: a sentence for each."""
    waiting = len(report.needs)
    longest = max((need.days for need in report.needs), default=0)
    whom = report.wanted.person
    waits = f"{quantity(waiting, 'card')} {'waits' if waiting == 1 else 'wait'} for"
    waits += f" {whom or 'somebody else'}"
    if longest:
        waits += f", {'' if waiting == 1 else 'the longest '}for {quantity(longest, 'day')}"
    alerts = [model for model in report.models if model.health == Health.ALERT]
    silent = sum(model.silent is not None for model in report.models)
    alarms = []
    if len(alerts) == 1:
        alarms.append(f"the model {_model_name(alerts[0])} is at alert")
    elif alerts:
        alarms.append(f"{len(alerts)} models in use are at alert")
    if silent:
        alarms.append(f"{quantity(silent, 'model is', 'models are')} silent")
    if whom:
        yield _sentence(waits if waiting else f"nothing waits for {whom}")
        if report.models:
            yield _sentence(_joined(alarms or [f"no model of {whom} is at alert or silent"]))
        return
    yield _finished(report)
    today = report.today
    late = sum(card.due is not None and card.due < today for card in report.next)
    broken = sum(_promise_broken(card, today) for card in report.next)
    doubtful = sum(
        card.chance is not None and card.chance < EVEN
        for card in report.next
        if card.by and card.by >= today
    )
    clauses = [waits] if waiting else []
    clauses += [f"{quantity(late, 'card is', 'cards are')} late"] if late else []
    if broken:
        clauses.append(f"{quantity(broken, 'promise was', 'promises were')} not kept")
    if doubtful:
        dates = quantity(doubtful, "date will", "dates will")
        clauses.append(f"{dates} probably be missed")
    clauses += alarms
    if not clauses:
        clauses = ["nothing waits for anybody else"]
        unwatched = sum(map(_unwatched, report.models))
        if unwatched:
            clauses.append(f"{quantity(unwatched, 'model')} in use had no reading yet")
        elif report.models and not any(map(_needs_somebody, report.models)):
            clauses.append("all models in use are fine")
    yield _sentence(_joined(clauses))


def _promise_broken(card: NextCard, today: date) -> bool:
    """Whether the day is over until which a card without a due date was promised."""
    return card.due is None and card.promised is not None and card.promised < today


def _finished(report: BoardReport) -> str:
    since = day_text(_since(report), report.today)
    total = sum(report.outcomes.values()) + report.imported
    if not total:
        return f"No card was finished since {since}."
    parts = [f"{report.outcomes[name]} {did}" for name, did in _OUTCOMES if report.outcomes[name]]
    parts += [f"{report.imported} imported as finished"] if report.imported else []
    verb = "was" if total == 1 else "were"
    return f"Since {since}, {quantity(total, 'card')} {verb} finished: {_joined(parts)}."


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _why(report: BoardReport) -> Iterator[ReportSection]:
    """What the board is for, and where its business metric stands; nothing where the charter says
    neither."""
    lines = []
    scope = plain_paragraph(report.charter.get("scope", ""))
    if scope:
        lines.append(shortened(scope, _WHY, _CUT))
    stands = now_text(_short_goal(report.goal), report.zone)
    if stands:
        lines.append(f"Business metric: {stands}.")
    if impact := impact_text(report):
        lines.append(f"{shortened(impact, _LINE, _CUT)}.")
    if lines:
        yield ReportSection("Why, and where it stands", tuple(lines))


def _short_goal(goal: Goal) -> Goal:
    """The same with names that leave room for its numbers."""
    target = goal.target and goal.target._replace(
        metric=shortened(goal.target.metric, _METRIC, _CUT),
        unit=shortened(goal.target.unit, _UNIT, _CUT),
    )
    readings = (one._replace(metric=shortened(one.metric, _METRIC, _CUT)) for one in goal.readings)
    return Goal(target, tuple(readings))


def impact_text(report: BoardReport) -> str:
    """What the model in use brings, and what the best configuration and the target would; '' where
    no charter says that, and in a report of some cards."""
    given = report.worth
    if given is None or report.wanted.query:
        return ""
    used, best, target = given.mark("in use"), given.mark("best"), given.mark("target")
    parts = []
    if used:
        text = f"the model in use brings {money(used.at.worth, used.at.unit)}"
        parts.append(f"{text} ({used.at.metric} {compact_value(used.at)})")
    if best:
        value = compact_value(best.at) if used else f"{best.at.metric} {compact_value(best.at)}"
        parts.append(f"best so far {_compared(best, used)} ({value})")
    if target and parts:
        parts.append(f"target {_compared(target, used)}")
    return f"Worth: {'; '.join(parts)}" if parts else ""


def _compared(mark: WorthMark, used: WorthMark | None) -> str:
    """What a place of the curve brings, against the model in use, if there is one."""
    if used is None:
        return money(mark.at.worth, mark.at.unit)
    gain = mark.at.worth - used.at.worth
    return f"{'+' if gain >= 0 else '-'}{money(abs(gain))}"


def plain_paragraph(text: str) -> str:
    """The first paragraph of Markdown as plain text."""
    first = text.strip().split("\n\n")[0]
    lines = [line.strip().lstrip("#>-*+ ") for line in first.split("\n")]
    plain = " ".join(filter(None, lines))
    for mark in ("**", "__", "`"):
        plain = plain.replace(mark, "")
    return display(plain)


def _needs(report: BoardReport) -> ReportSection:
    points = []
    room = _NOTE if len(report.needs) > _FEW else 2 * _NOTE
    for need in report.needs[:MOST_NEEDS]:
        since = day_text(need.since, report.today)
        days = f" ({quantity(need.days, 'day')})" if need.days else ""
        waits = f"has waited for {_REASONS[BlockReason(need.reason)]} since {since}{days}"
        whose = f", from {', '.join(need.people)}" if need.people else ""
        due = f", due {day_text(need.due, report.today)}" if need.due else ""
        note = f". {shortened(_one_line(need.note), room, _CUT)}" if need.note else ""
        points.append(ReportPoint(_title(need.title), f"{waits}{whose}{due}{note}"))
    return ReportSection(
        "Needs you",
        points=tuple(points),
        empty="Nothing.",
        more=_more(len(report.needs) - MOST_NEEDS, "more"),
    )


def _next(report: BoardReport) -> ReportSection:
    rows = [_next_row(card, report.today) for card in report.next[:MOST_NEXT]]
    head = ("what", "where it stands", "50 % by", "85 % by", "due")
    n = len(report.sample.of_board.of_all_time.finished)
    known = [card for card in report.next[:MOST_NEXT] if card.even or card.likely]
    basis = ""
    if known:
        basis = (
            "By these days a card is finished with a chance of 50 % and 85 %, going by how long the"
            f" {n} took that were finished before"
        )
        if not all(card.committed for card in known):
            basis += "; one not begun goes by how many are finished a day and by its place"
        basis += "."
    return ReportSection(
        "Next",
        table=Table(head, rows) if rows else None,
        empty="Nothing is in progress.",
        more=_more(len(report.next) - MOST_NEXT, "more"),
        note=basis if rows else "",
    )


def _next_row(card: NextCard, today: date) -> tuple[str, ...]:
    doing = ""
    if card.state == "blocked":
        how = "waits for" if card.external else "blocked, needs"
        doing = f", {how} {_REASONS[BlockReason(card.reason)]}"
    elif card.state == "running":
        doing = ", a run goes on"
    elif not card.committed:
        doing = ", not begun"
    # The name of the stage gives way, never the reason.
    where = shortened(_one_line(card.stage), _WHERE - len(doing), _CUT) + doing
    days = [day_text(day, today) if day else "not known" for day in (card.even, card.likely)]
    due = ""
    if card.due is not None:
        due = day_text(card.due, today)
    elif card.promised is not None:
        due = f"promised {day_text(card.promised, today)}"
    if _promise_broken(card, today):
        due += ", not kept"
    elif card.due is not None and card.due < today:
        due += ", late"
    elif card.chance is not None and card.chance < EVEN:
        due += f", chance {chance_text(card.chance)}"
    return _title(card.title), where, *days, due


def _ended(heading: str, cards: Sequence[ReportedEnd], empty: str) -> ReportSection:
    return ReportSection(
        heading,
        points=tuple(
            ReportPoint(
                _title(card.title),
                shortened(_one_line(card.conclusion), _TEXT, _CUT),
            )
            for card in cards[:MOST_ENDED]
        ),
        empty=empty,
        more=_more(len(cards) - MOST_ENDED, "more"),
        half=True,
    )


def _models(report: BoardReport) -> ReportSection:
    rows = []
    models = report.models
    if report.wanted.person:
        models = tuple(model for model in models if _needs_somebody(model))
    for model in models[:MOST_MODELS]:
        reading = "no reading yet"
        if model.reading is not None:
            when = f" on {day_text(model.read, report.today)}" if model.read else ""
            reading = f"{reading_text(model.reading)}{when}"
        rows.append(
            (
                _title(_model_name(model)),
                day_text(model.since, report.today) if model.since else "not known",
                _how_it_does(model, report.today),
                shortened(_one_line(reading), _WHERE + 12, _CUT),
                *([shortened(_one_line(model.owner), 24, _CUT)] if _owned(report) else []),
            )
        )
    head = ("model", "in use since", "how it does", "last reading")
    return ReportSection(
        "Models in use",
        table=Table((*head, "owner") if _owned(report) else head, rows) if rows else None,
        empty="No model is at alert or silent.",
        more=_more(len(models) - MOST_MODELS, "more"),
    )


def reading_text(reading: HealthReading) -> str:
    """`psi 0.34, above its limit of 0.2`."""
    try:
        limit = parse_threshold(reading.threshold)
    except UsageProblem:  # another machine may have written anything
        return f"{reading.metric} {reading.value:g}"
    side = _SIDES[limit.sign] if reading.alert else "within"
    return f"{reading.metric} {reading.value:g}, {side} its limit of {limit.limit:g}"


def _how_it_does(model: ReportedModel, today: date) -> str:
    how = _HEALTH.get(Health(model.health), model.health)
    if _unwatched(model):
        return "not watched"
    if model.silent is None:
        return how
    quiet = f"silent since {day_text(model.silent, today)}"
    return quiet if model.health == Health.OK else f"{how}, {quiet}"


def _owned(report: BoardReport) -> bool:
    return any(model.owner for model in report.models)


def _needs_somebody(model: ReportedModel) -> bool:
    return model.health != Health.OK or model.silent is not None


def _unwatched(model: ReportedModel) -> bool:
    """Whether nobody can know how it does."""
    return model.health == Health.OK and model.reading is None


def _model_name(model: ReportedModel) -> str:
    return f"{model.name} {model.version}".strip() if model.name else model.title


def _in_the_last(days: int) -> str:
    return "today" if days <= 1 else f"in the last {days} days"


def pace_text(report: BoardReport) -> str:
    """How fast cards are finished, and how long one takes, in a line."""
    pace = report.pace
    counted = pace.counted
    if not counted.n:
        which = "No card that was in progress" if report.sample.never_worked else "No card"
        return f"{which} was finished {_in_the_last(counted.days)}."
    if counted.per_week is None:
        text = f"{quantity(counted.n, 'card')} finished {_in_the_last(counted.days)}"
    else:
        text = f"{counted.per_week:.1f} cards finished a week over the last {counted.days} days"
        text += f" ({counted.n})"
    unworked = len(report.sample.never_worked)
    if unworked:
        text += f", without {unworked} that {'was' if unworked == 1 else 'were'} never in progress"
    if pace.half is not None:
        text += f"; half of them took {quantity(pace.half, 'day')} or less"
    if pace.most is not None:
        text += f", 85 % took {quantity(pace.most, 'day')} or less"
    return f"{text}."


def _boards(report: BoardReport) -> Table:
    rows = [
        (
            shortened(_one_line(row.name), 40, _CUT),
            str(row.standing.wip),
            str(row.waiting),
            str(row.standing.overdue),
            str(row.finished),
            "too early to say" if row.standing.per_week is None else f"{row.standing.per_week:.1f}",
        )
        for row in report.boards[:MOST_BOARDS]
    ]
    scope = "board, with all its cards" if report.wanted.query else "board"
    head = (scope, "in progress", "waiting for others", "late", "finished since then", "a week")
    return Table(head, rows)


def _title(text: str) -> str:
    return shortened(_one_line(text), _TITLE, _CUT)


def _one_line(text: str) -> str:
    return display(" ".join(text.split()))


def _more(left: int, what: str) -> str:
    return f"and {left} {what}" if left > 0 else ""


# JSON


class NeedJson(TypedDict):
    id: str
    title: str
    reason: str
    note: str
    people: list[str]
    since: Day
    days: int
    due: Day | None


class NextCardJson(TypedDict):
    """By `even_by` it is finished with a chance of 50 %, by `likely_by` with one of 85 %; null
    where that is not known."""

    id: str
    title: str
    stage: str
    state: str
    reason: str
    external: bool
    even_by: Day | None
    likely_by: Day | None
    due: Day | None
    due_chance: float | None
    promised: Day | None


class EndedCardJson(TypedDict):
    id: str
    title: str
    outcome: str
    day: Day
    conclusion: str
    win: bool
    score: float | None


class LastReadingJson(TypedDict):
    metric: str
    value: float
    threshold: str
    alert: bool
    at: str


class ReportedModelJson(TypedDict):
    id: str
    title: str
    model: str
    version: str
    owner: str
    since: Day | None
    health: str
    silent_since: Day | None
    reading: LastReadingJson | None


class PaceJson(TypedDict):
    n: int
    days: int
    per_week: float | None
    half_within_days: int | None
    most_within_days: int | None


class ReportBoardJson(TypedDict):
    key: str
    name: str
    in_progress: int
    waiting: int
    late: int
    finished: int
    per_week: float | None


ReportJson = TypedDict(
    "ReportJson",
    {
        "file": str | None, "bytes": int | None,
        "board": str, "name": str, "only": str, "for": str,
        "made": str, "since": str, "since_is": Literal["report", "review", "day"],
        "lead": list[str], "goal": str, "metric": str, "worth": str,
        "needs": list[NeedJson], "next": list[NextCardJson],
        "won": list[EndedCardJson], "learned": list[EndedCardJson],
        "models": list[ReportedModelJson], "pace": PaceJson, "boards": list[ReportBoardJson],
    },
)  # fmt: skip
"""A report; `file` and `bytes` are null where none was written."""


def to_json(report: BoardReport, file: str | None = None, size: int | None = None) -> ReportJson:
    counted = report.pace.counted
    return {
        "file": file,
        "bytes": size,
        "board": report.board.key,
        "name": report.board.name,
        "only": report.wanted.query,
        "for": report.wanted.person,
        "made": instant(report.now),
        "since": instant(report.since.at),
        "since_is": report.since.event or "day",
        "lead": [*_lead(report)],
        "goal": plain_paragraph(report.charter.get("scope", "")),
        "metric": now_text(report.goal, report.zone),
        "worth": impact_text(report),
        "needs": [
            {
                "id": need.ref, "title": need.title, "reason": need.reason, "note": need.note,
                "people": [*need.people], "since": need.since.isoformat(), "days": need.days,
                "due": _day_json(need.due),
            }
            for need in report.needs
        ],
        "next": [
            {
                "id": card.ref, "title": card.title, "stage": card.stage, "state": card.state,
                "reason": card.reason, "external": card.external, "even_by": _day_json(card.even),
                "likely_by": _day_json(card.likely), "due": _day_json(card.due),
                "due_chance": card.chance, "promised": _day_json(card.promised),
            }
            for card in report.next
        ],
        "won": [*map(_ended_json, report.won)],
        "learned": [*map(_ended_json, report.learned)],
        "models": [*map(_model_json, report.models)],
        "pace": {
            "n": counted.n, "days": counted.days, "per_week": counted.per_week,
            "half_within_days": report.pace.half, "most_within_days": report.pace.most,
        },
        "boards": [
            {
                "key": row.key, "name": row.name, "in_progress": row.standing.wip,
                "waiting": row.waiting, "late": row.standing.overdue, "finished": row.finished,
                "per_week": row.standing.per_week,
            }
            for row in report.boards
        ],
    }  # fmt: skip


def _day_json(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _ended_json(card: ReportedEnd) -> EndedCardJson:
    return {
        "id": card.ref, "title": card.title, "outcome": card.outcome, "day": card.day.isoformat(),
        "conclusion": card.conclusion, "win": card.win, "score": card.score,
    }  # fmt: skip


def _model_json(model: ReportedModel) -> ReportedModelJson:
    reading = model.reading
    return {
        "id": model.ref, "title": model.title, "model": model.name, "version": model.version,
        "owner": model.owner, "since": _day_json(model.since), "health": model.health,
        "silent_since": _day_json(model.silent),
        "reading": reading and {
            "metric": reading.metric, "value": reading.value, "threshold": reading.threshold,
            "alert": reading.alert, "at": reading.at,
        },
    }  # fmt: skip
