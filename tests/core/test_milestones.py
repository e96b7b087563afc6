from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.milestones import Milestones, Phase, days_old, in_sequence, milestones, phase

B, I, A = Phase.BEFORE, Phase.INSIDE, Phase.AFTER  # noqa: E741


def slow(phases: list[Phase]) -> Milestones:
    """The words of the definition, one after the other. The instant of step n is str(n)."""
    crossings = [
        n
        for n, now in enumerate(phases)
        if now is not B
        and (n == 0 or phases[n - 1] is B)
        and all(later is not B for later in phases[n:])
    ]
    passings = [
        n
        for n, now in enumerate(phases)
        if now is A
        and (n == 0 or phases[n - 1] is not A)
        and all(later is A for later in phases[n:])
    ]
    started = crossings[-1] if crossings else None
    return Milestones(
        None if started is None else str(started),
        str(passings[-1]) if passings else None,
        started is not None and I in phases[started:],
        sum(before is A and now is not A for before, now in pairwise(phases)),
    )


@given(st.lists(st.sampled_from(Phase), max_size=12))
def test_milestones_are_what_the_definition_says(phases: list[Phase]) -> None:
    assert milestones((str(n), now) for n, now in enumerate(phases)) == slow(phases)


def test_moving_back_before_commitment_restarts_the_clock() -> None:
    assert milestones([("1", B), ("2", I), ("3", B), ("4", I)]) == ("4", None, True, 0)


def test_moving_back_inside_lets_the_clock_run_on() -> None:
    assert milestones([("1", I), ("2", I), ("3", I)]) == ("1", None, True, 0)


def test_reopening_undoes_the_finish() -> None:
    assert milestones([("1", I), ("2", A), ("3", I)]) == ("1", None, True, 1)
    assert milestones([("1", I), ("2", A), ("3", I), ("4", A)]) == ("1", "4", True, 1)


def test_moving_on_after_delivery_does_not_finish_again() -> None:
    assert milestones([("1", I), ("2", A), ("3", A)]) == ("1", "2", True, 0)


def test_straight_past_all_work_was_never_worked() -> None:
    assert milestones([("1", B), ("2", A)]) == ("2", "2", False, 0)
    # Work that was taken back before commitment does not count.
    assert milestones([("1", I), ("2", B), ("3", A)]) == ("3", "3", False, 0)


def test_an_outcome_finishes_a_card_wherever_it_stands() -> None:
    assert [phase(n, 1, 3, None) for n in range(5)] == [B, I, I, A, A]
    assert [phase(n, 1, 3, "learned") for n in range(5)] == [A] * 5


def test_discarding_moves_no_boundary() -> None:
    assert [phase(n, 1, 3, "discarded") for n in range(5)] == [B, I, I, A, A]


def test_what_is_dated_after_what_followed_it_counts_as_done_by_then() -> None:
    assert in_sequence(["1", "2", "3"]) == ["1", "2", "3"]
    assert in_sequence(["1", "8", "9", "2", "3"]) == ["1", "2", "2", "2", "3"]
    assert in_sequence([]) == []


def test_what_is_dated_in_the_future_is_no_day_old() -> None:
    assert days_old(date(2026, 3, 1), date(2026, 3, 1)) == 1
    assert days_old(date(2026, 2, 27), date(2026, 3, 1)) == 3
    assert days_old(date(2028, 3, 1), date(2026, 3, 1)) == 1
