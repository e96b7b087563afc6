"""One line that asks: for a text, or for one of a few keys. It lies over the board's last lines."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from rich.cells import cell_len
from textual import events, on
from textual.containers import Vertical
from textual.widgets import Input, Static

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import filled, rule, width_of
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.text import ascii_only, display
from mlkanban.theme_files import REVERSE
from mlkanban.tui.theme import lines_content
from mlkanban.tui.widgets.field import CANCEL_KEYS, Field
from mlkanban.tui.widgets.menu import NOTHING, Menu, Option

_LONG = 80
"""Characters of a text that is not dropped with one key."""
_EDGE = 6
"""Cells of a rule that has the question as its title."""


class Asker(Protocol):
    """The screen that asks. It is called, and no message is sent to it: the next key may come
    before a message does, and must find done what these do."""

    @property
    def ready(self) -> bool:
        """Whether anything may be asked here (still)."""

    def question_came_up(self) -> None:
        """A question takes keys from now on."""

    def question_settled(self) -> None:
        """It takes none any more."""

    def take_key(self, event: events.Key) -> None:
        """A key that the field of a question does not take: it cancels."""


class Ask(Vertical):
    """`text`, `choose` and `confirm` wait for the person; None, or False, means cancelled. One
    question at a time."""

    DEFAULT_CSS = """
    Ask {
        layer: above; dock: bottom; height: auto; display: none; margin: 0 0 1 0;
        background: $panel; color: $foreground;
    }
    Ask > Static { height: auto; background: $panel; color: $foreground; }
    Ask > Input {
        display: none; border: none; height: 1; padding: 0 1; background: $surface;
        color: $foreground;
    }
    Ask > Input:focus { border: none; }
    Ask.typing > Input { display: block; }
    """

    def __init__(self, asker: Asker, *, glyphs: Glyphs = UTF8) -> None:
        super().__init__()
        self._asker = asker
        self._glyphs = glyphs
        self._answer: asyncio.Future[str | None] | None = None
        self._turn = asyncio.Lock()
        self._menu: Menu | None = None
        self._pointed: Callable[[int], None] | None = None
        self._given = ""
        self._guarded = self._warned = False
        self._label = self._verb = self._cancels = ""
        self._in_rule = False
        """Whether the first line stands in the rule, two cells from its start; all others begin
        one cell from the edge, below it."""
        self._height = 0
        self._complete: Callable[[str], str] | None = None
        self._preview: Callable[[str], str] | None = None
        self.form = ""

    async def _make_parts(self) -> None:
        """Its parts are made for the first question: the board is drawn without them. A command
        that asks on a screen that is going ends with it."""
        if self._asker.ready and not self.children:
            field = Field(
                entered=self.submit,
                cancelled=self._asker.take_key,
                tab=self._tab,
                cut=self._glyphs.cut,
            )
            await self.mount(Static(markup=False), field)
        if not self._asker.ready:
            raise asyncio.CancelledError

    @property
    def asking(self) -> bool:
        return self._answer is not None and not self._answer.done()

    @property
    def choosing(self) -> bool:
        return self.asking and not self.has_class("typing")

    @property
    def unsaved(self) -> str:
        """What is typed and not saved yet, '' when nothing was changed."""
        if not self.asking or self.choosing:
            return ""
        text = self.query_one(Field).text
        return text if text != self._given else ""

    async def text(
        self,
        label: str,
        given: str = "",
        *,
        typed: str = "",
        form: str = "",
        guarded: bool = False,
        verb: str = "saves",
        cancels: str = " cancels",
        complete: Callable[[str], str] | None = None,
        preview: Callable[[str], str] | None = None,
        lines: bool = False,
        suggested: bool = False,
    ) -> str | None:
        """A line of text, `given` to begin with, or `typed`, which was typed before and not saved.
        `form` names it for drafts; without one nothing is lost by cancelling. What is `guarded`, of
        several `lines`, or long is only dropped when cancelled twice. Tab puts what `complete`
        makes of it, which is shown before; '' is nothing to complete. `preview` says what the text
        is understood as. With `lines` those of a paste are kept. What is `given` as `suggested` is
        replaced by typing. `verb` is what Enter does, `cancels` what Ctrl+g does."""
        async with self._turn:
            await self._make_parts()
            self.form, self._given = form, given
            self._guarded, self._warned = guarded, False
            field = self.query_one(Field)
            field.closed = False
            field.lines = lines
            field.put(typed or given, suggested=suggested and not typed)
            self.add_class("typing")
            self._label, self._verb, self._cancels = label, verb, cancels
            self._complete, self._preview = complete, preview
            self._hint()
            field.focus()
            return await self._wait()

    async def choose(
        self,
        label: str,
        options: Sequence[Option],
        *,
        rows: bool = False,
        listed: bool = True,
        stays: bool = False,
        at: int = 0,
        pointed: Callable[[int], None] | None = None,
    ) -> str | None:
        """One of the options: by its key, by a click, or by Enter on the row under the cursor,
        which begins `at` a row; j, k and the arrows move it. `q` and the last row cancel. In one
        line if it fits, else in rows; the label alone where the options are `listed` elsewhere. One
        that `stays` is shown until the next question, or `close`. `pointed` is told of each option
        that the cursor comes to."""
        async with self._turn:
            await self._make_parts()
            self._menu = Menu(
                label,
                options,
                at=at,
                last="done" if stays else "cancel",
                rows=rows or pointed is not None,
                listed=listed,
                moves=listed or pointed is not None,
            )
            self._pointed = pointed
            self._show_menu()
            return await self._wait(stays=stays)

    async def confirm(self, question: str, yes: str, no: str = "") -> bool:
        """Whether the person agrees: `y`, with what it does; the cursor is at cancel, and `n` says
        `no`, where that has a word."""
        options = [Option("y", yes), *([Option("n", no)] if no else [])]
        return await self.choose(question, options, at=NOTHING) == "y"

    def stand_above(self, lines: int) -> None:
        """Leave so many lines below free, for what is shown there."""
        self.styles.margin = (0, 0, lines, 0)

    def close(self) -> None:
        """Away with a choice that stays."""
        if not self.asking:
            self.display = False

    def _show_menu(self) -> None:
        if self._menu is not None:
            width, height = self.screen.size
            margin = int(self.styles.margin.bottom)
            lines = self._menu.lines(max(10, width - 2), height - margin - 1, self._glyphs)
            self._show(lines, self._menu.cursor_line)

    def press(self, key: str) -> bool:
        """A key while choosing; False for one that is no answer."""
        menu = self._menu
        if menu is None:
            return False
        before = menu.row
        if menu.step(key):
            if menu.row != before:
                self._show_menu()
                if self._pointed is not None and menu.row < len(menu.options) - 1:
                    self._pointed(menu.row)
            return True
        if key == "enter":
            key = menu.chosen
        if key not in menu.keys and key not in CANCEL_KEYS:
            return False
        self._end_with(None if key in CANCEL_KEYS or key == menu.options[-1].key else key)
        return True

    def idle_text(self, key: str) -> str:
        """What is said of a key that answers nothing that is offered."""
        return self._menu.idle_text(key) if self._menu is not None else ""

    def on_click(self, event: events.Click) -> None:
        """A click on an answer of a menu is its key."""
        if self.choosing and self._menu is not None:
            event.stop()
            line = event.screen_y - self.region.y - (not self._in_rule)
            start = 2 if self._in_rule and not line else 1
            if key := self._menu.key_at(event.screen_x - self.region.x - start, line):
                self._asker.take_key(events.Key(key, key))

    def on_resize(self) -> None:
        if self.choosing:
            self._show_menu()

    def type(self, key: str, character: str | None) -> None:
        """A key of the text that was typed before the field had the keys."""
        if key == "enter":
            self.submit()
        elif character is not None and character.isprintable():
            self.query_one(Field).enter(character)

    def paste(self, event: events.Paste) -> None:
        """Text that was pasted before the field had the keys."""
        self.query_one(Field)._on_paste(event)

    def submit(self) -> None:
        """Enter: the text is the answer."""
        self._end_with(self.query_one(Field).text)

    def cancel(self) -> str:
        """Cancel the question; a text that took some writing is only dropped when asked a second
        time, until then the sentence to show is returned."""
        effort = self._guarded or len(self.unsaved) > _LONG or "\n" in self.unsaved
        if self.unsaved and self.form and effort and not self._warned:
            self._warned = True
            return "Your text is not saved: Enter saves it, Ctrl+g again drops it."
        self._end_with(None)
        return ""

    @on(Input.Changed)
    def _text_changed(self) -> None:
        self._warned = False
        self._hint()

    def _completed(self) -> str:
        """The text with its last word completed, '' when there is nothing to complete."""
        field = self.query_one(Field)
        at_end = field.cursor_position == len(field.value)
        return self._complete(field.value) if self._complete and field.value and at_end else ""

    def _hint(self) -> None:
        if not self.choosing:
            completed = self._completed()
            remark = f"Tab: {completed.split()[-1]}" if completed else ""
            if self._preview is not None:
                remark = self._preview(self.query_one(Field).text)
            room = max(10, self.screen.size.width - 2)
            keys = self._verb, self._cancels
            self._show(_label_lines(self._label, keys, remark, room))

    def _tab(self) -> None:
        if completed := self._completed():
            field = self.query_one(Field)
            field.value = completed
            field.cursor_position = len(completed)

    def on_descendant_blur(self) -> None:
        """A click elsewhere: what is typed on goes here all the same."""
        if self.asking and not self.choosing:
            self.query_one(Field).focus()

    async def _wait(self, *, stays: bool = False) -> str | None:
        self._answer = asyncio.get_running_loop().create_future()
        self.display = True
        self._asker.question_came_up()
        try:
            return await self._answer
        finally:
            self._answer = None
            for field in self.query(Field):  # none while the program ends
                # It may get the keys only now, when what was typed ahead has answered already.
                field.closed = True
            self.display = stays
            self.remove_class("typing")
            self._asker.question_settled()

    def _end_with(self, answer: str | None) -> None:
        if self.asking and self._answer is not None:
            self._answer.set_result(answer)
            self.query_one(Field).closed = True

    def _show(self, lines: Sequence[Line], cursor: int = -1) -> None:
        """Show lines under a rule, with the first one in it if it fits; the one of the `cursor`
        stands on its ground."""
        first, *others = [
            [Piece(self._drawable(text), role) for text, role in line] for line in lines
        ]
        width = self.screen.size.width
        goes_on = bool(others) and others[0][0].role == "title"
        self._in_rule = width_of(first) + _EDGE <= width and not goes_on
        if self._in_rule:
            shown = [rule(first, width, self._glyphs)]
        else:
            shown = [[Piece(self._glyphs.rule * width, "faint")], [Piece(" ", "text"), *first]]
            cursor += cursor >= 0
        shown += [[Piece(" ", "text"), *line] for line in others]
        if cursor >= 0:
            shown[cursor] = filled(shown[cursor], width, self._glyphs)
        plain = self.app.no_color or self.app.theme_variables["board-cursor-style"] == REVERSE
        content = lines_content(shown, cursor, "reverse" if plain else "on $board-cursor-bg")
        static = self.query_one(Static)
        static.update(content, layout=len(shown) != self._height)
        self._height = len(shown)

    def _drawable(self, text: str) -> str:
        shown = "\n".join(map(display, text.split("\n")))
        return ascii_only(shown) if self._glyphs.ascii else shown


def _label_lines(label: str, does: tuple[str, str], remark: str, room: int) -> list[Line]:
    """What is asked for, with what Enter and Ctrl+g do and a remark on what is typed; the keys
    stand on a line of their own where they would be broken, and so does the remark."""
    verb, cancels = does
    keys = [
        Piece("  (", "dim"), Piece("Enter", "focus"), Piece(f" {verb}, ", "dim"),
        Piece("Ctrl+g", "focus"), Piece(f"{cancels})", "dim"),
    ]  # fmt: skip
    asked = [Piece(label, "title")]
    lines: list[Line] = [[*asked, *keys]]
    if width_of(lines[0]) > room:
        keys[0] = Piece("(", "dim")
        lines = [asked, keys]
    if remark and width_of(lines[-1]) + 2 + cell_len(display(remark)) <= room:
        lines[-1].append(Piece(f"  {remark}", "text"))
    elif remark:
        lines.append([Piece(remark, "text")])
    return lines
