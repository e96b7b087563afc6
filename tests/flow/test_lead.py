from dataclasses import replace

import pytest
from hypothesis import given

from mlkanban.display.number_text.lead import summary, to_json
from mlkanban.flow.cycle_time import cycle_times
from mlkanban.flow.lead import lead_times
from tests.flow.logs import card, histories, rows, sample


def written(ref, day, begun, ended, outcome=None):
    """Written on a day, begun on one, and delivered or ended on one."""
    return card(ref, (day, 0), (begun, 1), (ended, 4 if outcome is None else 1, outcome))


def test_lead_time_begins_with_the_day_a_card_was_written():
    found = lead_times(sample([written("a", 1, 5, 6), written("b", 3, 3, 4)]))
    assert [(c.ref, c.days) for c in found.cards] == [("b", 2), ("a", 6)]
    assert (found.n, found.mean, found.before_commitment) == (2, 4, 2)
    assert (found.min, found.max) == (2, 6)


@given(histories())
def test_lead_time_is_no_shorter_than_cycle_time(cards):
    some = sample(cards, 31)
    cycle = {c.ref: c.days for c in cycle_times(some).cards}
    lead = {c.ref: c.days for c in lead_times(some).cards}
    assert lead.keys() == cycle.keys()
    assert all(lead[ref] >= days for ref, days in cycle.items())


def line(**origins):
    """An experiment, two cards that came of it, and one of another kind."""
    cards = [
        card("exp", (1, 0), (2, 1), (4, 4, "learned")),
        written("next", 5, 6, 8),
        written("rel", 9, 10, 15),
        written("lone", 9, 10, 12),
    ]
    return [replace(c, origins=tuple(origins.get(c.ref, "").split())) for c in cards]


def test_along_a_lineage_it_begins_with_the_first_card():
    found = lead_times(sample(line(next="exp", rel="next gone")))
    assert [(r.release, r.first, r.cards, r.days) for r in found.lines] == [
        ("next", "exp", 2, 8), ("rel", "exp", 3, 15),
    ]  # fmt: skip
    assert rows(summary(found))[0] == ("rel", "15 d", "exp", "3", "Card rel")


def test_cards_that_came_from_each_other_have_a_first_one():
    found = lead_times(sample(line(next="rel", rel="next")))
    assert [(r.release, r.first, r.cards) for r in found.lines] == [
        ("next", "next", 2), ("rel", "next", 2),
    ]  # fmt: skip


def test_only_what_was_shipped_is_a_release():
    learned = [replace(c, origins=("rel",)) if c.ref == "exp" else c for c in line()]
    assert lead_times(sample(learned)).lines == ()


def test_few_cards_are_a_sentence_and_enough_are_percentiles():
    few = lead_times(sample(line()))
    assert summary(few).lines == ("4 finished cards; percentiles need 5.",)
    many = lead_times(sample([written(f"c{n}", 1, 2 + n, 3 + n) for n in range(10)]))
    lines = summary(many).lines
    assert lines[0] == "85 % of finished cards took 11 days or less from the day they were written"
    assert "of which 5.5 d before commitment" in lines[1]
    assert lines[3] == "No release of this window came from another card."
    told = to_json(many)
    assert told["percentiles"]["50"] == 7
    assert told["before_commitment"] == pytest.approx(5.5)
    assert sum(bar["count"] for bar in told["histogram"]) == 10
