"""Cards to start from: short, known to the board template, and at home on any board."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core import rules
from mlkanban.core.board import Board, Stage, StageRole
from mlkanban.core.card_templates import (
    CARD_TEMPLATES,
    CardTemplate,
    card_template,
    role_of,
    stage_for,
)
from mlkanban.core.templates import TEMPLATES
from tests.core.test_templates import board_from, named

every = pytest.mark.parametrize("made", CARD_TEMPLATES, ids=lambda made: made.key)


def test_the_six_templates_and_their_types() -> None:
    assert {made.key: made.type.value for made in CARD_TEMPLATES} == {
        "experiment": "experiment",
        "data-issue": "data",
        "model-release": "model",
        "monitoring": "monitoring",
        "chore": "chore",
        "scope": "experiment",
    }
    assert card_template("release") is None


def test_what_each_template_asks_for() -> None:
    assert {made.key: tuple(made.asks) for made in CARD_TEMPLATES} == {
        "experiment": ("hypothesis", "metric"),
        "data-issue": (),
        "model-release": ("metric",),
        "monitoring": ("metric",),
        "chore": (),
        "scope": ("hypothesis", "metric", "dataset", "note"),
    }


@pytest.mark.parametrize(
    ("key", "stage"),
    [("ml", "Data prep"), ("crisp-dm", "Business understanding"), ("lifecycle", "Understand"),
     ("plain", "Doing")],
)  # fmt: skip
def test_feasibility_is_asked_for_before_the_first_stage_of_work_is_left(key, stage) -> None:
    board, made = board_from(named(key)), card_template("scope")
    assert made is not None
    gates = [board.stage(i["gate"]).name for i in made.fields(board)["checklist"] if i["gate"]]
    assert gates == [stage] * 5


@every
def test_a_checklist_is_short_and_can_be_ticked_at_a_glance(made: CardTemplate) -> None:
    texts = [check.text for check in made.checks]
    assert 3 <= len(texts) <= 10
    assert len(set(texts)) == len(texts)
    assert all(text.isascii() and len(text) <= 52 and text[-1] != "." for text in texts)
    assert any(check.gate for check in made.checks)


@every
def test_gates_close_in_the_order_of_the_work(made: CardTemplate) -> None:
    gates = [check.gate for check in made.checks if check.gate]
    assert gates == sorted(gates)


@every
@pytest.mark.parametrize("other", TEMPLATES, ids=lambda other: other.key)
def test_on_any_board_every_gate_is_a_committed_stage_of_it(made: CardTemplate, other) -> None:
    board = board_from(other)
    fields = made.fields(board)
    assert fields["type"] == made.type
    assert [item["text"] for item in fields["checklist"]] == [check.text for check in made.checks]
    assert not any(item["done"] for item in fields["checklist"])
    for check, item in zip(made.checks, fields["checklist"], strict=True):
        assert bool(item["gate"]) == bool(check.gate)
        closed = rules.gate(board, item["gate"])
        assert closed is None or (closed.id == item["gate"] and closed.committed)


@pytest.mark.parametrize(
    ("key", "gates"),
    [
        ("ml", ["Data prep", "Training", "Evaluation", "Deployment"]),
        ("crisp-dm", ["Data preparation", "Modeling", "Evaluation", "Deployment"]),
        ("lifecycle", ["Understand", "Build", "Build", "Deploy"]),
        ("data-driven-scrum", ["Create", "Observe", "Analyze", "Analyze"]),
        ("plain", ["Doing"] * 4),
    ],
)
def test_a_gate_closes_the_stage_with_its_role(key: str, gates: list[str]) -> None:
    board = board_from(named(key))
    roles = (StageRole.DATA, StageRole.TRAIN, StageRole.EVALUATE, StageRole.DEPLOY)
    assert [stage_for(board, role).name for role in roles] == gates


@pytest.mark.parametrize("other", TEMPLATES, ids=lambda other: other.key)
def test_held_out_data_is_asked_for_before_the_work_it_is_about(other) -> None:
    board = board_from(other)
    made = card_template("experiment")
    assert made is not None
    [item] = [c for c in made.fields(board)["checklist"] if "held-out" in c["text"]]
    training = stage_for(board, StageRole.TRAIN)
    assert board.position(item["gate"]) <= board.position(training.id)
    assert other.key == "plain" or item["gate"] != training.id


def test_stages_with_names_of_ones_own_are_known_by_their_words() -> None:
    names = ("ideas", "clean DATA", "fine-tuning", "offline eval", "done")
    stages = tuple(Stage(name, name, committed=name not in ("ideas", "done")) for name in names)
    board = Board("b", "b", "b", stages)
    roles = (StageRole.DATA, StageRole.TRAIN, StageRole.EVALUATE, StageRole.DEPLOY)
    assert [stage_for(board, role).name for role in roles] == [
        "clean DATA", "fine-tuning", "offline eval", "offline eval",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (StageRole.SCOPE, ["Scope", "Scoping", "Business case"]),
        (StageRole.DATA, ["Data prep", "clean data"]),
        (StageRole.BUILD, ["Features", "Build it"]),
        (StageRole.TRAIN, ["Training", "Modeling", "Fitting", "Fine-tuning", "Observe"]),
        (StageRole.EVALUATE, ["Evaluation", "Analysis", "Validation", "Review"]),
        (StageRole.DEPLOY, ["Deployment", "Release", "Shipping", "Serving"]),
        (StageRole.MONITOR, ["Monitoring", "Manage", "Operate"]),
        (None, ["Ready", "Done", "Retraining"]),
    ],
)
def test_a_word_in_the_name_of_a_stage_says_its_role(role, names: list[str]) -> None:
    board = Board("b", "b", "b", ())
    assert [role_of(board, Stage(name, name)) for name in names] == [role] * len(names)


@pytest.mark.parametrize("made", TEMPLATES, ids=lambda made: made.key)
def test_the_template_of_a_board_says_the_roles_of_its_stages(made) -> None:
    board = board_from(made)
    assert [role_of(board, stage) for stage in board.stages] == [one.role for one in made.stages]


def test_the_role_that_a_stage_was_given_wins() -> None:
    board = board_from(named("ml"))
    ready, training = board.stages[1], board.stages[4]
    assert role_of(board, replace(ready, role="evaluate")) is StageRole.EVALUATE
    assert role_of(board, replace(training, role="none")) is None
    # A newer program may know more of them.
    assert role_of(board, replace(training, role="dream")) is StageRole.TRAIN


@given(st.lists(st.sampled_from(["data", "build", "train", "eval", "deploy", "", "x"]), min_size=1))
def test_work_is_done_in_the_last_committed_stage_of_its_role_or_of_one_before(words) -> None:
    stages = tuple(Stage(str(n), word or "y", committed=bool(word)) for n, word in enumerate(words))
    board = Board("b", "b", "b", stages)
    committed = [stage for stage in stages if stage.committed] or list(stages)
    for role in StageRole:
        roles = {stage.id: role_of(board, stage) or 0 for stage in committed}
        best = max((known for known in roles.values() if 0 < known <= role), default=None)
        fitting = [stage for stage in committed if roles[stage.id] == best]
        assert stage_for(board, role) == (fitting[-1] if fitting else committed[0])
