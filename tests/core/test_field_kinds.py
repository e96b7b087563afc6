"""Fields of a card: what a stored value of each form may be, at its limits, and what it says."""

from datetime import UTC, datetime

import pytest
from fractional_indexing import generate_n_keys_between
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.card import Blocker
from mlkanban.core.field_kinds import (
    BlockerKind,
    Place,
    is_card,
    is_condition,
    is_day,
    is_id,
    is_line,
    is_rank,
    is_ref,
    until_text,
)
from mlkanban.core.models import BlockReason

ID = "0198f0a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("value", "fits"),
    [(ID, True), (ID[:-1], False), (ID + "0", False), (ID.upper(), False), ("", False), (1, False)],
)
def test_a_long_id_has_its_form(value, fits) -> None:
    assert is_id(value) == fits
    assert is_card(value) == fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("g4", True), ("abcdefgh123456789abcdefgh", True), ("g", False), ("4", False),
        ("abcdefghi1", False), ("g1234567890", False), ("g4abcdefghi", False), ("G4", False),
        ("", False), (None, False),
    ],
)  # fmt: skip
def test_a_short_id_is_a_word_with_a_number(value, fits) -> None:
    assert is_ref(value) == fits
    assert is_card(value) == fits


@pytest.mark.parametrize(
    ("value", "fits"), [("a", True), (" a ", True), ("", False), (" ", False), ("a\nb", False)]
)
def test_a_line_says_something(value, fits) -> None:
    assert is_line(value) == fits
    assert not is_line(3)


def test_a_day_is_one_of_the_calendar_or_none() -> None:
    assert [is_day(text) for text in ("", "2026-02-28", "2026-2-28", "soon")] == [
        True, True, False, False,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="day"):
        is_day("2026-02-30")


@pytest.mark.parametrize(
    ("until", "fits"),
    [
        ("", True), ("2026-02-28", True), ("soon", False),
        ("card:g4", True), (f"card:{ID}", True), ("card:", False), ("card:!", False),
        ("run:r1", True), ("run:anything at all", True), ("run:", False), ("run", False),
        ("card", False), ("day:2026-02-28", False), ("g4", False),
    ],
)  # fmt: skip
def test_a_block_is_lifted_by_a_card_a_run_or_a_day(until, fits) -> None:
    assert is_condition(until) == fits


@pytest.mark.parametrize(
    ("rank", "fits"),
    [
        ("a0", True), ("a1V", True), ("a", False), ("a10", False), ("a0V", True), ("b00", True),
        ("b0", False), ("b00V", True), ("b00V0", False), ("z" + "0" * 26, True),
        ("z" + "0" * 25, False), ("Z0", True), ("Z", False), ("Y00", True), ("Y0", False),
        ("A" + "0" * 25 + "1", True), ("A" + "0" * 26, False), ("A" + "0" * 25, False),
        ("00", False), ("9", False), ("", False), ("a-", False), ("a" * 1001, False), (3, False),
    ],
)  # fmt: skip
def test_a_rank_says_how_long_it_is(rank, fits) -> None:
    assert is_rank(rank) == fits
    assert Place().is_valid([ID, rank]) == fits


@given(st.integers(1, 200), st.randoms())
def test_every_rank_that_is_made_is_one(many, random) -> None:
    ranks = generate_n_keys_between(None, None, many)
    for _ in range(20):
        at = random.randrange(len(ranks) + 1)
        before, after = ranks[at - 1] if at else None, ranks[at] if at < len(ranks) else None
        ranks[at:at] = generate_n_keys_between(before, after, 1)
    assert all(map(is_rank, ranks))


@pytest.mark.parametrize(
    "place", [[], [ID], ["a0"], [ID, "a0", ""], (ID, "a0"), [ID, 3], [3, "a0"], ["s1", "a0"], ID]
)
def test_a_place_is_a_stage_and_a_rank(place) -> None:
    assert not Place().is_valid(place)


@pytest.mark.parametrize(
    ("until", "text"),
    [
        ("card:v137", "until v137 is finished"),
        ("run:20260302-7", "until run 20260302-7 ends"),
        ("2026-03-31", "until 2026-03-31"),
        ("", ""),
    ],
)
def test_what_lifts_a_block_is_said_in_words(until: str, text: str) -> None:
    assert until_text(until) == text
    since = datetime(2026, 3, 2, tzinfo=UTC)
    block = Blocker(BlockReason.BUG, external=False, since=since, note="", until=until)
    assert BlockerKind().text(block) == ": ".join(filter(None, ("bug", text)))
