"""A review as a page of a screen: where it stands, one topic with what it may be answered, and at
the end the cards to promise."""

from collections.abc import Collection, Sequence
from datetime import tzinfo

from mlkanban.core.board import CardFace
from mlkanban.core.day_input import day_text
from mlkanban.core.plan import EVEN
from mlkanban.core.review import Agenda, Candidate, PromiseResult, Result, ReviewPart, Topic
from mlkanban.display.card_face import FaceContext, Line, Piece, corner, drawn, title_role
from mlkanban.display.lines import (
    edge,
    filled,
    fitted,
    joined,
    page_title,
    paragraph,
    rule,
    spread,
    width_of,
)
from mlkanban.display.number_view import chance_text
from mlkanban.display.review_text import (
    NEXT,
    PART_NAMES,
    minutes_text,
    result_text,
    topic_facts,
    topic_title,
)
from mlkanban.glyphs import Glyphs
from mlkanban.text import cell_text, quantity

_MEASURE = 110
"""The most cells of a line of text."""
_NARROW = 60
"""In fewer cells a card to promise has no stage."""
_ROLES = {
    Result.DONE: "live", Result.OPEN: "clock", Result.LATE: "alarm", Result.DROPPED: "dim",
    Result.GONE: "dim",
}  # fmt: skip


def head_lines(
    agenda: Agenda, topic: Topic | None, seconds: int, zone: tzinfo, width: int, glyphs: Glyphs
) -> list[Line]:
    """The title with the place in the review and the time that it took so far, and the parts: which
    are done, which goes on."""
    answered = len(agenda.answers)
    total = answered + len(agenda.left) + 1
    place = total if topic is None else agenda.topics.index(topic) + 1
    since = agenda.since.astimezone(zone).date()
    about = f"{place} of {total}     {since:%m-%d} to {agenda.state.today:%m-%d}"
    right = [Piece(f"{answered} answered   {minutes_text(seconds)}", "dim")]
    here = topic.part if topic is not None else None
    parts = [
        _part(PART_NAMES[part], part == here, _is_done(agenda, part), glyphs)
        for part in ReviewPart
        if any(each.part is part for each in agenda.topics)
    ]
    parts.append(_part(NEXT, here is None, False, glyphs))
    return [
        page_title("Review", about, width, glyphs, right=right),
        fitted([Piece(" ", "text"), *joined(parts)], width, glyphs),
    ]


def _part(name: str, here: bool, done: bool, glyphs: Glyphs) -> Line:
    if here:
        return [Piece(f"{glyphs.running} ", "focus"), Piece(name, "title")]
    if done:
        return [Piece(f"{glyphs.ticked} ", "live"), Piece(name, "dim")]
    return [Piece(f"{glyphs.open} {name}", "dim")]


def _is_done(agenda: Agenda, part: ReviewPart) -> bool:
    return all(topic.key in agenda.answers for topic in agenda.topics if topic.part is part)


def topic_lines(
    topic: Topic,
    agenda: Agenda,
    later_key: str,
    zone: tzinfo,
    size: tuple[int, int],
    glyphs: Glyphs,
) -> tuple[list[Line], dict[int, int]]:
    """A topic in a size, with what it may be answered; and which line has the answer with which
    number. What is known of it gives way to the answers."""
    width, height = size
    title = glyphs.figures(topic_title(topic))
    head = [rule([Piece(title, "title")], width, glyphs)]
    room = min(width - 2, _MEASURE)
    if topic.card:
        star = [Piece("* ", "value")] if topic.win else []
        card = [Piece(f" {topic.card}  ", "dim"), *star]
        head += [fitted([*card, Piece(_title(topic, glyphs), "title")], width, glyphs)]
    answers, at = _answers(topic, agenda, later_key, room, glyphs)
    facts = _facts(topic, zone, room, glyphs)
    left = max(1, height - len(head) - len(answers) - 2)
    if len(facts) > left:
        more = quantity(len(facts) - left + 1, "line")
        facts = [*facts[: left - 1], [Piece(f" {more} more", "dim")]]
    lines = [*head, *facts, [], *answers]
    first = len(head) + len(facts) + 1
    return lines, {first + line: number for line, number in at.items()}


def _title(topic: Topic, glyphs: Glyphs) -> str:
    return drawn(topic.title, ascii=glyphs.ascii)


def _facts(topic: Topic, zone: tzinfo, width: int, glyphs: Glyphs) -> list[Line]:
    if topic.part is ReviewPart.PROMISED:
        return [_came_line(came, width, glyphs) for came in topic.came]
    role = "text" if topic.text or topic.part is not ReviewPart.LEARNED else "dim"
    lines: list[Line] = []
    for fact in topic_facts(topic, zone):
        lines += paragraph(cell_text(fact), role, width, glyphs)
    return [[Piece(" ", "text"), *line] for line in lines]


def _came_line(came: PromiseResult, width: int, glyphs: Glyphs) -> Line:
    line = [
        Piece(f" {drawn(came.card, ascii=glyphs.ascii):<6}", "dim"),
        Piece(f"{result_text(came):<15}", _ROLES[came.result]),
        Piece(drawn(came.title, ascii=glyphs.ascii), "text"),
    ]
    return fitted(line, width, glyphs)


def _answers(
    topic: Topic, agenda: Agenda, later_key: str, width: int, glyphs: Glyphs
) -> tuple[list[Line], dict[int, int]]:
    given = agenda.answers.get(topic.key)
    lines: list[Line] = []
    at: dict[int, int] = {}
    for number, answer in enumerate(topic.answers, 1):
        at[len(lines)] = number
        chosen = given is not None and given.answer == answer.word
        sign = [Piece(f"  {glyphs.ticked}", "live")] if chosen else []
        line = [Piece(f" {number}  ", "focus"), Piece(answer.meaning, "title"), *sign]
        lines.append(fitted(line, width, glyphs))
    later = "the next one; it stays as it is" if given else "later: it comes back at the end"
    lines.append([Piece(f" {later_key}  ", "focus"), Piece(later, "text")])
    return lines, at


# What is promised next


def promise_head(
    agenda: Agenda, marked: Collection[str], promise_key: str, width: int, glyphs: Glyphs
) -> list[Line]:
    """What is asked, how many cards are marked and how many of them will be done on average, and
    how it ends."""
    day = day_text(agenda.until, agenda.state.today)
    title = [Piece(f"What is promised until {day}?", "title")]
    some = [candidate for candidate in agenda.candidates if candidate.face.ref in marked]
    left = f", {quantity(len(agenda.left), 'topic')} without an answer" if agenda.left else ""
    ends = [
        Piece(f" {promise_key}  ", "focus"),
        Piece(f"end the review and promise {_cards(len(some))}", "title"),
        Piece(left, "clock"),
    ]
    return [
        rule(title, width, glyphs),
        fitted([Piece(f" {marked_text(some)}", "text")], width, glyphs),
        fitted(ends, width, glyphs),
        [],
    ]


def _cards(count: int) -> str:
    return quantity(count, "card") if count else "nothing"


def marked_text(marked: Sequence[Candidate]) -> str:
    """`4 marked: on average 2.6 of them are done by then, of 1 the chance is unknown`."""
    if not marked:
        return "Nothing is marked."
    chances = [candidate.chance for candidate in marked]
    known = [chance for chance in chances if chance is not None]
    unknown = len(chances) - len(known)
    text = f"{len(marked)} marked"
    if known:
        of = "them" if not unknown else f"{len(known)} with a known chance"
        text += f": on average {sum(known):.1f} of {of} will be done by then"
    elif unknown:
        text += ": of none the chance is known"
    return f"{text}."


def candidate_line(
    candidate: Candidate, view: FaceContext, width: int, *, marked: bool, here: bool
) -> Line:
    """A card that may be promised: its mark, id, chance, title, stage and clock."""
    face, glyphs = candidate.face, view.glyphs
    sign = Piece(glyphs.marked if marked else " ", "mark")
    unknown = glyphs.blocked if face.block_reason else "?"
    chance = unknown if candidate.chance is None else chance_text(candidate.chance)
    start = [
        edge("faint", glyphs, here=here), sign, Piece(f" {cell_text(face.ref):<6}", "dim"),
        Piece(f"{chance:>5}  ", _chance_role(candidate)),
    ]  # fmt: skip
    right = [corner(face, view)]
    if width >= _NARROW:
        stage = drawn(view.board.stage(face.stage).name, ascii=glyphs.ascii)
        right = [
            *filled([Piece(stage, "dim")], 12, glyphs),
            *filled([corner(face, view)], 12, glyphs),
        ]
    title = Piece(_face_title(face, view, width), title_role(face, view))
    room = width - width_of(right) - 1
    return spread(fitted([*start, title], room, glyphs), right, width, glyphs)


def _face_title(face: CardFace, view: FaceContext, most: int) -> str:
    return drawn(face.title[:most], ascii=view.glyphs.ascii)


def _chance_role(candidate: Candidate) -> str:
    if candidate.chance is None:
        return "alarm" if candidate.face.block_reason else "dim"
    return "live" if candidate.chance >= 0.85 else "text" if candidate.chance >= EVEN else "clock"
