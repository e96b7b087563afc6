"""What the page of a card says of its metric and its runs, and where."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.core.card import Card, CheckItem, Metric
from mlkanban.core.card_fields import FIELDS
from mlkanban.core.model_health import HealthReading
from mlkanban.display.card_face import FaceContext, Line, state_role
from mlkanban.display.card_layout import (
    CardContent,
    gate_lines,
    head_lines,
    metric_lines,
    what_lines,
)
from mlkanban.display.card_page import CardPage
from mlkanban.display.lines import width_of
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.series import Latest

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
STAGE = Stage("s1", "Training", committed=True)
FACE = CardFace(
    "c", "v1", "s1", "1", "uplift", "model", "normal", "standard", "", "", "", "", 0, "", "", "", 0,
    "2026-03-20T02:00:00Z", "2026-03-20T02:00:00Z", "", "", 1,
)  # fmt: skip
BOARD = Board("b", "b", "Fraud", (STAGE,))
METRIC = Metric("qini", ">=", 0.1, 0.02, 0.02, 0.11)


def content(readings: tuple[HealthReading, ...] = (), runs: str = "", **values: Any) -> CardContent:
    fields = {field.name: field.kind.blank for field in FIELDS} | {"stage": "s1", "title": "uplift"}
    card = Card("c", "v1", "b", "1", fields | values, NOW, NOW, measured=METRIC, readings=readings)
    face = FACE._replace(runs=runs)
    return CardContent(card, CardPage(FaceContext.at(BOARD, NOW), None, "x", face), [face])


def words(line: Line) -> str:
    return "".join(piece.text for piece in line)


def roles(lines: list[Line], text: str) -> set[str]:
    return {piece.role for line in lines for piece in line if text in piece.text}


def test_of_a_model_in_use_the_last_reading_stands_on_the_scale() -> None:
    reading = HealthReading("qini", 0.06, "<0.08", alert=True, at="2026-03-18T00:00:00Z")
    lines = metric_lines(content((reading,)), 60)
    assert words(lines[0]).split() == [
        "qini",
        ".11",
        "→",
        "≥.1",
        "in",
        "use",
        ".06",
        "noise",
        ".02",
    ]
    assert roles(lines, ".11") == {"dim"}
    assert roles(lines, "●") == {"alarm"}
    scale = words(lines[1])
    assert 0.4 < scale.index("●") / len(scale.rstrip()) < 0.65


def test_a_reading_below_the_baseline_points_beyond_the_scale() -> None:
    reading = HealthReading("qini", 0.01, "<0.08", alert=True, at="2026-03-18T00:00:00Z")
    assert words(metric_lines(content((reading,)), 60)[1]).split()[1].startswith("◄─")


@pytest.mark.parametrize("other", [(), (HealthReading("psi", 0.3, ">0.2", True, ""),)])
def test_without_a_reading_of_the_metric_its_value_stands_there(
    other: tuple[HealthReading, ...],
) -> None:
    lines = metric_lines(content(other), 60)
    assert roles(lines, ".11") == roles(lines, "●") == {"live"}
    assert "in use" not in words(lines[0])


def test_a_run_that_nobody_sees_is_unknown_and_not_green() -> None:
    brief = Brief(1, since="2026-03-20T02:00:00Z", sure=False).packed
    of_card = content(runs=brief)
    head, _ = head_lines(of_card, 100, 24)
    assert "? unknown 10h" in words(head[1])
    assert roles(head, "unknown") == {"clock"}
    assert of_card.page.face is not None
    assert state_role(of_card.page.face, of_card.view) == "clock"


def test_its_newest_value_does_not_make_an_unseen_run_green() -> None:
    of_card = content(runs=Brief(1, since="2026-03-20T02:00:00Z", sure=False).packed)
    face = of_card.page.face
    assert face is not None
    latest = Latest("r1", "val_auc", 0.94, 3, None, "step 3", (0.9, 0.94))
    view = replace(of_card.view, live={face.id: [latest]})
    assert state_role(face, view) == "clock"


def test_all_values_start_in_one_column() -> None:
    of_card = content(lineage=("retrain:v9",), dataset="payments", metric=METRIC)
    lines = [words(line) for line in what_lines(of_card, frozenset(), 60)]
    starts = {
        label: len(line) - len(line[len(label) :].lstrip())
        for label in ("qini", "dataset", "comes from", "dates")
        for line in lines
        if line.startswith(label)
    }
    assert len(starts) == 4
    assert set(starts.values()) == {12}


def test_the_rule_of_the_gates_is_as_wide_as_its_place() -> None:
    lines = gate_lines(content(checklist=(CheckItem("three seeds", gate="s1"),)), 40)
    assert width_of(lines[0]) == 40
    assert width_of(lines[1]) == 39
