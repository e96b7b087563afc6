from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.display.number_text.backtest import sentence, summary
from mlkanban.flow.backtest import PASTS, _Replay, backtest
from mlkanban.flow.history import CardHistory, FlowState, trace
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.window import Window
from tests.flow.logs import WORKFLOW, at, card, histories, sample, took


def steady(cards=400, seed=3):
    """About one finish a day, days independent."""
    rng = Random(seed)
    return [took(f"c{n}", rng.randint(1, 12), start=1 + rng.uniform(0, 400)) for n in range(cards)]


def test_forecasts_of_a_steady_board_hold_as_often_as_they_say():
    found = backtest(sample(steady(), day=400))
    assert len(found.days) >= 60
    for kinds in found.scores.values():
        for scores in kinds.values():
            assert [score.percent for score in scores] == list(PERCENTILES)
            for score in scores:
                assert score.trials >= 60
                assert score.share is not None
                assert score.share >= score.percent - 12
    assert "held" in sentence(found, "how_many", back=90)


def test_a_board_that_breaks_down_is_called_out():
    cards = steady()
    half = [c for c in cards if c.steps[0].at < at(200)] + [
        c for n, c in enumerate(cards) if c.steps[0].at >= at(200) and n % 12 == 0
    ]
    said = summary(backtest(sample(half, day=400)))
    assert any("less often than they say" in line or "--window 30d" in line for line in said.lines)


@settings(max_examples=25, deadline=None)
@given(histories(15), st.integers(8, 25))
def test_a_trial_knows_nothing_of_what_came_after(cards, day):
    """Cutting the history off after the trial day changes nothing of what was known then."""
    whole = _Replay(sample(cards, 31))
    for back in (day, day - 3):
        for c in whole._turned:
            flow = trace(WORKFLOW, c.history, WORKFLOW.end_of_day(at(back).date()))
            then = whole._then(c, at(back).date().toordinal())
            worked = flow is not None and flow.start is not None and not flow.never_worked
            assert (then is not None) == worked
            if then is not None:
                assert flow is not None
                assert then.done == (flow.state is FlowState.FINISHED)


@settings(max_examples=40, deadline=None)
@given(histories(15), st.integers(3, 30))
def test_final_facts_cut_off_are_what_was_known(cards, day):
    """For cards that never came back: tracing them as of the day gives the same."""
    some = sample(cards, 31)
    replay = _Replay(some)
    turned = {c.ref for c in replay._turned}
    as_of = WORKFLOW.end_of_day(at(day).date())
    ordinal = at(day).date().toordinal()
    plain = [c for c in some.worked if c.ref not in turned]
    for c in plain:
        flow = trace(WORKFLOW, c.history, as_of)
        then_open = flow is not None and flow.start is not None and flow.finish is None
        assert c.start is not None
        assert then_open == (c.start <= ordinal and (c.finish is None or c.finish > ordinal))


def test_the_future_changes_no_prediction():
    cards = steady(120)
    early = sample(cards, day=90)
    later = sample(cards, day=400)
    day = at(60).date().toordinal()

    def predictions(some):
        made = []

        class Replay(_Replay):
            def _throughput(self, day, past):
                made.append(tuple(past))
                return super()._throughput(day, past)

        replay = Replay(replace(some, window=Window(None, some.window.last, "all")))
        replay.cards = 5
        list(replay.trial(day))
        return made

    assert predictions(early) == predictions(later)


def test_a_short_history_is_a_sentence():
    found = backtest(sample([took("a", 2), card("b", (3, 1))], day=9))
    assert found.days == ()
    assert "Nothing to replay" in summary(found).lines[0]
    assert sentence(found, "how_many", back=90) == ""
    assert found.best_past_days == PASTS[-1]


def like_clockwork(until: int) -> list[CardHistory]:
    """A card begun every day, each finished on its fifth day."""
    return [took(f"c{day}", 5, start=day) for day in range(1, until + 1)]


def test_forecasts_of_work_like_clockwork_all_hold():
    found = backtest(sample(like_clockwork(200), day=200))
    for kinds in found.scores.values():
        for kind, scores in kinds.items():
            assert {score.share for score in scores} == {100.0}, kind
    assert found.cards_ahead == 14


def test_a_day_is_a_trial_once_two_weeks_after_it_are_known():
    """The last day is not over, and there are thirty days of past before the first trial."""
    assert backtest(sample(like_clockwork(45), day=45)).days == ()
    assert backtest(sample(like_clockwork(46), day=46)).days == (at(31).date(),)


def test_an_open_card_that_is_late_counts_against_its_forecast():
    cards = [*like_clockwork(200), card("late", (100, 1))]
    scores = backtest(sample(cards, day=200)).scores[90]["card"]
    assert all(score.held < score.trials for score in scores)


def test_a_card_that_takes_a_day_longer_than_any_other_holds_no_forecast():
    cards = [*like_clockwork(200), took("slow", 6, start=100)]
    scores = backtest(sample(cards, day=200)).scores[90]["card"]
    assert all(score.held < score.trials for score in scores)
