"""Cards to start from: short, known to the board template, and at home on any board."""

import pytest

from mlkanban.core import rules
from mlkanban.core.card_templates import CARD_TEMPLATES, CardTemplate, card_template
from mlkanban.core.models import Board, Stage
from mlkanban.core.templates import TEMPLATES, template
from tests.core.test_templates import board_from

ML = template("ml")
assert ML is not None
ML_STAGES = [stage.name for stage in ML.stages]

every = pytest.mark.parametrize("made", CARD_TEMPLATES, ids=lambda made: made.key)


def test_the_five_templates_and_their_types() -> None:
    assert {made.key: made.type.value for made in CARD_TEMPLATES} == {
        "experiment": "experiment",
        "data-issue": "data",
        "model-release": "model",
        "monitoring": "monitoring",
        "chore": "chore",
    }
    assert card_template("release") is None


def test_only_an_experiment_starts_from_a_hypothesis() -> None:
    assert [made.key for made in CARD_TEMPLATES if made.hypothesis] == ["experiment"]
    assert [made.key for made in CARD_TEMPLATES if not made.metric] == ["data-issue", "chore"]


@every
def test_a_checklist_is_short_and_can_be_ticked_at_a_glance(made: CardTemplate) -> None:
    texts = [check.text for check in made.checks]
    assert 3 <= len(texts) <= 10
    assert len(set(texts)) == len(texts)
    assert all(text.isascii() and len(text) <= 52 and text[-1] != "." for text in texts)
    assert any(check.gate for check in made.checks)


@every
def test_gates_are_committed_stages_of_the_ml_board_in_order(made: CardTemplate) -> None:
    gates = [check.gate for check in made.checks if check.gate]
    assert gates == sorted(gates, key=ML_STAGES.index)
    assert all(ML.stages[ML_STAGES.index(gate)].committed for gate in gates)


@every
def test_on_the_ml_board_the_gates_are_as_they_stand(made: CardTemplate) -> None:
    fields = made.fields(board_from(ML))
    assert fields["type"] == made.type
    assert [(c["text"], c["gate"]) for c in fields["checklist"]] == list(made.checks)
    assert not any(c["done"] for c in fields["checklist"])


@every
@pytest.mark.parametrize("other", TEMPLATES, ids=lambda other: other.key)
def test_on_any_board_every_gate_is_a_stage_of_it(made: CardTemplate, other) -> None:
    board = board_from(other)
    last = board.stages[board.first_delivered - 1].name
    for check, item in zip(made.checks, made.fields(board)["checklist"], strict=True):
        named = [stage.name for stage in board.stages if stage.name == check.gate]
        assert item["gate"] == ((named or [last])[0] if check.gate else "")
        assert rules.gate(board, item["gate"]) in (None, *board.stages)


def test_a_stage_is_known_whatever_its_case_and_named_as_on_the_board() -> None:
    stages = (Stage("1", "ideas"), Stage("2", "TRAINING", committed=True), Stage("3", "evaluation",
              committed=True), Stage("4", "done"))  # fmt: skip
    made = card_template("experiment")
    assert made is not None
    items = made.fields(Board("b", "b", "b", stages))["checklist"]
    assert {item["gate"] for item in items} == {"", "2", "3"}
