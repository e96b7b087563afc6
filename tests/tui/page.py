"""The app as somebody in front of it sees it: stages, cards, status line, keys by command name."""

import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual import events
from textual.geometry import Offset
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, Static

from mlkanban.config import Settings
from mlkanban.core.triage import TriageView
from mlkanban.paths import Places
from mlkanban.service import Service
from mlkanban.tui.app import BoardApp, look_first
from mlkanban.tui.commands import BY_NAME, presses
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.store_thread import StoreThread
from mlkanban.tui.widgets.board_view import BoardView
from mlkanban.tui.widgets.preview import Preview, PreviewPlace

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
ROOMY, SMALL = (160, 45), (80, 24)

# A key goes from the driver to the app, the screen, the widget and back up to the screen.
_HOPS = 5

_HELD = {"space": ("space", " "), "enter": ("enter", "\r"), "tab": ("tab", "\t")}


def clock() -> datetime:
    """It is always the same instant."""
    return NOW


class StageOnScreen:
    def __init__(self, page: "Page", at: int) -> None:
        self._page = page
        self.at = at

    def cards(self) -> list[str]:
        """Titles in the order they stand in."""
        return [face.title for face in self._page.app.model.columns[self.at]]

    def header(self) -> str:
        """What stands over the column, as one text: its name and counts, and which of its cards are
        in sight."""
        view, lines = self._page.board_view, self._page.lines()
        column = next(seen.column for seen in view.in_sight if seen.column.stage == self.at)
        left, right = column.x, column.x + column.width
        name, rule = (line[left:right] for line in lines[view.head - 2 : view.head])
        return " ".join((name + rule.strip("─━-= ")).split())


class Page:
    """Presses keys and reads the screen; every method waits until the app has come to rest."""

    def __init__(self, app: BoardApp, pilot: Pilot[Any], data: Path) -> None:
        self.app = app
        self.pilot = pilot
        self.data = data

    # Reading

    @property
    def screen(self) -> KeyScreen:
        assert isinstance(self.app.screen, KeyScreen)
        return self.app.screen

    @property
    def board_screen(self) -> BoardScreen:
        return next(s for s in self.app.screen_stack if isinstance(s, BoardScreen))

    @property
    def board_view(self) -> BoardView:
        """The board in columns."""
        assert isinstance(self.board_screen.view, BoardView)
        return self.board_screen.view

    def stage(self, name: str) -> StageOnScreen:
        names = [stage.name for stage in self.app.model.board.stages]
        return StageOnScreen(self, names.index(name))

    def stages(self) -> dict[str, list[str]]:
        """What stands where, without the empty stages."""
        names = [stage.name for stage in self.app.model.board.stages]
        return {name: cards for name in names if (cards := self.stage(name).cards())}

    def current(self) -> str:
        """The title of the card under the cursor."""
        card = self.app.model.current
        return card.title if card else ""

    def ref(self, title: str) -> str:
        return next(face.ref for face in self.app.model.faces.values() if face.title == title)

    def marked(self) -> set[str]:
        return {self.app.model.faces[card].title for card in self.app.model.marks}

    def lines(self) -> list[str]:
        """The screen as text, one string a line."""
        return [
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        ]

    def list_lines(self) -> list[str]:
        """The screen without what stands at the right of a list."""
        cells = self.app.size.width - PreviewPlace.beside_list(self.app.size).columns
        return [line[:cells] for line in self.lines()]

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines())

    def status(self) -> str:
        """What just happened, as the screen shows it, or, without news, reminders of keys."""
        lines, screen = self.lines(), self.screen
        if not isinstance(screen, KeyScreen) or not screen.status.message:
            return lines[-1].strip()
        if above := screen.status._above:
            return " ".join(line.strip() for line in lines[-screen.status._height :][:above])
        return lines[-1][: screen.status._keys_from].strip()

    def messages(self, start: str = "") -> list[str]:
        """What the last line said since the start, oldest first, also where other news took its
        place since; only what begins so."""
        texts = [message.text for message in self.app.messages.entries]
        return [text for text in texts if text.startswith(start)]

    def question(self) -> str:
        """What is asked now, '' when nothing is; without the rule that sets it apart, the cursor
        and the words on keys that all menus have."""
        if not self.screen.ask.asking:
            return ""
        lines = str(self.screen.ask.query_one(Static).content).split("\n")
        rule = re.escape(self.app.glyphs.rule)
        first = re.sub(rf"^{rule} | {rule}*$|^{rule}+$", "", lines[0])
        shown = [*([first] if first else []), *(line[1:] for line in lines[1:])]
        plain = (re.sub(r"(^|  )>(?=\S )", r"\1 ", line).rstrip() for line in shown)
        return "\n".join(re.sub(r"   (j k move, )?Enter chooses$", "", line) for line in plain)

    def pointed_at(self) -> str:
        """The answer of a menu under the cursor, with its key; '' without a cursor."""
        if not self.screen.ask.choosing:
            return ""
        text = str(self.screen.ask.query_one(Static).content)
        found = re.search(r"(?:^|\s)>(\S  ?\S.*?)(?:   | \W*$|$)", text, re.MULTILINE)
        return " ".join(found[1].split()) if found else ""

    def typed(self) -> str:
        return self.screen.ask.query_one(Input).value

    def events(self) -> list[tuple[str, str]]:
        """(event id, kind) of everything that ever happened to the board, oldest first."""
        with self.store() as service:
            return [(e.id, e.kind) for e in [*service.exports.events(self.app.model.board.id)]]

    @contextlib.contextmanager
    def store(self) -> Any:
        """The store through a door of its own, as another process would have it."""
        service = Service.open(self.data, actor="bob", clock=clock)
        try:
            yield service
        finally:
            service.close()

    # Doing

    async def press(self, *names: str) -> None:
        """Commands by their names, one after the other, each by its first key."""
        for name in names:
            await self.keys(BY_NAME[name].keys[0])

    async def keys(self, *keys: str) -> None:
        """Keys by Textual's names or as the table of commands has them; a single character stands
        for itself."""
        for key in keys:
            for part in presses(key):
                self.send(part)
                await self.settled()

    def send(self, *keys: str) -> None:
        """Keys that arrive all at once, and no waiting for what comes of them."""
        # Not Pilot.press: it sleeps 40 ms with every key.
        assert self.app._driver is not None
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
            name, character = _HELD.get(key, (name, key if len(key) == 1 else None))
            event = events.Key(name, character)
            event.set_sender(self.app)
            self.app._driver.send_message(event)

    async def type(self, text: str) -> None:
        self.send(*text)
        await self.settled()

    async def answer(self, text: str) -> None:
        """Fill the line that is asked for, in place of what stands there, and save."""
        field = self.screen.ask.query_one(Input)
        field.value = ""
        await self.type(text)
        await self.keys("enter")

    async def go_to(self, title: str) -> None:
        card = next(f for f in self.app.model.faces.values() if f.title == title)
        self.board_screen.go_to(card.id)
        await self.settled()

    async def until(self, holds: Callable[[], bool], timeout: float = 20) -> None:
        deadline = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < deadline, f"it did not happen; the screen is:\n{self.text()}"
            await self.pilot.pause(0.02)

    async def settled(self) -> None:
        """Until nothing is under way but a question to the person."""
        quiet, deadline = 0, time.monotonic() + 20
        while quiet < _HOPS and self.app.crash is None:
            assert time.monotonic() < deadline, f"it does not come to rest:\n{self.text()}"
            # A loop that never sleeps would keep the store's thread from its work.
            await self.pilot.pause(0.01 if self._busy else 0)
            quiet = 0 if self._busy else quiet + 1

    @property
    def _busy(self) -> bool:
        working = [worker for worker in self.app.workers if not worker.is_finished]
        asking = [s for s in self.app.screen_stack if isinstance(s, KeyScreen) and s.ask.asking]
        previews = [one for s in self.app.screen_stack for one in s.query(Preview)]
        resting = any(preview.waiting for preview in previews)
        return resting or len(working) > len(asking)

    async def prospects_shown(self) -> None:
        """Until the cards say how old is old and how likely their due dates are, which is counted
        in the background after the first paint."""
        await self.until(lambda: self.board_screen.view._prospects is not None)

    # The mouse

    def place_of(self, title: str) -> Offset:
        """Where a card of the board begins on the screen."""
        face = next(f for f in self.app.model.faces.values() if f.title == title)
        at, row = self.app.model.locate(face.id)
        view = self.board_view
        seen = next(seen for seen in view.in_sight if seen.column.stage == at)
        place = Offset(seen.column.x, view.head + seen.starts[row - seen.top])
        start = self.lines()[place.y][place.x + 2 : place.x + seen.column.width]
        assert title.startswith(start.strip("▲^ ….").split("  ")[0][:8]), self.text()
        return place


@contextlib.asynccontextmanager
async def opened(
    data: Path,
    *,
    size: tuple[int, int] = ROOMY,
    settings: Settings | None = None,
    opening: Callable[[], Service] | None = None,
    crashes: bool = False,
    triage: tuple[TriageView, int | None] | None = None,
    demo: bool = False,
    first: int = 0,
    view_only: str = "",
) -> AsyncIterator[Page]:
    """The app at work on the store below `data`, painted with the `first` cards of each stage."""
    store_thread = StoreThread(opening or (lambda: Service.open(data, actor="ada", clock=clock)))
    warning = store_thread.at_once(lambda service: service.read_only)
    places = Places(data, data)
    app = BoardApp(
        store_thread,
        places,
        settings or Settings(),
        "",
        warning=warning,
        triage=triage,
        demo=demo,
        view_only=view_only,
        first=store_thread.at_once(lambda s: look_first(s, "", NOW, first)) if first else None,
        clock=clock,
    )  # fmt: skip
    try:
        async with app.run_test(size=size) as pilot:
            page = Page(app, pilot, data)
            await page.settled()
            yield page
        if app.crash is not None and not crashes:
            raise app.crash
    finally:
        store_thread.close()
