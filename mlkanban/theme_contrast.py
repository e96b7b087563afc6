"""How well the text roles of a theme can be read and told apart: contrasts as WCAG 2 defines them,
and what is left of them in a terminal of 16 colours. No Textual here."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mlkanban.theme_files import ROLES, STRONG, ThemeFile

LEAST = 4.5
"""The least contrast of a text on its ground."""
TEXTS = [role for role in ROLES if role != "faint" and not role.startswith(("area-", "cursor-"))]
"""The roles that colour words."""

Parts = tuple[int, int, int]


class RoleContrast(NamedTuple):
    """A text role with its colour, and its contrast on the ground and on that of the cursor, from
    1 to 21; None where the terminal chooses the colours."""

    role: str
    color: str
    on_ground: float | None
    on_cursor: float | None


def luminance(parts: Parts) -> float:
    """As WCAG 2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (number / 255 for number in parts)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Parts, other: Parts) -> float:
    """As WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def role_contrasts(theme: ThemeFile) -> list[RoleContrast]:
    """The contrast of every text role of a theme."""
    grounds = theme.colors["background"], theme.board["cursor-bg"]
    return [
        RoleContrast(role, color, *(_contrast(color, ground) for ground in grounds))
        for role in TEXTS
        for color in (theme.board[role],)
    ]


def told_apart_at_16(theme: ThemeFile) -> list[list[str]]:
    """The text roles of a theme in a terminal of 16 colours, those that look the same together:
    colours that are not of the terminal are rounded to the nearest of its own."""
    from rich.color import Color, ColorSystem  # only for this

    looks: dict[tuple[object, bool], list[str]] = {}
    bold = bold_roles(theme.board["title"] == theme.board["text"])
    for role in TEXTS:
        color: object = theme.board[role]
        if parts := _parts(theme.board[role]):
            color = Color.from_rgb(*parts).downgrade(ColorSystem.STANDARD).number
        looks.setdefault((color, role in bold), []).append(role)
    return list(looks.values())


def bold_roles(few_colours: bool) -> Sequence[str]:
    """The roles in bold; without colours of its own, or any, a theme has bold titles, too."""
    return (*STRONG, "title", "mark") if few_colours else STRONG


def least(contrasts: Iterable[RoleContrast]) -> float | None:
    """The smallest contrast of all; None where the terminal chooses the colours."""
    known = [value for one in contrasts for value in one[2:] if value is not None]
    return min(known, default=None)


def _contrast(color: str, ground: str) -> float | None:
    text, under = _parts(color), _parts(ground)
    return contrast(text, under) if text and under else None


def _parts(color: str) -> Parts | None:
    if not color.startswith("#"):
        return None
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue
