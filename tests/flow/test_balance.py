"""Little's law, flow debt, iterations, expectation, data quality."""

from dataclasses import replace
from functools import cache
from random import Random

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Work
from mlkanban.display.json_output import json_schema
from mlkanban.display.number_text import debt as debt_text
from mlkanban.display.number_text import iterations as iterations_text
from mlkanban.display.number_text import little as little_text
from mlkanban.display.number_text import quality as quality_text
from mlkanban.display.number_text import sle as sle_text
from mlkanban.display.number_text.little import reason
from mlkanban.flow.debt import debt
from mlkanban.flow.history import CardHistory
from mlkanban.flow.iterations import iterations
from mlkanban.flow.little import little
from mlkanban.flow.quality import quality
from mlkanban.flow.sle import sle
from mlkanban.flow.wip import wip
from tests.flow.logs import at, card, histories, rows, sample, took


@given(histories(), st.integers(1, 31), st.one_of(st.none(), st.integers(1, 31)))
def test_the_difference_of_littles_law_is_accounted_for_to_the_day(cards, day, days):
    some = sample(cards, day, days)
    found = little(some)
    spent = (
        found.n * (found.observed_days or 0)
        - found.days_before_window
        + found.days_of_open_cards
        + found.days_of_abandoned_cards
    )
    assert sum(wip(some).counts) == pytest.approx(spent)
    assert found.departed == len(some.finished) + len(some.abandoned)
    if found.ratio is not None and found.n >= 5:
        assert reason(found).startswith("They ")


def test_a_card_finished_on_the_first_day_was_in_progress_at_its_start():
    cards = [took("a", 3), took("b", 2), took("c", 5, start=3)]
    found = little(sample(cards, day=10, days=8))  # from day 3 on: b is done, c not begun
    assert (found.n, found.wip_at_start) == (2, 1)


def test_a_balanced_board_agrees_and_an_open_pile_is_named():
    steady = [took(f"c{n}", 5, start=n) for n in range(1, 61)]
    assert "They agree" in reason(little(sample(steady, day=60, days=40)))
    pile = [took(f"c{n}", 2, start=n) for n in range(1, 11)] + [
        card(f"o{n}", (2, 1)) for n in range(10)
    ]
    why = reason(little(sample(pile, day=20)))
    assert why.startswith("They differ: cards still open at the end spent 190 days")


def test_a_board_that_fills_and_empties_is_not_in_balance():
    """Nothing is in progress at either end, twelve cards in between."""
    cards = [took(f"c{n}", 10, start=6) for n in range(12)]
    found = little(sample(cards, day=20, days=19))
    assert (found.wip_at_start, found.wip_at_end, found.highest_wip) == (0, 0, 12)
    assert found.balanced
    assert reason(found) == (
        "They agree, and as much was in progress at both ends, but not in between: WIP was 0 to 12."
    )


@given(histories(), st.integers(5, 31), st.one_of(st.none(), st.integers(3, 31)))
def test_a_board_in_balance_never_was_far_from_it(cards, day, days):
    steady = [took(f"s{n}", 4, start=n) for n in range(1, 29)]
    for some in (sample(cards, day, days), sample([*cards[:6], *steady], day, days)):
        found, counts = little(some), wip(some).counts
        if reason(found).endswith("in balance over this window."):
            mean = sum(counts) / len(counts)
            assert max(abs(count - mean) for count in counts) <= max(2, mean / 2)
            assert abs(found.wip_at_end - found.wip_at_start) <= max(1, mean / 10)


def test_the_json_names_the_balance_of_wip_beside_a_difference_of_times():
    cards = [took(f"c{n}", 2, start=n) for n in range(1, 11)]
    told = little_text.to_json(little(sample([*cards, card("o", (2, 1))], day=20)))
    assert told["reason"].startswith("They differ")
    assert (told["wip_balanced"], told["balanced"]) == (True, True)
    text = json_schema("flow.little")["$defs"]["LittleJsonAnswer"]["description"]
    assert "does not say that the two times agree" in " ".join(text.split())


def test_a_board_that_grows_is_not_in_balance():
    """Mean WIP over throughput is close to the mean cycle time, and yet the work piles up."""
    cards, n = [], 0
    for day in range(1, 101):
        for _ in range(4 + day // 25):
            cards.append(took(f"c{n}", 10, start=day))
            n += 1
    found = little(sample(cards, day=100, days=60))
    assert found.ratio == pytest.approx(1, abs=0.1)
    assert (found.wip_at_start, found.wip_at_end) == (45, 64)
    assert not found.balanced
    assert reason(found) == (
        "They agree, but the board is not in balance: WIP grew from 45 to 64, with"
        f" {found.begun} begun and {found.departed} finished or abandoned."
    )
    assert found.begun - found.departed == 19


@pytest.mark.parametrize(
    ("mean_wip", "departed", "change", "balanced"),
    [
        # One card more or less is no change, however few there are.
        (0.5, 0, 0, True), (0.5, 1, 1, True), (0.5, 1, 2, False),
        # Else a tenth of the smaller of both.
        (40.0, 30, 3, True), (40.0, 30, 4, False), (30.0, 40, 3, True), (30.0, 40, 4, False),
        (100.0, 100, 10, True), (100.0, 100, 11, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sign", [1, -1])
def test_a_board_is_balanced_within_a_tenth_or_one_card(mean_wip, departed, change, balanced, sign):
    change *= sign
    found = replace(
        little(sample([])), mean_wip=mean_wip, begun=departed + change, wip_at_start=50,
        wip_at_end=50 + change,
    )  # fmt: skip
    assert (found.departed, found.balanced) == (departed, balanced)


def test_nothing_is_said_of_balance_below_5_finished_cards():
    four = little(sample([took(f"c{n}", 3, start=n) for n in range(1, 5)]))
    assert (four.n, reason(four), little_text.to_json(four)["reason"]) == (4, "", "")
    five = little(sample([took(f"c{n}", 3, start=n) for n in range(1, 6)]))
    assert reason(five).startswith("They ")


@cache
def chance(seed, hurried=False, abandoned=0.0, days=60):
    """A steady board: cards come at random, and those that take long are as many at any time; or,
    of late, only every other card is worked on and the others wait."""
    rng, come = Random(seed), 1.0
    cards: list[CardHistory] = []
    while (come := come + rng.expovariate(1.0)) < 200:
        took = rng.expovariate(1 / 10)
        waits = hurried and come > 100 and len(cards) % 2
        left = ("abandoned",) if abandoned and rng.random() < abandoned else ()
        end = () if waits else ((come + took, 4, *left),)
        cards.append(card(f"c{len(cards)}", (come, 1), *end))
    return debt(sample(cards, day=200, days=days))


@pytest.mark.parametrize(("abandoned", "days"), [(0.0, 60), (0.0, 30), (0.4, 60)])
def test_the_standard_error_is_how_far_steady_boards_are_from_no_debt(abandoned, days):
    some = [chance(seed, abandoned=abandoned, days=days) for seed in range(60)]
    really = numpy.std([found.debt_days for found in some])
    printed = numpy.sqrt(numpy.mean([found.standard_error_days**2 for found in some]))
    assert 0.85 <= printed / really <= 1.4
    beyond = [abs(found.debt_days) > 2 * found.standard_error_days for found in some]
    assert sum(beyond) <= 4


def test_a_steady_board_makes_no_debt_beyond_chance():
    said = [debt_text.summary(chance(seed)).lines[1] for seed in range(60)]
    assert sum("No debt can be told from" not in line for line in said) <= 3
    beyond_half_a_day = sum(abs(chance(seed).debt_days) >= 0.5 for seed in range(20))
    assert beyond_half_a_day >= 5, "by itself it says little"


def test_cards_that_are_left_to_age_are_debt_beyond_chance():
    said = [debt_text.summary(chance(seed, hurried=True)).lines[1] for seed in range(20)]
    assert sum("Debt was made" in line for line in said) >= 18


def test_what_is_not_beyond_chance_is_not_called_equal():
    """Cards that wait for 19 days beside five that took up to 9."""
    cards = [took(f"c{days}", days) for days in (2, 4, 4, 5, 9)]
    found = debt(sample([*cards, card("open", (3, 1))], day=21))
    assert found.in_progress == 1
    assert found.standard_error_days is not None
    assert found.mean_cycle_time is not None
    chance = 2 * found.standard_error_days
    assert debt_text.summary(found).lines[1] == (
        f"No debt can be told from 5 finished cards: up to {chance:.1f} d may be chance, and a"
        f" debt of {2.842 * found.standard_error_days:.1f} d or more shows in at least 4 of 5"
        " cases."
    )
    small = replace(found, gap_days=found.mean_cycle_time + 0.4, standard_error_days=0.1)
    assert "less than half a day" in debt_text.summary(small).lines[1]


def test_where_nothing_is_in_progress_nothing_is_owed():
    cards = [took(f"c{days}", days) for days in (2, 4, 4, 5, 9)]
    found = debt(sample(cards, day=21))
    assert debt_text.to_json(found)["in_progress"] == 0
    none = "No card was left in progress, so none is owed anything."
    assert debt_text.summary(found).lines[1] == none
    assert "Debt was paid back" in debt_text.summary(replace(found, gap_days=-40.0)).lines[1]


def test_the_standard_error_is_that_of_a_mean_where_there_is_no_past():
    cards = [took(f"c{days}", days) for days in (2, 4, 4, 5, 9)]
    found = debt(sample([*cards, card("open", (10, 1))], day=21))
    assert found.standard_error_days == pytest.approx(
        numpy.std([2, 4, 4, 5, 9, 12], ddof=1) / 5**0.5
    )


def test_where_no_card_overtook_another_one_out_of_turn_cannot_be_excluded():
    """As soon as there are as many days before the window as in it."""
    in_turn = [took(f"c{n}", 1 + 8 * (n % 2), start=1 + 10 * n) for n in range(12)]
    some = debt(sample(in_turn, day=120, days=60))
    assert (some.n, some.debt_days) == (6, 0)
    assert some.standard_error_days == pytest.approx(5 / 6)
    longer = debt(sample(in_turn, day=120, days=61))
    assert longer.n == 6
    assert longer.standard_error_days == pytest.approx(numpy.std([1, 9] * 3, ddof=1) / 6**0.5)


def test_few_cards_are_a_sentence():
    assert "the check needs 5" in little_text.summary(little(sample([took("a", 2)]))).lines[0]
    assert "flow debt needs 5" in debt_text.summary(debt(sample([took("a", 2)]))).lines[0]


def test_first_in_first_out_has_no_debt():
    steady = [took(f"c{n}", 5, start=n) for n in range(1, 31)]
    found = debt(sample(steady, day=40))
    assert (found.gap_days, found.mean_cycle_time, found.debt_days) == (5, 5, 0)


def test_hurrying_some_cards_past_others_is_debt():
    old = [card(f"old{n}", (1, 1)) for n in range(5)]
    quick = [took(f"q{n}", 1, start=n) for n in range(10, 20)]
    found = debt(sample(old + quick, day=25))
    assert found.mean_cycle_time == 1
    assert (found.debt_days or 0) > 2
    assert "Debt was made" in debt_text.summary(found).lines[1]
    paid = [took(f"old{n}", 30) for n in range(5)] + quick
    assert (debt(sample(paid, day=32, days=3)).debt_days or 0) < 0


def test_iterations_are_visits():
    back = card("a", (1, 1), (2, 3), (3, 1), (4, 3), (5, 1), (6, 4))
    found = iterations(sample([back, took("b", 2), card("c", (3, 1))]))
    train, _, evaluate = found.stages
    assert (train.n, train.max, train.cards) == (3, 3, (("a", 3),))
    assert train.mean == 5 / 3
    assert evaluate.cards == (("a", 2),)
    assert iterations_text.summary(found).lines[0].startswith("1 of 3 cards (33 %)")


def test_the_expectation_is_from_90_days_or_30_cards_whichever_is_more():
    lately = [took(f"n{d}", d, start=300 - d) for d in range(1, 13)]
    before = [took(f"o{d}", 40, start=d) for d in range(1, 31)]
    found = sle(sample([*before, *lately, card("late", (250, 1)), card("new", (299, 1))], day=300))
    assert (found.n, found.days) == (30, 40)  # 12 of the last 90 days are fewer than 30 cards
    assert [ref for ref, _, _ in found.past] == ["late"]
    many = [took(f"m{d}", 3, start=290 + d / 10) for d in range(40)]
    assert sle(sample([*before, *lately, *many], day=300)).n == 52
    assert sle(sample(lately[:9], day=300)).days is None
    assert "needs 10" in sle_text.summary(sle(sample(lately[:9], day=300))).lines[0]


def test_doubtful_cards_are_counted_and_listed():
    cards = [
        card("skip", (1, 0), (2, 4)),
        card("back", (1, 1), (2, 3), (3, 1), (4, 4)),
        card("again", (1, 1), (2, 4), (3, 3), (5, 4)),
        card("twice", (1, 1), (1, 3), (4, 4)),
        card("ahead", (1, 1), (99, 4)),
        took("fine", 3),
    ]
    found = {f.kind: (f.count, f.cards) for f in quality(sample(cards, day=20)).findings}
    assert found == {
        "never_worked": (1, ("skip",)),
        "moved_after_done": (1, ("again",)),
        "backward_moves": (1, ("back",)),
        "equal_timestamps": (1, ("twice",)),
        "clock_skew": (1, ("ahead",)),
    }
    clean = quality(sample([took("fine", 3)]))
    assert quality_text.summary(clean).lines == ("1 card, nothing to doubt.",)
    assert [row[1] for row in rows(quality_text.summary(clean))] == ["0"] * 5


def test_what_changes_no_place_is_not_doubted_and_hides_nothing():
    cards = [
        # The work changes, then it goes back; and it is moved twice at an instant after that.
        card("back", (1, 3), (2, 3, None, Work.UNATTENDED), (3, 1), (3, 3)),
        # Work and outcome change in place, at one instant: no move.
        card("place", (1, 1), (2, 1, None, Work.UNATTENDED), (2, 1), (2, 1, "learned")),
        # The outcome changes; then it is opened again where it is, and at last moved once done.
        card("done", (1, 1), (2, 1, "learned"), (3, 1, "shipped"), (4, 1), (5, 1, "shipped"),
             (6, 3, "shipped")),
    ]  # fmt: skip
    found = {f.kind: (f.count, f.cards) for f in quality(sample(cards, day=20)).findings if f.count}
    assert found == {
        "backward_moves": (1, ("back",)),
        "equal_timestamps": (1, ("back",)),
        "moved_after_done": (2, ("done",)),
    }


@given(histories(), st.integers(1, 31))
def test_numbers_of_a_group_are_those_of_its_cards_alone(cards, day):
    known = [c for c in cards if c.steps and c.steps[0].at <= at(day)]
    painted = [replace(c, type="model" if n % 2 else "data") for n, c in enumerate(known)]
    for name, some in sample(painted, day).grouped("type"):
        alone = sample([c for c in painted if c.type == name], day)
        assert wip(some) == wip(alone)
        assert little(some) == little(alone)
        assert quality(some) == quality(alone)


def test_the_time_that_littles_law_implies_has_fractions():
    found = little(sample([took("a", 2, start=1), took("b", 5, start=2)], day=10))
    assert found.implied_days == pytest.approx(5 / 2)


def test_the_words_and_the_data_of_littles_law_have_each_figure_under_its_name():
    law = replace(
        little(sample([])), n=6, mean_wip=2.5, throughput_per_day=0.5, observed_days=4.3,
        days_before_window=3, days_of_open_cards=7, days_of_abandoned_cards=2, wip_at_start=1,
        wip_at_end=4, begun=11,
    )  # fmt: skip
    assert little_text.figures(law) == (
        ("n", "6"), ("wip", "2.5"), ("per day", "0.50"), ("implied", "5.0"), ("observed", "4.3"),
    )  # fmt: skip
    said = little_text.summary(law)
    assert said.lines == (
        "Mean WIP 2.5 / 0.50 finished a day = 5.0 d | observed mean 4.3 d",
        "They differ: cards still open at the end spent 7 days of it here; WIP grew from 1 to 4.",
    )
    assert rows(said) == (
        ("of the finished cards, before the window", "-3"),
        ("of cards open at its end", "+7"),
        ("of abandoned cards", "+2"),
    )
    data = little_text.to_json(law)
    assert data.items() >= {
        "n": 6, "mean_wip": 2.5, "throughput_per_day": 0.5, "implied_days": 5.0,
        "observed_days": 4.3, "ratio": 5 / 4.3, "days_before_window": 3, "days_of_open_cards": 7,
        "days_of_abandoned_cards": 2, "wip_at_start": 1, "wip_at_end": 4, "begun": 11,
        "departed": 8, "wip_balanced": False,
    }.items()  # fmt: skip


@pytest.mark.parametrize(
    ("back", "n"),
    [
        # Thirty-one cards: all of the last ninety days, today among them; else the last thirty.
        (89, 31), (90, 30), (91, 30),
    ],
)  # fmt: skip
def test_the_expectation_takes_ninety_days_with_today(back, n):
    cards = [took(f"c{n}", 1, start=300) for n in range(30)]
    assert sle(sample([*cards, took("edge", 1, start=300 - back)], day=300)).n == n


@pytest.mark.parametrize(("done", "days"), [(9, None), (10, 4)])
def test_the_expectation_needs_ten_cards_and_is_passed_by_older_ones(done, days):
    cards = [took(f"c{n}", 4, start=1 + n) for n in range(done)]
    opened = [
        card("at", (18, 1)),
        card("past", (17, 1)),
        card("also", (17, 1)),
        card("far", (1, 1)),
    ]
    found = sle(sample([*cards, *opened], day=21))
    assert (found.days, found.n, found.open) == (days, done, 4)
    assert found.past == (
        (("far", 21, "Card far"), ("also", 5, "Card also"), ("past", 5, "Card past"))
        if days else ()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cards", "days", "error"),
    [
        ([], None, None), ([took("a", 3)], 3, None), ([took("a", 3), took("b", 3)], 3, 0.0),
        ([took("a", 2), took("b", 4)], 3, 1.0), ([took("a", 2), card("o", (1, 1))], 2, 13.435),
        ([card("o", (1, 1)), card("p", (2, 1))], None, None),
    ],
)  # fmt: skip
def test_the_error_of_a_mean_needs_two_cards_one_of_them_finished(cards, days, error):
    found = debt(sample(cards, day=21))
    assert (found.n, found.mean_cycle_time) == (sum(len(c.steps) == 2 for c in cards), days)
    assert found.standard_error_days == (None if error is None else pytest.approx(error, abs=1e-3))
    assert (found.debt_days is None) == (days is None)


def test_the_gap_is_between_the_nth_that_came_and_the_nth_that_left():
    cards = [took("a", 10, start=1), took("b", 2, start=3), took("c", 2, start=5)]
    # Came on days 1, 3, 5; left on 4, 6, 10.
    whole = debt(sample(cards, day=21))
    assert whole.gap_days == (4 + 4 + 6) / 3
    assert whole.debt_days == pytest.approx(14 / 3 - 14 / 3)
    late = debt(sample(cards, day=10, days=5))
    assert (late.n, late.gap_days, late.mean_cycle_time) == (2, 5, 6)
    assert late.debt_days == -1
    assert debt(sample(cards, day=21, days=3)).gap_days is None


def test_visits_are_counted_by_stage_with_those_that_came_back():
    cards = [
        card("twice", (1, 1), (2, 3), (3, 1), (4, 4)), card("once", (1, 1), (2, 4)),
        card("open", (1, 1), (2, 3), (3, 1), (4, 3), (5, 1)), card("idea", (1, 0)),
    ]  # fmt: skip
    found = iterations(sample(cards))
    train, wait, evaluate = found.stages
    assert (found.n, train.n, train.mean, train.max, train.again) == (3, 3, 2.0, 3, 2)
    assert train.cards == (("open", 3), ("twice", 2))
    assert (wait.n, wait.mean, wait.max, wait.again, wait.cards) == (0, None, 0, 0, ())
    assert (evaluate.n, evaluate.max, evaluate.cards) == (2, 2, (("open", 2),))


def test_there_is_no_debt_where_cards_only_left_or_never_did():
    gone = debt(sample([took("a", 3, outcome="abandoned")]))
    assert (gone.n, gone.gap_days, gone.mean_cycle_time, gone.debt_days) == (0, 3, None, None)
    nothing = debt(sample([]))
    assert (nothing.gap_days, nothing.mean_cycle_time, nothing.debt_days) == (None, None, None)
    paid = debt(sample([took("a", 3), took("b", 5)]))
    assert paid.debt_days == 0


@pytest.mark.parametrize(("cards", "days"), [(100, 85), (99, 85), (101, 86), (40, 34), (31, 27)])
def test_the_expectation_is_what_85_percent_took(cards, days):
    """Of cards that took 1 to so many days, all of them finished on day 300."""
    finished = [took(f"c{n}", n, start=301 - n) for n in range(1, cards + 1)]
    assert sle(sample(finished, day=300)).days == days


@pytest.mark.parametrize(
    ("mean", "lowest", "highest", "steady"),
    [(4, 2, 6, True), (4, 1, 6, False), (4, 2, 7, False), (12, 6, 18, True), (12, 6, 19, False)],
)
def test_wip_is_steady_within_two_cards_or_half_of_the_mean(mean, lowest, highest, steady):
    found = little(sample([took(f"c{n}", 4, start=n) for n in range(1, 61)], day=60, days=40))
    level = replace(found, mean_wip=float(mean), wip_at_start=mean, wip_at_end=mean)
    assert replace(level, lowest_wip=lowest, highest_wip=highest).steady == steady
