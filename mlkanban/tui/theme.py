"""Theme files become Textual themes; each role of the board is a CSS variable, $board-due."""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from mlkanban.theme_files import ROLES, ThemeFile, available


def load_themes() -> tuple[list[Theme], list[str]]:
    """All usable themes, and one sentence for each file that is not."""
    files, problems = available()
    return [to_theme(file) for file in files.values()], problems


def to_theme(file: ThemeFile) -> Theme:
    variables = {f"board-{role}": color for role, color in file.board.items()}
    # Lists and input fields show their cursor and selection as the board does.
    for part in ("block-cursor", "input-selection"):
        variables[f"{part}-background"] = file.board["cursor-bg"]
        variables[f"{part}-foreground"] = file.board["cursor-fg"]
    if file.ansi:
        # Textual's own style sheet uses these two and makes them only for other themes.
        for ground in ("background", "foreground"):
            variables[f"ansi-{ground}"] = file.colors[ground]
    return Theme(
        name=file.name,
        dark=file.dark,
        ansi=file.ansi,
        variables=variables,
        primary=file.colors["primary"],
        secondary=file.colors["secondary"],
        accent=file.colors["accent"],
        foreground=file.colors["foreground"],
        background=file.colors["background"],
        surface=file.colors["surface"],
        panel=file.colors["panel"],
        success=file.colors["success"],
        warning=file.colors["warning"],
        error=file.colors["error"],
    )


def board_variables(theme: Theme) -> dict[str, str]:
    """The roles for a theme that knows nothing of the board, such as Textual's own."""
    colors = theme.to_color_system().generate()
    return {f"board-{role}": colors[base] for role, base in ROLES.items()}


class WithoutColour(LineFilter):
    """Takes every colour away, and leaves bold, underline and reverse video."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(s.text, s.style and _without_colour(s.style), s.control) for s in segments]


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    return style.without_color


def role_styles(app: App[object]) -> dict[str, Style]:
    """Each role of the board as a Rich style on the board's ground, and `cursor`, `status`
    and `warning` for the card under the cursor and the last line."""
    colors = app.theme_variables
    ground = Color.parse(colors["background"]).rich_color
    styles = {
        role: Style(color=Color.parse(colors[f"board-{role}"]).rich_color, bgcolor=ground)
        for role in ROLES
    }
    strong = Style(bold=True)
    for role in ("stage-title", "count-over", "count-full", "blocked", "priority-high"):
        styles[role] += strong
    for state, bold in (("cursor", True), ("status", False)):
        styles[state] = Style(
            color=Color.parse(colors[f"board-{state}-fg"]).rich_color,
            bgcolor=Color.parse(colors[f"board-{state}-bg"]).rich_color,
            bold=bold,
            reverse=app.no_color and state == "cursor",
        )
    status = Style(bgcolor=styles["status"].bgcolor)
    styles["warning"] = styles["blocked"] + status
    return styles
