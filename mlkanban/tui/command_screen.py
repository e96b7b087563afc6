"""What the objects that do commands know of the screen they are given."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from mlkanban.core.board import CardFace, Stage
from mlkanban.errors import MlkanbanError
from mlkanban.service import Done, Service

if TYPE_CHECKING:
    from mlkanban.tui.host import Host
    from mlkanban.tui.widgets.ask import Ask
    from mlkanban.tui.widgets.status_line import StatusLine

T = TypeVar("T")


class CommandScreen(Protocol):
    """A screen that asks, writes and shows what came of it. `unsaved` are texts on their way to
    the store, by the form they were typed into. `WHERE` is its name in the table of commands."""

    WHERE: ClassVar[str]
    ask: Ask
    status: StatusLine
    unsaved: dict[str, str]

    @property
    def host(self) -> Host: ...

    async def fetch(self, action: Callable[[Service], T]) -> T | None: ...

    async def write(self, action: Callable[[Service], Done]) -> Done | None: ...

    async def attempt(self, action: Callable[[Service], Done]) -> Done: ...

    async def ask_and_write(
        self,
        label: str,
        given: str,
        action: Callable[[Service, str], Done],
        *,
        form: str,
        guarded: bool = False,
        lines: bool = False,
        preview: Callable[[str], str] | None = None,
    ) -> Done | None: ...

    def only_newest(self, group: str, work: Callable[[], Coroutine[None, None, None]]) -> None: ...

    def show_error(self, error: MlkanbanError) -> None: ...

    def show_result(self, done: Done) -> None: ...

    def after_change(self, done: Done) -> None:
        """Something was done; the board shows it already."""

    def refocus(self) -> None: ...

    def expect_question(self) -> None:
        """The next question is no surprise: keys typed ahead answer it."""


class CardsScreen(CommandScreen, Protocol):
    """A screen on which commands are about cards."""

    def targets(self) -> list[CardFace]:
        """The cards a command is about: the marked ones, else the one under the cursor."""

    def go_to(self, card_id: str) -> None:
        """Show a card, on a screen that has several."""


class NewCardsScreen(CardsScreen, Protocol):
    """A screen on which cards are made."""

    @property
    def new_card_stage(self) -> Stage: ...
