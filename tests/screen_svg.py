"""Screens of the program as SVG that stands alone: one picture, or a film of several.

The letters are text in a monospaced font of the reader's machine, each run of cells stretched to
its width, so that columns stand straight in any font. A film is CSS animation: every frame is shown
for its time, and a line that several frames share is kept once.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 8.4, 17, 14
_PAD = 14
_FONTS = "'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,'Liberation Mono',monospace"

Line = tuple[Segment, ...]


@dataclass(frozen=True)
class Frame:
    """A screen, for how long it is shown, and a caption that says what happens on it."""

    lines: tuple[Line, ...]
    seconds: float = 1.0
    caption: str = ""


@dataclass(frozen=True)
class Colors:
    """Ground, words, and keys or captions of a theme, as #rrggbb."""

    ground: str
    text: str
    focus: str

    @classmethod
    def of(cls, app: App[Any]) -> "Colors":
        shown = app.theme_variables
        return cls(shown["background"], shown["foreground"], shown["primary"])


def screen_lines(app: App[Any]) -> tuple[Line, ...]:
    """The screen as it is drawn now, line by line."""
    return tuple(tuple(strip) for strip in app.screen._compositor.render_strips())


def still(frame: Frame, colors: Colors) -> str:
    """One screen as an SVG document."""
    lines = _Lines(colors)
    body = "".join(lines.placed(line, y) for y, line in enumerate(frame.lines))
    return _document([frame], colors, lines, body, "")


def film(frames: Sequence[Frame], colors: Colors) -> str:
    """Frames one after the other, from the start again at the end. Where the reader wants less
    motion, only the last one is shown."""
    lines = _Lines(colors)
    total = sum(frame.seconds for frame in frames)
    rules, body, begin = [], [], 0.0
    for at, frame in enumerate(frames):
        end = begin + frame.seconds
        rules.append(_shown_between(at, 100 * begin / total, 100 * end / total, total))
        drawn = "".join(lines.placed(line, y) for y, line in enumerate(frame.lines))
        y = _PAD + (len(frame.lines) + 1) * CELL_HEIGHT
        caption = f'<text class="c" x="{_PAD}" y="{y}">{escape(frame.caption)}</text>'
        body.append(f'<g class="f" id="f{at}">{drawn}{caption}</g>')
        begin = end
    rules.append(
        "@media (prefers-reduced-motion:reduce){.f{animation:none!important}"
        f"#f{len(frames) - 1}{{visibility:visible}}}}"
    )
    style = ".f{visibility:hidden;animation-timing-function:step-end}" + "".join(rules)
    return _document(frames, colors, lines, "".join(body), style)


def _shown_between(at: int, begin: float, end: float, total: float) -> str:
    steps = [(0.0, begin == 0), (begin, True), (end, False)]
    keys = "".join(
        f"{share:.3f}%{{visibility:{'visible' if shown else 'hidden'}}}"
        for share, shown in steps
        if share < 100
    )
    animation = f"k{at} {total:.2f}s step-end infinite"
    return f"@keyframes k{at}{{{keys}}}#f{at}{{animation:{animation}}}"


class _Lines:
    """Every different line once, as a symbol; and the colours they need as classes."""

    def __init__(self, colors: Colors) -> None:
        self._colors = colors
        self._ids: dict[Line, int] = {}
        self._classes: dict[tuple[str, bool], str] = {}
        self.symbols: list[str] = []

    def placed(self, line: Line, y: int) -> str:
        if not any(segment.text.strip() or _has_ground(segment.style) for segment in line):
            return ""
        if line not in self._ids:
            self._ids[line] = len(self._ids)
            self.symbols.append(f'<g id="l{self._ids[line]}">{"".join(self._drawn(line))}</g>')
        return f'<use href="#l{self._ids[line]}" y="{_PAD + y * CELL_HEIGHT}"/>'

    @property
    def rules(self) -> str:
        return "".join(
            f".{name}{{fill:{color}{';font-weight:700' if bold else ''}}}"
            for (color, bold), name in self._classes.items()
        )

    def _drawn(self, line: Line) -> Iterable[str]:
        x, parts = 0, []
        for segment in line:
            text = segment.text
            width = cell_len(text)
            color, ground, bold = self._look(segment.style)
            left, wide = _PAD + x * CELL_WIDTH, width * CELL_WIDTH
            if ground != self._colors.ground:
                yield (
                    f'<rect x="{left:.1f}" width="{wide:.1f}" height="{CELL_HEIGHT}" '
                    f'fill="{ground}"/>'
                )
            name = self._class(color, bold)
            for part in re.finditer(r"([█▁-▇▌])\1*|[^█▁-▇▌]+", text):
                word, at = part[0].strip(), cell_len(text[: part.start()])
                at += cell_len(part[0]) - cell_len(part[0].lstrip())
                from_left, cells = left + at * CELL_WIDTH, cell_len(word) * CELL_WIDTH
                if part[1]:
                    parts.append(_block(name, part[1], from_left, cells))
                elif word:
                    parts.append(
                        f'<text class="{name}" x="{from_left:.1f}" y="{FONT_SIZE - 1}" '
                        f'textLength="{cells:.1f}">{escape(word)}</text>'
                    )
            x += width
        yield from parts

    def _look(self, style: Style | None) -> tuple[str, str, bool]:
        style, color, ground = style or Style(), self._colors.text, self._colors.ground
        if style.color and not style.color.is_default:
            color = style.color.get_truecolor().hex
        if style.bgcolor and not style.bgcolor.is_default:
            ground = style.bgcolor.get_truecolor().hex
        if style.reverse:
            color, ground = ground, color
        return color, ground, bool(style.bold)

    def _class(self, color: str, bold: bool) -> str:
        return self._classes.setdefault((color, bold), f"s{len(self._classes)}")


def _block(name: str, sign: str, left: float, width: float) -> str:
    """A block element as an area: as a letter it would not reach the next line."""
    eighths = 8 if sign in "█▌" else ord(sign) - ord("▁") + 1
    height = CELL_HEIGHT * eighths / 8
    wide = f"{CELL_WIDTH / 2:.1f}" if sign == "▌" else f"{width:.1f}"
    return (
        f'<rect class="{name}" x="{left:.1f}" y="{CELL_HEIGHT - height:.1f}" '
        f'width="{wide}" height="{height:.1f}"/>'
    )


def _has_ground(style: Style | None) -> bool:
    return style is not None and (style.bgcolor is not None or bool(style.reverse))


def _document(frames: Sequence[Frame], colors: Colors, lines: _Lines, body: str, style: str) -> str:
    columns = max(sum(cell_len(s.text) for s in line) for f in frames for line in f.lines)
    rows = max(len(frame.lines) for frame in frames) + (
        2 if any(frame.caption for frame in frames) else 0
    )
    width, height = columns * CELL_WIDTH + 2 * _PAD, rows * CELL_HEIGHT + 2 * _PAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height}">'
        f"<style>text{{font:{FONT_SIZE}px {_FONTS};white-space:pre}}"
        f".c{{fill:{colors.focus};font-weight:700}}{lines.rules}{style}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="{colors.ground}"/>'
        f"<defs>{''.join(lines.symbols)}</defs>{body}</svg>\n"
    )
