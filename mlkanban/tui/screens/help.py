"""Help: the live keys of the screen one came from, and what the signs on a card mean."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.display.signs import ON_CARDS, OVER_STAGES, Sign
from mlkanban.tui.commands import BOARD, CARD, HELP, RUNS, keys_shown
from mlkanban.tui.help_text import SITUATIONS, with_keys
from mlkanban.tui.screens.text_screen import TextScreen

_CURSOR = Sign(">  *", "the card under the cursor, a marked card", "")

_STATES = (
    ("queued", "SLURM has it, and has not started it"),
    ("starting", "it has no process yet"),
    ("running", "its processes are alive, or SLURM says so"),
    ("orphan", "it runs, but nothing watches it; how it ends will be known"),
    ("finished", "exit status 0: its card went on"),
    ("failed", "any other exit status: its card is blocked"),
    ("killed", "a person stopped it: its card is not blocked"),
    ("lost", "no process is left, and no exit status was written"),
    ("unknown", "it is elsewhere: nobody can see it from here"),
    ("stale", "it is elsewhere, and gives no sign of life any more"),
    ("tracked", "a tracker tells of it; that moves no card"),
)
"""Of a run, on the screen of runs."""


class HelpScreen(TextScreen):
    WHERE: ClassVar[str] = HELP

    def __init__(self, about: str) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with self.scroll:
            yield Static(Content(self._text()), markup=False, id="help")
        yield self.ask
        yield self.status

    def _text(self) -> str:
        lines: list[str] = []
        if situations := SITUATIONS.get(self._about):
            lines += ["When", *self._when(situations), ""]
        lines += [f"Keys of the {self._about} screen", ""]
        groups: dict[str, list[tuple[str, str]]] = {}
        for command in self.host.commands:
            if self._about in command.where:
                line = (keys_shown(command), command.help)
                groups.setdefault(command.group, []).append(line)
        for group, commands in groups.items():
            lines.append(group)
            lines += [f"  {keys:<14} {text}" for keys, text in commands]
            lines.append("")
        if self._about in (BOARD, CARD):
            lines.append("Signs")
            signs = (*OVER_STAGES, *ON_CARDS, _CURSOR)
            lines += [f"  {sign.example:<16} {sign.meaning}" for sign in signs]
            lines.append("")
        if self._about == RUNS:
            lines.append("States")
            lines += [f"  {state:<14} {meaning}" for state, meaning in _STATES]
            lines.append("")
        if self._about == BOARD:
            lines.append("With cards marked, the commands of Move and Write act on all of them,")
            lines.append("and triage goes through them.")
        lines.append("In a question: Enter saves, Ctrl+g (or Esc) cancels.")
        lines.append("Mouse: click selects, double click opens, drag moves, wheel scrolls.")
        return "\n".join(lines)

    def _when(self, situations: Sequence[tuple[str, str]]) -> Iterator[str]:
        """What one may be up to, and what to press, as wide as the screen."""
        left = max(len(when) for when, _ in situations) + 4
        for when, text in situations:
            first, *rest = wrap(with_keys(text, self.host.commands),
                                max(20, self.app.size.width - left - 4))  # fmt: skip
            yield f"  {when:<{left - 2}}{first}"
            yield from (" " * left + line for line in rest)

    def do_help(self) -> None:
        self.close()
