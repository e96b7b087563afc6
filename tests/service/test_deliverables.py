"""What stages ask of new experiments and models: CRISP-DM's phases, or any stage of a board."""

import pytest

from mlkanban.core.templates import TEMPLATES
from mlkanban.errors import GateClosed
from tests.service.people import Person


@pytest.fixture
def crisp(ada: Person) -> Person:
    ada.starts("crisp-dm", "Churn")
    return ada


def asked(ada: Person, ref: str) -> list[tuple[str, str]]:
    """The items of a card, each with its stage."""
    names = {stage.id: stage.name for stage in ada.board.stages}
    return [(item.text, names.get(item.gate, "")) for item in ada.cards.get(ref).checklist]


def test_each_phase_of_crisp_dm_asks_for_at_most_two_deliverables(crisp: Person) -> None:
    [ref] = crisp.adds("predict churn")
    items = asked(crisp, ref)
    phases = [stage.name for stage in crisp.board.stages if stage.committed]
    assert list(dict.fromkeys(stage for _, stage in items)) == phases
    assert all(1 <= sum(stage == phase for _, stage in items) <= 2 for phase in phases)
    for words in (
        "goal",
        "baseline",
        "reachable",
        "beats the baseline",
        "business says yes",
        "monitoring",
    ):
        assert any(words in text for text, _ in items)


def test_a_phase_is_not_left_before_its_deliverables_are_there(crisp: Person) -> None:
    [ref] = crisp.adds("predict churn", to="Evaluation")
    with pytest.raises(GateClosed, match="the business says yes to the result"):
        crisp.moves(ref, to="Deployment")
    crisp.cards.edit([ref], tick=["the business"])
    crisp.moves(ref, to="Deployment")


def test_other_templates_ask_for_nothing() -> None:
    asking = {made.key for made in TEMPLATES for stage in made.stages if stage.deliverables}
    assert asking == {"crisp-dm"}


@pytest.mark.parametrize(
    ("type", "many"),
    [("experiment", 9), ("model", 9), ("chore", 0), ("data", 0), ("monitoring", 0)],
)
def test_experiments_and_models_are_asked(crisp: Person, type: str, many: int) -> None:
    [ref] = crisp.adds("one", type=type)
    assert len(asked(crisp, ref)) == many


def test_phases_that_a_card_skips_ask_for_nothing(crisp: Person) -> None:
    [late] = crisp.adds("late", to="Evaluation")
    assert [stage for _, stage in asked(crisp, late)] == ["Evaluation", "Deployment"]
    [past] = crisp.adds("past", to="Done")
    assert asked(crisp, past) == []


def test_they_follow_the_items_of_the_card_and_repeat_none(crisp: Person) -> None:
    own = [{"text": "Model beats the BASELINE"}, {"text": "seeds"}]
    [ref] = crisp.adds("one", to="Modeling", checklist=own)
    texts = [text for text, _ in asked(crisp, ref)]
    assert texts[:3] == [
        "Model beats the BASELINE",
        "seeds",
        "test design written down before the first run",
    ]
    assert len(texts) == 5


def test_cards_that_there_are_stay_as_they_are(ada: Person) -> None:
    [before] = ada.adds("before")
    ada.sets("Training", deliverables=("seeds noted",))
    [after] = ada.adds("after")
    assert asked(ada, before) == []
    assert asked(ada, after) == [("seeds noted", "Training")]
    ada.sets("Training", name="Fits")  # a gate knows its stage by more than the name
    assert asked(ada, after) == [("seeds noted", "Fits")]
