"""What cards are worth on the profit curve of their board."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy
import pytest

from mlkanban.core.board import Outcome
from mlkanban.core.profit_curve import WorthMark
from mlkanban.core.timestamps import instant
from mlkanban.display.number_text.worth import summary, to_json
from mlkanban.display.report_text import impact_text
from mlkanban.display.worth_text import worth_text
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.flow.worth import Worth, worth
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service.report import ReportRequest
from tests.service.people import Person

CURVE = "val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year"


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    ada = Person(tmp_path / "data")
    ada.starts()
    ada.service.charter.set(ada.board_id, "worth", CURVE)
    return ada


def metric(**parts: object) -> dict[str, object]:
    return {"name": "val_auc", "direction": ">=", **parts}


def of(ada: Person, **parts: object) -> str:
    [ref] = ada.adds("model", metric=metric(**parts))
    return worth_text(ada.service.worth.of_card(ada.cards.get(ref)))


def marks_of(ada: Person) -> tuple[WorthMark, ...]:
    given = counted(ada).given
    assert given is not None
    return given.marks


def counted(ada: Person) -> Worth:
    workflow, histories = ada.history.for_flow(ada.board, ada.clock.now)
    sample = follow(
        workflow, histories, ada.clock.now, Window.back(None, workflow.day(ada.clock.now))
    )
    marks = ada.service.worth.marks(ada.board, ada.clock.now)
    return worth(replace(sample, worth=marks))


def test_the_value_of_a_card_is_money_with_its_spread(ada: Person) -> None:
    assert of(ada, value=0.944, noise=0.004) == (
        "val_auc .944 +- .004 = 28,900 EUR/year (27,500..30,300); one more thousandth: 350"
    )
    assert of(ada, value=0.91) == "val_auc .91 = 8,000 EUR/year; one more thousandth: 800"


def test_beyond_the_points_that_is_said(ada: Person) -> None:
    assert of(ada, value=0.83, noise=0.01) == (
        "val_auc .83 +- .01 = 0 EUR/year; below all points of the curve, flat there"
    )
    assert of(ada, value=0.99).endswith("above all points of the curve, flat there")


def test_less_of_a_loss_brings_more(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "worth", "loss 0.2=0 0.1=50 EUR")
    [ref] = ada.adds("model", metric={"name": "loss", "direction": "<=", "value": 0.15})
    at = ada.service.worth.of_card(ada.cards.get(ref))
    assert worth_text(at) == "loss .15 = 25 EUR; one hundredth less: 5"


def test_without_points_a_value_or_the_metric_nothing_is_said(ada: Person) -> None:
    assert of(ada, target=0.95) == ""
    [other] = ada.adds("other", metric={"name": "loss", "direction": "<=", "value": 0.3})
    assert ada.service.worth.of_card(ada.cards.get(other)) is None
    ada.service.charter.set(ada.board_id, "worth", "")
    assert of(ada, value=0.944) == ""
    assert ada.service.worth.marks(ada.board, ada.clock.now) is None
    assert "No charter says" in summary(counted(ada)).lines[0]


def test_the_marks_are_the_model_in_use_and_the_best_open_card(ada: Person) -> None:
    [used] = ada.adds("used", metric=metric(value=0.93))
    ada.cards.finish([used], Outcome.SHIPPED, override="so")
    ada.cards.edit([used], {"health": "ok"})
    [weak] = ada.adds("weak", metric=metric(value=0.91, target=0.92, baseline=0.9))
    [good] = ada.adds("good", metric=metric(value=0.94, target=0.95, baseline=0.92, noise=0.002))
    marks = {mark.kind: (mark.ref, mark.at.value, mark.at.worth) for mark in marks_of(ada)}
    values, worths = zip((0.90, 0), (0.93, 24000), (0.95, 31000), strict=True)
    assert {kind: (ref, value) for kind, (ref, value, _) in marks.items()} == {
        "baseline": (good, 0.92), "in use": (used, 0.93), "best": (good, 0.94),
        "target": (good, 0.95),
    }  # fmt: skip
    for _, value, brings in marks.values():
        assert brings == pytest.approx(numpy.interp(value, values, worths))
    lines = summary(counted(ada)).lines
    assert lines[0] == (
        "The best configuration: val_auc .94 +- .002 = 27,500 EUR/year (26,800..28,200);"
        " 3,500 EUR/year more than the model in use; one more thousandth: 350"
    )
    ada.cards.finish([good], Outcome.LEARNED, override="so")
    assert {m.kind: m.ref for m in marks_of(ada)}["best"] == weak


def test_the_best_loss_is_the_smallest(ada: Person) -> None:
    ada.service.charter.set(ada.board_id, "worth", "loss 0.2=0 0.1=50 EUR")
    loss = {"name": "loss", "direction": "<="}
    [_, best, _] = (
        ada.adds(f"at {value}", metric={**loss, "value": value})[0] for value in (0.15, 0.12, 0.18)
    )
    [mark] = [mark for mark in marks_of(ada) if mark.kind == "best"]
    assert (mark.ref, mark.at.value) == (best, 0.12)


def test_the_margin_of_a_value_of_several_runs_is_their_spread(ada: Person) -> None:
    [ref] = ada.adds("model", to="Training", metric=metric(noise=0.001), work="unattended")
    values = (0.92, 0.94, 0.96)
    for number, value in enumerate(values):
        run = Run(
            f"r{number}", RunState.FINISHED, metrics={"val_auc": value}, commit="a1b2c3d4e5f6",
            params={"lr": "3", "seed": str(number)}, started=instant(ada.clock.now),
        )  # fmt: skip
        ada.service.runs.take_in([RunReport(run, ref)])
    at = ada.service.worth.of_card(ada.cards.get(ref))
    assert at is not None
    assert at.value == pytest.approx(numpy.mean(values))
    assert at.margin == pytest.approx(numpy.std(values, ddof=1))


def test_a_model_in_use_stands_where_it_was_read_last(ada: Person) -> None:
    [used] = ada.adds("used", metric=metric(value=0.93, noise=0.01))
    ada.cards.finish([used], Outcome.SHIPPED, override="so")
    ada.service.retraining.record_readings(used, ["val_auc=0.915"], "<0.90")
    at = ada.service.worth.of_card(ada.cards.get(used))
    assert at is not None
    assert (at.value, at.margin) == (0.915, None)
    assert at.worth == pytest.approx(12000)


def test_an_earlier_day_is_not_known(ada: Person) -> None:
    of(ada, value=0.944)
    given = counted(ada)
    assert given.known
    assert len(to_json(given)["marks"]) == 1
    ada.clock.now += timedelta(days=1)
    late = ada.service.worth.marks(ada.board, ada.clock.now)
    ada.clock.now -= timedelta(days=1)
    workflow, histories = ada.history.for_flow(ada.board, ada.clock.now)
    sample = follow(
        workflow, histories, ada.clock.now, Window.back(None, workflow.day(ada.clock.now))
    )
    past = worth(replace(sample, worth=late))
    assert to_json(past)["marks"] == []
    assert summary(past).lines == ("Where cards stood on an earlier day is not known.",)


def test_the_report_says_what_the_models_bring(ada: Person) -> None:
    [used] = ada.adds("used", metric=metric(value=0.93))
    ada.cards.finish([used], Outcome.SHIPPED, override="so")
    ada.cards.edit([used], {"health": "ok"})
    ada.adds("good", metric=metric(value=0.94, target=0.95))
    report = ada.service.reports.make(ada.board, ReportRequest())
    assert impact_text(report) == (
        "Worth: the model in use brings 24,000 EUR/year (val_auc .93); best so far +3,500 (.94);"
        " target +7,000"
    )
    ada.service.charter.set(ada.board_id, "worth", "")
    assert impact_text(ada.service.reports.make(ada.board, ReportRequest())) == ""
