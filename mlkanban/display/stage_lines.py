"""The stages of a board as a page of a screen: their cards against their limits, and where cards
are committed and delivered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.core.card_templates import ROLE_ABOUT, role_of
from mlkanban.core.rules import Meter
from mlkanban.core.templates import StageTemplate
from mlkanban.display.card_face import (
    FaceContext,
    Header,
    Line,
    Piece,
    drawn,
    meter_role,
    state_role,
)
from mlkanban.display.card_row import RowCells, row
from mlkanban.display.lines import (
    edge,
    filled,
    fitted,
    labelled,
    meter_rule,
    page_title,
    paragraph,
    rule,
    width_of,
)
from mlkanban.glyphs import Glyphs
from mlkanban.text import quantity

_COMMITMENT = "commitment: entering the stage below starts the clock of a card"
_DELIVERY = "delivery: entering the stage below stops the clock of a card"
_FINISHED = "delivery: finishing a card stops its clock"
_KIND, _LIMIT, _METERS = 8, 6, (25, 13)
"""Cells of the columns that give way where there is little room: the kind first, then meters, which
are short before that."""
_MOST_NAME = 32
_LABEL = 8
_CARDS = "cards/limit"


@dataclass
class StagesPage:
    """`lines` are positions of stages, or words for a rule."""

    board: Board
    headers: Sequence[Header]
    in_progress: Meter
    glyphs: Glyphs
    width: int

    def __post_init__(self) -> None:
        self.lines = tuple(self._laid_out())
        shown = [drawn(stage.name, ascii=self.glyphs.ascii) for stage in self.board.stages]
        self._names = shown
        self._name = min(_MOST_NAME, max(map(cell_len, shown)), max(8, self.width // 2 - 8))
        self._counts = max(len(_CARDS), *(width_of(self._signs(at)) for at in range(len(shown))))
        left = self.width - 3 - len(str(len(shown))) - self._name - 2 - self._counts - _LIMIT
        fitting = (cells for cells in _METERS if cells + 2 + _KIND <= left)
        self._meter = next(fitting, _METERS[-1] if _METERS[-1] + 2 <= left else 0)
        self._kind = 0 < self._meter <= left - 2 - _KIND

    def _laid_out(self) -> Iterator[int | str]:
        board, last = self.board, len(self.board.stages)
        for at in range(last):
            if at == board.first_committed:
                yield _COMMITMENT
            elif at == board.first_delivered:
                yield _DELIVERY
            yield at
        if board.first_committed < last == board.first_delivered:
            yield _FINISHED

    def title(self) -> Line:
        name = drawn(self.board.name, ascii=self.glyphs.ascii)
        right = [
            Piece(quantity(len(self.board.stages), "stage"), "dim"),
            Piece("   ", "dim"),
            Piece(f"{self.in_progress} in progress", meter_role(self.in_progress)),
        ]
        return page_title("Stages", name, self.width, self.glyphs, right=right)

    def head(self) -> Line:
        digits = len(str(len(self.board.stages)))
        line = [Piece(f"  {'':{digits}} {'stage':<{self._name}}", "dim")]
        if self._kind:
            line.append(Piece(f"  {'kind':<6}", "dim"))
        line.append(Piece(f"  {_CARDS:<{self._counts}}", "dim"))
        if self._meter:
            line.append(Piece(f"  {'':{self._meter}}", "dim"))
        return fitted([*line, Piece("  rule", "dim")], self.width, self.glyphs)

    def line(self, at: int, here: int) -> Line:
        """One of the lines; `here` is the stage under the cursor."""
        what = self.lines[at]
        if isinstance(what, str):
            return rule([Piece(what, "dim")], self.width, self.glyphs)
        return self._stage(what, here=here == what)

    def _stage(self, at: int, *, here: bool) -> Line:
        stage, header = self.board.stages[at], self.headers[at]
        over = any(meter.over for meter in header.meters)
        inside = self.board.first_committed <= at < self.board.first_delivered
        digits = len(str(len(self.board.stages)))
        name = [Piece(self._names[at], "title" if inside else "text")]
        line = [
            edge("alarm" if over else "faint", self.glyphs, here=here),
            Piece(f" {at + 1:>{digits}} ", "dim"),
            *filled(name, self._name, self.glyphs),
        ]
        if self._kind:
            line.append(Piece(f"  {stage.kind.value:<6}", "dim"))
        line += [Piece("  ", "text"), *filled(self._signs(at), self._counts, self.glyphs)]
        if self._meter:
            line += [Piece("  ", "text"), *filled(self._meters(at), self._meter, self.glyphs)]
        line.append(Piece(f"  {_limit_words(stage):<4}", "text"))
        if header.note.text:
            line.append(Piece(f"  {header.note.text.strip(' ,()')}", "dim"))
        return fitted(line, self.width, self.glyphs)

    def _signs(self, at: int) -> Line:
        header = self.headers[at]
        state = header.state if header.role == "alarm" else ""
        more = [Piece(f" {state}", header.role)] if state else []
        return [*header.signs(self.glyphs), *more]

    def _meters(self, at: int) -> Line:
        limited = [meter for meter in self.headers[at].meters if meter.limit is not None]
        line: Line = []
        each = (self._meter - len(limited) + 1) // max(1, len(limited))
        for meter in limited:
            line += [Piece(" ", "text")] if line else []
            line += meter_rule(meter, each, self.glyphs)
        return line


def _limit_words(stage: Stage) -> str:
    if stage.limit is None and stage.unattended is None:
        return ""
    return "soft" if stage.soft else "hard"


def stage_details(
    view: FaceContext,
    at: int,
    header: Header,
    cards: Sequence[CardFace],
    width: int,
    waits: Mapping[str, Sequence[str]],
) -> list[Line]:
    """What is known of a stage: its limit, whether its cards are in progress, how old cards are
    when they leave it, and its cards in sight, as the board has them. `waits` names by card id the
    open cards that a card depends on."""
    board, glyphs = view.board, view.glyphs
    stage, name = board.stages[at], drawn(header.name, ascii=view.glyphs.ascii)
    title = [Piece(name, "title"), Piece("  ", "text"), *header.signs(glyphs)]
    lines = [rule(title, width, glyphs, [Piece(stage.kind.value, "dim")])]
    for label, text in (
        ("limit", _limit_sentence(stage)),
        ("work", _work_sentence(board, at)),
        ("role", _role_sentence(board, stage)),
        ("asks", _deliverables_sentence(stage, ascii=glyphs.ascii)),
        ("times", _times_sentence(board, at, view)),
    ):
        shown = paragraph(text, "text", max(8, width - _LABEL - 1), glyphs) if text else []
        lines += labelled([Piece(f" {label}", "dim")], _LABEL, shown) if shown else []
    if cards:
        cells = RowCells.brief(width - 2)
        lines.append([])
        lines += [
            [edge(state_role(card, view), glyphs), Piece(" ", "text"),
             *row(card, cells, view, waits.get(card.id, ()))]
            for card in cards
        ]  # fmt: skip
    return lines


def _limit_sentence(stage: Stage) -> str:
    attended, unattended = stage.limit, stage.unattended
    if unattended is not None:
        first = "any number of" if attended is None else str(attended)
        many = f"{first} attended and {unattended} unattended cards"
    elif attended is not None:
        many = quantity(attended, "card")
    else:
        return "none: any number of cards may be here"
    more = "one more is taken with a warning" if stage.soft else "one more needs a reason"
    return f"{many} at a time; {more}"


def _work_sentence(board: Board, at: int) -> str:
    if at < board.first_committed:
        return "not begun: cards here are not in progress"
    if at >= board.first_delivered:
        return "delivered: the clocks of its cards have stopped"
    return "committed: cards here are in progress"


def _role_sentence(board: Board, stage: Stage) -> str:
    role = role_of(board, stage)
    if role is None:
        return "none: no gate of a card template closes this stage"
    return f"{role.word}: {ROLE_ABOUT[role]}"


def _deliverables_sentence(stage: Stage, *, ascii: bool) -> str:
    if not stage.deliverables:
        return ""
    texts = "; ".join(drawn(text, ascii=ascii) for text in stage.deliverables)
    return f"new experiments and models, before they leave: {texts}"


def _times_sentence(board: Board, at: int, view: FaceContext) -> str:
    """How old finished cards were when they left; '' while that is counted, and where no clock
    runs."""
    pace = view.pace
    if pace is None or not board.first_committed <= at < board.first_delivered:
        return ""
    days = pace.stale[at] if at < len(pace.stale) else None
    if days is None:
        return "too few cards finished to say how old they are on leaving"
    many = pace.counted[at]
    age = quantity(days, "day")
    return f"at least 85 % of the last {many} finished cards were {age} old or younger on leaving"


def stage_with_limits(stage: Stage | StageTemplate, glyphs: Glyphs) -> Line:
    """A stage by its name, and its limits: `1 ►2` where it limits attended and unattended cards
    apart."""
    limits = [] if stage.limit is None else [str(stage.limit)]
    limits += [] if stage.unattended is None else [f"{glyphs.running}{stage.unattended}"]
    name = drawn(stage.name, ascii=glyphs.ascii)
    more = [Piece(f" {' '.join(limits)}", "value")] if limits else []
    return [Piece(name, "text" if stage.committed else "dim"), *more]
