"""What learning curves show, in a sentence."""

import math
import re
from dataclasses import replace

import pytest

from mlkanban.charts.learning_curve import NamedSeries, learning_curve
from mlkanban.display.curve_lines import curve_lines, heading, named_series, sentences
from mlkanban.glyphs import UTF8, glyphs
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.series import RunSeries, SeriesBuilder
from mlkanban.runs.model.state import RunState

AUC = {"name": "auc", "direction": ">=", "target": 0.95, "baseline": 0.9}


def conclusion(some, metric) -> str:
    return " ".join(sentences(some, metric))


def named(values, label, *, grows=False):
    builder = SeriesBuilder("auc")
    for at, value in enumerate(values, 1):
        builder.add(value, 100 * at)
    return NamedSeries(builder.series, label, "value", label[0], grows)


def test_where_a_run_is_that_goes_on() -> None:
    running = named([0.9, 0.94, 0.93], "running", grows=True)
    assert conclusion([running], AUC) == (
        "The running curve is at .93 (step 300), .02 short of the target; best so far .94 (step"
        " 200)."
    )
    assert conclusion([named([0.951], "running", grows=True)], AUC) == (
        "The running curve is at .951 (step 100), .001 beyond the target."
    )


def test_a_distance_has_the_digits_of_its_two_numbers() -> None:
    assert conclusion([named([0.9, 0.94118], "a")], AUC) == (
        "a ended at .941 (step 200), .009 short of the target."
    )


def test_which_one_ended_best() -> None:
    a, b = named([0.9, 0.952], "a"), named([0.97, 0.949], "b")
    assert conclusion([b, a], AUC) == (
        "a ended highest, at .952 (step 200), .002 beyond the target."
    )
    # Whether a target is reached, runs with their spread say, and no single value.
    assert "at .95 (step 200), exactly the target." in conclusion([named([0.9, 0.95], "a")], AUC)
    loss = {"name": "auc", "direction": "<=", "target": 0.1}
    assert conclusion([a, b], loss) == (
        "b ended lowest, at .949 (step 200), .849 short of the target."
    )
    assert conclusion([a], None) == "a ended at .952 (step 200)."
    assert conclusion([b, a], None) == "b ended at .949 (step 200)."
    assert conclusion([named([0.9, 0.3], "running", grows=True)], None) == (
        "The running curve is at .3 (step 200)."
    )
    running = named([0.93], "running", grows=True)
    assert conclusion([named([0.94], "best"), running], AUC) == (
        "The running curve is at .93 (step 100), .02 short of the target."
        " The best run ended at .94 (step 100), .01 short of the target."
    )


def test_a_result_that_is_not_the_last_value_is_named() -> None:
    best = replace(named([0.9, 0.851], "best"), result=0.96)
    assert conclusion([best], AUC) == (
        "The last logged value of the best run is .851 (step 200); its result is .96, .01 beyond"
        " the target."
    )
    same = replace(best, result=0.851)
    assert conclusion([same], AUC).startswith("The best run ended at .851 (step 200), .099 short")
    assert conclusion([named([0.94], "a"), best], AUC).startswith("The last logged value of the b")


def test_a_run_that_ended_without_a_number_is_not_told_to_have_ended_at_one() -> None:
    builder = SeriesBuilder("auc")
    builder.add(0.69, 19)
    builder.add(float("nan"))
    assert conclusion([NamedSeries(builder.series, "best", "value")], AUC) == (
        "The best run ended without a number (auc=nan), after .69 (step 19), .26 short of the"
        " target."
    )


def test_of_several_that_go_on_the_newest_is_told() -> None:
    some = [named([value], "running", grows=True) for value in (0.93, 0.94)]
    newest = "The newest running curve is at .93 (step 100), .02 short of the target."
    assert conclusion(some, AUC) == newest
    unseen = [named([0.9], "unknown", grows=True), named([0.91], "stale", grows=True)]
    assert conclusion([*some, unseen[0]], AUC) == (
        f"{newest} The curve of a run that nobody can see here was last at .9 (step 100), .05 short"
        " of the target."
    )
    assert conclusion([unseen[1], unseen[1]], AUC) == (
        "The newest curve of a stale run was last at .91 (step 100), .04 short of the target."
    )


def test_a_step_that_all_values_have_is_not_told() -> None:
    builder = SeriesBuilder("auc")
    for at, value in enumerate((0.9, 0.93, 0.92)):
        builder.add(value, 0, at=60.0 * at)
    running = NamedSeries(builder.series, "running", "live", "r", grows=True)
    assert conclusion([running], AUC) == (
        "The running curve is at .92, .03 short of the target; best so far .93."
    )


def test_the_best_so_far_is_another_number() -> None:
    flat = named([0.90000001, 0.9], "running", grows=True)
    assert "best so far" not in conclusion([flat], AUC)


def test_the_curve_knows_the_result_of_a_run() -> None:
    series = RunSeries({"auc": named([0.9], "x").series})
    ended = Run("r1", RunState.FINISHED, metrics={"auc": 0.95})
    running = Run("r2", RunState.RUNNING, metrics={"auc": 0.95})
    some = named_series([(ended, "best", series), (running, "running", series)], "auc")
    assert [one.result for one in some] == [0.95, None]


def test_the_run_whose_values_are_drawn_is_named() -> None:
    outer = Run("r1", RunState.FINISHED, metrics={"auc": 0.9})
    inner = Run("mlflow:1", RunState.TRACKED, name="The lr0.001-s2", parent="r1")
    series = {"auc": named([0.8, 0.9], "x").series}
    [drawn] = named_series(
        [(outer, "best", RunSeries(series, inner="mlflow:1"))], "auc", [outer, inner]
    )
    assert conclusion([drawn], AUC) == (
        "The best run (The lr0.001-s2) ended at .9 (step 200), .05 short of the target."
    )
    assert "of the best run (The lr0.001-s2) is .9" in conclusion([replace(drawn, result=0.8)], AUC)
    [own] = named_series([(inner, "a", RunSeries(series))], "auc")
    assert conclusion([own], AUC).startswith("a (The lr0.001-s2) ended at")


def test_of_several_that_a_run_has_it_is_said_whose_values_are_drawn() -> None:
    builder = SeriesBuilder("auc")
    for step, value in enumerate((0.7, 0.8)):
        builder.add(value, step)
    best = replace(builder.series, about="best of 2 trials, trial 2 runs")
    read = RunSeries({"auc": best})
    run = Run("a", RunState.RUNNING, name="grid")
    drawn = named_series([(run, "running", read)], "auc", [run])
    assert conclusion(drawn, None).startswith(
        "The running curve (best of 2 trials, trial 2 runs) is at"
    )


def test_without_a_direction_no_curve_is_the_best() -> None:
    a, b = named([2.4, 0.3], "a"), named([2.4, 0.1], "b")
    assert conclusion([a, b], {"name": "auc"}) == "a ended at .3 (step 200)."
    falling = named([2.4, 0.1163], "running", grows=True)
    assert conclusion([falling], None) == "The running curve is at .1163 (step 200)."


def test_a_picture_stays_where_it_is_while_values_come() -> None:
    def picture(values: list[float]) -> list[int]:
        some = [named(values, "running", grows=True)]
        curve = learning_curve(some, AUC)
        assert curve is not None
        lines = curve_lines(curve, some, AUC, 80, 14, UTF8, coloured=False)
        text = ["".join(piece.text for piece in line) for line in lines]
        at = next(number for number, line in enumerate(text) if "target .95" in line)
        return [at, text[at].index("target")]

    assert picture([0.2, *[0.94] * 59]) == picture([0.92, 0.945, 0.9412])


def test_a_run_that_reports_no_number_any_more_is_not_told_at_its_last_one() -> None:
    builder = SeriesBuilder("loss")
    builder.add(0.5)
    builder.add(float("nan"))
    running = NamedSeries(builder.series, "running", "live", "r", grows=True)
    assert conclusion([running], None) == "The running curve now reports no number: loss=nan."


def test_a_picture_says_what_is_not_in_it() -> None:
    some = [named([0.2, *[0.94] * 59], "best")]
    curve = learning_curve(some, AUC)
    assert curve is not None
    assert heading("auc", curve, "auc") == "auc by step"
    assert heading("loss", curve, "auc") == "loss by step (no curve of auc)"
    for height in (9, 12, 24):
        lines = curve_lines(curve, some, AUC, 80, height, UTF8, coloured=False, whole_key="|")
        text = ["".join(piece.text for piece in line) for line in lines]
        assert len(lines) <= height
        assert text[-1] == "1 of 60 values (.2) lies outside the picture: | shows all"
    ascii = curve_lines(curve, some, AUC, 80, 12, glyphs("ascii"), coloured=False)
    assert all(piece.text.isascii() for line in ascii for piece in line)


@pytest.mark.parametrize("height", range(7, 25))
def test_what_is_said_to_lie_outside_is_not_drawn(height: int) -> None:
    values = [0.944 - 0.094 * math.exp(-8 * at / 66) for at in range(66)]
    some = [named(values, "best")]
    curve = learning_curve(some, AUC)
    assert curve is not None
    lines = curve_lines(curve, some, AUC, 80, height, UTF8, coloured=False)
    text = ["".join(piece.text for piece in line) for line in lines]
    ticks = [float(found[0]) for line in text if (found := re.match(r" *(\.\d+) ", line))]
    outside = sum(value < min(ticks) for value in values)
    assert text[-1].startswith(f"{outside} of 66 values (.85 to ")


def test_a_run_that_goes_on_has_its_colour() -> None:
    running = Run("r2", RunState.RUNNING)
    chosen = [(Run("r1", RunState.FINISHED), "best"), (running, "running"), (running, "running")]
    read = RunSeries({"auc": named([0.9], "x").series})
    some = named_series([(run, label, read) for run, label in chosen], "auc")
    assert [one.role for one in some] == ["value", "live", "mark"]
    assert named_series([(running, "running", RunSeries())], "auc") == []


def test_runs_that_go_on_are_told_apart_by_what_they_differ_in() -> None:
    def going(name: str, *words: str) -> Run:
        argv = ("python", "train.py", *words)
        return Run(name, RunState.RUNNING, argv=argv, started=f"2026-03-20T1{name}:00:00Z")

    def shown(*runs: Run) -> list[tuple[str, str]]:
        read = RunSeries({"auc": named([0.9, 0.91], "x").series})
        best = Run("9", RunState.FINISHED, argv=("python", "train.py", "--hidden", "32"))
        chosen = [(best, "best", read), *((run, "running", read) for run in runs)]
        return [(one.label, one.letter) for one in named_series(chosen, "auc")]

    one = going("1", "--hidden", "64", "--seed", "2")
    other = going("2", "--hidden", "128", "--seed", "1")
    assert shown(one) == [("best", "b"), ("running", "r")]
    assert shown(one, other)[1:] == [("a: hidden 64", "a"), ("c: hidden 128", "c")]
    seed = going("3", "--hidden", "64", "--seed", "3")
    assert shown(one, seed)[1:] == [("a: seed 2", "a"), ("c: seed 3", "c")]
    assert shown(one, one)[1:] == [("running", "r")] * 2, "nothing tells them apart"


def test_of_sentences_for_which_there_is_no_room_none_is_cut() -> None:
    running = named([0.93], "running", grows=True)
    some = [named([0.94, 0.945], "best"), running]
    curve = learning_curve(some, AUC)
    assert curve is not None
    shown = {}
    for width in (60, 80, 190):
        lines = curve_lines(curve, some, AUC, width, 14, UTF8, coloured=False)
        text = " ".join("".join(piece.text for piece in line) for line in lines[:2])
        shown[width] = [word in text for word in ("of the target. The best", "…")]
    assert shown == {60: [False, False], 80: [True, False], 190: [True, False]}


def test_the_whole_range_names_the_way_back() -> None:
    values = [0.944 - 0.094 * math.exp(-8 * at / 66) for at in range(66)]
    some = [named(values, "best")]
    for whole in (False, True):
        curve = learning_curve(some, AUC, whole=whole)
        assert curve is not None
        lines = curve_lines(
            curve, some, AUC, 80, 9, UTF8, coloured=False, whole_key="|", closer_key="|"
        )
        foot = "".join(piece.text for piece in lines[-1])
        assert ("| shows all" in foot) is not whole
        assert ("| shows the ends closer" in foot) is whole


def test_of_a_sentence_without_room_its_first_statement_is_whole() -> None:
    values = [0.9, 0.94, 0.93]
    running = [named(values, "running", grows=True)]
    curve = learning_curve(running, AUC)
    assert curve is not None
    shown = []
    for width in (120, 70):
        lines = curve_lines(curve, running, AUC, width, 9, UTF8, coloured=False)
        shown.append("".join(piece.text for piece in lines[0]))
    whole, short = shown
    assert "best so far" in whole
    assert short == whole.split(";")[0] + "."
