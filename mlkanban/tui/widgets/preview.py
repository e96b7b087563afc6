"""The preview of the card under the cursor: a strip below the board, or a pane at its right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from mlkanban.display.card_face import FaceContext, Line, Piece
from mlkanban.errors import MlkanbanError
from mlkanban.records import record
from mlkanban.text import ascii_only
from mlkanban.tui.theme import role_styles

if TYPE_CHECKING:
    from mlkanban.core.board import Board, CardFace
    from mlkanban.display.card_preview import Previewed
    from mlkanban.flow.due import DueCard
    from mlkanban.service import Service
    from mlkanban.service.preview import CardPreview
    from mlkanban.tui.host import Host
    from mlkanban.tui.pane_curve import PaneCurve

REST_SECONDS = 0.08
"""Keys that follow each other faster than this are on their way elsewhere."""
CURVE_SECONDS = 0.4
"""A picture costs more than words: the cursor has to rest longer."""
_WIDEST_LIST = 116
_AT_ONCE = 0.001
_MINUTE = timedelta(minutes=1)
"""The least that a timer of Textual takes is more than nothing."""


@record(frozen=True, slots=True)
class PreviewPlace:
    """Where the preview stands in a terminal of some size: so many `lines` below the board, or so
    many `columns` at its right; neither where there is no room for it."""

    lines: int = 0
    columns: int = 0

    @classmethod
    def at(cls, size: Size) -> PreviewPlace:
        if size.width >= 200:
            return cls(columns=max(56, size.width * 28 // 100))
        heights = ((40, 8), (30, 6), (22, 5))
        return cls(lines=next((lines for least, lines in heights if size.height >= least), 0))

    @classmethod
    def beside_list(cls, size: Size) -> PreviewPlace:
        """Where the details of the line under the cursor stand on a screen that is a list: lists
        are narrower than a board, and lower. The end of a wider line is too far from its start."""
        if size.width >= 140:
            return cls(columns=max(56, size.width * 36 // 100, size.width - _WIDEST_LIST))
        return cls(
            lines=next((lines for least, lines in ((40, 8), (30, 6)) if size.height >= least), 0)
        )


class Preview(Widget):
    """Filled when the cursor rests on a card: reading and painting it for every key would hold up
    keys that follow each other."""

    DEFAULT_CSS = "Preview { display: none; background: $background; }"

    def __init__(self, host: Host) -> None:
        super().__init__(id="preview")
        self._host = host
        self._card: Previewed | None = None
        self._pointed: Previewed | None = None
        self._curve: PaneCurve | None = None
        self._at_right = False
        self._rest: Timer | None = None
        self._painted = host.now()
        self._chances = _KnownChances()
        self._strips: list[Strip] = []
        self._styles: dict[str, Style] = {}

    def stand(self, place: PreviewPlace) -> None:
        """Stand at a place; without one it is not shown."""
        self._at_right = bool(place.columns)
        self.styles.dock = "right" if self._at_right else "bottom"
        self.styles.width = place.columns or "100%"
        self.styles.height = place.lines or "100%"
        self.display = bool(place.lines or place.columns)
        if self.display and self._pointed is not self._card:
            self._wait_for_rest()

    @property
    def waiting(self) -> bool:
        """Whether the cursor has not rested yet on the card that is to be shown."""
        return self._rest is not None

    def point(
        self,
        face: CardFace | None,
        needs: Sequence[str] = (),
        needed_by: Sequence[str] = (),
        remarks: Sequence[Line] = (),
    ) -> None:
        """The cursor is on this card; `needs` are those it waits for, `needed_by` those that wait
        for it, `remarks` what the screen has to say of it."""
        # With words for all fields of a card, which the board does without at its start.
        from mlkanban.display.card_preview import Previewed

        card = None if face is None else Previewed(face, None, needs, tuple(needed_by), remarks)
        if card != self._pointed:
            self._pointed = card
            if self.display:
                self._wait_for_rest()

    def aged(self, now: datetime) -> None:
        """Paint what reads otherwise by now; that is no sooner than after a minute."""
        if self.is_attached and self.screen.is_current and abs(now - self._painted) >= _MINUTE:
            self.show_live()

    def show_live(self) -> None:
        """Paint what live values of runs say by now."""
        if self.display and not self.waiting:
            self._paint()
            if self._curve is not None and self._card is not None:
                self.run_worker(self._read_curve(self._card), group="preview", exclusive=True)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}
        self._strips = []

    def on_resize(self) -> None:
        self._strips = []
        self.refresh()

    # Reading

    def _wait_for_rest(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        # Nobody is on the way elsewhere while there is nothing to see yet.
        seconds = REST_SECONDS if self._card else _AT_ONCE
        self._rest = self.set_timer(seconds, self._rested)

    def _rested(self) -> None:
        self._rest = None
        self.run_worker(self._read(self._pointed), group="preview", exclusive=True)

    async def _read(self, card: Previewed | None) -> None:
        if card is not None:
            face = card.face
            try:
                found = await self._host.store_thread.call(lambda service: _found(service, face))
            except MlkanbanError:
                return  # what is wrong with the store is said by whoever looks at it now and then
            card = replace(card, found=found)
        if self.is_attached:
            if self._card is None or card is None or card.face.id != self._card.face.id:
                self._curve = None
            self._card = card
            self._paint()
        if card is not None and card.face.due and card.face.is_open:
            await self._read_chance(card)
        if card is not None and self._at_right:
            await self._read_curve(card)

    async def _read_chance(self, card: Previewed) -> None:
        """Add the chance of its due date, which takes the past of the board, to what stands there
        already."""
        board, face, now = self._host.model.board, card.face, self._host.now()
        try:
            words = await self._host.store_thread.read(
                lambda service: self._chances.chance(service, board, face, now)
            )
        except MlkanbanError:
            return  # as above
        if self.is_attached:
            self._card = replace(card, due_chance=words)
            self._paint()

    async def _read_curve(self, card: Previewed) -> None:
        """Add the learning curves of its runs to a pane."""
        found = card.found
        if found is None or not found.runs:
            return
        await asyncio.sleep(CURVE_SECONDS)
        from mlkanban.tui.pane_curve import read_pane_curve  # statistics: most cards have no runs

        self._curve = await read_pane_curve(self._host, found)
        if self.is_attached:
            self._paint()

    # Painting

    def _paint(self) -> None:
        """Paint it again, if something is different from what stands there."""
        self._painted = self._host.now()
        before, self._strips = self._strips, self._drawn()
        if self._strips != before:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._strips = self._drawn()
        return self._strips[y] if y < len(self._strips) else self._strip([])

    def _drawn(self) -> list[Strip]:
        if not self.is_attached or not self.size:
            return []
        width, height = self.size
        view = FaceContext.at(
            self._host.model.board,
            self._host.now(),
            glyphs=self._host.glyphs,
            live=self._host.live.of_cards,
        )
        if self._card is None:
            to_come = self._pointed is not None and not self._at_right
            lines: list[Line] = [[Piece(view.glyphs.rule * width, "faint")]] if to_come else []
        else:
            from mlkanban.display import card_preview  # as above

            if self._at_right:
                lines = card_preview.pane(self._card, view, width - 1, height)
                if self._curve is not None:
                    from mlkanban.tui.pane_curve import pane_curve_lines  # as above

                    room = height - len(lines)
                    lines += pane_curve_lines(self._curve, self._host, width - 2, room)
            else:
                lines = card_preview.strip(self._card, view, width, height)
        lines += [[] for _ in range(height - len(lines))]
        if self._at_right:
            lines = [[Piece(view.glyphs.upright, "faint"), *line] for line in lines]
        return [self._strip(line) for line in lines]

    def _strip(self, line: Line) -> Strip:
        if not self._styles:
            self._styles = role_styles(self.app)
        if self._host.ascii:
            line = [Piece(ascii_only(text), role) for text, role in line]
        segments = [Segment(text, self._styles[role]) for text, role in line if text]
        return Strip(segments).adjust_cell_length(self.size.width, self._styles["dim"])


def _found(service: Service, face: CardFace) -> CardPreview:
    """What is read of a card, in the thread of the store."""
    found = service.previews.of_card(face.id)
    if not any(_MARKDOWN & set(text) for _, text in found.notes):
        return found
    from mlkanban.tui.plain_markdown import plain_lines  # Markdown, which few notes need

    return replace(
        found,
        notes=[(at, "\n".join(plain_lines(text[:_LONGEST_NOTE]))) for at, text in found.notes],
    )


class _KnownChances:
    """The chances of the due dates of a board, counted once for all cards that the cursor rests on:
    they take all cards of the board. Used in the thread that reads alone."""

    def __init__(self) -> None:
        self._counted_for: tuple[str, int, datetime] | None = None
        self._cards: dict[str, DueCard] = {}

    def chance(self, service: Service, board: Board, face: CardFace, now: datetime) -> str:
        """The chance of a card in words, as of this minute."""
        from mlkanban.display.number_text.due import chance_words  # most cards have no due date

        wanted = (board.id, service.boards.cursor(), now.replace(second=0, microsecond=0))
        if wanted != self._counted_for:
            cards = service.planning.due_dates(board).cards
            self._counted_for, self._cards = wanted, {card.ref: card for card in cards}
        return chance_words(self._cards.get(face.ref))


_MARKDOWN = frozenset("*_`[#~!<")
_LONGEST_NOTE = 4_000
