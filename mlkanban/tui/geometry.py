"""Where things stand on the board, in cells. Pure arithmetic, so that the mouse finds them too.

Stages are as wide as their titles want. A card is as high as what it says, up to the heights of its
stage, and between two cards of a stage there are always as many blank lines: one, or none where
there is no room for that. A layout depends on its size and on the cards at the time it is made: the
cursor never changes it.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from enum import Enum, auto
from functools import cached_property
from typing import NamedTuple

from rich.cells import cell_len

from mlkanban.cells import wrapped
from mlkanban.records import record

EDGE = 2
"""Cells at the left of a card, for its spine and its mark."""
GAP = 1
"""Cells between two stages."""
NARROW_STAGE = 18
"""A card that enters a stage narrower than this needs another layout."""
MOST_DETAILS = 4
"""Lines of the state of a card with all that belongs to it."""
FOLDS_FROM = 100
"""Below this many cells no stage is folded, for a few stages at a time have the whole width."""

_WIDE_STAGE, _WIDE_HEAD = 24, 26
_LEAST_EMPTY, _MOST_EMPTY = 13, 20
_MOST_WANTED = 40
_MOST_TITLE_LINES = 6
_MOST_FOLD_LINES = 3
_HEAD = 2
"""Lines above the first card where all stages are in sight."""
_LEAST_TITLE_LINES = 2
"""Titles are not cut to fewer lines where they need more."""
_ROOMY = 24
"""From this many lines on, cards that scroll have a blank line between them."""


class Kind(Enum):
    """How a stage is drawn: its cards whole, its cards as one line each, or nothing but its name
    because it has no cards."""

    FULL = auto()
    FOLDED = auto()
    EMPTY = auto()


class StageContent(NamedTuple):
    """What the width of a stage depends on: the cells of its name with its counts, how many cards
    it has, what three quarters of their titles fit into, whether it is to be folded, the cells that
    are enough for its name with its counts, if those are others, whether it is folded only for want
    of room, the titles of cards in alarm as a fold shows them, and under a filter the cells that
    its cut name takes with counts and limits; as `fold_head` those over a fold."""

    head: int
    cards: int
    title: int
    folded: bool = False
    least_head: int | None = None
    unfolds: bool = False
    alarms: tuple[str, ...] = ()
    limits_head: int = 0
    fold_head: int = 0

    @classmethod
    def of(
        cls,
        head: int,
        cards: int,
        titles: Sequence[str],
        *,
        folded: bool = False,
        least_head: int | None = None,
        unfolds: bool = False,
        alarms: Sequence[str] = (),
        limits_head: int = 0,
        fold_head: int = 0,
    ) -> "StageContent":
        """`titles` are those of the cards, or of some of very many."""
        lengths = sorted(map(_cells, titles))
        if len(lengths) > 3:
            usual = lengths[len(lengths) * 3 // 4]
        else:
            usual = lengths[-1] if lengths else 0
        return cls(
            head, cards, usual, folded, least_head, unfolds, tuple(alarms), limits_head, fold_head
        )


class Heights(NamedTuple):
    """The most lines of a card of a stage: of its title, of its state (none where that stands among
    the facts), the line of facts if it is not folded; and the blank ones after each card."""

    title: int
    state: int = 0
    facts: bool = True
    gap: int = 0

    @property
    def pitch(self) -> int:
        """The most lines from one card to the next."""
        return self.title + self.state + self.facts + self.gap


class StageColumn(NamedTuple):
    """A stage in sight: where it begins, and its cells with the gap after it."""

    stage: int
    x: int
    width: int
    kind: Kind

    @property
    def text(self) -> int:
        """Cells for the text of a card."""
        return max(1, self.width - EDGE - GAP)


@record(frozen=True, slots=True)
class DrawnCards:
    """The cards of a stage as they are drawn one below another: how many there are, how many lines
    each has, by its row, how many blank ones there are between two, and the lines for all."""

    count: int
    height: Callable[[int], int]
    gap: int
    lines: int

    def starts(self, top: int) -> tuple[int, ...]:
        """The line where each card that is seen whole from the row `top` on begins, one at least,
        and where the next one would."""
        starts, line = [0], 0
        for row in range(top, self.count):
            high = self.height(row)
            if line + high > self.lines and row > top:
                break
            line += high + self.gap
            starts.append(line)
        return tuple(starts)

    @property
    def last_top(self) -> int:
        """The row that is seen first when the last card is seen."""
        line = -self.gap
        for row in range(self.count - 1, -1, -1):
            line += self.height(row) + self.gap
            if line > self.lines:
                return min(row + 1, self.count - 1)
        return 0

    def scrolled(self, top: int, row: int) -> int:
        """The row that is seen first once `row` is in sight, when it was `top`: by half of what is
        in sight where it was not."""
        rows = len(self.starts(top)) - 1
        if row < top:
            top = max(0, min(row, top - max(1, rows // 2)))
        elif row >= top + rows:
            top = min(row, top + max(1, rows // 2))
        while row >= top + len(self.starts(top)) - 1 and top < row:
            top += 1
        return max(0, min(top, self.last_top))


class VisibleColumn(NamedTuple):
    """A stage in sight with its card heights, the row that is seen first, the line where each card
    in sight begins and the next one would, and how many cards it has."""

    column: StageColumn
    heights: Heights
    top: int
    starts: tuple[int, ...]
    cards: int

    @property
    def rows(self) -> int:
        """How many cards are in sight."""
        return len(self.starts) - 1


class Slot(NamedTuple):
    """A place where a card can stand: stage, row in the stage, and line of the card."""

    stage: int
    row: int
    line: int


@record(frozen=True)
class BoardLayout:
    """The stages of a board at a size, in cells; `contents` are what they held when it was made."""

    width: int
    height: int
    contents: tuple[StageContent, ...]

    @cached_property
    def _least(self) -> tuple[int, ...]:
        return tuple(self._least_of(content) for content in self.contents)

    @property
    def folds(self) -> bool:
        """Whether a stage may be folded."""
        return self.width >= FOLDS_FROM

    def kind(self, stage: int) -> Kind:
        content = self.contents[stage]
        if self._is_folded(content):
            return Kind.FOLDED
        return Kind.FULL if content.cards else Kind.EMPTY

    def _is_folded(self, content: StageContent) -> bool:
        return content.folded and self.folds and not self._unfolds(content)

    def _unfolds(self, content: StageContent) -> bool:
        """Whether the cards of a stage that is folded for want of room have that here."""
        if not (content.unfolds and content.cards):
            return False
        title = -(-content.title // (NARROW_STAGE - EDGE - GAP))
        high = content.cards * (min(title, _MOST_TITLE_LINES) + 2) - 1
        return high <= self.height - _HEAD and self._unfolded <= self.width

    @cached_property
    def _unfolded(self) -> int:
        """The least width of all stages where only those are folded that a person has folded."""
        return sum(
            self._least_folded(c) if c.folded and not c.unfolds else self._least_full(c)
            for c in self.contents
        )

    def _least_of(self, content: StageContent) -> int:
        return (self._least_folded if self._is_folded(content) else self._least_full)(content)

    def _least_folded(self, content: StageContent) -> int:
        """A card in alarm has its title whole where a few cells more are enough for that."""
        if self.width < 140:
            return max(16, min(content.fold_head + 2, NARROW_STAGE + 2))
        lines = max(1, min(_MOST_FOLD_LINES, (self.height - _HEAD) // max(1, content.cards)))
        widths = range(20, _WIDE_HEAD + 1)
        enough = (
            width
            for width in widths
            if longest_title(content.alarms, width - EDGE - GAP, lines + 1) <= lines
        )
        return next(enough, widths[0])

    def _least_full(self, content: StageContent) -> int:
        head = content.head if content.least_head is None else content.least_head
        if not content.cards:
            return max(_LEAST_EMPTY, min(head + 2, _MOST_EMPTY))
        least = NARROW_STAGE if self.folds else _WIDE_STAGE
        return max(least, min(head + 2, _WIDE_HEAD))

    def _wanted_of(self, stage: int) -> int:
        content, least = self.contents[stage], self._least[stage]
        kind = self.kind(stage)
        if kind is Kind.FOLDED:
            return least if self.width < 140 else max(22, min(_MOST_WANTED, self._folded(stage)))
        if kind is Kind.EMPTY:
            return max(least, min(content.head + 2, _WIDE_HEAD))
        room = self.lines // content.cards
        most = min(max(room - 3, 1), 4) if room > 4 else min(max(room - 1, 1), 2)
        head = min(content.head + 2, _WIDE_HEAD)
        return max(least, head, min(_MOST_WANTED, -(-content.title // most) + EDGE + GAP + 2))

    def _folded(self, stage: int) -> int:
        """What the titles of a folded stage need in the lines that each has there."""
        content = self.contents[stage]
        return -(-content.title // self._fold_lines(content.cards)) + EDGE + GAP + 2

    def _fold_lines(self, cards: int) -> int:
        """How many lines the titles of a folded stage have."""
        return max(1, min(_MOST_FOLD_LINES, self.lines // max(1, cards)))

    @cached_property
    def whole(self) -> bool:
        """Whether all stages are in sight."""
        return sum(self._least) <= self.width

    @property
    def head(self) -> int:
        """Lines above the first card: the stages out of sight if there are any, the names with
        their counts, the rule."""
        return _HEAD if self.whole else _HEAD + 1

    @property
    def lines(self) -> int:
        """Lines for cards."""
        return max(0, self.height - self.head)

    def _fitting(self, first: int) -> int:
        """How many stages fit from one on."""
        room, stages = self.width, 0
        for least in self._least[first:]:
            room -= least
            if room < 0:
                break
            stages += 1
        return max(1, stages)

    @cached_property
    def _last_first(self) -> int:
        """The first stage in sight when the last one is."""
        stages = len(self.contents)
        return next(at for at in range(stages) if at + self._fitting(at) >= stages)

    def scrolled(self, first: int, stage: int) -> int:
        """The first stage in sight once `stage` is, when it was `first`: the window moves by half
        of its stages."""
        first = max(0, min(first, self._last_first))
        while stage < first:
            first = max(0, first - max(1, self._fitting(first) // 2))
        while stage >= first + self._fitting(first):
            first = min(self._last_first, first + max(1, self._fitting(first) // 2))
        return first

    def columns(self, first: int) -> tuple[StageColumn, ...]:
        """The stages in sight from `first` on; together they take the whole width."""
        stages = range(first, first + self._fitting(first))
        widths = {at: self._least[at] for at in stages}
        wanted = {at: self._wanted_of(at) for at in stages}
        limits = {at: max(widths[at], self.contents[at].limits_head + 2) for at in stages}
        if sum(limits.values()) <= self.width:  # in one stage alone they would not be shown
            widths = limits
        left = self._feed(widths, wanted, self.width - sum(widths.values()))
        # Under a filter the limits of the stages have gone first, and come back first.
        left = self._feed(widths, {at: self._whole_head(at) for at in stages}, left)
        # What is left then is better for cut titles than for blanks behind whole ones.
        left = self._feed(widths, {at: self._whole_titles(at) for at in stages}, left)
        takers = [at for at in stages if self.kind(at) is Kind.FULL] or list(stages)
        each, more = divmod(left, len(takers))  # less than nothing where one stage is too wide
        for turn, at in enumerate(takers):
            widths[at] += each + (turn < more)
        columns, x = [], 0
        for at in stages:
            columns.append(StageColumn(at, x, max(1, widths[at]), self.kind(at)))
            x += widths[at]
        return tuple(columns)

    @staticmethod
    def _feed(widths: dict[int, int], wanted: dict[int, int], left: int) -> int:
        """Give single cells to the stage that has least of what it wants; how many are left over
        when all have enough."""
        while left > 0:
            hungry = [at for at in widths if widths[at] < wanted[at]]
            if not hungry:
                break
            widths[min(hungry, key=lambda at: widths[at] / wanted[at])] += 1
            left -= 1
        return left

    def _whole_head(self, stage: int) -> int:
        """What the name of a stage and its counts need where they could do with less."""
        content = self.contents[stage]
        cut = content.cards and content.least_head not in (None, content.head)
        return content.head + 2 if cut else 0

    def _whole_titles(self, stage: int) -> int:
        """What a folded stage needs to show each title whole in a line."""
        if self.kind(stage) is not Kind.FOLDED:
            return 0
        return min(_MOST_WANTED, self.contents[stage].title + EDGE + GAP + 2)

    def heights(
        self,
        column: StageColumn,
        cards: int,
        titles: Sequence[str],
        *,
        details: Callable[[], Sequence[int]] = tuple,
    ) -> Heights:
        """The card heights of a stage with so many cards and these titles (of very many some): the
        titles whole if that fits, else as many of their lines as do. Where there is room for more
        than that, cards have lines for their state; `details` says how many each needs to say all
        in full."""
        if column.kind is Kind.FOLDED:
            return self._folded_heights(column, cards, titles)
        gaps = max(0, cards - 1)
        room = self.lines - cards
        if room < cards:
            # They scroll.
            longest = longest_title(titles, column.text, _LEAST_TITLE_LINES) if titles else 1
            return Heights(longest, gap=int(self.lines >= _ROOMY))
        lines = [title_lines(title, column.text, _MOST_TITLE_LINES) for title in titles]
        longest, whole = max(lines, default=_MOST_TITLE_LINES), sum(lines)
        if whole + gaps <= room:
            needed, left = details(), room - whole - gaps
            states = range(MOST_DETAILS, 0, -1)
            fitting = (most for most in states if sum(min(n, most) for n in needed) <= left)
            return Heights(longest, next(fitting, 0), gap=1)
        # Whole titles come before a line for the state, which stands among the facts then, and
        # before blank lines.
        if whole <= room:
            return Heights(longest)
        for most in range(longest - 1, _LEAST_TITLE_LINES - 1, -1):
            used = sum(min(many, most) for many in lines)
            if used <= room:
                return Heights(most, gap=int(used + gaps <= room))
        return Heights(min(longest, _LEAST_TITLE_LINES), gap=int(self.lines >= _ROOMY))

    def _folded_heights(self, column: StageColumn, cards: int, titles: Sequence[str]) -> Heights:
        """As many lines of the titles as fit, with blank ones between where some have several."""
        whole = [title_lines(title, column.text, _MOST_TITLE_LINES) + 1 for title in titles]
        if (
            len(whole) == cards
            and sum(whole) + cards - 1 <= self.lines
            and max(whole, default=0) > 2
        ):
            # Room for all: the titles, and where they leave none, a line for the clock.
            return Heights(max(whole), facts=False, gap=1)
        lines = [title_lines(title, column.text, _MOST_FOLD_LINES) for title in titles]
        for most in range(min(_MOST_FOLD_LINES, max(lines, default=1)), 1, -1):
            used = sum(min(many, most) for many in lines)
            if len(lines) == cards and used <= self.lines:
                return Heights(most, facts=False, gap=int(used + cards - 1 <= self.lines))
        return Heights(1, facts=False)


def longest_title(titles: Sequence[str], width: int, most: int) -> int:
    """The most lines that one of these titles takes, `most` at most."""
    longest = 1
    for title in titles:
        if longest >= most:
            break
        longest = max(longest, title_lines(title, width, most))
    return longest


def title_lines(title: str, width: int, most: int) -> int:
    """The lines that a title takes, `most` at most."""
    return len(wrapped(title, width, most, "")) if _cells(title) > width else 1


def slot_at(x: int, y: int, columns: Sequence[VisibleColumn], head: int) -> Slot | None:
    """What stands at a point: below the last card of a stage, the place for another one; None above
    the cards, below those of a stage that has more, and right of the last stage."""
    seen = next((c for c in columns if c.column.x <= x < c.column.x + c.column.width), None)
    if seen is None or y < head:
        return None
    row = bisect_right(seen.starts, y - head) - 1
    if row == seen.rows and seen.top + row < seen.cards:
        return None  # the next card is out of sight
    return Slot(seen.column.stage, seen.top + row, y - head - seen.starts[row])


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
