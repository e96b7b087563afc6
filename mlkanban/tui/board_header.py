"""The lines above the cards: the board, the stages with their counts, what is in sight."""

from rich.cells import cell_len

from mlkanban import cells
from mlkanban.display.card_face import Header, Piece
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.geometry import Geometry


class StageHeaders:
    """Draws `shape.head` lines. `first` is the leftmost stage in sight, `tops` the first rows."""

    def __init__(self, model: BoardModel, shape: Geometry, first: int, tops: list[int]) -> None:
        self._model = model
        self._shape = shape
        self._first = first
        self._tops = tops

    def line(self, y: int) -> list[Piece]:
        """Line `y` from the top of the screen, below the title."""
        if self._shape.narrow:
            return self._all_stages() if y == 1 else self._single_stage()
        stages = range(self._first, self._first + self._shape.visible)
        return [piece for at in stages for piece in self._stage(at, y)]

    def _stage(self, at: int, y: int) -> list[Piece]:
        head = self._model.header(at)
        here = at == self._model.stage
        room = self._shape.column - 1
        name, words = ("> " if here else "  ") + head.name, head.fitting(room - 2)
        beside = ""
        if head.filtered and cell_len(f"{name}  {head.counts}") <= room:
            beside = next(
                text for text in (head.text, head.counts) if cell_len(f"{name}  {text}") <= room
            )
            words = head.text.removeprefix(beside).lstrip(", ")
        if y == 1:
            title = Piece(name if beside else cells.padded(name, room),
                          "focus" if here else "text")  # fmt: skip
            rest = cells.padded(f"  {beside}", room - cell_len(name)) if beside else ""
            return [title, Piece(rest + " ", head.role)]
        if y == 2:
            return [Piece(cells.padded("  " + words, room) + " ", head.role)]
        rule = _ruled(self._where(at), room - 2, "=" if here else "-")
        return [Piece("  " + rule + " ", "focus" if here else "faint")]

    def _where(self, at: int) -> str:
        shape, shown = self._shape, len(self._model.columns[at])
        if shown <= shape.rows:
            return ""
        top = self._tops[at]
        return f" {top + 1}-{min(shown, top + shape.rows)} of {shown}"

    def _all_stages(self) -> list[Piece]:
        """All stages in one line, as much of their names and counts as fits; the one shown is in
        brackets."""
        headers = [self._model.header(at) for at in range(len(self._model.columns))]
        for letters, limits in (*((n, True) for n in range(12, -1, -1)), (0, False)):
            cells = [self._strip_cell(at, head, letters, limits) for at, head in enumerate(headers)]
            if sum(cell_len(cell.text) for cell in cells) <= self._shape.width:
                return cells
        # Side by side with the stage shown, as many as there is room for.
        first = last = self._model.stage
        room = self._shape.width - cell_len(cells[first].text)
        for at in sorted(range(len(cells)), key=lambda at: abs(at - self._model.stage))[1:]:
            room -= cell_len(cells[at].text)
            if room < 0:
                break
            first, last = min(first, at), max(last, at)
        return cells[first : last + 1]

    def _strip_cell(self, at: int, head: Header, letters: int, limits: bool) -> Piece:
        counts = head.brief if limits else head.plain
        number, _, name = head.name.partition(" ")
        if at == self._model.stage:
            name = head.name if limits else number
            return Piece(f"[{name} {counts}]", "focus")
        return Piece(" ".join(("", number, *filter(None, (name[:letters], counts)), "")), head.role)

    def _single_stage(self) -> list[Piece]:
        head = self._model.header(self._model.stage)
        where = self._where(self._model.stage)
        title = f"== {head.name} "
        room = self._shape.width - cell_len(title) - len(where) - 4
        text = head.fitting(max(room, len(head.text)))
        pieces = [Piece(title, "focus"), Piece(f" {text} ", head.role)]
        left = self._shape.width - sum(cell_len(piece.text) for piece in pieces)
        return [*pieces, Piece(_ruled(where, left, "="), "focus")]


def _ruled(where: str, width: int, fill: str) -> str:
    """A rule of `width` cells with `where` near its right end."""
    if len(where) + 2 > width:
        return fill * max(0, width)
    return fill * (width - len(where) - (2 if where else 0)) + where + (" " + fill if where else "")
