"""What every app of the program shares: themes, glyphs, the table of commands, thin repaints."""

import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.console import RenderableType
from textual.app import App
from textual.constants import DRIVER
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widget import AwaitMount
from textual.worker import WorkerFailed

from mlkanban.clock import now
from mlkanban.config import Settings
from mlkanban.glyphs import terminal_glyphs
from mlkanban.hints import hint
from mlkanban.tui.commands import keymap
from mlkanban.tui.message_log import MessageLog
from mlkanban.tui.screens import made
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.theme import WithoutColour, board_variables, in_256_colours, load_themes
from mlkanban.tui.thin_update import ThinUpdates

LEAVING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""Signals that ask the program to go."""
_DEFAULT_THEME = "mlkanban-dark"
_FEW_COLOURS_THEME = "terminal"
"""For terminals with sixteen colours."""


class ThemedApp(App[None], inherit_bindings=False):
    """An app in the theme and with the keys of the settings; `problems` are what is wrong with
    these. `layout` has the Latin letters on the keys of letters of other scripts."""

    BINDINGS: ClassVar[list[Any]] = []
    CSS_PATH = "board.tcss"
    TITLE = "mlkanban"

    def __init__(self, settings: Settings, clock: Any = now) -> None:
        super().__init__()
        self.animation_level = "none"
        self.settings = settings
        self.now = clock
        self.glyphs = terminal_glyphs(os.environ, ascii=settings.ascii)
        self.ascii = self.glyphs.ascii
        self.layout: dict[str, str] = {}
        self.commands, self.problems = keymap(settings.keys)
        self.messages = MessageLog(clock)
        self.recent: tuple[str, ...] = ()
        self.own_themes: list[str] = []
        self.crash: Exception | None = None
        self.view_only = ""
        """Why commands that reach beyond the screen are refused, if they are."""
        self.set_class(self.ascii, "ascii")
        # Textual's scroll bars end in eighths of a cell, whatever the terminal has.
        self.set_class(self.glyphs.characters != "utf-8", "without-bars")
        self._thin_updates = ThinUpdates()
        self._load_themes()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return board_variables(self.current_theme)

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        if self.console.color_system == "256":
            self.theme_variables = variables = in_256_colours(variables)
        return variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour the terminal's own are left: Textual would send greys."""
        return [WithoutColour()] if self.no_color else super().get_line_filters()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, self._thin_updates.thin(renderable))

    def on_resize(self) -> None:
        self._thin_updates.forget()

    def _load_themes(self) -> None:
        themes, problems, notes = load_themes()
        for theme in themes:
            self.register_theme(theme)
        self.own_themes = [theme.name for theme in themes]
        self.problems += problems
        wanted = self.settings.theme
        if wanted not in self.available_themes:
            self.problems.append(hint("There is no theme {}; {themes} lists them.", repr(wanted)))
            wanted = _DEFAULT_THEME
        if wanted not in self.available_themes:
            wanted = "textual-dark"
        if wanted in notes:
            self.problems.append(notes[wanted])
        if self.console.color_system == "standard" and not self.available_themes[wanted].ansi:
            wanted = _FEW_COLOURS_THEME  # other colours are rounded to the same few
        # Set before the first picture, so that it is painted once. Textual adapts its style sheet
        # and its colour filter only to later changes by itself.
        self.set_reactive(ThemedApp.theme, wanted)
        self.stylesheet.set_variables(self.get_css_variables())
        self._watch_ansi_color(None)

    def redraw(self) -> None:
        """Paint all of the screen again, whatever the terminal shows."""
        self._thin_updates.forget()
        self.screen.refresh()

    def open(self, name: str, *args: Any, **options: Any) -> AwaitMount:
        """Show a screen by its name."""
        return self.push_screen(made(name, *args, **options))

    @property
    def front(self) -> Screen[Any] | None:
        """The screen in front. None once the program has ended, which what was still asked of the
        store may outlive: Textual's `screen` fails then."""
        return self.screen_stack[-1] if self.screen_stack else None

    def keep_drafts(self) -> None:
        """Keep what is typed and not saved yet."""

    # Leaving

    def listen(self, *numbers: int) -> None:
        """Leave when one of these signals asks for it."""
        for number in numbers:
            # Not the loop's own handler: with the loop it would be taken away, and the second of
            # two signals in a row would kill the program while it tidies up.
            signal.signal(number, self._signalled)

    def _signalled(self, number: int, _frame: object) -> None:
        loop = self._loop
        with contextlib.suppress(RuntimeError):  # it has ended: we are going already
            if loop is not None:
                loop.call_soon_threadsafe(self._leave, number)

    def leave(self, return_code: int = 0) -> None:
        """End the program: keep what is typed, and begin to write what is kept of every screen."""
        self.keep_drafts()
        for screen in self.screen_stack:
            if isinstance(screen, KeyScreen):
                screen.save_before_exit()
        self.exit(return_code=return_code)

    def _leave(self, number: int) -> None:
        """A signal asks us to go: restore the terminal."""
        self.leave(128 + number)

    def hung_up(self) -> None:
        """The terminal is gone, whether or not a signal tells of it."""
        self._leave(signal.SIGHUP)

    def _handle_exception(self, error: Exception) -> None:
        """A crash: keep what is typed, restore the terminal, let the command report it. What goes
        wrong after the first error comes of that one."""
        if self.crash is None:
            cause = error.error if isinstance(error, WorkerFailed) else error
            self.crash = cause if isinstance(cause, Exception) else error
            with contextlib.suppress(Exception):
                self.keep_drafts()
            self._return_code = 4
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def get_driver_class(self) -> type[Driver]:
        if DRIVER:  # a browser is drawn on by way of a pipe
            return super().get_driver_class()
        from mlkanban.tui.keyboard import KeyboardDriver  # which tests do without

        return KeyboardDriver

    def get_default_screen(self) -> Screen[Any]:
        return Screen(id="_default")
