"""From the alert of a model to the next one in use."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from mlkanban.display.number_text.retraining import figures, summary, to_json
from mlkanban.flow.history import CardHistory, Judged
from mlkanban.flow.retraining import RetrainingLoops, retraining
from tests.flow.logs import at, card, rows, sample


def model(ref: str, *healths: tuple[float, str]) -> CardHistory:
    """A model that was shipped on day 1; healths are (day, health)."""
    made = card(ref, (0.5, 1), (1, 4, "shipped"))
    return replace(made, healths=tuple(Judged(at(day), health) for day, health in healths))


def trains(old: str, ref: str, *steps, healths=()) -> CardHistory:
    judged = tuple(Judged(at(day), health) for day, health in healths)
    return replace(card(ref, *steps), retrains=(old,), healths=judged)


def counted(*cards, day=40.0, days=None) -> RetrainingLoops:
    return retraining(sample(cards, day=day, days=days))


CLOSED = (
    model("m1", (3, "ok"), (5, "alert"), (7, "retraining"), (14, "superseded")),
    trains("m1", "r1", (7, 0), (9, 1), (14, 4, "shipped"), healths=[(14, "ok")]),
)


def test_a_closed_loop() -> None:
    found = counted(*CLOSED)
    [loop] = found.loops
    assert (loop.alert_to_retrain, loop.alert_to_redeploy, loop.retrain) == (5, 10, "r1")
    assert (loop.days, loop.state, loop.first_alert) == (10, "redeployed", "2026-01-05")
    assert (found.open, found.without_retraining) == ((), 0)
    data = to_json(found)
    few = {"median": None, "p85": None, "median_with_open": None, "p85_with_open": None}
    assert data["alert_to_retrain"] == few | {"n": 1, "days": [5], "unfinished": 0}
    assert data["alert_to_redeploy"] == few | {"n": 1, "days": [10], "unfinished": 0}
    assert summary(found).lines == (
        "first alert to commitment: n 1: 5 days (a median needs 5)",
        "first alert to delivery: n 1: 10 days (a median needs 5)",
        "2 releases in the window, 0 rolled back",
    )
    [row] = rows(summary(found))
    assert row == ("m1", "2026-01-05", "r1", "5 d", "10 d", "redeployed", "10", "Card m1")


def test_as_it_was_known_on_each_day() -> None:
    states = {
        day: [loop.state for loop in counted(*CLOSED, day=day).loops]
        for day in (4, 5, 7.5, 9, 13, 14)
    }
    assert states == {
        4: [], 5: ["open: alert"], 7.5: ["open: not begun"], 9: ["open: retraining"],
        13: ["open: retraining"], 14: ["redeployed"],
    }  # fmt: skip
    [loop] = counted(*CLOSED, day=9).loops
    assert (loop.alert_to_retrain, loop.alert_to_redeploy, loop.days) == (5, None, 5)


def test_what_came_to_nothing_is_part_of_the_wait() -> None:
    found = counted(
        model("m1", (5, "alert"), (6, "retraining"), (10, "alert"), (11, "watch"), (12, "alert"),
              (13, "retraining"), (20, "superseded")),
        trains("m1", "r1", (6, 0), (8, 1), (10, 1, "abandoned")),
        trains("m1", "r2", (13, 0), (15, 1), (20, 4, "shipped")),
    )  # fmt: skip
    [loop] = found.loops
    assert (loop.alert_to_retrain, loop.alert_to_redeploy, loop.retrain) == (4, 16, "r2")


def test_a_model_that_is_judged_ok_ends_it_without() -> None:
    found = counted(
        model("m1", (5, "alert"), (6, "ok"), (20, "alert"), (22, "retraining")),
        model("m2", (5, "alert"), (8, "retired")),
        trains("m1", "r1", (22, 0)),
    )
    assert [(loop.model, loop.first_alert[-2:], loop.state, loop.days) for loop in found.loops] == [
        ("m1", "05", "ok", 2), ("m2", "05", "retired", 4), ("m1", "20", "open: not begun", 21),
    ]  # fmt: skip
    assert found.without_retraining == 2
    assert [loop.retrain for loop in found.open] == ["r1"]
    assert "1 still open and not in these days, the oldest m1 for 21 days" in summary(found).lines


def loops_of(*days: tuple[float, int | None]) -> list[CardHistory]:
    """Models with an alert on a day, and the one trained from each so many days later, if any; work
    on that begins at once."""
    made = []
    for number, (first, took) in enumerate(days):
        alert = ((first, "alert"),)
        end = () if took is None else ((first + took - 1, "superseded"),)
        made.append(model(f"m{number}", *alert, *end))
        left = () if took is None else ((first + took - 1, 4, "shipped"),)
        made.append(trains(f"m{number}", f"r{number}", (first, 0), (first, 1), *left))
    return made


def test_open_loops_count_as_long_as_they_last() -> None:
    """Of six that ended half took 4 days, but two have been waiting for 30 and 31."""
    taken = [(2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (10, None), (11, None)]
    found = counted(*loops_of(*taken))
    days = found.alert_to_redeploy
    assert (days.values, days.percentile(50), days.unfinished) == ((2, 3, 4, 5, 6, 7), 4, 2)
    reference = ecdf(
        CensoredData.right_censored([2, 3, 4, 5, 6, 7, 31, 30], [False] * 6 + [True] * 2)
    )
    lasting = reference.sf
    [median] = lasting.quantiles[lasting.probabilities <= 0.5][:1]
    assert days.with_open(50) == median == 5
    delivered = summary(found).lines[1]
    assert delivered == (
        "first alert to delivery: n 6: half within 4 days | counting open ones: half within 5"
    )
    assert "2 still open, the oldest m6 for 31 days" in summary(found).lines
    data = to_json(found)["alert_to_redeploy"]
    assert (data["unfinished"], data["median_with_open"], data["p85_with_open"]) == (2, 5, None)


def test_loops_that_ended_otherwise_or_were_there_before_the_window_count_as_far_as_seen() -> None:
    """In a window, one that began before it counts from the days it had then: of those that took
    long only these are in it."""
    taken = [(2, 20), (20, 2), (21, 2), (22, 2), (23, 2), (24, 12)]
    found = counted(*loops_of(*taken), model("off", (22, "alert"), (25, "retired")), days=22)
    days = found.alert_to_redeploy
    assert (days.values, days.unfinished) == ((2, 2, 2, 2, 12, 20), 1)
    # Of seven the first came under observation on its 17th day: six were at risk of two days.
    assert (days.survival.withheld, days.survival.steps) == (12, ((2, Fraction(2, 6)),))
    assert summary(found).lines[1].endswith("counting open ones: half within 2")


def test_retraining_that_no_alert_began_is_no_answer_to_one() -> None:
    assert counted(model("m1", (7, "retraining")), trains("m1", "r1", (7, 0))).loops == ()
    assert summary(counted()).lines == (
        "No alert in this window; mlkanban reading MODEL records one.",
    )


def test_the_window_is_that_of_the_end() -> None:
    # 14 January is the last day of the 27 before the 9th of February, and of no fewer.
    assert counted(*CLOSED, day=40, days=27).alert_to_redeploy.n == 1
    late = counted(*CLOSED, day=40, days=26)
    assert (late.loops, late.alert_to_redeploy.n) == ((), 0)
    partly = counted(*CLOSED, day=14, days=2)
    assert (partly.alert_to_retrain.n, partly.alert_to_redeploy.n) == (0, 1), (
        "the commitment lies before"
    )


def test_the_models_of_a_line_are_counted_together() -> None:
    found = counted(
        *CLOSED[:1],
        trains("m1", "r1", (7, 0), (9, 1), (14, 4, "shipped"),
               healths=[(14, "ok"), (20, "alert"), (21, "retraining")]),
        trains("r1", "r2", (21, 0), (22, 1)),
    )  # fmt: skip
    [line] = to_json(found)["models"]
    assert (line["model"], line["title"], line["open"]) == ("m1", "Card m1", 1)
    assert line["alert_to_retrain"]["days"] == [3, 5]
    assert line["alert_to_redeploy"]["days"] == [10]


def test_the_share_of_releases_that_were_rolled_back() -> None:
    def release(ref: str, *healths: tuple[float, str]) -> CardHistory:
        return trains("m0", ref, (1, 0), (2, 1), (5, 4, "shipped"), healths=[(5, "ok"), *healths])

    found = counted(
        release("r1", (8, "alert"), (10, "rolled-back")),
        release("r2", (9, "rolled-back")),
        release("r3", (8, "alert"), (9, "ok"), (12, "alert"), (12.5, "watch"), (20, "rolled-back")),
        release("r4", (30, "superseded")),
        trains("m0", "open", (1, 0), (2, 1)),
    )
    releases = to_json(found)["releases"]
    assert (releases["n"], releases["rolled_back"], releases["share_rolled_back"]) == (4, 3, 0.75)
    assert releases["days_to_restore"]["days"] == [3, 9], "8th to 10th, and 12th to 20th"
    assert releases["rolled_back_without_alert"] == 1
    lines = summary(found).lines
    assert "4 releases in the window, 3 rolled back" in lines
    assert "first alert to rollback: n 2: 3, 9 days (a median needs 5)" in lines
    assert to_json(counted())["releases"]["share_rolled_back"] is None


def test_a_rollback_that_is_undone_counts_no_more() -> None:
    found = counted(
        trains("m0", "r1", (1, 0), (2, 1), (5, 4, "shipped"),
               healths=[(5, "ok"), (9, "rolled-back"), (12, "ok")])
    )  # fmt: skip
    assert (found.releases.n, found.releases.rolled_back) == (1, 0)


def test_percentiles_ask_for_enough() -> None:
    cards: list[CardHistory] = []
    for n in range(1, 11):
        end = 5 + n
        cards += [model(f"m{n}", (5, "alert"), (6, "retraining"), (end, "superseded")),
                  trains(f"m{n}", f"r{n}", (6, 0), (6, 1), (end, 4, "shipped"))]  # fmt: skip
    found = counted(*cards[:10])
    assert (found.alert_to_redeploy.percentile(50), found.alert_to_redeploy.percentile(85)) == (
        4,
        None,
    )
    found = counted(*cards)
    assert (found.alert_to_redeploy.percentile(50), found.alert_to_redeploy.percentile(85)) == (
        6,
        10,
    )
    assert (
        summary(found).lines[1]
        == "first alert to delivery: n 10: half within 6 days, 85 % within 10"
    )
    assert dict(figures(found))["to redeploy"] == "6 d"


_HEALTHS = st.lists(
    st.tuples(
        st.floats(1, 30).map(lambda day: round(day * 24) / 24),
        st.sampled_from(["", "ok", "watch", "alert", "retraining", "superseded", "retired"]),
    ),
    max_size=8,
).map(lambda some: sorted(some, key=lambda one: one[0]))


@given(st.lists(_HEALTHS, max_size=4), st.floats(1, 31))
def test_any_history_at_all(histories, day: float) -> None:
    cards = [model(f"m{n}", *healths) for n, healths in enumerate(histories)]
    cards += [
        trains(f"m{n}", f"r{n}", (2 + n, 0), (6 + n, 1), (11 + n, 4, "shipped")) for n in range(3)
    ]
    found = counted(*cards, day=day)
    assert summary(found).lines
    open_ = [loop.model for loop in found.open]
    assert len(open_) == len(set(open_)), "a model has one open loop at most"
    for loop in found.loops:
        assert loop.days >= 1
        assert loop.alert_to_retrain is None or 1 <= loop.alert_to_retrain <= loop.days
        assert loop.alert_to_redeploy is None or loop.alert_to_redeploy == loop.days


def test_what_was_begun_before_the_alert_was_not_begun_for_it() -> None:
    found = counted(
        model("m1", (3, "retraining"), (4, "ok"), (10, "alert"), (14, "superseded")),
        trains("m1", "r1", (3, 0), (5, 1), (14, 4, "shipped")),
    )
    [loop] = found.loops
    assert (loop.retrain, loop.alert_to_retrain, loop.alert_to_redeploy) == ("r1", None, 5)


@pytest.mark.parametrize(
    ("made", "begun", "shipped", "retrain", "days"),
    [
        # The alert is of day 5, its end of day 14: what happens in these instants still counts.
        (14, 14, 14, "r1", (10, 10)), (14.1, 14.2, 14.3, "", (None, None)),
        (1, 5, 14, "r1", (1, 10)), (1, 4.9, 14, "r1", (None, 10)),
        (1, 2, 5, "r1", (None, 1)), (1, 2, 4.9, "", (None, None)),
        (7, 9, 14.1, "r1", (5, None)), (7, 9, 12, "r1", (5, 8)),
    ],
)  # fmt: skip
def test_a_retrained_model_counts_from_the_alert_to_its_end(made, begun, shipped, retrain, days):
    [loop] = counted(
        model("m1", (5, "alert"), (14, "superseded")),
        trains("m1", "r1", (made, 0), (begun, 1), (shipped, 4, "shipped")),
    ).loops
    assert loop.retrain == retrain
    assert (loop.alert_to_retrain, loop.alert_to_redeploy) == days


def test_of_several_retrained_models_the_one_in_use_first_counts():
    found = counted(
        model("m1", (5, "alert")),
        trains("m1", "r1", (6, 0), (8, 1), (12, 4, "shipped")),
        trains("m1", "r2", (6, 0), (7, 1), (9, 4, "shipped")),
        trains("m1", "r3", (6, 0)),
    )
    [loop] = found.loops
    assert (loop.alert_to_retrain, loop.alert_to_redeploy, loop.retrain) == (3, 5, "r2")
    assert (loop.over, loop.days, loop.state) == (at(9), 5, "redeployed")


@pytest.mark.parametrize("health", ["ok", "retired", "superseded", ""])
def test_what_ends_an_alert_without_retraining(health: str) -> None:
    found = counted(model("m1", (5, "alert"), (6, "watch"), (8, health)))
    [loop] = found.loops
    assert (loop.days, loop.state, found.without_retraining) == (4, health or "not in use", 1)
    assert found.open == ()


def test_open_alerts_are_told_longest_first() -> None:
    found = counted(
        model("b", (5, "alert")), model("a", (5, "alert")), model("old", (3, "alert")),
        model("later", (41, "alert")),
    )  # fmt: skip
    assert [(loop.model, loop.days) for loop in found.open] == [("old", 38), ("a", 36), ("b", 36)]
    assert [loop.state for loop in found.open] == ["open: alert"] * 3
    assert found.without_retraining == 0


def test_a_line_that_goes_round_in_a_circle_has_an_end() -> None:
    found = counted(
        trains("m2", "m1", (1, 0), healths=[(5, "alert")]),
        trains("m1", "m2", (1, 0), healths=[(6, "alert")]),
    )
    assert {loop.line for loop in found.loops} <= {"m1", "m2"}
    assert len(found.loops) == 2
