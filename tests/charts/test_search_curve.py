"""The picture of a search: a point for each trial, and steps of the best value so far."""

import pytest

from mlkanban.charts.render import as_text, render
from mlkanban.charts.search_curve import search_curve
from mlkanban.display.curve_lines import search_lines, search_sentence
from mlkanban.glyphs import UTF8, glyphs
from mlkanban.runs.model.search import SearchHistory
from mlkanban.runs.model.search import SearchTrial as Trial

LOSS = {"name": "loss", "direction": "<=", "target": 0.1}
HISTORY = SearchHistory(
    (
        Trial(0, 0.5, 0.5),
        Trial(2, 0.9, 0.5),
        Trial(5, 0.3, 0.3),
        Trial(6, 0.4, 0.3),
    ),
    7,
)


def test_the_best_value_goes_down_in_steps_and_on_to_the_last_trial() -> None:
    spec = search_curve(HISTORY, LOSS).spec
    points, best = spec.lines
    assert points.parts == (((0, 0.5),), ((2, 0.9),), ((5, 0.3),), ((6, 0.4),))
    assert best.parts == (((0, 0.5), (2, 0.5), (5, 0.5), (5, 0.3), (6, 0.3)),)
    assert (spec.first, spec.last, spec.low, spec.high) == (0, 6, 0.1, 0.9)
    assert best.label == ".3 best so far"


@pytest.mark.parametrize("characters", ["utf-8", "ascii"])
def test_it_is_drawn_within_its_size(characters) -> None:
    used = glyphs(characters)
    text = as_text(render(search_curve(HISTORY, LOSS).spec, 60, 12, coloured=False, glyphs=used))
    assert ".3 best so far" in text
    assert "target .1" in text
    assert len(text.splitlines()) <= 12
    assert max(map(len, text.splitlines())) <= 60


def test_a_single_trial_can_be_drawn() -> None:
    one = SearchHistory((Trial(4, 0.5, 0.5),), 1)
    assert render(search_curve(one, {}).spec, 60, 12, coloured=False, glyphs=UTF8)


def test_the_sentence_names_the_best_trial_and_those_without_a_value() -> None:
    assert search_sentence(HISTORY, LOSS) == (
        "The best of 4 trials with a value is .3 (trial 5), .2 short of the target; 3 have none."
    )
    whole = HISTORY._replace(total=4, word="run")
    assert search_sentence(whole, {"name": "loss"}) == "The best of 4 runs is .3 (run 5)."
    lines = search_lines(HISTORY, LOSS, 100, 14, UTF8, coloured=False)
    assert "".join(piece.text for piece in lines[0]).startswith("The best of 4 trials")
    assert len(lines) <= 14


def _text(history: SearchHistory, metric: dict[str, object], **more) -> list[str]:
    lines = search_lines(history, metric, 70, 16, UTF8, coloured=False, **more)
    return ["".join(piece.text for piece in line) for line in lines]


def test_a_first_trial_far_off_leaves_the_improvement_its_room() -> None:
    values = [40.5, 0.6, 0.5, 0.45, 0.41, 0.4]
    bests = [40.5, 0.6, 0.5, 0.45, 0.41, 0.4]
    history = SearchHistory(tuple(map(Trial, range(6), values, bests)), 6)
    metric = {**LOSS, "target": 0.35, "baseline": 7.0}
    picture = search_curve(history, metric)
    assert (picture.spec.low, picture.spec.high) == (0.35, 0.6)
    assert picture.hidden == (40.5,)
    assert [level.label for level in picture.spec.levels] == ["target .35"]
    shown = _text(history, metric, whole_key="|")
    assert shown[-1] == "1 of 6 values (40.5) and base 7 lie outside the picture: | shows all"
    assert not any("base 7" in line for line in shown[:-1])
    whole = _text(history, metric, whole=True)
    assert not any("outside" in line for line in whole)
    assert any("base 7" in line for line in whole)


def test_a_level_alone_may_lie_outside() -> None:
    history = HISTORY._replace(trials=HISTORY.trials)
    assert _text(history, {**LOSS, "target": None, "baseline": 99})[-1] == (
        "base 99 lies outside the picture"
    )
