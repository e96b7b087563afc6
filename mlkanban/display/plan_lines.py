"""A plan as a page of a screen: what is ready over the ideas, in the order in which cards would be
begun, each with its score and whether it fits by a day."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from mlkanban.core.plan import Plan, PlanRow
from mlkanban.core.rules import Meter
from mlkanban.display.card_face import (
    FULL,
    SNOOZED,
    FaceContext,
    HeadNote,
    Line,
    Piece,
    corner,
    drawn,
    fill,
    meter_role,
    priority_sign,
    state_role,
    states,
)
from mlkanban.display.lines import edge, fitted, page_title, rule, spread, width_of
from mlkanban.display.number_text.fit import fit_parts, fit_text
from mlkanban.flow.fit import PLACES, CardFit, Fit
from mlkanban.flow.throughput import WEEK
from mlkanban.glyphs import Glyphs

IDEAS, READY = 0, 1
"""The two lists of a plan."""
_ORDER = (READY, IDEAS)
_NARROW, _ROOMY, _WIDE = 44, 64, 100
"""In fewer cells there is no score, no state and no day, no age and no id."""
_LIKELY_LINE = "85 % line: what stands below is not promised"


class PlanPlace(NamedTuple):
    """A row of one of the lists; the first one of an empty list says how to fill it."""

    side: int
    row: int


@dataclass
class PlanPage:
    """The lists of a plan; `fit` is None while it is counted, `empty` says how to fill ideas and
    what is ready."""

    plan: Plan
    fit: Fit | None
    marks: Collection[str]
    empty: tuple[str, str]
    view: FaceContext
    width: int
    lines: Sequence[PlanPlace | int | None] = field(init=False)
    """What each line is: a card, the head of a list, or None for the line below which nothing is
    promised."""

    _cards: Sequence[CardFit] = field(init=False, default=())
    """What is known of those that would be begun; none without a forecast."""

    def __post_init__(self) -> None:
        if self.fit is not None and self.fit.forecast.possible:
            self._cards = tuple(self.fit.cards(self.plan.order))
        self.lines = tuple(self._laid_out())

    @property
    def glyphs(self) -> Glyphs:
        return self.view.glyphs

    @property
    def places(self) -> list[PlanPlace]:
        """The rows from the top to the bottom."""
        return [line for line in self.lines if isinstance(line, PlanPlace)]

    def head_of(self, at: int) -> int:
        """The line with the head of the list that a line is in."""
        return next(line for line in range(at, -1, -1) if isinstance(self.lines[line], int))

    def rows(self, side: int) -> tuple[PlanRow, ...]:
        return self.plan.rows if side == READY else self.plan.ideas

    def _laid_out(self) -> Iterator[PlanPlace | int | None]:
        last = self._promised
        for side in _ORDER:
            yield side
            rows = self.rows(side)
            if last == 0 and self._first_place(side) == 0:
                yield None
            for row in range(max(1, len(rows))):
                yield PlanPlace(side, row)
                card = self._card_fit(PlanPlace(side, row)) if row < len(rows) else None
                if last and card and card.place == last - 1:
                    yield None

    @property
    def _promised(self) -> int | None:
        """How many cards stand above the line; None where none stands below it, or nothing is
        known."""
        if self.fit is None or not self._cards:
            return None
        places = sum(card.place is not None for card in self._cards)
        return self.fit.likely if self.fit.likely < places else None

    def _card_fit(self, at: PlanPlace) -> CardFit | None:
        """What is known of the card of a row; None of one in progress and without a forecast."""
        place = self._place(at)
        return None if place is None or not self._cards else self._cards[place]

    def _first_place(self, side: int) -> int | None:
        return self._place(PlanPlace(side, 0)) if self.rows(side) else None

    def _place(self, at: PlanPlace) -> int | None:
        """Which of the cards that would be begun it is; None for one that is in progress."""
        if self.plan.ready.committed:
            return None if at.side == READY else at.row
        return at.row if at.side == READY else len(self.plan.rows) + at.row

    # Lines

    def line(self, at: int, here: PlanPlace | None = None) -> Line:
        """One of the lines; `here` is where the cursor is."""
        what = self.lines[at]
        if what is None:
            sign = self.glyphs.dashed_rule
            words = [Piece(f"{sign * 2} ", "clock"), Piece(f"{_LIKELY_LINE} ", "clock")]
            words = fitted(words, self.width, self.glyphs)
            return [*words, Piece(sign * (self.width - width_of(words)), "clock")]
        if isinstance(what, int):
            return self._head(what, here=here is not None and here.side == what)
        rows = self.rows(what.side)
        start = edge("faint", self.glyphs, here=here == what)
        if not rows:
            return fitted(
                [start, Piece(f" {self.empty[what.side]}", "dim")], self.width, self.glyphs
            )
        return self._card(what, rows[what.row], here=here == what)

    def remarks(self, at: PlanPlace, no_score: str) -> list[Line]:
        """Why the card of a row stands where it does, and whether it fits; `no_score` stands for
        the score of a card that has none."""
        row, place = self.rows(at.side)[at.row], self._place(at)
        score = Piece(row.score.summary, "value") if row.score else Piece(no_score, "dim")
        lines: list[Line] = [[Piece("score ", "dim"), score]]
        if place is None:
            return [[Piece("in progress already", "text")], *lines]
        lines.insert(0, [Piece("order ", "dim"), Piece(f"{place + 1} of {self._waiting}", "text")])
        fit, card = self.fit, self._card_fit(at)
        if fit is None or card is None:
            return lines
        sign, role = fits(card, self.glyphs)
        verdicts = {
            None: f"nobody knows whether it fits by {fit.until}: {card.unknown}",
            85: f"fits by {fit.until} at 85 %",
            50: f"fits by {fit.until} at 50 %, not at 85 %",
        }
        verdict = verdicts.get(card.percent, f"does not fit by {fit.until} even at 50 %")
        lines.insert(1, [Piece(f"{sign} ", role), Piece(verdict, "text")])
        if card.percent is not None and (card.place or 0) < PLACES:
            when = "in more than 90 days" if card.day is None else f"by {card.day:%m-%d}"
            lines.insert(2, [Piece("finished ", "dim"), Piece(f"{when} at 85 %", "text")])
        return lines

    @property
    def _waiting(self) -> int:
        """How many cards would be begun from now on."""
        return len(self.plan.waiting)

    def _head(self, side: int, *, here: bool) -> Line:
        title = self._title(side, "focus" if here else "title")
        columns = self._columns
        if side != _ORDER[0] or not columns:
            return rule(title, self.width, self.glyphs)
        sign = self.glyphs.rule
        right = [
            piece
            for label in columns
            for piece in (Piece(f"{sign} ", "faint"), Piece(label, "dim"), Piece(" ", "dim"))
        ]
        room = self.width - width_of(right) - 1
        return [*rule(title, room, self.glyphs), *right, Piece(sign, "faint")]

    def _title(self, side: int, role: str) -> Line:
        plan = self.plan
        if side == IDEAS:
            count = len(plan.ideas) + plan.ideas_asleep
            note = HeadNote(plan.ideas_asleep, SNOOZED).text
            return [Piece("Ideas", role), Piece(f" {count}{note}", "dim")]
        meter = Meter(plan.standing, plan.ready.limit)
        room = f"room for {plan.room}" if plan.room else FULL if plan.room == 0 else "no limit"
        name = drawn(plan.ready.name, ascii=self.glyphs.ascii)
        return [
            Piece(name, role),
            Piece(f" {meter}", meter_role(meter)),
            Piece(HeadNote(plan.rows_asleep, SNOOZED).text, "dim"),
            Piece(f" {room}", "clock" if plan.room == 0 else "dim"),
        ]

    @property
    def _columns(self) -> tuple[str, ...]:
        known = self.fit is not None and self.fit.forecast.possible
        columns = ["score"] if self.width >= _NARROW else []
        if known and self.width >= _ROOMY:
            columns.append("85 % by")
        return (*columns, "fits") if known else tuple(columns)

    def _card(self, at: PlanPlace, row: PlanRow, *, here: bool) -> Line:
        face, glyphs, view = row.face, self.glyphs, self.view
        place = self._place(at)
        number = "" if place is None else str(place + 1)
        digits = len(str(len(self.plan.ideas) + len(self.plan.rows)))
        left = [
            edge(state_role(face, view), glyphs, here=here),
            Piece(glyphs.marked if face.id in self.marks else " ", "mark"),
            Piece(f"{number:>{digits}} ", "dim"),
            Piece(f"{face.ref:<5} " if self.width >= _WIDE else "", "dim"),
            Piece(f"{priority_sign(face, glyphs):<2} ", "text"),
            Piece(drawn(face.title[: self.width * 2], ascii=glyphs.ascii), "text"),
        ]
        right: Line = []
        if self.width >= _ROOMY:
            fitting, _ = fill(states(face, view, ()), self.width // 4, view)
            right += [Piece("  ", "text"), *fitting] if fitting else []
        clock = corner(face, view)
        if self.width >= _WIDE:
            right.append(Piece(f"  {clock.text:>8}", clock.role))
        elif face.due and self.width >= _ROOMY:
            # A day that the card has promised matters more than the end of its title.
            right.append(Piece(f"  {clock.text}", clock.role))
        for label in self._columns:
            text, role = self._cell(label, row, self._card_fit(at))
            right.append(Piece(f"  {text:>{len(label)}} ", role))
        return [*spread(left, right, self.width - 1, glyphs), Piece(" ", "dim")]

    def _cell(self, label: str, row: PlanRow, card: CardFit | None) -> tuple[str, str]:
        if label == "score":
            return (str(row.score) if row.score else "", "value")
        if card is None:
            return "", "dim"
        if label == "fits":
            return fits(card, self.glyphs)
        if card.day is None:
            later = card.percent is not None and (card.place or 0) < PLACES
            return ("later" if later else "", "dim")
        return f"{card.day:%m-%d}", "dim"


def fits(card: CardFit, glyphs: Glyphs) -> tuple[str, str]:
    """Whether a card is finished by the day with a chance of 85 %, of 50 %, or of less; `?` where
    that is unknown."""
    if card.percent is None:
        return "?", "clock"
    if card.percent == 85:
        return glyphs.heavy_rule * 2, "live"
    return (glyphs.rule * 2, "clock") if card.percent else (glyphs.open * 2, "dim")


def title_line(
    name: str, order: str, until: date, fit: Fit | None, width: int, glyphs: Glyphs
) -> Line:
    """What is planned, in which order, how fast cards are finished, and the day."""
    about = drawn(name[:width], ascii=glyphs.ascii)
    more = [Piece(f"  {order}", "dim")]
    right = [Piece("until ", "dim"), Piece(f"{until:%a %Y-%m-%d}", "focus")]
    if fit is not None and fit.forecast.possible:
        ahead = fit.forecast
        pace = f"lately {WEEK * (ahead.per_day or 0):.1f} a week"
        room = width - width_of(page_title("Plan", about, width, glyphs, more=more))
        room -= width_of(right) + 4  # blanks that part it from the order
        forms = (f"{pace}, over {ahead.past_days} days   ", f"{pace}   ")
        fitting = [form for form in forms if len(form) <= room]
        right[:0] = [Piece(form, "dim") for form in fitting[:1]]
    return page_title("Plan", about, width, glyphs, more=more, right=right)


def fit_line(fit: Fit | None, width: int, glyphs: Glyphs) -> Line:
    """What fits until the day, which tells what the signs beside cards mean."""
    if fit is None:
        return fitted([Piece(" Counting what fits ...", "dim")], width, glyphs)
    if not fit.forecast.possible:
        return fitted([Piece(f" {fit_text(fit)}", "dim")], width, glyphs)
    day, likely, even, after = fit_parts(fit)
    line = [
        Piece(f" {day}: ", "text"),
        Piece(f"{glyphs.heavy_rule * 2} ", "live"), Piece(f"{likely}, ", "text"),
        Piece(f"{glyphs.rule * 2} ", "clock"), Piece(even, "text"),
    ]  # fmt: skip
    whole = [*line, Piece(f", {after}", "dim")]
    return fitted(whole if width_of(whole) <= width else line, width, glyphs)
