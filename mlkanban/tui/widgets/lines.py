"""Lines in pieces, drawn with the colours of their roles: a change repaints the lines it is in."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import width_of
from mlkanban.glyphs import UTF8
from mlkanban.tui.theme import role_styles

_CHOSEN = Style(reverse=True, bold=True)


class Lines(Widget):
    """As high as it has lines. `cursor` is the line that is drawn on the ground of the cursor, -1
    for none; `across` so many cells, 0 for all of them. The role `chosen` is drawn in reverse
    video."""

    DEFAULT_CSS = "Lines { height: auto; width: 1fr; background: $background; }"

    def __init__(self, *, ascii: bool, id: str) -> None:
        super().__init__(id=id)
        self._ascii = ascii
        self._shown: Sequence[Line] = ()
        self._cursor = -1
        self._across = 0
        self._roles: dict[str, Style] = {}
        self._cursor_roles: dict[str, Style] = {}
        self._has_faint = False

    def show(self, lines: Sequence[Line], cursor: int = -1, *, across: int = 0) -> None:
        """Draw other lines; only those that look different are painted."""
        before, was = self._shown, self._cursor
        self._shown, self._cursor, self._across = lines, cursor, across
        if len(before) != len(lines):
            self.refresh(layout=True)
            return
        changed = {at for at in (was, cursor) if was != cursor and at >= 0}
        changed |= {at for at, line in enumerate(lines) if line != before[at]}
        if changed:
            self.refresh(*(Region(0, at, self.size.width, 1) for at in sorted(changed)))

    @property
    def plain(self) -> str:
        """The lines as text."""
        return "\n".join("".join(piece.text for piece in line) for line in self._shown)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._shown)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._roles = {}

    def render_line(self, y: int) -> Strip:
        if not self._roles:
            self._roles = role_styles(self.app)
            self._roles["chosen"] = self._roles["title"] + _CHOSEN
            self._cursor_roles = role_styles(self.app, cursor=True)
            self._cursor_roles["chosen"] = self._cursor_roles["title"]
            faint, plain = self._roles["faint"], self._roles["text"]
            self._has_faint = not self.app.no_color and faint.color != plain.color
        roles = self._cursor_roles if y == self._cursor else self._roles
        segments, cells = [], 0
        for text, role in self._shown[y] if y < len(self._shown) else []:
            if self._across and cells >= self._across:
                roles = self._roles
            if self._has_faint and not cells and (text, role) == (UTF8.thin_spine, "faint"):
                text = UTF8.spine  # as on the board: it stands back by its colour
            segments.append(Segment(_in_ascii(text) if self._ascii else text, roles[role]))
            cells += cell_len(text)
        return Strip(segments).adjust_cell_length(self.size.width, roles["text"])


def _in_ascii(text: str) -> str:
    """As many cells of ASCII: the lines were laid out before."""
    if text.isascii():
        return text
    return "".join(sign if sign.isascii() else "?" * cell_len(sign) for sign in text)


class ListLines(Lines):
    """Lines with a list among them, for the mouse: it tells which line was clicked, and how far the
    wheel was turned."""

    class Clicked(Message):
        """A line was clicked; `double` for the second time in a row."""

        def __init__(self, page: "ListLines", line: int, *, double: bool) -> None:
            super().__init__()
            self.page = page
            self.line = line
            self.double = double

    class Turned(Message):
        """The wheel was turned by a notch: `by` is 1 for down, -1 for up."""

        def __init__(self, page: "ListLines", by: int) -> None:
            super().__init__()
            self.page = page
            self.by = by

    def on_click(self, event: events.Click) -> None:
        if event.button == 1 and not 0 < self._across <= event.x:
            self.post_message(self.Clicked(self, event.y, double=event.chain == 2))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._turned(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._turned(event, -1)

    def _turned(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        self.post_message(self.Turned(self, by))


class LineButtons(Lines):
    """One line of which some spans can be clicked: `pressed` is told which one was."""

    DEFAULT_CSS = "LineButtons { height: 1; }"

    def __init__(self, *, ascii: bool, id: str, pressed: Callable[[str], None]) -> None:
        super().__init__(ascii=ascii, id=id)
        self._pressed = pressed
        self._spans: list[tuple[int, int, str]] = []

    def show_buttons(self, parts: Sequence[tuple[str, Line]]) -> None:
        """Draw the parts after one another, each that has a name a button."""
        self._spans, line, at = [], list[Piece](), 0
        for name, part in parts:
            width = width_of(part)
            if name:
                self._spans.append((at, at + width, name))
            line += part
            at += width
        self.show([line])

    async def on_click(self, event: object) -> None:
        x = getattr(event, "x", -1)
        for first, after, name in self._spans:
            if first <= x < after:
                self._pressed(name)
