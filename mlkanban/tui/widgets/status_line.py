"""The last line of every screen: what just happened, and keys that work here."""

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from mlkanban.cells import shortened
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.text import ascii_only, cell_text
from mlkanban.tui.key_hints import KeyHint
from mlkanban.tui.theme import role_styles

MESSAGE_SECONDS = 4.0
"""So long a message is shown, unless a key comes first."""
_MOST_LINES = 3
"""Lines of a message."""
_LEAST_KEYS = 2
"""Keys that are shown behind a message; where fewer fit, it stands in lines of its own."""
_GAP = "   "
_STAY = ("help", "back")
"""The commands that are left out last where there is little room."""


class StatusLine(Widget):
    """Drawn by hand; `show` shows a message for some seconds, or until `clear` or the next one.
    It never takes the keys away: they stand behind it, or, where it leaves too little room, below
    it; then it has up to three lines. `worded` names keys in the place of commands in a hint,
    `record` keeps messages to be read again. A click on a key is that key."""

    class Resized(Message):
        """It takes another number of lines."""

        def __init__(self, lines: int) -> None:
            super().__init__()
            self.lines = lines

    class Clicked(Message):
        """A key was clicked."""

        def __init__(self, hint: KeyHint) -> None:
            super().__init__()
            self.hint = hint

    DEFAULT_CSS = "StatusLine { dock: bottom; height: 1; }"

    def __init__(
        self,
        hints: Sequence[KeyHint],
        worded: Callable[[str], str],
        *,
        record: Callable[[str, bool], None],
        glyphs: Glyphs = UTF8,
    ) -> None:
        super().__init__()
        self.hints = hints
        self.message = ""
        self.warning = False
        self._worded = worded
        self._record = record
        self._glyphs = glyphs
        self._timer: Timer | None = None
        self._keys_hidden = False
        self.keys_stay_whole = False
        """Whether no message takes the place of keys: where an answer is followed by the next."""

    def show(self, message: str, *, warning: bool = False, passing: bool = False) -> None:
        """Show a message; one that is `passing`, such as what is wrong with a text that is still
        being typed, is not kept."""
        self.message, self.warning = self._drawable(message), warning
        if self.message and not passing:
            self._record(self.message, warning)
        self._stop_timer()
        self._timer = self.set_timer(MESSAGE_SECONDS, self.clear)
        self._fit()
        self.refresh()

    def add(self, message: str) -> None:
        """Show a message behind the one that stands there, which is still being read."""
        before, warning = self.message, self.warning
        self.show(message, warning=warning)
        if before and before != self.message:
            self.message = f"{before}  {self.message}"
            self._fit()

    def offer(self, hints: Sequence[KeyHint]) -> None:
        """Remind of other keys."""
        if hints != self.hints:
            self.hints = hints
            self._fit()
            self.refresh()

    def hide_keys(self, *, hidden: bool) -> None:
        """Remind of no keys, while they would answer a question."""
        if hidden != self._keys_hidden:
            self._keys_hidden = hidden
            self._fit()
            self.refresh()

    def take_back(self, messages: Iterable[str]) -> None:
        """Clear the message if it is one of these, which are not so any more."""
        if self.message in map(self._drawable, messages):
            self.clear()

    def clear(self) -> None:
        self._stop_timer()
        if self.message:
            self.message, self.warning = "", False
            self._fit()
            self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def on_click(self, event: events.Click) -> None:
        if event.y == self._above and (hint := self._hint_at(event.x)):
            self.post_message(self.Clicked(hint))
        elif self.message:
            self.clear()

    def _hint_at(self, x: int) -> KeyHint | None:
        at = self._keys_from
        for hint in self._fitting(at):
            end = at + cell_len(hint.text)
            if at <= x < end:
                return hint
            at = end + len(_GAP)
        return None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _fit(self) -> None:
        """As high as the message needs; a change of height paints the screen again, so rarely."""
        height = self._height
        if (
            self.size.width
            and self.styles.height is not None
            and self.styles.height.value != height
        ):
            self.styles.height = height
            self.post_message(self.Resized(height))

    @property
    def _marked(self) -> str:
        return f"! {self.message}" if self.warning else self.message

    @property
    def _beside(self) -> bool:
        """Whether the message stands in the line of the keys."""
        if not self.message:
            return True
        if not self._keys_shown:
            return cell_len(self._marked) < self.size.width - 1
        keys = self._fitting(1 + cell_len(self._marked) + len(_GAP))
        least = len(self._fitting(1)) if self.keys_stay_whole else _LEAST_KEYS
        return len(keys) >= min(least, len(self.hints))

    @property
    def _keys_shown(self) -> bool:
        return bool(self.hints) and not self._keys_hidden

    @property
    def _above(self) -> int:
        """How many lines the message has above that of the keys."""
        return 0 if self._beside else min(_MOST_LINES, len(self._lines()))

    @property
    def _height(self) -> int:
        return max(1, self._above + self._keys_shown)

    @property
    def _keys_from(self) -> int:
        """The cell from which on keys stand in the last line."""
        beside = self.message and self._beside
        return 1 + cell_len(self._marked) + len(_GAP) if beside else 1

    def _lines(self) -> list[str]:
        """The lines of a message that is not beside the keys."""
        indent = "  " if self.warning else ""
        return wrap(
            self._marked,
            max(10, self.size.width - 2),
            subsequent_indent=indent,
            break_on_hyphens=False,
        )

    def render_line(self, y: int) -> Strip:
        styles = role_styles(self.app)
        if self.message and self._beside:
            pieces = [(f" {self._marked}", self._role), *self._keys()]
        else:
            pieces = self._message(y) if y < self._above else self._keys()
        segments = [
            Segment(ascii_only(text) if self._glyphs.ascii else text, styles[role])
            for text, role in pieces
        ]
        return Strip(segments).adjust_cell_length(self.size.width, styles["dim"])

    def _message(self, y: int) -> list[tuple[str, str]]:
        lines = self._lines()
        text = " " + (lines[y] if y < len(lines) else "")
        if y == _MOST_LINES - 1 and len(lines) > _MOST_LINES:
            text = " " + " ".join(lines[y:])
        return [(shortened(text, self.size.width - 1, self._glyphs.cut), self._role)]

    @property
    def _role(self) -> str:
        return "alarm" if self.warning else "title"

    def _keys(self) -> list[tuple[str, str]]:
        start = self._keys_from
        hints = self._fitting(start)
        pieces = [(" " if start == 1 else _GAP, "dim")] if hints else []
        for hint in hints:
            pieces += [(hint.key, "focus"), (f"{hint.text.removeprefix(hint.key)}{_GAP}", "dim")]
        return pieces

    def _fitting(self, start: int) -> list[KeyHint]:
        """As many pairs of key and word as fit from a cell on, cut from the right; help stays in
        any case where the whole line is theirs, and the way back as long as anything else does.
        The cells that keep the others in their place cost no pair."""
        hints = [] if self._keys_hidden else list(self.hints)
        fitting = self._cut([*hints], start)
        close = self._cut([hint._replace(cells=0) for hint in hints], start)
        return fitting if len(fitting) == len(close) else close

    def _cut(self, hints: list[KeyHint], start: int) -> list[KeyHint]:
        stays = [hint for hint in hints if hint.command in _STAY]
        least = 1 if start == 1 else 0
        while len(hints) > least and start + self._cells(hints) > self.size.width - 1:
            others = [hint for hint in hints if hint not in stays]
            hints.remove(others[-1] if others else stays.pop())
        return hints

    @staticmethod
    def _cells(hints: Sequence[KeyHint]) -> int:
        return sum(cell_len(hint.text) for hint in hints) + len(_GAP) * (len(hints) - 1)

    def _drawable(self, message: str) -> str:
        return cell_text(self._worded(message))
