"""The fields of a card in words, on every surface."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from mlkanban.core.board import CardFace
from mlkanban.core.card import Card
from mlkanban.core.card_fields import FIELD, FIELDS
from mlkanban.core.field_kinds import until_text
from mlkanban.core.profit_curve import MetricWorth
from mlkanban.display.card_face import FaceContext, age, due
from mlkanban.display.guard_text import state_words
from mlkanban.display.worth_text import worth_text
from mlkanban.runs.model.usage import Spending
from mlkanban.text import MANY_LINKS, display

Row = tuple[str, str]
"""What a field is called on a page, '' for more about the one before, and what it says."""

_FIRST = ("stage", "outcome", "archived", "verdict", "health", "blocked", "due", "snoozed")
"""How a card is doing comes first; other fields follow in the order of the table."""
_ELSEWHERE = frozenset({"title", "work", "lineage", "needs", "checklist"})
"""What is no row: the title heads the page, work stands with the stage, related cards are a tree
below, and so is the checklist."""


@dataclass(frozen=True, slots=True)
class CardPage:
    """What a page of a card knows besides the card: the board and this day, what is used of its
    budget, how an archived card comes back on this surface, its face, where there is one, how
    likely its due date is kept, in words, what its metric brings, and the parts that are done, in
    words."""

    view: FaceContext
    spent: Spending | None
    restore_hint: str
    face: CardFace | None = None
    due_chance: str = ""
    worth: MetricWorth | None = None
    parts: str = ""

    def day(self, moment: datetime) -> str:
        """The day of an instant in the time zone of the board."""
        return f"{moment.astimezone(ZoneInfo(self.view.board.timezone)):%Y-%m-%d}"


def rows(card: Card, page: CardPage) -> Iterator[Row]:
    """Every field of a card that is not empty, but for those of `_ELSEWHERE` and, except for the
    type, those that are as on a new card, such as priority normal. Safe to show."""
    first = [FIELD[name] for name in _FIRST]
    others = [
        field
        for field in FIELDS
        if field.name not in (*_FIRST, *_ELSEWHERE) and not field.part_of
    ]  # fmt: skip
    for field in (*first, *others):
        value = card.values[field.name]
        says_something = field.name == "type" or value != field.kind.blank
        if special := _SPECIAL.get(field.name):
            yield from special(card, page)
        elif says_something and (text := field.kind.shown(value)):
            yield field.label, text


def _stage(card: Card, page: CardPage) -> Iterator[Row]:
    stage = display(page.view.board.stage(card.stage).name)
    work = f", {card.work}" if card.work != FIELD["work"].kind.blank and not card.outcome else ""
    yield "stage", f"{stage}{work}, since {page.day(card.entered_at)}"


def _archived(card: Card, page: CardPage) -> Iterator[Row]:
    if card.archived:
        yield "archived", f"yes, {page.restore_hint} brings it back"


def _health(card: Card, page: CardPage) -> Iterator[Row]:
    """The health of a model in use, and the last readings of its metrics."""
    if card.health:
        yield "health", card.health.value
    for reading in card.readings:
        note = f": {reading.note}" if reading.note else ""
        text = f"{page.view.day(reading.at)} {reading.text}{note}"
        yield "alert" if reading.alert else "within", display(text)


def _blocked(card: Card, page: CardPage) -> Iterator[Row]:
    if block := card.blocker:
        side = "external" if block.external else "internal"
        until = f", {text}" if (text := display(until_text(block.until))) else ""
        yield "blocked", f"{block.reason} ({side}), since {page.day(block.since)}{until}"
        if block.note:
            yield "", display(block.note)


def _due(card: Card, page: CardPage) -> Iterator[Row]:
    """The age of a card, as its face shows it, the parts that are done, and the day it is due."""
    if page.face is not None:
        spoken = age(page.face, page.view)
        meaning = (
            "cycle time" if spoken.startswith("=")
            else "since it was created" if spoken.startswith("(") else "since commitment"
        )  # fmt: skip
        today = {"(1d)": "created today", "1d": "committed today", "=": "never worked"}
        yield "age", today.get(spoken, f"{spoken.strip('=()')} {meaning}")
    if page.parts:
        yield "parts", page.parts
    if card.due:
        near = due(page.face, page.view) if page.face else ""
        yield "due", "  ".join(filter(None, (str(card.due), near, page.due_chance)))


def _snoozed(card: Card, page: CardPage) -> Iterator[Row]:
    if card.snoozed_run:
        yield "snoozed", f"until run {display(card.snoozed_run)} ends"
    elif card.snoozed_until:
        yield "snoozed", f"until {card.snoozed_until}"


def _metric(card: Card, page: CardPage) -> Iterator[Row]:
    if metric := card.measured:
        extra = [
            f"{field.name} {field.kind.shown(card.values[field.name])}"
            for field in FIELDS
            if field.part_of == "metric" and card.values[field.name] is not None
        ]
        yield "metric", display("  ".join([str(metric), *extra]))
    if page.worth:
        yield "worth", display(page.view.glyphs.figures(worth_text(page.worth)))
    if card.ab:
        from mlkanban.display.ab_text import rows as ab_rows  # statistics, of few cards

        yield from ((label, display(text)) for label, text in ab_rows(card.ab))


def _guards(card: Card, page: CardPage) -> Iterator[Row]:
    """Each limit, where it stands, and whether it holds."""
    for guard, written in zip(card.measured_guards, card.guards, strict=True):
        typed = " typed" if guard.value is not None and guard.value == written.value else ""
        yield "guard", display(f"{guard}{typed}  {state_words(guard.state, guard.value)}")


def _budget(card: Card, page: CardPage) -> Iterator[Row]:
    if page.spent:
        yield "budget", page.spent.summary


def _links(card: Card, page: CardPage) -> Iterator[Row]:
    for text in link_texts(card.links):
        yield "link", display(text)


_SPECIAL: Mapping[str, Callable[[Card, CardPage], Iterator[Row]]] = {
    "stage": _stage, "archived": _archived, "health": _health, "blocked": _blocked, "due": _due,
    "snoozed": _snoozed, "metric": _metric, "guards": _guards, "budget": _budget, "links": _links,
}  # fmt: skip
"""Fields of which a page says more than their value."""


def link_texts(links: Sequence[str]) -> list[str]:
    """The links of a card, or of many only how many there are: `300 (298 optuna, 2 git)`."""
    if len(links) <= MANY_LINKS:
        return list(links)
    kinds = Counter(link.partition(":")[0] for link in links)
    return [f"{len(links)} ({', '.join(f'{many} {kind}' for kind, many in kinds.most_common(4))})"]
