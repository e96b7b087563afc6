"""The command palette: every command of the screen by name, every card by id and title, and every
line of the charter."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import (
    CommandInput,
    CommandList,
    CommandPalette,
    Hit,
    Hits,
    Provider,
)
from textual.content import Content
from textual.errors import NoWidget
from textual.geometry import Region
from textual.message import Message
from textual.timer import Timer, TimerCallback
from textual.widget import Widget
from textual.widgets import Input, OptionList

from mlkanban.cells import padded, shortened
from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.errors import MlkanbanError
from mlkanban.text import display
from mlkanban.tui.commands import BOARD, BY_NAME, Command, keys_shown
from mlkanban.tui.screens.base import KeyScreen

_LONGEST = 200
_WIDEST, _MARGIN = 100, 5
"""Cells of the list, and how many of them are taken by its edges and its bar."""
_TITLE = 26
_MOST_CARDS = 8
_MOST_LINES = 5


class Matches(CommandList):
    """What was found; it may be less by the time a click on it arrives."""

    async def _on_click(self, event: events.Click) -> None:
        if event.style.meta.get("option", -1) >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette):
    """Textual's palette, which goes once and runs one command, however many keys came at once."""

    DEFAULT_CSS = """
    Palette > Vertical { width: 100%; max-width: 100; margin-top: 1; }
    Palette CommandList { min-width: 12; }
    Palette CommandList > .option-list--option { text-style: none; padding: 0 1; }
    """
    _gone = False

    def compose(self) -> ComposeResult:
        for part in super().compose():
            yield Matches() if type(part) is CommandList else part

    def on_mount(self) -> None:
        # Every key looks for all of it: a long text that is pasted would take minutes.
        self.query_one(CommandInput).max_length = _LONGEST

    @property
    def _whole(self) -> bool:
        """Whether its parts are there: they are taken away one by one while it goes, or the program
        with it, and what was under way still looks for them."""
        return not self._gone and self.is_attached and bool(self.query(CommandList))

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _too_late(self, event: Message) -> None:
        if not self._whole or not self.is_active:
            event.stop()
            event.prevent_default()

    def get_widget_at(self, x: int, y: int) -> tuple[Widget, Region]:
        try:
            return super().get_widget_at(x, y)
        except NoWidget:  # a click from before the terminal became smaller
            return self, self.region

    def dismiss(self, result: None = None) -> AwaitComplete:
        if self._gone or not self.is_active:
            return AwaitComplete()
        self._gone = True
        self._cancel_gather_commands()
        return super().dismiss(result)

    def _action_command_list(self, action: str) -> None:
        # On a terminal without room for it the list knows no lines to go by.
        if not action.startswith("page") or self.query_one(CommandList)._lines:
            super()._action_command_list(action)

    def set_timer(self, delay: float, callback: TimerCallback | None = None, **more: Any) -> Timer:
        def timed() -> object:
            return callback() if callback is not None and self._whole else None

        return super().set_timer(delay, timed, **more)

    def _watch__list_visible(self) -> None:
        if self._whole:
            super()._watch__list_visible()

    async def _watch__show_busy(self) -> None:
        if self._whole:
            await super()._watch__show_busy()


class CommandProvider(Provider):
    """Commands of the screen the palette was opened from."""

    _texts: Mapping[str, str] = MappingProxyType({})

    @property
    def _screen(self) -> KeyScreen | None:
        return self.screen if isinstance(self.screen, KeyScreen) else None

    @property
    def _cut(self) -> str:
        return self._screen.host.glyphs.cut if self._screen is not None else ""

    async def startup(self) -> None:
        # Not waited for here: a key typed meanwhile would take the whole start down with it.
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Read the charter, where it can be opened from."""
        screen = self._screen
        if screen is not None and screen.WHERE in BY_NAME["charter"].where:
            board = screen.host.model.board
            with contextlib.suppress(MlkanbanError):  # the commands are there all the same
                call = screen.host.store_thread.call
                self._texts = await call(lambda service: service.charter.of(board.id))

    def _commands(self) -> list[Command]:
        screen = self._screen
        if screen is None:
            return []
        return [
            command
            for command in screen.host.commands
            if screen.WHERE in command.where
            and command.name != "palette"
            and not command.is_numbered
        ]

    async def discover(self) -> Hits:
        """What was done last, what can be done to the card, and everything else."""
        screen = self._screen
        recent = list(screen.host.recent) if screen is not None else []
        commands = sorted(self._commands(), key=lambda command: _first(command, recent))
        for at, command in enumerate(commands):
            yield self._hit(float(len(commands) - at), command)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = max(matcher.match(command.title), matcher.match(command.help) * 0.8)
            if score > 0:
                yield self._hit(score + _by_name(query, command.title), command)
        for hit in self._reports(query):
            yield hit
        for score, text, go in self._cards(query):
            yield Hit(score, Content(text), go, text=text)
        await asyncio.shield(self._reading)
        for score, text, go in self._charter(query):
            yield Hit(score, Content(text), go, text=text)

    def _hit(self, score: float, command: Command) -> Hit:
        line = self._line(command.title, command.help, keys_shown(command))
        return Hit(score, line, partial(self._run, command.name), text=command.title)

    def _line(self, title: str, text: str, keys: str) -> Content:
        """One line: a title, what it does, and its keys at the right."""
        left = f"{title:<{_TITLE}}  "
        room = min(self.app.size.width, _WIDEST) - _MARGIN - cell_len(left + keys) - 1
        return Content.assemble(
            (left, "$board-title"), (padded(text, max(0, room), self._cut), "$board-dim"), " ",
            (keys, "bold $board-focus"),
        )  # fmt: skip

    def _reports(self, query: str) -> Iterator[Hit]:
        """The reports by their names, from the board."""
        screen = self._screen
        if screen is None or screen.WHERE != BOARD:
            return
        matcher = self.matcher(query)
        key = next(keys_shown(c) for c in screen.host.commands if c.name == "reports")
        for entry in CATALOGUE:
            score = max(matcher.match(entry.title), matcher.match(entry.help) * 0.7)
            if score > 0:
                title = f"Report: {entry.title}"
                line = self._line(title, entry.help, f"{key} {entry.key}")
                go = partial(screen.open, "reports", entry.name)
                yield Hit(score + _by_name(query, entry.title), line, go, text=title)

    def _cards(self, query: str) -> list[tuple[float, str, partial[None]]]:
        screen = self._screen
        if screen is None or screen.WHERE != BOARD:
            return []
        words = query.casefold().split()
        found = []
        for face in screen.host.model.faces.values():
            text = f"{face.ref} {face.title}"
            if all(word in text.casefold() for word in words) and screen.host.model.shows(face):
                shown = screen.plain(shortened(display(text[:240]), 60, self._cut))
                go = partial(screen.go_to, face.id)
                found.append((0.5 + (face.ref == query) * 2.5, f"Go to {shown}", go))
                if len(found) >= _MOST_CARDS:
                    break
        return found

    def _charter(self, query: str) -> list[tuple[float, str, partial[None]]]:
        """The lines of the charter with all the words."""
        screen = self._screen
        words = query.casefold().split()
        if screen is None or not words:
            return []
        # Markdown, which the board does without at its start.
        from mlkanban.core.markdown.charter import SECTIONS

        found = []
        for section in SECTIONS:
            for line in self._texts.get(section.key, "").split("\n"):
                if all(word in f"{section.title} {line}".casefold() for word in words):
                    line = display(f"{section.title}: {line.strip()}")
                    shown = screen.plain(shortened(line, 60, self._cut))
                    go = partial(screen.open, "charter", section.key)
                    found.append((0.4, f"Charter: {shown}", go))
        return found[:_MOST_LINES]

    def _run(self, name: str) -> None:
        screen = self._screen
        if screen is not None:
            screen.run_command(name)


def _by_name(query: str, title: str) -> float:
    """What a name adds to how well it fits: typed in full it comes first, begun with it before
    what is only alike."""
    wanted, name = query.strip().casefold(), title.casefold()
    return 2.0 if name == wanted else 1.0 if name.startswith(wanted) else 0.0


def _first(command: Command, recent: Sequence[str]) -> tuple[int, int]:
    """Where a command stands while nothing is typed."""
    if command.name in recent:
        return 0, recent.index(command.name)
    return (1 if command.name.startswith("card.") else 2), 0
