"""The names of the reports in a line, the current one reversed; a click goes to one."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.glyphs import Glyphs
from mlkanban.tui.theme import role_styles

_GAP = 2
_MORE = 12
"""The cells that `12 more >` takes with the gap before it."""


class ReportTab(NamedTuple):
    """What can be gone to, by its name, its key and a word."""

    name: str
    key: str
    word: str

    @property
    def width(self) -> int:
        return cell_len(self.word) + (len(self.key) + 1 if self.key else 0)


class TabBar(Widget):
    """As many tabs as fit, the current one among them, and how many more there are."""

    class Chosen(Message):
        """One was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    DEFAULT_CSS = "TabBar { height: 1; width: 1fr; padding: 0 1; }"

    def __init__(self, tabs: Sequence[ReportTab], *, glyphs: Glyphs, id: str) -> None:
        super().__init__(id=id)
        self._tabs = tuple(tabs)
        self._current = ""
        self._glyphs = glyphs

    def show(self, current: str) -> None:
        if current != self._current:
            self._current = current
            self.refresh()

    def _in_sight(self) -> tuple[int, int]:
        """The first of the tabs that are shown, and the one after the last."""
        here = next((at for at, tab in enumerate(self._tabs) if tab.name == self._current), 0)
        first = 0
        while first < here and self._end(first) <= here:
            first += 1
        return first, self._end(first)

    def _end(self, first: int) -> int:
        room = self.size.width - (_MORE if first else 0)
        used, end = 0, first
        while end < len(self._tabs):
            used += self._tabs[end].width + (_GAP if end > first else 0)
            more = 0 if end == len(self._tabs) - 1 else _MORE
            if used + more > room and end > first:
                break
            end += 1
        return end

    def _parts(self) -> list[tuple[ReportTab, int]]:
        """What is shown and where it begins; `more` on either side leads to the next tab there."""
        first, end = self._in_sight()
        parts: list[tuple[ReportTab, int]] = []
        at = 0
        if first:
            word = f"{self._glyphs.previous} {first} more"
            parts.append((ReportTab(self._tabs[first - 1].name, "", word), at))
            at += cell_len(word) + _GAP
        for tab in self._tabs[first:end]:
            parts.append((tab, at))
            at += tab.width + _GAP
        if end < len(self._tabs):
            word = f"{len(self._tabs) - end} more {self._glyphs.next}"
            parts.append((ReportTab(self._tabs[end].name, "", word), at))
        return parts

    def render_line(self, y: int) -> Strip:
        roles = role_styles(self.app)
        segments: list[Segment] = []
        names = {tab.name for tab in self._tabs if tab.key}
        at = 0
        for tab, start in self._parts():
            segments.append(Segment(" " * (start - at), roles["text"]))
            more = tab not in self._tabs
            if tab.key:
                segments.append(Segment(f"{tab.key} ", roles["focus"]))
            if tab.name == self._current and not more:
                style = roles["title"] + Style(reverse=True, bold=True)
            else:
                style = roles["focus" if more and tab.name in names else "text"]
            segments.append(Segment(tab.word, style))
            at = start + tab.width
        return Strip(segments).adjust_cell_length(self.size.width, roles["text"])

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        for tab, start in self._parts():
            if at is not None and start <= at.x < start + tab.width:
                self.post_message(self.Chosen(tab.name))
                return
