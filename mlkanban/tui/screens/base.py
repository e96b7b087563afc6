"""What all screens share: keys by the command table, the status line, questions, writing."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.screen import Screen

from mlkanban.errors import MlkanbanError, StoreBusy
from mlkanban.service import Done, Service
from mlkanban.tui.commands import STATUS, keys_shown, on_screen
from mlkanban.tui.widgets.ask import CANCEL_KEYS, Ask
from mlkanban.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from mlkanban.tui.app import BoardApp

T = TypeVar("T")


class KeyScreen(Screen[None]):
    """A screen driven by the command table: the command `card.note` calls `do_card_note`.

    The methods are looked up once; a command of the table without one is a programming error.
    """

    WHERE: ClassVar[str]
    CSS = "KeyScreen { layers: base above; }"
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._keys = on_screen(self.board_app.commands, self.WHERE)
        self._writing: dict[str, str] = {}
        self.ask = Ask(ascii=self.board_app.ascii)
        self.status = StatusLine(self._hints(), ascii=self.board_app.ascii)

    @property
    def board_app(self) -> "BoardApp":
        return cast("BoardApp", self.app)

    def _hints(self) -> list[str]:
        by_name = {command.name: command for command in self.board_app.commands}
        return [
            f"{keys_shown(by_name[name]).split()[0]} {by_name[name].title.lower()}"
            for name in STATUS[self.WHERE]
        ]

    # Keys

    async def on_key(self, event: events.Key) -> None:
        if not self.is_active:
            # Typed ahead, before the screen that came or went: not meant for this one.
            event.stop()
            return
        key = event.character if event.is_printable and event.character != " " else event.key
        if event.key.startswith("alt+"):
            # tmux joins Esc with the key after it: the person pressed Esc, then the key.
            self._escape()
            key = event.key.removeprefix("alt+")
        if self.ask.choosing:
            event.stop()
            self.ask.press(key or "")
            return
        if event.key in CANCEL_KEYS:
            event.stop()
            self._escape()
            return
        if self.ask.asking and event.is_printable:
            # Typed ahead, before the field had the keys.
            event.stop()
            self.ask.type(event.character or "")
        if self.ask.asking or self._typing:
            return
        command = self._keys.get(key or "")
        if command is not None:
            event.stop()
            event.prevent_default()
            self.status.clear()
            self.run_command(command.name, key or "")
            # So that the question it asks is there before the next key is looked at.
            await asyncio.sleep(0)

    @property
    def _typing(self) -> bool:
        """Whether a field of the screen has the keys."""
        from textual.widgets import Input, TextArea

        return isinstance(self.focused, (Input, TextArea))

    def _escape(self) -> None:
        if self.ask.asking:
            if sentence := self.ask.cancel():
                self.status.say(sentence)
        else:
            self.escaped()

    def escaped(self) -> None:
        """Ctrl+g or Esc with no question open."""
        self.status.clear()

    def run_command(self, name: str, key: str = "") -> None:
        """Run a command of the table, as its key would."""
        method = getattr(self, "do_" + name.replace(".", "_").replace("-", "_"))
        if name == "cursor.stage":
            method(int(key or "1"))
            return
        result = method()
        if result is not None:
            self.run_worker(result, exclusive=False)

    def do_help(self) -> None:
        from mlkanban.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.WHERE))

    def do_palette(self) -> None:
        self.app.action_command_palette()

    def do_back(self) -> None:
        self.app.pop_screen()

    @property
    def ready(self) -> bool:
        """Whether its parts are there: made already, and nobody has left it."""
        return bool(self.children) and self in self.app.screen_stack

    def do_quit(self) -> None:
        self.app.exit()

    # The store

    async def fetch(self, action: Callable[[Service], T]) -> T | None:
        """What a read returns; None after saying why it could not be read."""
        try:
            return await self.board_app.backstage.call(action)
        except MlkanbanError as error:
            self.status.say(str(error), trouble=True)
            return None

    async def write(self, action: Callable[[Service], Done]) -> Done | None:
        """Do one action and say what it did; None after saying why it was refused."""
        try:
            done = await self.board_app.backstage.call(action)
        except StoreBusy as error:
            self.status.say(f"{error.message} Nothing was lost: try again.", trouble=True)
            return None
        except MlkanbanError as error:
            self.status.say(str(error), trouble=True)
            return None
        await self.board_app.catch_up()
        if done.message:
            undo = f"  {self._undo_key} undoes it." if "Undone" not in done.message else ""
            self.status.say(done.warning or done.message + undo, trouble=bool(done.warning))
        return done

    @property
    def _undo_key(self) -> str:
        return next(
            (keys_shown(c).split()[0] for c in self.board_app.commands if c.name == "undo"), "u"
        )

    async def ask_and_write(
        self, label: str, given: str, action: Callable[[Service, str], Done], *, form: str
    ) -> Done | None:
        """Ask for a line and write it; what was typed stays until it is written or given up."""
        drafts = self.board_app.drafts
        text: str | None = drafts.get(form)
        done: Done | None = None
        while done is None:
            text = await self.ask.text(label, given, typed=text or "", form=form)
            self.refocus()
            if text is None:
                self.status.clear()
                drafts.keep(form, "")
                return None
            self._writing[form] = text
            done = await self.write(partial(_with_text, action, text))
            del self._writing[form]
        drafts.keep(form, "")
        return done

    def refocus(self) -> None:
        """Give the keys back to the main part of the screen."""
        self.set_focus(None)

    async def board_changed(self) -> None:
        """The board changed while this screen lies over it."""

    def keep_drafts(self) -> None:
        """The program has to go: keep what is typed."""
        kept = dict(self._writing)
        if self.ask.unsaved and self.ask.form:
            kept[self.ask.form] = self.ask.unsaved
        for form, text in kept.items():
            self.board_app.drafts.keep(form, text)


def _with_text(action: Callable[[Service, str], Done], text: str, service: Service) -> Done:
    return action(service, text)
