"""Worth is what was written, and one number to rank by."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.score import parse_score, score_text
from mlkanban.errors import UsageProblem

numbers = st.integers(0, 1000) | st.decimals(0, 1000, places=2)
efforts = st.integers(1, 100)


@given(st.lists(numbers, min_size=1, max_size=3), efforts)
def test_a_sum_is_wsjf_and_one_number_value_by_effort(
    parts: list[int | Decimal], effort: int
) -> None:
    worth = parse_score(f" {' + '.join(map(str, parts))} / {effort}")
    assert worth is not None
    assert worth.value is not None
    assert math.isclose(worth.value, sum(map(float, parts)) / effort, abs_tol=1e-12)
    assert parse_score(worth.text) == worth


@given(numbers, numbers, st.integers(0, 100), efforts)
def test_a_product_is_rice(reach: object, impact: object, percent: int, effort: int) -> None:
    worth = parse_score(f"{reach}*{impact}*{percent}%/{effort}")
    assert worth is not None
    assert worth.value is not None
    expected = float(str(reach)) * float(str(impact)) * percent / 100 / effort
    assert math.isclose(worth.value, expected, abs_tol=1e-9)
    assert parse_score(f"{reach} x {impact} × {percent}% / {effort}") == worth


@pytest.mark.parametrize(
    "text", ["5", "5/", "/2", "a/2", "5*2/3", "1+2+3+4/5", "1*2*3*4/5", "5/0", "-1/2", "5/2/1",
             "1e999/2", "9" * 400 + "/1", "1+2*3/4"],
)  # fmt: skip
def test_what_is_no_worth_is_refused_with_how_it_is_written(text: str) -> None:
    with pytest.raises(UsageProblem, match=r"5/2"):
        parse_score(text)


def test_nothing_is_no_worth_and_large_numbers_take_little_room() -> None:
    assert parse_score("") is parse_score(" none ") is None
    assert score_text("5/2") == "5/2 = 2.5"
    assert score_text("9000*2*1/3") == "9000*2*1/3 = 6000"
    assert score_text("") == ""


@pytest.mark.parametrize(
    ("worth", "shown"),
    [("99/1", "99.0"), ("198.8/2", "99.4"), ("199.8/2", "99.9"), ("100/1", "100"),
     ("201/2", "100"), ("1/8", "0.1")],
)  # fmt: skip
def test_a_worth_below_a_hundred_has_a_decimal_place(worth: str, shown: str) -> None:
    assert str(parse_score(worth)) == shown


def test_a_score_takes_the_worth_of_its_card() -> None:
    score = parse_score(" Worth / 2.5 ")
    assert score is not None
    assert (score.text, score.value, str(score)) == ("worth/2.5", None, "?")
    assert score.summary == "worth/2.5, worth not known"
    known = score.of_worth(24000, "EUR/year")
    assert known.value == pytest.approx(9600)
    assert known.summary == "worth/2.5 = 9600 EUR/year"
    assert score_text("worth/2.5") == "worth/2.5"
    with pytest.raises(UsageProblem, match="no effort"):
        parse_score("worth/0")
    with pytest.raises(UsageProblem, match="is no score"):
        parse_score("worth")


def test_scores_of_one_unit_stand_together() -> None:
    typed = [parse_score(text) for text in ("900/1", "worth/2", "5/2", "worth/1")]
    first, second, third, unknown = (score for score in typed if score is not None)
    scores = [first, second.of_worth(10, "EUR"), third, unknown]
    assert [s.text for s in sorted(scores, key=lambda score: score.rank)] == [
        "worth/2", "900/1", "5/2", "worth/1",
    ]  # fmt: skip
