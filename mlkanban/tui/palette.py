"""The command palette: every command of the screen by name, and every card by id and title."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from mlkanban.charts.face import shortened
from mlkanban.text import ascii_only, display
from mlkanban.tui.commands import BOARD, DIGITS, Command, keys_shown
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.board import BoardScreen

_MOST_CARDS = 8


class CommandProvider(Provider):
    """Commands of the screen the palette was opened from."""

    @property
    def _screen(self) -> KeyScreen | None:
        return self.screen if isinstance(self.screen, KeyScreen) else None

    def _commands(self) -> list[Command]:
        screen = self._screen
        if screen is None:
            return []
        return [
            command
            for command in screen.board_app.commands
            if screen.WHERE in command.where
            and command.name != "palette"
            and command.keys != DIGITS
        ]

    async def discover(self) -> Hits:
        for command in self._commands():
            run = partial(self._run, command.name)
            yield DiscoveryHit(Content(_label(command)), run, text=command.title, help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = max(matcher.match(command.title), matcher.match(command.help) * 0.8)
            if score > 0:
                run = partial(self._run, command.name)
                yield Hit(
                    score, Content(_label(command)), run, text=command.title, help=command.help
                )
        for score, text, go in self._cards(query):
            yield Hit(score, Content(text), go, text=text)

    def _cards(self, query: str) -> list[tuple[float, str, partial[None]]]:
        screen = self._screen
        if not isinstance(screen, BoardScreen) or screen.WHERE != BOARD:
            return []
        words = query.casefold().split()
        found = []
        for face in screen.model.faces.values():
            text = f"{face.ref} {face.title}"
            if all(word in text.casefold() for word in words) and screen.model.shows(face):
                shown = shortened(display(text), 60)
                shown = ascii_only(shown) if screen.board_app.ascii else shown
                go = partial(screen.go_to, face.id)
                found.append((0.5 + (face.ref == query) * 0.5, f"Go to {shown}", go))
                if len(found) >= _MOST_CARDS:
                    break
        return found

    def _run(self, name: str) -> None:
        screen = self._screen
        if screen is not None:
            screen.run_command(name)


def _label(command: Command) -> str:
    return f"{command.title}  [{keys_shown(command)}]"
