"""When somebody looks again at a model in use: as it is typed, and as a card keeps it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.look_again import (
    EVERY_DAYS,
    MOST_DAYS,
    LookAgain,
    look_day,
    look_reason,
    parse_look,
    stored_look,
)
from mlkanban.errors import UsageProblem

TODAY = date(2026, 3, 2)
LOOKS = st.builds(LookAgain, st.dates(), st.integers(0, MOST_DAYS), st.booleans())


@given(LOOKS)
def test_a_card_keeps_what_was_decided(look: LookAgain) -> None:
    assert stored_look(str(look)) == look


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-03-02 every 0d", f"2026-03-02 every {MOST_DAYS + 1}d",
     "2026-03-02 every 9999d", "2026-03-02 retrain every 90d", "2026-03-02\n"],
)  # fmt: skip
def test_what_no_card_keeps(text: str) -> None:
    with pytest.raises(ValueError, match=r"look|isoformat|month"):
        stored_look(text)


@pytest.mark.parametrize(
    ("typed", "look"),
    [
        ("", None),
        (" None ", None),
        ("2026-12-15", LookAgain(date(2026, 12, 15))),
        ("3w", LookAgain(TODAY + timedelta(weeks=3))),
        ("every 90d", LookAgain(TODAY + timedelta(90), 90)),
        ("every 2w", LookAgain(TODAY + timedelta(14), 14)),
        ("2026-12-15 every 30 d retrain", LookAgain(date(2026, 12, 15), 30, True)),
        ("retrain", LookAgain(TODAY + timedelta(EVERY_DAYS), EVERY_DAYS, True)),
        (f"every {MOST_DAYS}d", LookAgain(TODAY + timedelta(MOST_DAYS), MOST_DAYS)),
    ],
)
def test_what_people_type(typed: str, look: LookAgain | None) -> None:
    assert parse_look(typed, TODAY) == look


@pytest.mark.parametrize(
    "typed", ["every 0d", f"every {MOST_DAYS + 1}d", "every 9999w", "whenever", "2026-02-30"]
)
def test_what_names_no_day(typed: str) -> None:
    with pytest.raises(UsageProblem):
        parse_look(typed, TODAY)


def test_a_model_that_stays_is_looked_at_again_a_rhythm_later() -> None:
    assert LookAgain(TODAY, 30, True).kept(TODAY) == LookAgain(TODAY + timedelta(30), 30, True)
    assert LookAgain(TODAY).kept(TODAY).day == TODAY + timedelta(EVERY_DAYS)


def test_where_nobody_named_a_day_it_is_ninety_days_after_the_model_came_into_use() -> None:
    assert look_day(None, TODAY) == LookAgain(date(2026, 5, 31))
    assert look_day(LookAgain(TODAY, 7), date(2026, 1, 1)) == LookAgain(TODAY, 7)


def test_the_reason_names_what_is_to_be_decided() -> None:
    assert "keep, retrain or retire" in look_reason("fraud 2", LookAgain(TODAY))
    assert look_reason("fraud 2", LookAgain(TODAY, retrain=True)).startswith("retrain fraud 2: ")
