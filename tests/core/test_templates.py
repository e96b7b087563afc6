"""The templates are a promise of the design: names, kinds, limits, commitment and delivery."""

import pytest

from mlkanban.core import rules
from mlkanban.core.board import Board, Stage, StageKind, StageRole
from mlkanban.core.templates import TEMPLATES, Template, template

ML = [
    # name, kind, committed, limit, unattended
    ("Ideas", "queue", False, None, None),
    ("Ready", "queue", False, 3, None),
    ("Data prep", "active", True, 2, None),
    ("Features", "active", True, 2, None),
    ("Training", "active", True, 1, 2),
    ("Evaluation", "gate", True, 2, None),
    ("Deployment", "active", True, 1, None),
    ("Monitoring", "active", False, None, None),
]


Q, A, G = StageKind.QUEUE, StageKind.ACTIVE, StageKind.GATE
OTHERS = {
    # name, kind, committed, limit, unattended, role
    "crisp-dm": [
        ("Backlog", Q, False, None, None, None),
        ("Business understanding", A, True, 2, None, StageRole.SCOPE),
        ("Data understanding", A, True, 2, None, StageRole.DATA),
        ("Data preparation", A, True, 2, None, StageRole.DATA),
        ("Modeling", A, True, 2, 2, StageRole.TRAIN),
        ("Evaluation", G, True, 2, None, StageRole.EVALUATE),
        ("Deployment", A, True, 1, None, StageRole.DEPLOY),
        ("Done", Q, False, None, None, None),
    ],
    "lifecycle": [
        ("Scope", Q, False, None, None, StageRole.SCOPE),
        ("Understand", A, True, 2, None, StageRole.DATA),
        ("Build", A, True, 2, 2, StageRole.TRAIN),
        ("Deploy", G, True, 1, None, StageRole.DEPLOY),
        ("Manage & Trust", A, False, None, None, StageRole.MONITOR),
    ],
    "data-driven-scrum": [
        ("Backlog", Q, False, None, None, None),
        ("Create", A, True, 2, None, StageRole.BUILD),
        ("Observe", A, True, 2, 2, StageRole.TRAIN),
        ("Analyze", G, True, 2, None, StageRole.EVALUATE),
        ("Answered", Q, False, None, None, None),
    ],
    "plain": [
        ("To do", Q, False, None, None, None),
        ("Doing", A, True, 3, None, None),
        ("Done", Q, False, None, None, None),
    ],
}


def board_from(made: Template) -> Board:
    stages = tuple(
        Stage(id=s.name, name=s.name, kind=s.kind, committed=s.committed, limit=s.limit)
        for s in made.stages
    )
    return Board(id="b", key="b", name="b", stages=stages, template=made.key)


def named(key: str) -> Template:
    made = template(key)
    assert made is not None
    return made


def test_the_ml_template_is_the_eight_stages() -> None:
    stages = named("ml").stages
    assert [(s.name, s.kind, s.committed, s.limit, s.unattended) for s in stages] == ML


@pytest.mark.parametrize("key", OTHERS)
def test_the_stages_of_the_other_templates(key: str) -> None:
    stages = named(key).stages
    shown = [(s.name, s.kind, s.committed, s.limit, s.unattended, s.role) for s in stages]
    assert shown == OTHERS[key]


def test_ml_commits_at_data_prep_and_delivers_after_deployment() -> None:
    board = board_from(named("ml"))
    assert board.stages[board.first_committed].name == "Data prep"
    assert board.stages[board.first_delivered - 1].name == "Deployment"
    assert board.is_delivered("Monitoring")
    assert not board.is_committed("Monitoring")
    assert not board.is_committed("Ready")


def test_there_are_five_templates() -> None:
    keys = ["ml", "crisp-dm", "lifecycle", "data-driven-scrum", "plain"]
    assert [t.key for t in TEMPLATES] == keys
    assert template("kanban") is None
    names = [s.name for s in named("lifecycle").stages]
    assert names == ["Scope", "Understand", "Build", "Deploy", "Manage & Trust"]
    assert [s.name for s in named("data-driven-scrum").stages][1:4] == [
        "Create",
        "Observe",
        "Analyze",
    ]
    assert [s.name for s in named("plain").stages] == ["To do", "Doing", "Done"]


@pytest.mark.parametrize("made", TEMPLATES, ids=lambda t: t.key)
def test_every_template_is_a_board_that_the_rules_accept(made: Template) -> None:
    board = board_from(made)
    assert rules.arrange(board.stages) == rules.Allowed()
    assert made.stages[0].kind is StageKind.QUEUE, "new cards wait"
    assert board.first_committed > 0, "a new card is not work in progress"
    assert board.first_delivered < len(board.stages), "there is a place for finished cards"
    names = [s.name for s in made.stages]
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize("made", TEMPLATES, ids=lambda made: made.key)
def test_a_stage_that_trains_counts_runs_apart_and_there_is_one_after_delivery(made) -> None:
    assert all(stage.unattended for stage in made.stages if stage.role is StageRole.TRAIN)
    board = board_from(made)
    assert board.first_delivered < len(board.stages)
