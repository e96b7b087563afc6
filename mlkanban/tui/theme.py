"""Theme files become Textual themes; each role of the board is a CSS variable, $board-clock. What
is under a cursor has `background: $board-cursor-bg; text-style: $board-cursor-style`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.theme import Theme

from mlkanban.display.card_face import Line
from mlkanban.theme_contrast import LEAST, Parts, bold_roles, contrast
from mlkanban.theme_files import COLORS, REVERSE, ROLES, STRONG, ThemeFile, available

TEXT_ROLES = [role for role in ROLES if role != "cursor-bg"]


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
    # Quiet: the ground with a thumb, and never a colour that means something.
    thumb = "ansi_bright_black" if file.ansi else file.board["faint"]
    for state in ("", "-hover", "-active"):
        variables[f"scrollbar{state}"] = thumb
        variables[f"scrollbar-background{state}"] = file.colors["background"]
    variables["scrollbar-corner-color"] = file.colors["background"]
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
    """The variables of a theme for a terminal with a palette of 256 colours: the nearest of these,
    greys for what is nearly grey, and under the cursor the nearest ground on which every text can
    be read."""
    own = [name for name in variables if name in COLORS or name.startswith("board-")]
    own += [*_CURSOR_GROUNDS, "block-cursor-foreground", "input-selection-foreground"]
    nearest = {name: _nearest(variables[name]) for name in own if variables[name][:1] == "#"}
    ground = variables["board-cursor-bg"]
    texts = tuple(
        nearest.get(f"board-{role}", "")
        for role in TEXT_ROLES
        if not role.startswith(("faint", "area"))
    )
    if ground[:1] == "#" and all(texts):
        readable = _readable_ground(ground, texts)
        nearest |= {name: readable for name in _CURSOR_GROUNDS if variables[name] == ground}
    return {**variables, **nearest}


_CURSOR_GROUNDS = (
    "board-cursor-bg",
    "block-cursor-background",
    "input-selection-background",
)

_LEVELS = (0, 95, 135, 175, 215, 255)
_GREYS = 25
_NEARLY_GREY = 45


@lru_cache(64)
def _nearest(color: str) -> str:
    """The colour of the palette that is nearest, as one that Rich takes for it: Rich rounds each
    part of a colour that is not grey to one of six levels, and greys to 24 others."""
    wanted = Color.parse(color).rgb
    if _strength(wanted) < _NEARLY_GREY:
        step = min(range(_GREYS + 1), key=lambda step: _distance(_grey(step), wanted))
        return _sent_for_grey(step)
    levels = [sorted(_LEVELS, key=lambda level: abs(level - part))[:2] for part in wanted]
    near = [(r, g, b) for r, g, b in product(*levels) if len({r, g, b}) > 1]
    return Color(*min(near, key=lambda parts: _distance(parts, wanted))).hex


def _strength(parts: Parts) -> int:
    return max(parts) - min(parts)


def _grey(step: int) -> Parts:
    """The grey that Rich takes for `step` parts of _GREYS."""
    part = 255 if step == _GREYS else max(0, 10 * step - 2)
    return part, part, part


def _sent_for_grey(step: int) -> str:
    part = round(255 * step / _GREYS)
    return Color(part, part, part).hex


def _distance(one: Parts, other: Parts) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _readable_ground(ground: str, texts: tuple[str, ...]) -> str:
    wanted = Color.parse(ground).rgb
    shown = [_rounded(text) for text in texts]
    palette = [(_grey(step), _sent_for_grey(step)) for step in range(_GREYS + 1)]
    for r, g, b in product(_LEVELS, repeat=3):
        if len({r, g, b}) > 1:
            palette.append(((r, g, b), Color(r, g, b).hex))
    palette.sort(key=lambda colour: _distance(colour[0], wanted))
    nearest = _nearest(ground)
    for parts, sent in [(_rounded(nearest), nearest), *palette]:
        if all(contrast(text, parts) >= LEAST for text in shown):
            return sent
    return ground


def _rounded(color: str) -> Parts:
    shown = Color.parse(color).rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return shown.red, shown.green, shown.blue


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
    bold = set(bold_roles(app.no_color or colors["title"] == colors["text"]))
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


def lines_content(lines: Sequence[Line], cursor: int = -1, ground: str = "") -> Content:
    """Lines in pieces as content of Textual's own widgets; the one of the `cursor` has a `ground`,
    which in reverse video leaves no colours."""
    parts: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        parts += [("\n", "")] if number else []
        here = f" {ground}" if number == cursor else ""
        parts += [
            (
                text,
                ground
                if here and ground == "reverse"
                else f"{'bold ' * (role in (*STRONG, 'title'))}$board-{role}{here}",
            )
            for text, role in line
        ]
    return Content.assemble(*parts)
