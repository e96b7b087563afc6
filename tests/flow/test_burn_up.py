from dataclasses import replace
from datetime import date

import pytest

from mlkanban.charts.pictures import burn_up as picture
from mlkanban.display.number_text.burn_up import headline, summary, to_json
from mlkanban.flow.burn_up import BurnUp, BurnUps, burn_ups
from mlkanban.flow.card_chances import remaining_of
from tests.flow.logs import GPU, card, rows, sample, took


def part(ref, *steps, of="big"):
    return replace(card(ref, *steps), parent=of)


BIG = card("big", (1, 0))


def shown(found: BurnUps) -> BurnUp:
    assert found.shown is not None
    return found.shown


def test_parts_are_counted_from_the_day_they_were_written_and_done_when_finished():
    parts = [
        part("a", (2, 0), (3, 1), (5, 4)),
        part("b", (4, 0), (5, 1)),
        part("c", (3, 0), (6, 0, "discarded")),
        part("d", (3, 1), (7, 1, "abandoned")),
        part("e", (8, 0)),
    ]
    found = shown(burn_ups(sample([BIG, *parts], day=8)))
    assert (found.ref, found.title, date.fromordinal(found.first)) == (
        "big", "Card big", date(2026, 1, 2),
    )  # fmt: skip
    assert found.total == (1, 3, 4, 4, 3, 2, 3)
    assert found.done == (0, 0, 0, 1, 1, 1, 1)
    assert (found.open_parts, found.done_parts, found.parts) == (("b", "e"), ("a",), 3)
    drawn = picture(burn_ups(sample([BIG, *parts], day=8)))
    assert drawn is not None
    assert [(band.label, band.counts) for band in drawn.bands] == [
        ("open", found.total), ("done", found.done),
    ]  # fmt: skip


PAST = [took(f"p{n}", 3 + n, start=1 + n) for n in range(40)]


def test_all_parts_are_done_with_the_product_of_their_chances():
    two = [part("a", (78, 1)), part("b", (79, 1))]
    some = sample([*PAST, BIG, *two], day=80)
    found = shown(burn_ups(some))
    remaining = remaining_of(some.of_all_time)
    for p, day in found.by.items():
        assert day is not None
        ahead = (day - some.today).days
        both = [
            (remaining.chance(3, days) or 0) * (remaining.chance(2, days) or 0)
            for days in (ahead, ahead - 1)
        ]
        assert both[0] >= p / 100 > both[1]
    assert set(found.by) == {50, 85}
    lines = summary(burn_ups(some)).lines
    assert lines[0] == "0 of 2 parts of big done: Card big"
    assert (
        lines[1]
        == f"All 2 open parts done by {found.by[50]} with 50 % and by {found.by[85]} with 85 %."
    )


def test_a_card_whose_parts_are_all_gone_has_none_left():
    gone = [part("a", (2, 0), (6, 0, "discarded")), part("b", (3, 1), (7, 1, "abandoned"))]
    told = summary(burn_ups(sample([BIG, *gone], day=9)))
    assert told.lines == (
        "No part of big is left: Card big", "All its parts were abandoned or discarded.",
    )  # fmt: skip
    assert rows(told)[0][1] == "none left"
    assert headline(burn_ups(sample([BIG, *gone], day=9))) == (("no part left", "text"),)


def test_one_open_part_and_one_day_are_named_once():
    day, later = date(2026, 3, 2), date(2026, 3, 9)
    found = burn_ups(sample([*PAST, BIG, part("a", (78, 1))], day=80))
    days: list[tuple[dict[int, date | None], str]] = [
        ({50: day, 85: day}, "The open part done by 2026-03-02 with 85 %."),
        (
            {50: day, 85: later},
            "The open part done by 2026-03-02 with 50 % and by 2026-03-09 with 85 %.",
        ),
        (
            {50: day, 85: None},
            "The open part done by 2026-03-02 with 50 % and in over a year with 85 %.",
        ),
        ({50: None, 85: None}, "The open part done in over a year with 85 %."),
    ]
    for by, sentence in days:
        cards = (replace(shown(found), by=by),)
        assert summary(replace(found, cards=cards)).lines[1] == sentence


def test_a_part_of_unknown_chance_withholds_the_day():
    parts = [part("a", (78, 1)), part("idea", (79, 0)), part("old", (2, 1))]
    found = burn_ups(sample([*PAST, BIG, *parts], day=80))
    assert shown(found).unknown == {"idea": "not in the plan", "old": "too few older cards"}
    assert shown(found).by == {}
    assert summary(found).lines[1] == (
        "No day can be told for all parts: the chance of idea (not in the plan), old (too few older"
        " cards) is unknown."
    )
    assert to_json(found)["cards"][0]["by"] is None
    done = burn_ups(sample([BIG, part("a", (2, 1), (3, 4))], day=9))
    assert summary(done).lines[1] == "No part is open."


def test_a_part_with_parts_of_its_own_is_done_when_they_are():
    parts = [part("a", (79, 1)), part("a1", (70, 1), of="a"), part("a2", (72, 1), of="a")]
    deep = shown(burn_ups(sample([*PAST, BIG, *parts], day=80), "big"))
    flat = [part("a1", (70, 1)), part("a2", (72, 1)), card("a", (79, 1))]
    assert deep.by == shown(burn_ups(sample([*PAST, BIG, *flat], day=80), "big")).by
    idea = part("idea", (79, 0), of="a")
    assert shown(burn_ups(sample([*PAST, BIG, *parts, idea], day=80), "big")).unknown == {
        "a": "a part is unknown"
    }


def test_cards_with_parts_are_listed_those_with_most_to_do_first():
    other = card("small", (1, 0))
    parts = [part("a", (2, 1), of="small"), part("b", (2, 1)), part("c", (2, 1), (4, 4))]
    parts.append(part("d", (2, 1)))
    some = sample([BIG, other, *parts, part("lost", (2, 1), of="gone")], day=9)
    assert [card.ref for card in burn_ups(some).cards] == ["big", "small"]
    assert [row[:3] for row in rows(summary(burn_ups(some)))] == [
        ("big", "1 of 3", "-"), ("small", "0 of 1", "-"),
    ]  # fmt: skip
    assert [card.ref for card in burn_ups(some, "small").cards] == ["small"]
    assert burn_ups(some, "a").cards == ()


@pytest.mark.parametrize("cards", [[], [BIG]])
def test_without_parts_there_is_a_sentence_and_no_picture(cards):
    found = burn_ups(sample(cards))
    assert summary(found).lines == ("No card has parts: give some a parent.",)
    assert picture(found) is None


def test_a_blocked_part_or_card_withholds_the_day():
    free = part("b", (79, 1))
    held = part("a", (78, 1), (79, 1, None, None, GPU))
    whole = card("big", (1, 0), (79, 0, None, None, GPU))
    for cards, unknown in (
        ([BIG, held, free], {"a": "blocked"}),
        ([whole, free], {"big": "blocked"}),
    ):
        found = burn_ups(sample([*PAST, *cards], day=80))
        assert (shown(found).unknown, shown(found).by) == (unknown, {})
        assert "(blocked) is unknown" in summary(found).lines[1]
