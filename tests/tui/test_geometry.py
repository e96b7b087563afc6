"""Where stages and cards stand at any size: the whole width, cards found by division."""

from collections.abc import Sequence

from hypothesis import assume, given
from hypothesis import strategies as st

from mlkanban.tui.geometry import (
    EDGE,
    GAP,
    NARROW_STAGE,
    BoardLayout,
    DrawnCards,
    Heights,
    Kind,
    StageColumn,
    StageContent,
    VisibleColumn,
    longest_title,
    slot_at,
    title_lines,
)

TITLES = st.lists(st.text(st.sampled_from("ab 模"), max_size=80), max_size=30)
STAGES = st.lists(
    st.builds(
        StageContent, st.integers(4, 40), st.integers(0, 400), st.integers(0, 300), st.booleans()
    ),
    min_size=1,
    max_size=12,
).map(tuple)
SIZES = st.integers(1, 250)


def board(width: int, height: int, *stages: StageContent) -> BoardLayout:
    return BoardLayout(width, height, stages)


def titles(*lengths: int) -> list[str]:
    return [("word " * 60)[:length].strip().ljust(length, "x") for length in lengths]


def stage(cards: int, title: int = 40, head: int = 14, *, folded: bool = False) -> StageContent:
    return StageContent(head, cards, title, folded)


@given(STAGES, SIZES, SIZES, st.integers(0, 11), st.integers(0, 11))
def test_the_stages_in_sight_fill_the_width_and_hold_the_cursor(
    stages: tuple[StageContent, ...], width: int, height: int, first: int, cursor: int
) -> None:
    assume(cursor < len(stages))
    layout = BoardLayout(width, height, stages)
    first = layout.scrolled(first, cursor)
    columns = layout.columns(first)
    assert [column.stage for column in columns] == list(range(first, first + len(columns)))
    assert first <= cursor < first + len(columns)
    x = 0
    for column in columns:
        assert column.x == x
        assert column.width >= 1
        x += column.width
    assert x == width
    assert layout.scrolled(first, cursor) == first, "it scrolls only when the cursor leaves"
    if layout.whole:
        assert len(columns) == len(stages)


@given(STAGES, SIZES, SIZES, st.data())
def test_no_key_brings_stages_that_scroll_back_elsewhere(
    stages: tuple[StageContent, ...], width: int, height: int, data: st.DataObject
) -> None:
    layout = BoardLayout(width, height, stages)
    first = data.draw(st.integers(0, len(stages) - 1))
    first = layout.scrolled(first, first)
    assert layout.columns(first) == layout.columns(first)
    assert layout.scrolled(0, len(stages) - 1) + len(
        layout.columns(layout.scrolled(0, len(stages) - 1))
    ) == len(stages), "the last stages fill the width as well"


@given(STAGES, SIZES, SIZES, TITLES, st.integers(0, 300), st.integers(0, 300), st.data())
def test_the_mouse_finds_what_is_drawn_under_it(
    stages: tuple[StageContent, ...], width: int, height: int, names: list[str],
    x: int, y: int, data: st.DataObject,
) -> None:  # fmt: skip
    layout = BoardLayout(width, height, stages)
    seen = []
    top = data.draw(st.integers(0, max(0, len(names) - 1)))
    for column in layout.columns(0):
        heights = layout.heights(column, len(names), names)
        assert 1 <= heights.title <= 6
        starts = cards(layout, column, heights, names).starts(top)
        seen.append(VisibleColumn(column, heights, top, starts, len(names)))
    slot = slot_at(x, y, seen, layout.head)
    inside = [one for one in seen if one.column.x <= x < one.column.x + one.column.width]
    if not inside or y < layout.head:
        assert slot is None
    elif slot is not None:
        [one] = inside
        assert slot.stage == one.column.stage
        assert 0 <= slot.row - top <= one.rows
        assert slot.row <= len(names)
        assert layout.head + one.starts[slot.row - top] + slot.line == y
        if slot.row - top < one.rows:
            assert y < layout.head + one.starts[slot.row - top + 1]
    else:
        [one] = inside
        assert y >= layout.head + one.starts[-1]
        assert one.top + one.rows < len(names), "the next card is out of sight"


def cards(
    layout: BoardLayout, column: StageColumn, heights: Heights, names: Sequence[str]
) -> DrawnCards:
    """Cards with these titles, as high as they say something."""
    rest = heights.facts

    def height(row: int) -> int:
        return title_lines(names[row], column.text, heights.title) + rest

    return DrawnCards(len(names), height, heights.gap, layout.lines)


@given(SIZES, SIZES, TITLES.filter(bool))
def test_a_title_is_cut_only_where_the_height_is_used_up(
    width: int, height: int, names: list[str]
) -> None:
    layout = board(width, height, StageContent.of(10, len(names), names))
    [column] = layout.columns(0)
    heights = layout.heights(column, len(names), names)
    lines = [title_lines(name, column.text, 6) for name in names]
    if layout.lines >= sum(lines) + len(names):
        assert heights.title == max(lines)
    if layout.lines >= 3 * len(names):
        seen = cards(layout, column, heights, names).starts(0)
        assert len(seen) > len(names), "with three lines for each all are seen"


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(0, 1), SIZES, st.data())
def test_the_cursor_is_always_in_sight_and_no_line_is_wasted_at_the_end(
    heights: list[int], gap: int, lines: int, data: st.DataObject
) -> None:
    column = DrawnCards(len(heights), heights.__getitem__, gap, lines)
    top, row = (data.draw(st.integers(0, len(heights) - 1)) for _ in range(2))
    top = column.scrolled(top, row)
    starts = column.starts(top)
    assert top <= row < top + len(starts) - 1
    assert top <= column.last_top
    assert column.scrolled(top, row) == top
    for high, line, after in zip(heights[top:], starts, starts[1:], strict=False):
        assert after - line == high + gap, "between two cards there are always as many blank lines"


def widths(layout: BoardLayout, first: int = 0) -> list[int]:
    return [column.width for column in layout.columns(first)]


def test_empty_stages_shrink_and_their_room_goes_to_full_ones() -> None:
    layout = board(160, 45, stage(6), stage(0, 0), stage(3), stage(0, 0, head=20))
    assert widths(layout)[1] == 16
    assert widths(layout)[3] == 22
    assert layout.kind(1) is Kind.EMPTY
    assert widths(layout)[0] + widths(layout)[2] == 160 - 16 - 22


def test_an_empty_stage_has_its_whole_name_unless_a_stage_went_out_of_sight_for_it() -> None:
    named = stage(0, 0, head=21)
    roomy = board(170, 45, stage(3), *[named] * 6)
    assert widths(roomy)[1:] == [23] * 6
    tight = board(138, 45, stage(3), *[named] * 6)
    assert tight.whole
    assert widths(tight)[1:] == [20] * 6


def test_where_there_is_much_to_read_there_is_more_room() -> None:
    short, long = stage(6, 12), stage(6, 130)
    low, high = widths(board(90, 30, short, long))
    assert low < high


def test_a_folded_stage_takes_few_cells_from_a_hundred_on() -> None:
    stages = [*[stage(9, 200)] * 4, stage(20, 15, folded=True)]
    assert 20 <= widths(board(160, 45, *stages))[-1] <= 22
    assert board(160, 45, *stages).kind(4) is Kind.FOLDED
    assert widths(board(100, 45, *stages))[-1] == 16
    assert board(99, 45, *stages).kind(4) is Kind.FULL
    assert not board(99, 45, *stages).folds


def test_a_stage_is_folded_for_want_of_room_only_where_there_is_none() -> None:
    def kind(width: int, cards: int, *, title: int = 15, unfolds: bool = True) -> Kind:
        past = StageContent(14, cards, title, True, unfolds=unfolds)
        return board(width, 2 + 30, *[stage(3)] * 6, past).kind(6)

    assert kind(160, 10) is Kind.FULL
    assert kind(160, 11) is Kind.FOLDED, "eleven cards of three lines need more than thirty"
    assert kind(160, 10, title=16) is Kind.FOLDED, "of four lines"
    assert kind(110, 10) is Kind.FOLDED, "the stages before it need the width"
    assert kind(160, 10, unfolds=False) is Kind.FOLDED, "somebody has folded it"


def test_a_fold_has_the_title_of_a_card_in_alarm_whole_if_a_few_cells_are_enough() -> None:
    def least(title: str) -> int:
        past = StageContent(14, 10, 60, True, alarms=(title,))
        return widths(board(160, 2 + 20, *[stage(3, 300)] * 7, past))[-1]

    assert least("! word word") == 20
    assert least("! Uplift model: whom does a voucher keep?") == 23
    assert least("! " + "word " * 30) == 20


def test_a_folded_stage_has_its_titles_whole_once_the_others_have_enough() -> None:
    stages = [*[stage(3, 20)] * 4, stage(20, 30, folded=True)]
    assert widths(board(220, 45, *stages))[-1] == 35


def test_stages_that_do_not_fit_scroll_by_half_of_those_in_sight() -> None:
    layout = board(80, 24, *[stage(3)] * 8)
    assert not layout.whole
    assert layout.head == 3
    assert [len(layout.columns(at)) for at in (0, 3, 5)] == [3, 3, 3]
    assert layout.scrolled(0, 2) == 0
    assert layout.scrolled(0, 3) == 1
    assert layout.scrolled(5, 4) == 4
    assert layout.scrolled(0, 7) == 5
    wide = board(110, 24, *[stage(3, head=15)] * 8)
    assert len(wide.columns(0)) == 6
    assert wide.scrolled(0, 6) == 2
    assert wide.scrolled(2, 1) == 0


def test_a_full_stage_is_never_narrower_than_a_card_needs() -> None:
    for width in (80, 99, 100, 120, 160, 220):
        layout = board(width, 40, *[stage(3, 10, head=10)] * 8)
        assert min(widths(layout)) >= (24 if width < 100 else NARROW_STAGE)


def test_card_heights_by_the_room_there_is_for_each() -> None:
    def heights(cards: int, stated: bool) -> Heights:
        names = titles(*[50] * cards)  # three lines
        layout = board(24, 2 + 40, StageContent.of(10, len(names), names))
        states = (lambda: [1] * cards) if stated else tuple
        return layout.heights(layout.columns(0)[0], len(names), names, details=states)

    assert heights(2, True) == Heights(3, 4, gap=1), "with much room a state has what it needs"
    assert heights(2, False) == Heights(3, 4, gap=1)
    assert heights(6, True) == Heights(3, 4, gap=1)
    assert heights(8, True) == Heights(3, gap=1), "whole titles come before the state"
    assert heights(10, True) == Heights(3), "they come before blank lines"
    assert heights(11, False) == Heights(2)
    assert heights(13, False) == Heights(2)
    assert heights(40, True) == Heights(2, gap=1), "these scroll"
    folded = board(100, 30, stage(3), stage(30, folded=True))
    assert folded.heights(folded.columns(0)[1], 30, titles(50)).pitch == 1


def test_one_long_title_among_many_does_not_widen_a_stage() -> None:
    assert StageContent.of(10, 10, titles(*[20] * 9, 400)).title == 20
    assert StageContent.of(10, 2, titles(20, 400)).title == 400
    assert StageContent.of(10, 0, []) == StageContent(10, 0, 0)


def test_wide_letters_count_twice() -> None:
    assert StageContent.of(10, 1, ["模型模型"]).title == 8


def test_a_folded_stage_has_as_many_lines_for_titles_as_there_are() -> None:
    def fold(cards: int, title: int) -> Heights:
        names = titles(*[title] * cards)
        layout = board(120, 2 + 40, StageContent.of(10, cards, names, folded=True), stage(3))
        column = StageColumn(0, 0, 25, Kind.FOLDED)
        return layout.heights(column, cards, names)

    assert fold(40, 60) == Heights(1, facts=False)
    assert fold(20, 60) == Heights(2, facts=False)
    assert fold(13, 60) == Heights(3, facts=False)
    assert fold(10, 60) == Heights(3, facts=False, gap=1)
    assert fold(10, 10) == Heights(1, facts=False)


def test_a_folded_stage_wants_less_width_where_its_titles_have_more_lines() -> None:
    full = [stage(3, 200)] * 4

    def width(cards: int) -> int:
        return widths(board(160, 42, *full, stage(cards, 50, folded=True)))[-1]

    assert width(40) > width(20) > width(13) >= 20


def test_with_much_room_all_that_is_known_of_a_card_has_a_line() -> None:
    def heights(*details: int) -> Heights:
        names = titles(*[20] * len(details))  # one line
        layout = board(40, 2 + 40, StageContent.of(10, len(details), names))
        [column] = layout.columns(0)
        return layout.heights(column, len(details), names, details=lambda: details)

    assert heights(*[3] * 8) == Heights(1, 2, gap=1), "as many as there is room for"
    assert heights(*[3] * 6) == Heights(1, 4, gap=1)
    assert heights(4, *[0] * 12) == Heights(1, 2, gap=1), "that of one card is room enough"
    assert heights(*[1] * 13) == Heights(1, 0, gap=1)


def test_titles_are_whole_before_the_state_has_a_line_of_its_own() -> None:
    """Three cards in 14 lines have 5 each: the last one needs no blank line after it."""
    layout = BoardLayout(80, 16, (stage(3, 60), stage(0, 0)))
    column = layout.columns(0)[0]._replace(width=EDGE + GAP + 24)
    titles = ["Chargeback labels of the new payment provider and more"] * 3
    assert longest_title(titles, column.text, 6) == 3
    heights = layout.heights(column, 3, titles, details=lambda: [1, 1, 1])
    assert heights == Heights(3, 0, gap=1)
    assert len(cards(layout, column, heights, titles).starts(0)) == 4


def test_a_fold_has_room_for_its_limit_and_for_whole_titles() -> None:
    names = titles(50, 44, 40)
    fold = StageContent.of(20, 3, names, folded=True, fold_head=16)
    layout = board(120, 2 + 25, fold, *[stage(3)] * 5)
    assert layout.columns(0)[0].width >= 18
    column = StageColumn(0, 0, 16, Kind.FOLDED)
    longest = max(title_lines(name, column.text, 6) for name in names)
    assert longest > 3
    assert layout.heights(column, 3, names).title == longest + 1, "and a line for the clock"
