"""Reviews: rhythms, the values that are stored, and the lines of risks."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.review import (
    ANSWERS,
    AnswerRecord,
    PromiseResult,
    Result,
    Review,
    ReviewPart,
    answer_field,
    is_key,
    last_reviews,
    lines_of_risks,
    parse_rhythm,
    review_field,
    reviews_in,
    rhythm_days,
    with_risk,
)
from mlkanban.errors import UsageProblem

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXTS = st.text(max_size=20)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC)
)
CAME = st.builds(PromiseResult, TEXTS, TEXTS, st.sampled_from(Result), st.integers(0, 999))
REVIEWS = st.builds(
    Review,
    st.just("r"),
    INSTANTS,
    st.none() | INSTANTS,
    st.none() | INSTANTS,
    st.lists(TEXTS).map(tuple),
    st.none() | st.dates(),
    st.lists(TEXTS).map(tuple),
    st.lists(CAME).map(tuple),
    answers=st.just(()),
)
ANSWER_RECORDS = st.builds(
    AnswerRecord, st.just("k"), *[TEXTS] * 5, at=INSTANTS, seconds=st.integers(0, 999)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXTS, some, max_size=3),
)


@pytest.mark.parametrize(
    ("text", "days"),
    [("14d", 14), ("2w", 14), (" 2 Weeks ", 14), ("1 day", 1), ("0d", None), ("900d", None),
     ("fortnight", None), ("14", None), ("", None), ("-3d", None)],
)  # fmt: skip
def test_rhythm(text: str, days: int | None) -> None:
    assert rhythm_days(text) == days


def test_a_text_that_is_no_rhythm_is_refused() -> None:
    assert parse_rhythm("2w") == 14
    with pytest.raises(UsageProblem, match="'now and then' is no rhythm"):
        parse_rhythm("now and\nthen")


@given(REVIEWS)
def test_a_review_is_read_as_it_was_written(review: Review) -> None:
    assert Review.of_field("r", review.to_field()) == review


@given(ANSWER_RECORDS)
def test_an_answer_is_read_as_it_was_written(record: AnswerRecord) -> None:
    assert AnswerRecord.of_field("k", record.to_field()) == record


@given(REVIEWS, JSON, st.data())
def test_a_malformed_value_is_no_review(review: Review, wrong: object, data: st.DataObject) -> None:
    value = review.to_field()
    name = data.draw(st.sampled_from(sorted(value)))
    read = Review.of_field("r", {**value, name: wrong})
    assert read is None or read.to_field().keys() == value.keys()
    assert Review.of_field("r", wrong) is None


def test_the_last_reviews_are_those_that_no_other_follows() -> None:
    def review(name: str, day: int, *after: str) -> Review:
        return Review(name, NOON, NOON.replace(day=day), after=after)

    one, two, three = review("1", 3), review("2", 4, "1"), review("3", 5, "1")
    assert last_reviews([one, two, three]) == [two, three]  # held at once on two machines
    assert last_reviews([one, two, three, four := review("4", 6, "2", "3")]) == [four]
    assert last_reviews([one, Review("5", NOON, after=("1",))]) == [one]  # one that goes on


def test_reviews_have_their_answers_in_the_order_they_were_given() -> None:
    late = AnswerRecord("b", "blocked", "", "", "seen", "", NOON.replace(hour=14), 5)
    early = AnswerRecord("p", "promised", "", "", "seen", "", NOON.replace(hour=13), 7)
    fields = {
        review_field("r"): Review("r", NOON).to_field(),
        answer_field("r", "b"): late.to_field(),
        answer_field("r", "p"): early.to_field(),
        answer_field("gone", "p"): early.to_field(),
        answer_field("r", "undone"): None,
        review_field("bad"): {"began": "never"},
    }
    [review] = reviews_in(fields)
    assert [answer.key for answer in review.answers] == ["p", "b"]
    assert review.seconds == 12


def test_every_part_can_be_answered_and_no_answer_has_two_meanings() -> None:
    for part in ReviewPart:
        words = [answer.word for answer in ANSWERS[part]]
        assert words
        assert len(set(words)) == len(words)
        assert is_key(part)
        assert is_key(f"{part}:v12")
    assert not is_key("learned:v12:x")
    assert not is_key("")


@pytest.mark.parametrize(
    ("text", "risks"),
    [
        ("- drift\n- labels late", ["drift", "labels late"]),
        ("Two risks:\n\n1. drift\n2) drift\n* labels", ["drift", "labels"]),
        ("drift\n\nlabels late", ["drift", "labels late"]),
        ("", []),
        ("---\n", []),
    ],
)
def test_risks_are_the_items_or_else_the_lines(text: str, risks: list[str]) -> None:
    assert lines_of_risks(text) == risks


def test_a_risk_is_changed_or_taken_out_where_it_stands() -> None:
    text = "Risks:\n- drift\n  - labels late\n"
    assert with_risk(text, "labels late", "labels come monthly") == (
        "Risks:\n- drift\n  - labels come monthly\n"
    )
    assert with_risk(text, "drift", "") == "Risks:\n  - labels late\n"
    assert with_risk(text, "unknown", "x") == text


def test_dates_are_days() -> None:
    review = Review("r", NOON, NOON, until=date(2026, 3, 16))
    assert review.to_field()["until"] == "2026-03-16"
