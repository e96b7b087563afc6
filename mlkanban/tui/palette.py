"""The command palette: every command of the screen by name, every card by id and title, and every
line of the charter."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from heapq import nlargest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on
from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.command import Command as FoundCommand
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
from textual.strip import Strip
from textual.timer import Timer, TimerCallback
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from mlkanban.cells import padded, shortened
from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.core.board import CardFace
from mlkanban.errors import BadQuery, MlkanbanError
from mlkanban.shell_commands import SENTENCES, words_for
from mlkanban.text import display
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.commands import BOARD, BY_NAME, IN_A_SHELL, Command, keys_shown
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.theme import role_styles
from mlkanban.tui.widgets.field import CANCEL_KEYS

if TYPE_CHECKING:
    from mlkanban.tui.command_screen import CardsScreen
    from mlkanban.tui.host import Host

_LONGEST = 200
_WIDEST, _MARGIN = 102, 7
"""Cells of the list, and how many of them are taken by its edges and its bar."""
_AROUND = 6
"""Lines above and below the list."""
_TITLE = 26
_REF, _STAGE, _CLOCK = 6, 12, 8
_KEYS = Content.assemble(
    *(
        part
        for key, what in (("Enter", "go"), ("Up Down", "choose"), ("Esc", "close"))
        for part in ((f" {key} ", "$board-focus"), (f"{what}  ", "$board-dim"))
    )
)
_RECENT, _COMMANDS, _SHELLS = "last used", "commands", "in a shell, and in the documentation"
_QUESTION = frozenset(("what", "which", "is", "are", "the", "a", "my", "of", "on"))
"""Words of a question that name nothing."""
_MOST_CARDS = 8
_MOST_LINES = 5


class Matches(CommandList):
    """What was found; it may be less by the time a click on it arrives. Where the theme has a
    cursor in reverse video, it is one plain block here as on the board."""

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        at = self.scroll_offset.y + y
        option = self._lines[at][0] if at < len(self._lines) else None
        style = role_styles(self.app, cursor=True)["title"]
        if option is None or option != self.highlighted or not style.reverse:
            return strip
        return Strip([Segment(strip.text, style)], strip.cell_length).apply_meta({"option": option})

    async def _on_click(self, event: events.Click) -> None:
        if event.style.meta.get("option", -1) >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette):
    """Textual's palette, which goes once and runs one command, however many keys came at once."""

    DEFAULT_CSS = """
    Palette > Vertical { width: 100%; max-width: 102; margin-top: 1; }
    Palette CommandList { min-width: 12; }
    Palette > #palette-keys { dock: bottom; width: 100%; height: 1; background: $background; }
    Palette CommandList > .option-list--option { text-style: none; padding: 0 1; }
    Palette CommandList > .option-list--option-highlighted,
    Palette CommandList:nocolor > .option-list--option-highlighted {
        background: $board-cursor-bg; color: $board-title; text-style: none;
    }
    """
    # Before the field has them: the keys that came along are meant for what is below.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(sorted(CANCEL_KEYS)), "escape", show=False, priority=True)
    ]
    AUTO_FOCUS = ""
    _gone = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._typed_ahead: list[events.Key] = []

    def compose(self) -> ComposeResult:
        for part in super().compose():
            yield Matches() if type(part) is CommandList else part

    def on_mount(self) -> None:
        # Every key looks for all of it: a long text that is pasted would take minutes.
        self.query_one(CommandInput).max_length = _LONGEST
        # Over the keys of the screen below, none of which works now.
        self.mount(Static(_KEYS, id="palette-keys"))
        self.call_after_refresh(self._give_keys)

    def on_resize(self, event: events.Resize) -> None:
        # A share of its place, which is as high as it is, would always hide some of it.
        for found in self.query(CommandList):
            found.styles.max_height = max(2, event.size.height - _AROUND)

    def type_ahead(self, event: events.Key) -> None:
        """A key that was typed before the field could have it. Enter without a text would run what
        nobody has seen."""
        if event.key != "enter" or self._typed_ahead:
            self._typed_ahead.append(events.Key(event.key, event.character))

    def on_key(self, event: events.Key) -> None:
        if self.focused is None:
            event.stop()
            self.type_ahead(event)

    def _give_keys(self) -> None:
        """Give the keys to the field, those first that were typed ahead; after one that cancels
        they are for the screen below."""
        if not self._whole:
            return
        field = self.query_one(CommandInput)
        self.set_focus(field)
        for at, event in enumerate(self._typed_ahead):
            if event.key in CANCEL_KEYS:
                self._action_escape()
                below = self.app.screen
                for later in self._typed_ahead[at + 1 :]:
                    if isinstance(below, KeyScreen):
                        below.take_key(later)
                break
            field._forward_event(event)
        self._typed_ahead.clear()

    def _action_escape(self) -> None:
        if self.focused is None:  # still being made: it goes when its turn comes
            self._forward_event(events.Key("escape", None))
        else:
            super()._action_escape()

    def _refresh_command_list(
        self, command_list: CommandList, commands: list[FoundCommand], clear_current: bool
    ) -> None:
        """What was found under the heading of its group, the group of the best first."""
        groups: dict[str, list[Option]] = {}
        for command in sorted(commands, key=lambda found: -found.hit.score):
            group = command.hit.group if isinstance(command.hit, GroupedHit) else ""
            groups.setdefault(group, []).append(command)
        headed = len(groups) > 1
        listed: list[Option] = []
        for title, found in groups.items():
            heading = [Option(self._heading(title), disabled=True)] if headed else []
            listed += [*heading, *found]
        command_list.clear_options().add_options(listed)
        if commands:
            command_list.highlighted = int(headed)
        self._list_visible = bool(commands)
        self._hit_count = len(commands)

    def _heading(self, title: str) -> Content:
        sign = cast("Host", self.app).glyphs.rule
        room = _list_width(self.app) - cell_len(title) - 4
        return Content.assemble(
            (f"{sign * 2} ", "$board-faint"), (title, "$board-dim"),
            (f" {sign * max(0, room)}", "$board-faint"),
        )  # fmt: skip

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

    @on(Input.Submitted)
    def _wait_until_found(self, event: Input.Submitted) -> None:
        """Enter right behind the text: what is listed was found for less of it."""
        searching = [
            worker
            for worker in self.workers
            if worker.group == self._GATHER_COMMANDS_GROUP and not worker.is_finished
        ]
        if searching:
            event.stop()
            event.prevent_default()
            self.run_worker(self._submit_after(searching), exclusive=True, group="submit")

    async def _submit_after(self, searching: Sequence[Worker[None]]) -> None:
        for worker in searching:
            with contextlib.suppress(
                WorkerFailed, WorkerCancelled
            ):  # it was given up for another text
                await worker.wait()
        if self._whole and self.is_active:
            self._select_or_command()

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


@dataclass(eq=False)
class GroupedHit(Hit):
    """Something that was found, with the heading that it stands under."""

    group: str = ""


class CommandProvider(Provider):
    """Commands of the screen the palette was opened from."""

    _texts: Mapping[str, str] = MappingProxyType({})
    _lines: list[tuple[str, str, str]] | None = None

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
        groups = _RECENT, self._about, _COMMANDS
        for at, command in enumerate(commands):
            group = groups[_first(command, recent)[0]]
            yield self._hit(float(len(commands) - at), command, group)

    @property
    def _about(self) -> str:
        """Which cards the commands for cards are about."""
        screen = self._screen
        if screen is None or screen.WHERE not in BY_NAME["card.edit"].where:
            return _COMMANDS
        cards = cast("CardsScreen", screen).targets()
        return f"on {screen.plain(names(cards))}" if cards else _COMMANDS

    async def search(self, query: str) -> Hits:
        wanted = _Query.read(query)
        found = [*self._named(wanted, self.matcher(query).match), *self._cards(wanted)]
        asked = not found and bool(short := _without_question(query))
        if asked:
            query, wanted = short, _Query.read(short)
            found = [*self._named(wanted, self.matcher(query).match), *self._cards(wanted)]
        for hit in found:
            yield hit
        await asyncio.shield(self._reading)
        lines = self._charter(wanted)
        for score, text, go in lines:
            yield GroupedHit(score, Content(text), go, text=text, group="charter")
        for hit in self._found_by(query.strip(), alone=not found and not lines, asked=asked):
            yield hit

    def _named(self, wanted: _Query, scattered: Callable[[str], float]) -> Iterator[Hit]:
        """The commands and the reports by their names."""
        here = {command.name for command in self._commands()}
        for command in self._commands():
            about = f"{command.help} {command.also} {_shell_words().get(command.name, '')}"
            if (score := wanted.named(command.title, about, scattered)) > 0:
                yield self._hit(score, command)
        yield from self._reports(wanted, scattered)
        yield from self._in_a_shell(wanted, here)
        yield from self._pages(wanted)

    def _in_a_shell(self, wanted: _Query, here: Collection[str]) -> Iterator[Hit]:
        """What is typed in a shell, for lack of a key on this screen; it leads to the page of the
        documentation that says how."""
        screen = self._screen
        for name, sentence in SENTENCES.items() if screen is not None else ():
            if IN_A_SHELL.get(name) in here:
                continue
            score = wanted.tier(name) or wanted.tier(f"{name} {sentence} {words_for(name)}")
            if score:
                line = self._line(f"In a shell: {name}", sentence, f"mlkanban {name}")
                go = partial(self._open_docs, "", f"mlkanban {name}")
                text = f"In a shell: mlkanban {name}"
                yield GroupedHit(score + _SHELL, line, go, text=text, group=_SHELLS)

    def _pages(self, wanted: _Query) -> Iterator[Hit]:
        """The pages of the documentation by their titles."""
        from mlkanban.doc_pages import TOPICS, doc_page  # files that the board does without

        keys = next(
            (keys_shown(c) for c in self._commands() if c.name == "docs"), ""
        )  # none in the documentation itself
        for page in map(doc_page, TOPICS if keys else ()):
            if score := wanted.tier(f"{page.topic} {page.title}"):
                line = self._line(f"Page: {page.title}", page.about, keys)
                go = partial(self._open_docs, page.topic, "")
                text = f"Page: {page.title}"
                yield GroupedHit(score + _SHELL, line, go, text=text, group=_SHELLS)

    def _open_docs(self, topic: str, words: str) -> None:
        screen = self._screen
        if screen is not None:
            screen.open("docs", topic, words)

    def _hit(self, score: float, command: Command, group: str = _COMMANDS) -> Hit:
        line = self._line(command.title, command.help, keys_shown(command))
        go = partial(self._run, command.name)
        return GroupedHit(score, line, go, text=command.title, group=group)

    def _line(self, title: str, text: str, keys: str) -> Content:
        """One line: a title, what it does, and its keys at the right."""
        left = f"{title:<{_TITLE}}  "
        room = _list_width(self.app) - cell_len(left + keys) - 1
        return Content.assemble(
            (left, "$board-title"), (padded(text, max(0, room), self._cut), "$board-dim"), " ",
            (keys, "bold $board-focus"),
        )  # fmt: skip

    def _reports(self, wanted: _Query, scattered: Callable[[str], float]) -> Iterator[Hit]:
        """The reports by their names, from the board."""
        screen = self._screen
        if screen is None or screen.WHERE != BOARD:
            return
        key = next(keys_shown(c) for c in screen.host.commands if c.name == "reports")
        for entry in CATALOGUE:
            title, about = f"Report: {entry.title}", f"{entry.help} {entry.also}"
            score = max(wanted.named(entry.title, about, scattered), wanted.tier(title))
            if score > 0:
                line = self._line(title, entry.help, f"{key} {entry.key}")
                go = partial(screen.open, "reports", entry.name)
                yield GroupedHit(score, line, go, text=title, group=_COMMANDS)

    def _cards(self, wanted: _Query) -> Iterator[Hit]:
        """The cards that have all the words, the closest ones."""
        screen = self._screen
        if not isinstance(screen, BoardScreen):
            return
        model = screen.host.model
        found = []
        for face in model.faces.values():
            tier = wanted.tier(f"{face.ref} {face.title}")
            if tier and model.shows(face):
                found.append((tier + (_EXACT if face.ref == wanted.text else _CARD), face))
        for score, face in nlargest(_MOST_CARDS, found, key=lambda card: card[0]):
            line, go = self._card_line(face, screen), partial(screen.go_to, face.id)
            text = screen.plain(display(f"{face.ref} {face.title}"[:_LONGEST]))
            yield GroupedHit(score, line, go, text=text, group="cards")

    def _found_by(self, query: str, *, alone: bool, asked: bool) -> Iterator[Hit]:
        """The board with the cards that the text finds as a filter, where its words are states of
        cards, or it stands `alone`: nothing else was found. It answers what is `asked` best."""
        screen = self._screen
        if not isinstance(screen, BoardScreen) or not query:
            return
        # The query language, which the board does without at its start.
        from mlkanban.core.query.complete import meant
        from mlkanban.core.query.fields import QueryContext

        host = screen.host
        scene = QueryContext(screen.board, host.today(), host.model.faces.values())
        states = meant(query, scene)
        if not states and not alone:
            return
        with contextlib.suppress(BadQuery):
            host.model.check(text := states or query)
            key = next(keys_shown(c) for c in host.commands if c.name == "filter")
            line = self._line("Show cards with", screen.plain(display(text)), key)
            go = partial(screen.show_query, text)
            score = _WHOLE + _EXACT if asked and states else _INSIDE
            yield GroupedHit(score, line, go, text=f"Show cards with {text}", group=_COMMANDS)

    def _card_line(self, face: CardFace, screen: BoardScreen) -> Content:
        """One line: id and title, and at the right the stage and the clock of the card."""
        ref = screen.plain(f"{display(face.ref):<{_REF}}")
        stage = screen.plain(display(screen.board.stage(face.stage).name))
        clock = screen.view.clock(face)
        room = max(0, _list_width(self.app) - cell_len(ref) - _STAGE - _CLOCK - 4)
        title = screen.plain(display(face.title[: 2 * room]))
        return Content.assemble(
            (ref, "$board-dim"), (padded(title, room, self._cut), "$board-title"), "  ",
            (padded(stage, _STAGE, self._cut), "$board-dim"), "  ",
            (f"{clock.text:>{_CLOCK}}", f"$board-{clock.role}"),
        )  # fmt: skip

    def _charter(self, wanted: _Query) -> list[tuple[float, str, partial[None]]]:
        """The lines of the charter that have all the words, the closest ones."""
        screen = self._screen
        if screen is None or not wanted.text:
            return []
        found = []
        for key, title, line in self._charter_lines():
            if tier := wanted.tier(f"{title} {line}"):
                room = _list_width(self.app) - len("Charter: ")
                shown = screen.plain(shortened(display(f"{title}: {line}"), room, self._cut))
                go = partial(screen.open, "charter", key)
                found.append((tier + _CHARTER, f"Charter: {shown}", go))
        return nlargest(_MOST_LINES, found, key=lambda line: line[0])

    def _charter_lines(self) -> list[tuple[str, str, str]]:
        """Each line of the charter without its Markdown, after the key and the title of its
        section."""
        if self._lines is None:
            # Markdown, which the board does without at its start.
            from mlkanban.core.markdown.charter import SECTIONS
            from mlkanban.tui.plain_markdown import plain_lines

            self._lines = [
                (section.key, section.title, plain)
                for section in SECTIONS
                for line in plain_lines(self._texts.get(section.key, ""))
                if (plain := _of_table(_LIST_MARK.sub("", line).strip()))
            ]
        return self._lines

    def _run(self, name: str) -> None:
        screen = self._screen
        if screen is not None:
            screen.run_command(name)


class _Query(NamedTuple):
    """What is looked for, and how close a text comes to it: the words themselves are closer than
    words that begin with them, those closer than words with them inside, and scattered letters
    are the last of all."""

    text: str
    words: tuple[str, ...]
    whole: tuple[re.Pattern[str], ...]
    starts: tuple[re.Pattern[str], ...]

    @classmethod
    def read(cls, query: str) -> _Query:
        words = tuple(query.casefold().split())
        starts = [rf"{_EDGE if _is_letter(word[0]) else ''}{re.escape(word)}" for word in words]
        whole = [
            rf"{start}{_END if _is_letter(word[-1]) else ''}"
            for word, start in zip(words, starts, strict=True)
        ]
        return cls(
            " ".join(words), words, tuple(map(re.compile, whole)), tuple(map(re.compile, starts))
        )

    def tier(self, text: str) -> float:
        """How close a text with all the words comes, 0 for one without."""
        text = text.casefold()
        if not all(word in text for word in self.words):
            return 0.0
        if _all_in(self.whole, text):
            return _WHOLE
        return _STARTS if _all_in(self.starts, text) else _INSIDE

    def named(self, title: str, text: str, scattered: Callable[[str], float]) -> float:
        """How close something with a name and a text about it comes: by its name, which counts
        more, or by both."""
        if tier := self.tier(title):
            name = title.casefold()
            if name == self.text:
                return _WHOLE + _EXACT
            return tier + (_BEGINS if name.startswith(self.text) else _NAMED)
        if tier := self.tier(f"{title} {text}"):
            return tier
        return min(scattered(title), _NAMED)


_WHOLE, _STARTS, _INSIDE = 30.0, 20.0, 10.0
_EXACT, _BEGINS, _NAMED, _CARD, _CHARTER, _SHELL = 9.0, 6.0, 5.0, 4.0, 3.0, -1.0
"""What counts among those that are equally close."""
_EDGE, _END = r"(?<!\w)", r"(?!\w)"
_LIST_MARK = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")


def _of_table(line: str) -> str:
    """The cells of a row of a Markdown table, '' for the rule below its head; other lines as they
    are."""
    if not line.startswith("|"):
        return line
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    return "" if all(set(cell) <= set("-:") for cell in cells) else ", ".join(cells)


def _without_question(query: str) -> str:
    """A query such as `what is stuck` without the words of a question; '' where it has none, or
    nothing else."""
    words = query.split()
    kept = [word for word in words if word.casefold() not in _QUESTION]
    return " ".join(kept) if len(kept) < len(words) else ""


@cache
def _shell_words() -> Mapping[str, str]:
    """For each command the words by which it is looked for in a shell."""
    words: dict[str, str] = {}
    for name, command in IN_A_SHELL.items():
        words[command] = f"{words.get(command, '')} {name} {words_for(name)}"
    return words


def _list_width(app: App[object]) -> int:
    """The cells of a line of the list."""
    return min(app.size.width, _WIDEST) - _MARGIN


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"


def _all_in(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return all(pattern.search(text) for pattern in patterns)


def _first(command: Command, recent: Sequence[str]) -> tuple[int, int]:
    """Where a command stands while nothing is typed."""
    if command.name in recent:
        return 0, recent.index(command.name)
    return (1 if command.name.startswith("card.") else 2), 0
