"""The hyper-parameters of a search as axes, and what is drawn on them."""

import math
from random import Random

import pytest

from mlkanban.charts.parameter_curve import parameter_curve
from mlkanban.display.parameter_lines import parameter_lines, parameter_sentence, space_lines
from mlkanban.glyphs import UTF8, glyphs
from mlkanban.runs.model.overview import overview
from mlkanban.runs.model.parameter_axes import Scale, SearchSpace, parameter_axis, search_space
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState

LOSS = {"name": "loss", "direction": "<=", "target": 0.2}


def searched(metric: dict[str, object] = LOSS) -> SearchSpace:
    rng = Random(1)
    runs = []
    for at in range(40):
        lr, act = 10 ** rng.uniform(-5, -1), rng.choice(("relu", "gelu"))
        loss = 0.2 + 0.1 * abs(math.log10(lr) + 3) + (0.05 if act == "gelu" else 0)
        runs.append(
            Run(
                f"optuna:s/{at}", RunState.TRACKED, says="COMPLETE",
                params={"lr": f"{lr}", "act": act, "width": f"{rng.randint(1, 9)}"},
                metrics={"loss": 80.0 if at == 0 else loss}, where="/o.db",
                started=f"2026-03-20T09:{at:02}:00Z",
            )
        )  # fmt: skip
    found = results(runs, metric)
    space = search_space(overview(runs, found), found)
    assert space is not None
    return space


@pytest.mark.parametrize(
    ("texts", "scale", "places"),
    [
        (["0.001", "0.1", ""], Scale.LOG, (-3.0, -1.0, None)),
        (["0.001", "0.09"], Scale.LINEAR, (0.001, 0.09)),
        (["0", "100"], Scale.LINEAR, (0.0, 100.0)),
        (["10", "relu", "2"], Scale.WORDS, (1.0, 2.0, 0.0)),
        (["1e400", "1", "2"], Scale.WORDS, (1.0, 0.0, 2.0)),
    ],
)
def test_numbers_over_decades_are_on_a_logarithmic_axis(texts, scale, places) -> None:
    axis = parameter_axis("x", texts)
    assert axis.scale is scale
    assert axis.places == pytest.approx(places) if None not in places else axis.places == places


def test_what_tells_most_is_the_first_axis_and_the_best_tenth_is_named() -> None:
    space = searched()
    assert [axis.name for axis in space.axes][-1] == "width"
    assert space.best == 4
    lr = space.axis("lr")
    assert lr is not None
    low, high = map(float, space.best_texts(lr))
    assert 1e-4 < low < 1e-3 < high < 1e-2
    sentence = parameter_sentence(space, lr)
    assert sentence.startswith("The best 4 of 40 have lr from 0.000")
    assert "of the rank variance beyond chance." in sentence
    act, width = space.axis("act"), space.axis("width")
    assert act is not None
    assert width is not None
    assert parameter_sentence(space, act).startswith("The best 4 of 40 have act relu; ")
    assert parameter_sentence(space, width).endswith("what it tells is within chance.")


def test_values_over_a_parameter_have_powers_of_ten_or_words_below_them() -> None:
    space = searched()
    lr, act = space.axis("lr"), space.axis("act")
    assert lr is not None
    assert act is not None
    picture = parameter_curve(space, lr, LOSS)
    assert [label for _, label in picture.spec.ticks][1:-1] == [".0001", ".001", ".01"]
    assert picture.hidden == (80.0,)
    lines = parameter_lines(space, act, LOSS, 70, 16, glyphs("ascii"), coloured=False)
    text = "\n".join("".join(piece.text for piece in line) for line in lines)
    assert text.isascii()
    assert "gelu" in text
    assert "relu" in text
    assert "1 of 40 values (80) lies outside the picture" in text


def test_a_letter_is_the_same_configuration_on_every_strip() -> None:
    space = searched()
    lines = ["".join(p.text for p in line) for line in space_lines(space, LOSS, 79, 9, UTF8)]
    assert lines[0].startswith("abcd the best 4 of 40 in order")
    strips = {line.split()[0]: line for line in lines[1:]}
    assert next(iter(strips)) == "loss"
    assert "(1 beyond)" in strips["loss"]
    assert "(log)" in strips["lr"]
    assert "relu abcd of" in strips["act"]
    assert max(map(len, lines)) <= 79
    first = space.ranking[0]
    assert space.means[first] == min(space.means)
    shorter = space_lines(space, LOSS, 79, 3, UTF8)
    assert "".join(p.text for p in shorter[-1]) == "3 more hyper-parameters"


def test_without_a_direction_no_configuration_is_the_best() -> None:
    space = searched({"name": "loss"})
    assert space.best == 0
    lines = space_lines(space, {"name": "loss"}, 79, 9, UTF8)
    assert "does not say which values are better" in "".join(p.text for p in lines[0])


def test_a_zero_among_decades_lies_apart_from_them() -> None:
    axis = parameter_axis("wd", ["0", "1e-5", "1e-4", "1e-3", "1e-2", ""])
    assert axis.scale is Scale.LOG
    assert axis.places == (-6, -5, -4, -3, -2, None)
    assert parameter_axis("x", ["-1", "1e-5", "1"]).scale is Scale.LINEAR


def _ticks(texts: list[str], width: int = 60) -> list[str]:
    """The labels below the picture of a search over one parameter with these values."""
    runs = [
        Run(
            str(at), RunState.FINISHED, argv=("t", f"--x={text}"), metrics={"loss": at / 10},
            started=f"2026-03-20T{at // 60:02}:{at % 60:02}:00Z",
        )
        for at, text in enumerate(texts)
    ]  # fmt: skip
    found = results(runs, LOSS)
    space = search_space(overview(runs, found), found)
    assert space is not None
    axis = space.axis("x")
    assert axis is not None
    lines = parameter_lines(space, axis, LOSS, width, 14, UTF8, coloured=False)
    return "".join(piece.text for piece in lines[-1]).split()


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["0", "1e-5", "1e-4", "1e-3", "1e-2"], ["0", "1e-5", "1e-4", "1e-3", "1e-2"]),
        (["16", "32", "64"], ["16", "32", "64"]),
        ([f"{at / 10 - 1:.3}" for at in range(21)], ["-1", "-.5", "0", ".5", "1"]),
        ([f"{10 ** (at / 4 - 5):.3g}" for at in range(17)],
         [".00001", ".0001", ".001", ".01", ".1"]),
        ([f"{at * 100 + 37}" for at in range(20)], ["37", "500", "1000", "1500", "1937"]),
    ],
)  # fmt: skip
def test_an_axis_has_its_ends_and_few_values_all_their_labels(texts, labels) -> None:
    assert _ticks(texts) == labels
