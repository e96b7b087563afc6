"""What screens, and the work that goes on beside them, know of the app."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from mlkanban.config import Settings
from mlkanban.core.board import CardFace
from mlkanban.editor.drafts import Drafts
from mlkanban.glyphs import Glyphs
from mlkanban.paths import Places
from mlkanban.records import record
from mlkanban.service import Done
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.commands import Command
from mlkanban.tui.message_log import MessageLog
from mlkanban.tui.store_thread import StoreThread

if TYPE_CHECKING:
    from textual.events import Key
    from textual.geometry import Size
    from textual.screen import Screen

    from mlkanban.runs.model.run import Run
    from mlkanban.runs.model.series import Latest, RunSeries
    from mlkanban.runs.model.tracker_run import Tracked

Repeat = Callable[[Any, Sequence[CardFace]], Coroutine[None, None, object]]
"""Does what was done last to other cards, with the `CardCommands` of the screen they are on."""


OVERVIEW = "overview"
"""The view of several reports at once."""


@record
class ReportState:
    """Which report was looked at last; kept while the person is on the board. `tile` is the chart
    of the overview that a key would open."""

    view: str = OVERVIEW
    tile: int = 0
    window: int = 0
    grouping: int = 0
    group: int = 0
    part: int | None = None


class RunValues(Protocol):
    """What runs report: `of_cards` is what those of each card that go on reported last, newest run
    first."""

    of_cards: Mapping[str, Sequence[Latest]]

    async def series(
        self, wanted: Sequence[Run], metric: Mapping[str, Any] | None, runs: Sequence[Run]
    ) -> list[RunSeries]:
        """The series of some of the `runs` of a card, of them at least that of its metric where
        there is one."""


class Host(Protocol):
    """The app as they see it: what is shown, the store's thread, and where messages go."""

    model: BoardModel
    store_thread: StoreThread
    now: Callable[[], datetime]
    places: Places
    settings: Settings
    drafts: Drafts
    commands: tuple[Command, ...]
    ascii: bool
    demo: bool
    view_only: str
    glyphs: Glyphs
    layout: dict[str, str]
    own_themes: list[str]
    theme: Any
    messages: MessageLog
    repeat: Repeat | None
    recent: tuple[str, ...]
    report: ReportState
    tracked: Sequence[Tracked] | None
    live: RunValues
    cursor: int

    def today(self) -> date: ...

    # What Textual's App has

    @property
    def screen(self) -> Screen[Any]: ...

    @property
    def screen_stack(self) -> list[Screen[Any]]: ...

    @property
    def size(self) -> Size: ...

    @property
    def no_color(self) -> bool: ...

    def suspend(self) -> AbstractContextManager[None]: ...

    def copy_to_clipboard(self, text: str) -> None: ...

    def run_worker(self, work: Coroutine[Any, Any, Any]) -> Any: ...

    def call_later(self, callback: Callable[..., Any], *args: Any) -> bool: ...

    # Boards and screens

    @property
    def front(self) -> Screen[Any] | None:
        """The screen in front, None once the program has ended."""

    def open(self, name: str, *args: Any, **options: Any) -> Any:
        """Show the screen that the table in `tui/screens` has by a name."""

    async def open_board(self, key: str) -> None: ...

    async def leave_board(self, done: Done) -> None: ...

    def show_only(self, refs: Sequence[str], label: str) -> None: ...

    def redraw(self) -> None: ...

    def show_theme(self, name: str) -> None: ...

    def use_theme(self, name: str) -> None: ...

    def remember(self, setting: str, value: bool) -> None:
        """Keep a setting for the next start."""

    def keep_folds(self) -> None:
        """Keep which stages of the board are folded for the next start."""

    async def catch_up(self) -> None:
        """Show what other processes, and this one, have written."""

    async def look_around(self) -> None: ...

    async def look_at_runs(self) -> None:
        """Take in what became of runs by now, and show it."""

    def show_live_values(self) -> None:
        """Show what runs that go on report by now."""

    # What goes on beside

    def add_message(self, message: str) -> None:
        """Show what came about by itself, behind what the person did."""

    def show_message(self, message: str, *, warning: bool = False) -> None: ...

    def show_result(self, done: Done) -> None: ...

    def call_person(self, text: str) -> None: ...

    def sync(self) -> None: ...

    def key_pressed(self) -> None: ...

    def pass_on(self, event: Key) -> None:
        """A key for a screen that another one lies over by now."""

    def keep_drafts(self) -> None: ...

    def listen(self, *numbers: int) -> None: ...

    def leave(self, return_code: int = 0) -> None: ...

    def hung_up(self) -> None: ...
