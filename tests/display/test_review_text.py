"""Each part of a review has its words."""

from datetime import date

import pytest

from mlkanban.core.review import ANSWERS, ReviewPart, Topic
from mlkanban.display.review_text import LINE_QUESTIONS, PART_NAMES, topic_title


@pytest.mark.parametrize("part", ReviewPart)
def test_every_part_has_a_name_and_a_title_of_its_own(part: ReviewPart) -> None:
    titles = {
        other: topic_title(Topic(other.value, other, day=date(2026, 3, 2), days=3, limit=2.0))
        for other in ReviewPart
    }
    assert PART_NAMES[part]
    assert [other for other, title in titles.items() if title == titles[part]] == [part]


def test_a_line_is_asked_for_where_an_answer_takes_one() -> None:
    takes = {part for part, answers in ANSWERS.items() if any(a.needs_text for a in answers)}
    assert set(LINE_QUESTIONS) == takes
