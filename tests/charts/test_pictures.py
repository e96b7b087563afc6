"""Names that people gave enter a picture as what may be drawn; forecasts as what they promise."""

from dataclasses import replace
from itertools import pairwise

from mlkanban.charts.pictures import (
    aging,
    bottleneck,
    cfd,
    how_many,
    iterations,
    retraining,
    stage_times,
    when,
)
from mlkanban.charts.render import as_text, render
from mlkanban.charts.svg import svg
from mlkanban.flow.aging import aging as aged
from mlkanban.flow.bottleneck import bottleneck as held
from mlkanban.flow.cfd import cfd as flowed
from mlkanban.flow.efficiency import efficiency
from mlkanban.flow.forecast import forecast
from mlkanban.flow.iterations import iterations as visited
from mlkanban.glyphs import glyphs
from mlkanban.text import display
from tests.flow.logs import WORKFLOW, card, sample, took
from tests.flow.test_retraining import CLOSED, counted, model

NAME = "\x1b]0;x\x07[red]\u202e\u8bad"


def test_no_control_character_is_drawn():
    workflow = type(WORKFLOW)(
        ("Ready", NAME, NAME + "2", "Evaluate", "Done"), 1, 4, WORKFLOW.timezone, WORKFLOW.kinds
    )
    cards = [*(took(f"c{n}", 3, start=n + 1) for n in range(12)), card("o", (15, 1))]
    some = sample(cards, workflow=workflow)
    for spec in (
        aging(aged(some, 5)),
        cfd(flowed(some)),
        stage_times(efficiency(some)),
        bottleneck(held(some)),
        iterations(visited(some)),
        retraining(counted(replace(model("m1", (5, "alert")), title=NAME))),
    ):
        assert spec is not None
        for ascii in (False, True):
            drawn = as_text(render(spec, 78, 20, glyphs=glyphs("ascii" if ascii else "utf-8")))
            assert "red" in drawn or ascii
            assert drawn == "\n".join(map(display, drawn.split("\n")))
            assert drawn.isascii() or not ascii
        page = svg(spec, 78, 20, "title")
        assert page == "\n".join(map(display, page.split("\n")))


def test_a_wait_for_a_retrained_model_is_divided_at_the_commitment():
    watched = model("m2", (6, "alert"), (8, "watch"))
    judged = model("m3", (6, "alert"), (8, "ok"))
    spec = retraining(counted(watched, judged, *CLOSED, day=20))
    assert spec is not None
    assert [(row.label, row.parts, row.text, row.cards) for row in spec.rows] == [
        ("m2  Card m2", (15.0, 0.0), "15 d, open: watch", ("m2",)),
        ("m3  Card m3", (3.0, 0.0), "3 d, ok", ("m3",)),
        ("m1  Card m1", (5.0, 5.0), "10 d, redeployed", ("m1", "r1")),
    ]
    assert retraining(counted(*CLOSED, day=4)) is None


def test_the_pictures_of_forecasts_show_the_chances_that_their_marks_name():
    """So many or more, and by a day: neither goes up and down from bar to bar, and every mark
    stands on the last bar that has its chance, or the first."""
    cards = [took(f"c{n}", 1, start=1 + n + 2 * (n // 3) + 9 * (n // 20)) for n in range(90)]
    found = forecast(sample([*cards, card("o", (150, 1))], day=210), cards=6)
    many, soon = how_many(found), when(found)
    assert many is not None
    assert soon is not None
    for spec, sign in ((many, 1), (soon, -1)):
        chances = spec.chances
        assert all(sign * (here - after) >= -1e-12 for here, after in pairwise(chances))
        assert {mark.label for mark in spec.marks} >= {"50 %", "85 %"}
        for mark in spec.marks:
            p = int(mark.label.removesuffix(" %")) / 100
            assert chances[mark.value] >= p - 1e-12
            assert mark.value + sign < 0 or chances[mark.value + sign] < p
    for mark in many.marks:
        assert (
            int(many.names[mark.value].removesuffix("+"))
            == found.how_many[int(mark.label.removesuffix(" %"))]
        )
    assert when(forecast(sample([]))) is how_many(forecast(sample([]))) is None
