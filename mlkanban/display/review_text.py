"""Reviews in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, assert_never

from mlkanban.core.day_input import day_text
from mlkanban.core.review import (
    MINUTES,
    Agenda,
    Candidate,
    PromiseResult,
    Result,
    Review,
    ReviewPart,
    ReviewState,
    Topic,
)
from mlkanban.core.timestamps import instant
from mlkanban.display.number_view import chance_text
from mlkanban.text import display, quantity, some

PART_NAMES = {
    ReviewPart.PROMISED: "promised", ReviewPart.LEARNED: "learned",
    ReviewPart.UNUSUAL: "out of the usual", ReviewPart.OVERRIDES: "overrides",
    ReviewPart.BLOCKED: "blocked", ReviewPart.RISKS: "risks", ReviewPart.MODELS: "models",
}  # fmt: skip
NEXT = "next"
"""What the last part of a review is called, in which cards are promised."""
_MOST_CARDS = 6
_MOST_CANDIDATES = 30
"""So many cards are listed in a shell; a review promises a handful."""


def state_text(state: ReviewState) -> str:
    """When the last review was and when the next one is due, in a sentence."""
    last = f"the last one was on {state.last}" if state.last else "none was held yet"
    if state.next is None:
        return f"No rhythm is set; {last}."
    days = (state.today - state.next).days
    if days == 0:
        when = "due today"
    elif days > 0:
        when = f"due since {state.next} ({quantity(days, 'day')})"
    else:
        when = f"due on {state.next} (in {quantity(-days, 'day')})"
    return f"A review is {when}, every {quantity(state.every or 0, 'day')}; {last}."


def minutes_text(seconds: int) -> str:
    """`2 min of 10`."""
    return f"{seconds // 60} min of {MINUTES}"


def came_text(came: Sequence[PromiseResult]) -> str:
    """What came of promises: `6 planned, 4 done, v128 late`."""
    if not came:
        return "nothing was promised"
    done = sum(each.result is Result.DONE for each in came)
    others = [
        f"{each.card} {result_text(each)}"
        for each in came
        if each.result is not Result.DONE or each.late_days
    ]
    return ", ".join([f"{len(came)} planned", f"{done} done", *some(others, _MOST_CARDS)])


def result_text(came: PromiseResult) -> str:
    """`done`, `done 2 d late`, `late`, or `open` before the day is over."""
    match came.result:
        case Result.DONE:
            return f"done {came.late_days} d late" if came.late_days else "done"
        case Result.OPEN:
            return "open"
        case Result.LATE:
            return "late"
        case Result.DROPPED:
            return "dropped"
    return "taken away"


LINE_QUESTIONS = {
    ReviewPart.LEARNED: "The lesson of {}",
    ReviewPart.UNUSUAL: "What is learned from {}",
    ReviewPart.OVERRIDES: "What is learned from {}",
    ReviewPart.BLOCKED: "What will be done about it",
    ReviewPart.RISKS: "The risk",
}
"""What is asked where an answer takes a line (core/review.ANSWERS); {} is the card of the topic."""


def topic_title(topic: Topic) -> str:
    """What a topic is about, in a line. Safe to show."""
    match topic.part:
        case ReviewPart.PROMISED:
            until = f" until {topic.until}" if topic.until else ""
            return f"Promised{until}: {came_text(topic.came)}"
        case ReviewPart.LEARNED:
            return f"A lesson: {topic.outcome} on {topic.day}"
        case ReviewPart.UNUSUAL:
            return f"Out of the usual: {topic.days} d, the limit is {topic.limit:.1f}"
        case ReviewPart.OVERRIDES:
            return f"Overridden {quantity(len(topic.overrides), 'time')}"
        case ReviewPart.BLOCKED:
            return f"Lost to blocks: {sum(lost.days for lost in topic.lost):.1f} days"
        case ReviewPart.RISKS:
            return "A risk of the charter: still so?"
        case ReviewPart.MODELS:
            return "A model in use: keep it, retrain it or retire it?"
    assert_never(topic.part)


def topic_facts(topic: Topic, zone: tzinfo) -> Iterator[str]:
    """What is known of a topic, a line for each thing. Safe to show."""
    match topic.part:
        case ReviewPart.PROMISED:
            for came in topic.came:
                yield display(f"{came.card}  {result_text(came)}  {came.title}".rstrip())
        case ReviewPart.LEARNED:
            yield display(" ".join(topic.text.split())) or "No lesson is written."
        case ReviewPart.UNUSUAL:
            yield (
                f"The limit is the upper natural process limit of {quantity(topic.n, 'card')}"
                " in 90 days."
            )
            stages = [f"{name} {days:.1f} d" for name, days in topic.stages]
            yield display(", ".join(stages))
        case ReviewPart.OVERRIDES:
            for override in topic.overrides:
                where = f" into {override.stage}" if override.stage else ""
                passed = f", with {'; '.join(override.passed)}" if override.passed else ""
                day = override.at.astimezone(zone).date()
                yield display(f"{day}{where}: {' '.join(override.reason.split())}{passed}")
        case ReviewPart.BLOCKED:
            for lost in topic.lost:
                outside = f", external {lost.external_days:.1f}" if lost.external_days else ""
                cards = ", ".join(some(lost.cards, _MOST_CARDS))
                yield f"{lost.reason}  {lost.days:.1f} d{outside}  {cards}"
        case _:
            yield display(topic.text)


def lines_of_agenda(agenda: Agenda, zone: tzinfo) -> Iterator[str]:
    """A review as it is to be gone through, for a shell. Safe to print."""
    answered = len(agenda.topics) - len(agenda.left)
    yield f"Review {agenda.number}. {state_text(agenda.state)}"
    yield (
        f"Looks back to {_day(agenda.since, zone)}; {answered} of"
        f" {quantity(len(agenda.topics), 'topic')} answered."
    )
    for topic in agenda.topics:
        yield ""
        card = f"  {topic.card} {display(topic.title)}" if topic.card else ""
        yield f"{topic.key}  {topic_title(topic)}{card}"
        for fact in topic_facts(topic, zone):
            yield f"  {fact}"
        given = agenda.answers.get(topic.key)
        words = ", ".join(answer.word for answer in topic.answers)
        yield f"  answered: {display(given.answer)}" if given else f"  answers: {words}"
    yield ""
    yield f"What is promised until {day_text(agenda.until, agenda.state.today)}?"
    shown = agenda.candidates[:_MOST_CANDIDATES]
    for candidate in shown:
        yield f"  {display(candidate_text(candidate))}"
    if more := len(agenda.candidates) - len(shown):
        yield f"  and {more:,} more: `mlkanban --json review` lists all."
    if shown:
        yield (
            "  * is proposed: in progress, not blocked, not known to have less than 50 %; ? is a"
            " chance not known."
        )
    else:
        yield "  No card is open."


def candidate_text(candidate: Candidate) -> str:
    chance = chance_text(candidate.chance) if candidate.chance is not None else "?"
    mark = "*" if candidate.proposed else " "
    why = f" ({candidate.unknown})" if candidate.unknown else ""
    return f"{mark} {candidate.face.ref:<6} {chance:>5}  {candidate.face.title}{why}"


def lines_of_review(number: int, review: Review, zone: tzinfo) -> Iterator[str]:
    """A review that was held. Safe to print."""
    assert review.ended is not None
    since = f", looked back to {_day(review.since, zone)}" if review.since else ""
    spent = f", {minutes_text(review.seconds)}" if review.seconds else ""
    yield f"Review {number} on {_day(review.ended, zone)}{since}{spent}."
    yield f"Came of what was promised before: {display(came_text(review.came))}."
    for came in review.came:
        yield display(f"  {came.card}  {result_text(came)}  {came.title}".rstrip())
    for part in ReviewPart:
        answers = [a for a in review.answers if a.part == part and a.part != ReviewPart.PROMISED]
        if answers:
            yield f"{PART_NAMES[part].capitalize()}:"
        for answer in answers:
            about = f"{answer.card} {answer.title}".strip()
            words = " ".join(answer.text.split())
            yield display(f"  {'  '.join(filter(None, (about, answer.answer, words)))}")
    promised = ", ".join(review.promised) or "nothing"
    yield display(f"Promised until {review.until}: {promised}.")


def _day(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d}"


# JSON


def came_json(came: Iterable[PromiseResult]) -> list[dict[str, Any]]:
    return [
        {"id": each.card, "title": each.title, "result": each.result.value,
         "late_days": each.late_days}
        for each in came
    ]  # fmt: skip


def state_json(state: ReviewState) -> dict[str, Any]:
    return {
        "every_days": state.every,
        "last": state.last and state.last.isoformat(),
        "next": state.next and state.next.isoformat(),
        "due": state.is_due,
    }


def agenda_json(agenda: Agenda) -> dict[str, Any]:
    return {
        "number": agenda.number,
        **state_json(agenda.state),
        "since": instant(agenda.since),
        "topics": [_topic_json(topic, agenda) for topic in agenda.topics],
        "until": agenda.until.isoformat(),
        "candidates": [
            {
                "id": candidate.face.ref,
                "title": candidate.face.title,
                "chance": candidate.chance,
                "reason": candidate.unknown or None,
                "in_progress": candidate.in_progress,
                "promised": candidate.promised,
                "proposed": candidate.proposed,
            }
            for candidate in agenda.candidates
        ],
    }


def _topic_json(topic: Topic, agenda: Agenda) -> dict[str, Any]:
    given = agenda.answers.get(topic.key)
    return {
        "key": topic.key,
        "part": topic.part.value,
        "card": topic.card or None,
        "title": topic.title or None,
        "text": topic.text or None,
        "outcome": topic.outcome or None,
        "day": topic.day and topic.day.isoformat(),
        "win": topic.win,
        "came": came_json(topic.came),
        "until": topic.until and topic.until.isoformat(),
        "days": topic.days or None,
        "limit_days": topic.limit or None,
        "n": topic.n or None,
        "stages": [{"stage": name, "days": days} for name, days in topic.stages],
        "overrides": [
            {"at": instant(o.at), "stage": o.stage or None, "reason": o.reason,
             "passed": list(o.passed)}
            for o in topic.overrides
        ],
        "lost": [
            {"reason": lost.reason, "days": lost.days, "external_days": lost.external_days,
             "cards": list(lost.cards)}
            for lost in topic.lost
        ],
        "answers": [answer.word for answer in topic.answers],
        "answered": given.answer if given else None,
    }  # fmt: skip


def review_json(number: int, review: Review) -> dict[str, Any]:
    return {
        "number": number,
        "began": instant(review.began),
        "ended": review.ended and instant(review.ended),
        "since": review.since and instant(review.since),
        "seconds": review.seconds,
        "came": came_json(review.came),
        "answers": [
            {
                "key": answer.key, "part": answer.part, "card": answer.card or None,
                "title": answer.title or None, "answer": answer.answer,
                "text": answer.text or None, "at": instant(answer.at),
            }
            for answer in review.answers
        ],
        "promised": list(review.promised),
        "until": review.until and review.until.isoformat(),
    }  # fmt: skip
