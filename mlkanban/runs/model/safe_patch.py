"""A patch without the secrets in it, which `git apply` takes all the same.

Lines of the old file must stand in a patch as they are. Where one of them holds a secret, the
changes beside it stand with fewer lines around them, or are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from mlkanban.patterns import pattern
from mlkanban.runs.model.redaction import redacted_patch

_HUNK = pattern(
    r"@@ -(?P<old>\d+)(?:,(?P<olds>\d+))? \+(?P<new>\d+)(?:,(?P<news>\d+))? @@(?P<after>.*)",
    re.DOTALL,
)


class SafePatch(NamedTuple):
    """The changes of one file, b'' where none of them can be applied; and the lines of the new
    file at which the changes begin that are left out of it."""

    patch: bytes
    left_out: Sequence[int] = ()


class _PatchLine(NamedTuple):
    """A line of a hunk, with what git says below it of a missing line end. `held_secret` is about
    what it was before."""

    text: str
    held_secret: bool

    @property
    def is_old(self) -> bool:
        return not self.text.startswith("+")

    @property
    def is_new(self) -> bool:
        return not self.text.startswith("-")

    @property
    def is_context(self) -> bool:
        return self.is_old and self.is_new


class _Hunk(NamedTuple):
    """Lines of a patch that follow each other. `old` and `new` are the numbers that the first of
    them has, or would have, in the old and the new file."""

    old: int
    new: int
    lines: Sequence[_PatchLine]

    @property
    def olds(self) -> int:
        return sum(line.is_old for line in self.lines)

    @property
    def news(self) -> int:
        return sum(line.is_new for line in self.lines)

    def text(self, shift: int, after: str) -> str:
        """As it stands in a patch whose hunks before it added `shift` lines."""
        old, new = self.old - (not self.olds), self.old + shift - (not self.news)
        head = f"@@ -{old},{self.olds} +{new},{self.news} @@{after}"
        return "\n".join([head, *(line.text for line in self.lines)])


def safe_patch(part: bytes) -> SafePatch:
    """The changes of one file, as git prints them, without secrets."""
    given = part.decode(errors="surrogateescape").removesuffix("\n").split("\n")
    shown = redacted_patch("\n".join(given)).split("\n")
    begins = [at for at, line in enumerate(given) if _HUNK.fullmatch(line)]
    head = shown[: begins[0]] if begins else shown
    if head != given[: len(head)]:
        return SafePatch(b"")  # the name of the file holds a secret
    hunks = [
        _hunk(given[begin:end], shown[begin:end]) for begin, end in pairwise([*begins, len(given)])
    ]
    if not any(line.held_secret and line.is_old for hunk, _ in hunks for line in hunk.lines):
        return SafePatch(_encoded(shown))
    texts: list[str] = []
    left_out: list[int] = []
    shift = 0
    for hunk, after in hunks:
        for piece, applies in _pieces(hunk):
            if applies:
                texts.append(piece.text(shift, after))
                shift += piece.news - piece.olds
            else:
                left_out.append(piece.new + _leading(piece.lines))
    return SafePatch(_encoded([*head, *texts]) if texts else b"", left_out)


def _hunk(given: Sequence[str], shown: Sequence[str]) -> tuple[_Hunk, str]:
    """A hunk of git, and what its first line says of where it is."""
    head = _HUNK.fullmatch(shown[0])
    assert head is not None
    lines: list[_PatchLine] = []
    for before, line in zip(given[1:], shown[1:], strict=True):
        if line.startswith("\\") and lines:
            lines[-1] = lines[-1]._replace(text=f"{lines[-1].text}\n{line}")
        else:
            lines.append(_PatchLine(line, before != line))
    old, new = (int(head[side]) + (head[f"{side}s"] == "0") for side in ("old", "new"))
    return _Hunk(old, new, lines), head["after"]


def _pieces(hunk: _Hunk) -> Iterator[tuple[_Hunk, bool]]:
    """The parts of a hunk that have changes, and whether git finds the place of each.

    Lines that held a secret divide them. Where they stand right below a change, it is left out:
    what has no line below it, git looks for at the end of the file. What follows line 1 without an
    old line of its own, it looks for above that.
    """
    old, new = hunk.old, hunk.new
    units = list(_units(hunk.lines))
    held = [_holds_secret(unit) for unit in units]
    left_out = [
        own or (below and not unit[0].is_context)
        for unit, own, below in zip(units, held, [*held[1:], False], strict=True)
    ]
    for is_out, some in groupby(zip(left_out, units, strict=True), key=lambda pair: pair[0]):
        found = [unit for _, unit in some]
        for lines in found if is_out else [[line for unit in found for line in unit]]:
            piece = _Hunk(old, new, lines)
            if _leading(lines) < len(lines):
                is_first = old == hunk.old
                yield piece, not is_out and (is_first or piece.olds > 0 or old != 2)
            old, new = old + piece.olds, new + piece.news


def _units(lines: Sequence[_PatchLine]) -> Iterator[list[_PatchLine]]:
    """Each line of context alone, and lines that are replaced with those that replace them."""
    for is_context, some in groupby(lines, key=lambda line: line.is_context):
        if is_context:
            yield from ([line] for line in some)
        else:
            yield list(some)


def _holds_secret(unit: Sequence[_PatchLine]) -> bool:
    return any(line.held_secret and line.is_old for line in unit)


def _leading(lines: Sequence[_PatchLine]) -> int:
    """How many lines there are before the first change."""
    return next((at for at, line in enumerate(lines) if not line.is_context), len(lines))


def _encoded(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
