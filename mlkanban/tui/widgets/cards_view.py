"""What the board in columns and the board as a list have in common."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.widget import Widget

from mlkanban.core.board import CardFace
from mlkanban.display import card_face
from mlkanban.display.card_face import FaceContext, Line, Piece
from mlkanban.glyphs import Glyphs
from mlkanban.text import ascii_only, quantity
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.theme import role_styles

if TYPE_CHECKING:
    from mlkanban.display.card_face import Live
    from mlkanban.flow.due import Prospects
    from mlkanban.flow.pace import Pace
    from mlkanban.tui.host import Host

_MINUTE = timedelta(minutes=1)

Cells = list[Segment]
"""A line as it is painted."""


class CardsView(Widget):
    """Draws a BoardModel. Changes go through the model; then `moved`, `changed`, `marked`,
    `repaint` or `lay_out` says what to paint again."""

    class Dropped(Message):
        """A card was dragged: to `stage`, ahead of the card `before` ('' for the end)."""

        def __init__(self, card: CardFace, stage: int, before: str) -> None:
            super().__init__()
            self.card = card
            self.stage = stage
            self.before = before

    class Opened(Message):
        """A card was double-clicked."""

    class CursorMoved(Message):
        """The cursor may be on another card, or the card is another one now."""

    def __init__(self, *, id: str, glyphs: Glyphs) -> None:
        super().__init__(id=id)
        self.model: BoardModel | None = None
        self._glyphs = glyphs
        self._face_context: FaceContext | None = None
        self._pace: Pace | None = None
        self._prospects: Prospects | None = None
        self._live: Live = {}
        self._role_styles: dict[bool, dict[str, Style]] = {}

    # What the screen calls

    def show(self, model: BoardModel, now: datetime, pace: "Pace | None" = None) -> None:
        """Draw another board, or the same one after a change of its shape. `pace` is what marks its
        cards as old, where that is known by now."""
        self.model = model
        if self._face_context is not None and self._face_context.board.id != model.board.id:
            self._pace, self._prospects = None, None
        self._pace = pace or self._pace
        self._face_context = self._facing_at(model, now)
        self.lay_out()

    def _facing_at(self, model: BoardModel, now: datetime) -> FaceContext:
        return FaceContext.at(
            model.board, now, glyphs=self._glyphs, pace=self._pace, live=self._live,
            prospects=self._prospects,
        )  # fmt: skip

    def show_instead_of(self, other: "CardsView", model: BoardModel, now: datetime) -> None:
        """Draw what another view has drawn until now."""
        self._pace, self._live = other._pace, other._live
        self._prospects = other._prospects
        self._face_context = other._face_context
        self.show(model, now)

    def new_day(self, now: datetime) -> bool:
        """Ages count in days: draw everything again when the day has changed; whether it has."""
        if self.model is None or self._face_context is None:
            return False
        context = self._facing_at(self.model, now)
        if context == self._face_context:
            return False
        self._face_context = context
        self.forget_cards()
        self.repaint()
        return True

    def aged(self, now: datetime) -> None:
        """Paint the cards in sight that say something else of their runs by now; that is no sooner
        than after a minute."""
        if self._face_context is not None and abs(now - self._face_context.now) >= _MINUTE:
            self._face_context = replace(self._face_context, now=now)
            self.repaint()

    def mark_old(self, pace: "Pace", prospects: "Prospects", now: datetime) -> None:
        """Mark from now on the cards that are old by this pace, and show the prospects of cards."""
        if (pace, prospects) != (self._pace, self._prospects):
            self._pace, self._prospects = pace, prospects
            self.new_day(now)

    def clock(self, card: CardFace) -> Piece:
        """What stands in the right corner of a card."""
        return card_face.corner(card, self._facing)

    def show_live(self, live: "Live", now: datetime) -> None:
        """Paint the cards in sight of whose runs there is something else to show `now`."""
        self._live = live
        if self._face_context is not None:
            self._face_context = replace(self._face_context, live=live, now=now)
            self.repaint()

    def lay_out(self) -> None:
        """Make the layout anew, for the cards as they are now, and paint everything."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Paint whatever looks different, in the layout as it is (while a filter is typed)."""
        raise NotImplementedError

    def moved(self, stage: int, row: int) -> None:
        """The cursor left (stage, row)."""
        self.repaint()

    def changed(self, stages: set[int]) -> None:
        """Cards of these stages are different now."""
        self.repaint()

    def marked(self, stages: set[int]) -> None:
        """Marks of these stages changed."""
        self.repaint()

    def fold(self, stage: int) -> bool:
        """Fold a stage, or unfold it; False where that cannot be."""
        return False

    def step(self, by: int) -> None:
        """Move the cursor of the model by some cards."""
        model = self._model
        last = len(model.columns[model.stage]) - 1
        model.rows[model.stage] = max(0, min(model.rows[model.stage] + by, last))

    @property
    def page(self) -> int:
        """How many cards are in sight where the cursor is."""
        raise NotImplementedError

    def forget_cards(self) -> None:
        """Draw all cards anew when they are painted next."""
        raise NotImplementedError

    # Drawing

    @property
    def _model(self) -> BoardModel:
        assert self.model is not None
        return self.model

    @property
    def _facing(self) -> FaceContext:
        assert self._face_context is not None
        return self._face_context

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._role_styles = {}
        self.forget_cards()

    def _style(self, role: str, *, cursor: bool = False) -> Style:
        if cursor not in self._role_styles:
            self._role_styles[cursor] = role_styles(self.app, cursor=cursor)
        return self._role_styles[cursor][role]

    def _segments(self, line: Line, *, cursor: bool = False) -> Cells:
        if self._glyphs.ascii:
            line = [Piece(ascii_only(text), role) for text, role in line]
        return merged(
            Segment(text, self._style(role, cursor=cursor)) for text, role in line if text
        )

    def _blank(self, width: int) -> Cells:
        return [Segment(" " * width, self._style("dim"))]

    def _spine(self, card: CardFace) -> Piece:
        """The left edge of a card, which says its state."""
        signs, state = self._glyphs, card_face.state_role(card, self._facing)
        spines = {"alarm": signs.spine_alarm, "live": signs.spine_live, "clock": signs.spine_clock}
        idle = signs.spine if self._has_faint else signs.thin_spine
        return Piece(spines.get(state, idle), state)

    @property
    def _cursor_spine(self) -> Piece:
        # In reverse video a block would be a hole.
        reverse = self._style("focus", cursor=True).reverse and not self._glyphs.ascii
        return Piece(" " if reverse else self._glyphs.spine_cursor, "focus")

    @property
    def _has_faint(self) -> bool:
        """Whether idle spines stand back by their colour."""
        faint, text = self._style("faint"), self._style("text")
        return not self.app.no_color and faint.color != text.color

    def _nothing_shown(self) -> str:
        """Why there is no card, and what to do, with the person's own keys."""
        return with_keys(self._why_nothing(), cast("Host", self.app).commands)

    def _why_nothing(self) -> str:
        model = self._model
        asleep = quantity(model.asleep_found, "card") + " snoozed"
        if model.query:
            how = f"{asleep}: add snoozed:yes. " if model.asleep_found else ""
            how += f"Did you mean {meant}? " if (meant := model.query_meant) else ""
            return f"No card is found by this. {how}{{filter}} changes the filter."
        if model.asleep_found:
            return (
                f"Nothing in sight: {asleep}. {{filter}} snoozed:yes finds them, "
                "{card.new} writes a card."
            )
        if model.faces:
            return (
                "Nothing open here. {card.new} writes a card, {finished.show} shows finished ones."
            )
        return "An empty board. {card.new} writes the first card, {help} shows all keys."


def merged(segments: Iterable[Segment]) -> Cells:
    """Fewer segments that look the same: colour codes are most of what goes over the line.

    A blank has no colour but its ground, so it joins whatever neighbour stands on the same ground.
    """
    joined: list[Segment] = []
    for segment in segments:
        text, style = segment.text, segment.style
        if joined:
            before, last = joined[-1].text, joined[-1].style
            same_ground = _same_ground(style, last)
            if style is last or (same_ground and text.isspace()):
                joined[-1] = Segment(before + text, last)
                continue
            if same_ground and before.isspace():
                joined[-1] = Segment(before + text, style)
                continue
        joined.append(segment)
    return joined


def _same_ground(one: Style | None, other: Style | None) -> bool:
    if one is None or other is None:
        return False
    return one.bgcolor == other.bgcolor and one.reverse == other.reverse
