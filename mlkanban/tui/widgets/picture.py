"""A chart on the screen, as large as its place."""

from rich.text import Text
from textual.color import Color
from textual.widget import Widget

from mlkanban.charts.layouts import layout
from mlkanban.charts.layouts.canvas import Role, Target
from mlkanban.charts.render import ROLES, Colour, Palette, render
from mlkanban.charts.spec import Spec


class Picture(Widget):
    """Drawn again only for another spec, size, theme or part pointed at."""

    DEFAULT_CSS = "Picture { height: 1fr; width: 1fr; padding: 0 1; }"

    def __init__(self, *, ascii: bool) -> None:
        super().__init__()
        self._spec: Spec | None = None
        self._selected: int | None = None
        self._ascii = ascii
        self._drawn: tuple[object, Text] | None = None

    def show(self, spec: Spec | None, selected: int | None = None) -> None:
        self._spec, self._selected = spec, selected
        self.refresh()

    def targets(self) -> tuple[Target, ...]:
        """The parts that stand for cards, at the present size."""
        placed = self._spec and layout(self._spec, *self.content_size)
        return placed.targets if placed else ()

    def render(self) -> Text:
        if self._spec is None:
            return Text("")
        width, height = self.content_size
        key = (self._spec, width, height, self.app.theme, self._selected)
        if self._drawn is None or self._drawn[0] != key:
            text = render(
                self._spec, width, height,
                palette=self._palette(), ascii=self._ascii, selected=self._selected,
            )  # fmt: skip
            self._drawn = (key, Text.from_ansi(text, no_wrap=True, end=""))
        return self._drawn[1]

    def _palette(self) -> Palette:
        colors = self.app.theme_variables

        def colour(role: Role) -> Colour:
            color = Color.parse(colors[f"board-{role}"])
            if color.ansi is not None:
                # The terminal's own foreground has no number in its palette; 7 is its white.
                return color.ansi if color.ansi >= 0 else 7
            return color.rgb

        return {role: colour(role) for role in ROLES}
