"""What all screens share: keys by the command table, the status line, questions, writing."""

from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cached_property, partial, partialmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events, on
from textual.actions import parse
from textual.binding import Binding, BindingsMap
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkType

from mlkanban.core.board import Board, CardFace
from mlkanban.core.events import UNDONE
from mlkanban.errors import MlkanbanError
from mlkanban.service import Done, Service
from mlkanban.text import ascii_only, display, display_lines
from mlkanban.tui.bindings import (
    action_name,
    bindings_of,
    is_foreign_letter,
    key_event,
    key_name,
    latin,
    pair_menu,
)
from mlkanban.tui.commands import (
    ACTS_BEYOND_THE_STORE,
    BY_NAME,
    COMMANDS,
    STATUS,
    hint_with_keys,
    idle_key_text,
    keys_shown,
)
from mlkanban.tui.key_hints import KeyHint, card_hints, key_hints
from mlkanban.tui.widgets.ask import Ask
from mlkanban.tui.widgets.field import CANCEL_KEYS, Field
from mlkanban.tui.widgets.menu import Option, numbered
from mlkanban.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from mlkanban.tui.host import Host

T = TypeVar("T")

_RECENT = 5
"""Commands that are remembered, the last one first."""
_WAYS = frozenset({
    "help", "palette", "back", "quit",
    *(name for name in BY_NAME if name.startswith("cursor.")),
})  # fmt: skip
"""Commands that only lead somewhere: nobody looks for these again."""


class KeyScreen(Screen[None]):
    """A screen driven by the command table: for `card.note` there is a binding, an action
    `card_note`, and a method `do_card_note` that does it, of the screen or of one of its
    `command_objects`.

    One command runs at a time. Keys that arrive meanwhile wait for it, so that on a slow line they
    mean what they would have meant one by one.
    """

    WHERE: ClassVar[str]
    AUTO_FOCUS = ""

    _actions: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        """Make an action of Textual for each command of the screen: `card.note` is run by
        `action_card_note`, and a link or another program part may run it as `screen.card_note`."""
        super().__init_subclass__(**options)
        commands = [command for command in COMMANDS if getattr(cls, "WHERE", "") in command.where]
        cls._actions = frozenset(map(action_name, commands))
        for command in commands:
            run = partialmethod(cls.run_command, command.name)
            setattr(cls, f"action_{action_name(command)}", run)

    def __init__(self) -> None:
        super().__init__()
        self._bindings = BindingsMap.merge(
            [self._bindings, bindings_of(self.host.commands, self.WHERE)]
        )
        self.unsaved: dict[str, str] = {}
        self._busy = 0
        self._surprise = False
        self._typed_ahead: deque[events.Key | events.Paste] = deque()
        self.ask = Ask(self, glyphs=self.host.glyphs)
        self.status = StatusLine(
            self.hints(), self.worded, record=self.host.messages.add, glyphs=self.host.glyphs
        )

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """A widget that was removed, and still stands there until the next layout, is none: Textual
        would look for its parent."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        return (widget, offset) if widget is not None and widget.is_attached else (None, None)

    @cached_property
    def command_objects(self) -> tuple[object, ...]:
        """What does commands besides the screen itself."""
        return ()

    @property
    def host(self) -> "Host":
        return cast("Host", self.app)

    @on(StatusLine.Resized)
    def _make_room_for_status(self, event: StatusLine.Resized) -> None:
        self.ask.stand_above(event.lines)

    @property
    def board(self) -> Board:
        return self.host.model.board

    def hints(self, names: Sequence[str] = ()) -> list[KeyHint]:
        """The reminders of keys: those of the screen, or of these commands."""
        return key_hints(self.host.commands, names or STATUS[self.WHERE])

    def card_hints(self, cards: Sequence[CardFace]) -> list[KeyHint]:
        """The reminders of keys that do something to these cards."""
        today = self.host.model.today
        return card_hints(self.host.commands, STATUS[self.WHERE], cards, today)

    @on(StatusLine.Clicked)
    def _press_clicked(self, event: StatusLine.Clicked) -> None:
        """A click on a reminder is its key, unless a question is open."""
        if not self.ask.asking:
            for key in event.hint.presses:
                self.take_key(key_event(key))

    def worded(self, text: str) -> str:
        """A sentence from below as it reads on this screen, with keys for commands."""
        return hint_with_keys(text, self.host.commands, self.WHERE)

    # Keys

    async def on_key(self, event: events.Key) -> None:
        if self.typing and not self._field_closed and event.key not in CANCEL_KEYS:
            typed = event.is_printable or event.key == "enter"
            if typed and self.ask.asking and not self.ask.choosing:
                # A field lets none of these pass: it came before the field had the keys.
                event.stop()
                self.ask.type(event.key, event.character)
            return
        event.stop()
        event.prevent_default()
        if event.key.startswith("alt+"):
            # tmux joins Esc with the key after it: the person pressed Esc, then the key.
            self.take_key(events.Key("escape", None))
            event = events.Key(event.key.removeprefix("alt+"), event.character)
        self.take_key(event)

    def take_key(self, event: events.Key) -> None:
        """Press a key, or let it wait for the command that is under way."""
        if self._busy and not self.ask.asking and not self._passes(event):
            # A second Enter right after the first is impatience; all other keys are meant.
            if event.key != "enter" or self._typed_ahead or not self._surprise:
                self._typed_ahead.append(event)
        else:
            self._press(event)

    def _passes(self, event: events.Key) -> bool:
        """Whether a key need not wait for the command that is under way."""
        return False

    def on_paste(self, event: events.Paste) -> None:
        """A paste that no field took: for the one that a key just before it opens, if any."""
        event.stop()
        if self.takes_keys and (self._busy or self.ask.asking):
            if self.ask.asking:
                self._press(event)
            else:
                self._typed_ahead.append(event)

    @property
    def takes_keys(self) -> bool:
        """Whether keys are meant for this screen: it is in front, made and not going. Those that
        were typed before it came or went are not."""
        return self.is_active and self.ready

    def _press(self, event: events.Key | events.Paste) -> None:
        if not self.takes_keys:
            if isinstance(event, events.Key) and not self.is_active:
                self.host.pass_on(event)
            return
        if isinstance(event, events.Paste):
            if self.ask.asking and not self.ask.choosing:
                self.ask.paste(event)
            return
        self.host.key_pressed()
        key = self.latin_key(event)
        if self.ask.choosing:
            if not self.ask.press(key):
                self._show_idle(self.ask.idle_text(key), key)
        elif event.key in CANCEL_KEYS:
            self._escape()
        elif self.ask.asking:
            self.ask.type(event.key, event.character)
        elif binding := self.command_bindings.get(key_name(key)):
            self.status.clear()
            self._run_binding(binding)
        elif menu := pair_menu(self.command_bindings, key):
            self.start(self._choose_command(menu))
        elif event.key == "ctrl+c":
            self.status.show("q leaves. Ctrl+g cancels a question.")
        else:
            self._show_idle(idle_key_text(key, self.host.commands, self.WHERE), key)

    def latin_key(self, event: events.Key) -> str:
        """The key that is meant, on a keyboard of whatever script."""
        printable = event.is_printable and event.character != " "
        return latin(event.character or "", self.host.layout) if printable else event.key

    def _show_idle(self, text: str, key: str) -> None:
        """Say that a key does nothing. One of another script than Latin, where the terminal does
        not tell which key it is, never does."""
        if is_foreign_letter(key):
            self.status.show(
                f"{display(key)} is no key here: switch the keyboard to Latin letters."
            )
        elif text:
            self.status.show(text, passing=True)

    async def _choose_command(self, menu: Mapping[str, Binding]) -> None:
        """The second key of a pair; it waits as long as the person does."""
        options = [Option(key, binding.description.lower()) for key, binding in menu.items()]
        key = await self.ask.choose("Go to", options)
        if key is not None:
            self._run_binding(menu[key])

    @property
    def command_bindings(self) -> Mapping[str, Binding]:
        """The bindings of commands by Textual's names of keys, a keymap of the app included."""
        bindings = self._bindings.copy()
        if self.app._keymap:
            bindings.apply_keymap(self.app._keymap)
        return {key: binding for key, binding in bindings if binding.id in BY_NAME}

    def _run_binding(self, binding: Binding) -> None:
        # Here, and not by Textual, which looks for a binding once, when a key has come up to the
        # app: a key typed ahead is pressed later, the first key of a pair is no binding, and a
        # field that has the focus still would hide the keys of its text though it is closed.
        _, action, arguments = parse(binding.action)
        getattr(self, f"action_{action}")(*arguments)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No command is given by a key that a field has let pass: Textual asks here before it
        looks for the action of a binding."""
        return not (self.typing and action in self._actions)

    def question_came_up(self) -> None:
        """Keys typed ahead answer a question that one knew would come, never one that the store's
        answer brought up; those wait until it is settled. Meanwhile the keys of the screen mean
        nothing, and are not shown."""
        self.status.hide_keys(hidden=True)
        if not self._surprise:
            self._press_ahead()

    def question_settled(self) -> None:
        self.status.hide_keys(hidden=False)

    def _press_ahead(self) -> None:
        """Look at the keys typed ahead, as far as something takes them."""
        while self._typed_ahead and (self.ask.asking or not self._busy):
            event = self._typed_ahead.popleft()
            if self.is_active:
                self._press(event)
            elif self in self.app.screen_stack:
                # It is for the screen that was opened over this one meanwhile.
                if isinstance(event, events.Key):
                    event = events.Key(event.key, event.character)
                self.app.post_message(event)

    @property
    def typing(self) -> bool:
        """Whether a field of the screen has the keys."""
        return self.focused is not None and self.focused.check_consume_key("x", "x")

    @property
    def _field_closed(self) -> bool:
        return isinstance(self.focused, Field) and self.focused.closed

    def _escape(self) -> None:
        if self.ask.asking:
            if sentence := self.ask.cancel():
                self.status.show(sentence)
        else:
            self.cancel()

    def cancel(self) -> None:
        """Ctrl+g or Esc with no question open: away with the message, else back."""
        if self.status.message:
            self.status.clear()
        else:
            self.do_back()

    def command_method(self, name: str) -> Callable[..., Any]:
        """What does a command of the table: the method `do_card_note` of the screen or of one of
        its `command_objects` for `card.note`."""
        method = "do_" + name.replace(".", "_").replace("-", "_")
        owner = next(
            one for some in ((self,), self.command_objects) for one in some if hasattr(one, method)
        )
        return cast("Callable[..., Any]", getattr(owner, method))

    def run_command(self, name: str, number: int = 0) -> None:
        """Run a command of the table, as its key would; one at a time, the next keys wait.
        `number` is for those that are told which of their keys was pressed."""
        if not self.takes_keys:
            return
        if self.host.view_only and name in ACTS_BEYOND_THE_STORE:
            self.status.show(self.host.view_only, warning=True)
            return
        method = self.command_method(name)
        if name not in _WAYS:
            self.host.recent = (name, *(n for n in self.host.recent if n != name))[:_RECENT]
        result = method(number) if number else method()
        if result is not None:
            self.start(result)

    @property
    def takes_mouse(self) -> bool:
        """Whether the mouse may do what a key would: no command is under way, and no question."""
        return self.takes_keys and not self._busy and not self.ask.asking

    def run_enter(self) -> None:
        """Run the command that Enter is for on this screen, if there is one."""
        name = next((c.name for c in COMMANDS if self.WHERE in c.where and "enter" in c.keys), "")
        if name:
            self.run_command(name)

    def start(self, command: Coroutine[None, None, None]) -> None:
        """Go on with a command that waits for the store or for the person."""
        if not self._busy:
            self._surprise = False  # what was read beside all commands is none of this one
        self._busy += 1
        self.run_worker(self._run(command))

    async def _run(self, command: Coroutine[None, None, None]) -> None:
        try:
            await command
        except MlkanbanError as error:
            self.show_error(error)
        finally:
            self._busy -= 1
            self._surprise = False
            self._press_ahead()

    def only_newest(self, group: str, work: WorkType[None]) -> None:
        """Do `work` beside everything else; what still goes on in its group is given up."""
        # The function, not what it returns: a coroutine that is given up before it began is
        # never awaited.
        self.run_worker(work, group=group, exclusive=True)

    def do_help(self) -> None:
        self.open("help", self.WHERE, self._last_group())

    def _last_group(self) -> str:
        """The group of the command given last here, as far as it is remembered."""
        names = (name for name in self.host.recent if self.WHERE in BY_NAME[name].where)
        return BY_NAME[name].group if (name := next(names, "")) else ""

    def do_charter(self) -> None:
        self.open("charter")

    def open(self, name: str, *args: Any, **options: Any) -> None:
        """Show another screen over this one, by its name."""
        self.host.open(name, *args, **options)

    def do_docs(self) -> None:
        self.open("docs")

    def do_queue(self) -> None:
        self.open("queue")

    def do_models(self) -> None:
        self.open("models")

    def do_unlinked(self) -> None:
        self.open("unlinked")

    def do_messages(self) -> None:
        self.open("messages")

    def do_redraw(self) -> None:
        self.host.redraw()

    async def do_theme(self) -> None:
        """Choose a theme, each shown as the cursor comes to it."""
        names, before = sorted(self.host.own_themes), self.host.theme
        options = numbered([f"{name}  in use" if name == before else name for name in names])
        key = await self.ask.choose(
            "Theme",
            options,
            at=names.index(before) if before in names else 0,
            pointed=lambda at: self.host.show_theme(names[at]),
        )
        if key is None:
            self.host.show_theme(before)
        else:
            self.host.use_theme(names[[option.key for option in options].index(key)])

    def do_palette(self) -> None:
        self.app.action_command_palette()

    def do_back(self) -> None:
        self.close()

    def close(self) -> None:
        """Make way for the screen below, or end the program where there is none. What is typed is
        kept. Once another screen lies over this one, it stays."""
        if not self.is_active:
            return
        self.host.keep_drafts()
        if any(isinstance(screen, KeyScreen) for screen in self.app.screen_stack[:-1]):
            self.app.pop_screen()
        else:
            self.leave_program()

    def plain(self, text: str) -> str:
        """Text of any origin as it may be drawn: line feeds are all that is left of control
        characters, and ASCII all where the terminal has no more."""
        shown = display_lines(text)
        return ascii_only(shown) if self.host.ascii else shown

    @property
    def ready(self) -> bool:
        """Whether its parts are there: all are made, and nobody has left it or the program, which
        takes the parts away one by one."""
        made = bool(self.children) and all(child.is_mounted for child in self.children)
        shown = self.is_attached and self in self.app.screen_stack
        return made and shown and self.app.is_running

    def save_before_exit(self) -> None:
        """The program is about to end: begin to write what is to be kept of this screen."""

    def do_quit(self) -> None:
        self.leave_program()

    def leave_program(self) -> None:
        """End the program. A demo board asks first: it is thrown away."""
        if self.host.demo:
            self.start(self._leave_demo())
        else:
            self.host.leave()

    async def _leave_demo(self) -> None:
        question = "Leave the demo? Its board and all you did on it are thrown away."
        if await self.ask.confirm(question, "leave"):
            self.host.leave()

    # The store

    async def fetch(self, action: Callable[[Service], T]) -> T | None:
        """What a read returns; None after saying why it could not be read."""
        self._surprise = True
        try:
            return await self.host.store_thread.call(action)
        except MlkanbanError as error:
            self.show_error(error)
            return None

    async def write(self, action: Callable[[Service], Done]) -> Done | None:
        """Do one action and say what it did; None after saying why it was refused."""
        try:
            return await self.attempt(action)
        except MlkanbanError as error:
            self.show_error(error)
            return None

    async def attempt(self, action: Callable[[Service], Done]) -> Done:
        """Do one action and say what it did; why it is refused is for the caller."""
        self._surprise = True
        done = await self.host.store_thread.call(action)
        if done.board_gone:
            self.app.run_worker(self.host.leave_board(done))
        else:
            await self.host.catch_up()
            self.show_result(done)
        return done

    def show_error(self, error: MlkanbanError) -> None:
        """Say why something could not be done."""
        self.status.show(error.text, warning=True)

    def show_result(self, done: Done) -> None:
        """Say what an action did, and how to take it back."""
        undoable = done.changed and done.back != UNDONE
        undo = f"  {self._undo_key} undoes it." if undoable else ""
        said = done.message + undo if done.message else ""
        if done.warning:  # what was undone or done again is not seen by that
            said = f"{done.message} {done.warning}" if done.back else done.warning
        if said:
            self.status.show(said, warning=bool(done.warning))

    @property
    def _undo_key(self) -> str:
        return next((keys_shown(c).split()[0] for c in self.host.commands if c.name == "undo"), "u")

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
    ) -> Done | None:
        """Ask for a line and write it; what was typed stays until it is written or given up.
        `guarded`, `lines` and `preview` as in `Ask.text`."""
        drafts = self.host.drafts
        text: str | None = drafts.get(form)
        done: Done | None = None
        while done is None:
            text = await self.ask.text(
                label,
                given,
                typed=text or "",
                form=form,
                guarded=guarded,
                lines=lines,
                preview=preview,
            )
            self.refocus()
            if text is None:
                self.status.clear()
                drafts.drop(form)
                return None
            self.unsaved[form] = text
            done = await self.write(partial(_with_text, action, text))
            del self.unsaved[form]
        drafts.drop(form)
        return done

    def after_change(self, done: Done) -> None:
        """Something was done; the board shows it already."""

    def changed_above(self, done: Done) -> None:
        """Something was done on a page of a card that lies over this screen."""

    def go_to(self, card_id: str) -> None:
        """Show a card, on a screen that has several."""

    def expect_question(self) -> None:
        """The next question is no surprise: keys typed ahead answer it."""
        self._surprise = False

    def refocus(self) -> None:
        """Give the keys back to the main part of the screen."""
        self.set_focus(None)

    async def board_changed(self) -> None:
        """The board changed while this screen lies over it."""

    def unsaved_texts(self) -> dict[str, str]:
        """What is typed and not saved yet, by the form it is for."""
        texts = dict(self.unsaved)
        if self.ask.unsaved and self.ask.form:
            texts[self.ask.form] = self.ask.unsaved
        return texts


def _with_text(action: Callable[[Service, str], Done], text: str, service: Service) -> Done:
    return action(service, text)
