"""Theme files become Textual themes; each role of the board is a CSS variable, $board-clock. What
is under a cursor has `background: $board-cursor-bg; text-style: $board-cursor-style`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.theme import Theme

from mlkanban.display.card_face import Line
from mlkanban.theme_files import REVERSE, ROLES, ThemeFile, available

TEXT_ROLES = [role for role in ROLES if role != "cursor-bg"]
STRONG = ("alarm", "focus")
"""Roles in bold."""
_LEAST = 4.5
"""The least contrast of a text on its ground."""


def load_themes() -> tuple[list[Theme], list[str], dict[str, str]]:
    """All usable themes, one sentence for each file that is not, and by the name of a theme what
    should be changed in its file."""
    files, problems = available()
    notes = {name: file.note for name, file in files.items() if file.note}
    return [to_theme(file) for file in files.values()], problems, notes


def to_theme(file: ThemeFile) -> Theme:
    reverse = file.board["cursor-bg"] == REVERSE
    cursor = file.colors["background"] if reverse else file.board["cursor-bg"]
    variables = {f"board-{role}": color for role, color in file.board.items()} | {
        "board-cursor-bg": cursor,
        "board-cursor-style": REVERSE if reverse else "none",
        "block-cursor-text-style": "bold reverse" if reverse else "bold",
    }
    # Lists and input fields show their cursor and selection as the board does.
    for part in ("block-cursor", "input-selection"):
        variables[f"{part}-background"] = cursor
        variables[f"{part}-foreground"] = file.board["title"]
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
    return {f"board-{role}": colors[base] for role, base in ROLES.items()} | {
        "board-cursor-style": "none"
    }


def in_256_colours(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a theme for a terminal that rounds colours to its palette of 256: where a
    text could not be read on the rounded cursor ground, the nearest ground on which all can."""
    ground = variables["board-cursor-bg"]
    texts = tuple(
        variables[f"board-{role}"] for role in TEXT_ROLES if not role.startswith(("faint", "area"))
    )
    readable = _readable_ground(ground, texts)
    parts = ("board-cursor-bg", "block-cursor-background", "input-selection-background")
    return {**variables, **{part: readable for part in parts if variables[part] == ground}}


@lru_cache(16)
def _readable_ground(ground: str, texts: tuple[str, ...]) -> str:
    wanted = Color.parse(ground)
    if wanted.ansi is not None or any(Color.parse(text).ansi is not None for text in texts):
        return ground
    shown = [_luminance(_rounded(Color.parse(text))) for text in texts]

    def distance(color: Color) -> int:
        return sum((one - other) ** 2 for one, other in zip(color.rgb, wanted.rgb, strict=True))

    palette = (Color(*RichColor.from_ansi(n).get_truecolor()) for n in range(16, 256))
    for color in (wanted, *sorted(palette, key=distance)):
        under = _luminance(_rounded(color))
        if all((max(text, under) + 0.05) >= _LEAST * (min(text, under) + 0.05) for text in shown):
            return color.hex
    return ground


def _rounded(color: Color) -> Color:
    return Color(*color.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


def _luminance(color: Color) -> float:
    """As WCAG 2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class WithoutColour(LineFilter):
    """Takes every colour away, and faintness; leaves bold, underline and reverse video."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(s.text, s.style and _without_colour(s.style), s.control) for s in segments]


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    return style.without_color + Style(dim=False)


def role_styles(app: App[object], *, cursor: bool = False) -> dict[str, Style]:
    """Each role of the board as a Rich style on the board's ground, or on that of the card under
    the `cursor`. Without colours of its own, or any, a theme has bold titles and a cursor in
    reverse video."""
    variables = app.theme_variables
    colors = {role: variables[f"board-{role}"] for role in ROLES}
    bold = set(STRONG)
    if app.no_color or colors["title"] == colors["text"]:
        bold |= {"title", "mark"}
    if cursor and (app.no_color or variables["board-cursor-style"] == REVERSE):
        reverse = Style(color="default", bgcolor="default", reverse=True)
        return {role: reverse + Style(bold=role in bold) for role in TEXT_ROLES}
    if cursor:
        bold.add("title")
    ground = Color.parse(colors["cursor-bg"] if cursor else variables["background"])
    return {
        role: Style(
            color=Color.parse(colors[role]).rich_color,
            bgcolor=ground.rich_color,
            bold=role in bold or None,
        )
        for role in TEXT_ROLES
    }


def lines_content(lines: Sequence[Line]) -> Content:
    """Lines in pieces as content of Textual's own widgets."""
    parts: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        parts += [("\n", "")] if number else []
        parts += [
            (text, f"{'bold ' * (role in (*STRONG, 'title'))}$board-{role}") for text, role in line
        ]
    return Content.assemble(*parts)
