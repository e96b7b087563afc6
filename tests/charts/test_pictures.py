"""Names that people gave enter a picture as what may be drawn."""

from mlkanban.charts.pictures import aging, bottleneck, cfd, iterations, stage_times
from mlkanban.charts.render import render
from mlkanban.charts.svg import svg
from mlkanban.flow.aging import aging as aged
from mlkanban.flow.bottleneck import bottleneck as held
from mlkanban.flow.cfd import cfd as flowed
from mlkanban.flow.efficiency import efficiency
from mlkanban.flow.iterations import iterations as visited
from mlkanban.text import display
from tests.flow.logs import WORKFLOW, card, sample, took

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
    ):
        for ascii in (False, True):
            drawn = render(spec, 78, 20, palette=None, ascii=ascii)
            assert "red" in drawn or ascii
            assert drawn == "\n".join(map(display, drawn.split("\n")))
            assert drawn.isascii() or not ascii
        page = svg(spec, 78, 20, "title")
        assert page == "\n".join(map(display, page.split("\n")))
