"""Roles of stages: templates of cards name roles, since boards name their stages differently."""

from mlkanban.core.models import Board, Stage, StageRole
from mlkanban.core.templates import template

_WORDS = {
    StageRole.DATA: ("data", "label", "understand", "create"),
    StageRole.BUILD: ("feature", "build"),
    StageRole.TRAIN: ("train", "model", "fit", "observe", "tune", "tuning"),
    StageRole.EVALUATE: ("eval", "analy", "valid", "test", "review"),
    StageRole.DEPLOY: ("deploy", "release", "ship", "serv"),
    StageRole.MONITOR: ("monitor", "manage", "operate", "in use"),
}
"""Prefixes of words in the names of stages."""


def role_of(board: Board, stage: Stage) -> StageRole | None:
    """The role of a stage by the template of its board, else by its name; None where neither says
    so."""
    made = template(board.template)
    named = (
        {template_stage.name.casefold(): template_stage.role for template_stage in made.stages}
        if made
        else {}
    )
    name = stage.name.casefold()
    if name in named:
        return named[name]
    words = name.replace("-", " ").split()
    return next(
        (role for role, begins in _WORDS.items() if any(w.startswith(begins) for w in words)), None
    )


def stage_for(board: Board, role: StageRole) -> Stage:
    """The committed stage in which work of this role is done: the last stage with the role, else
    with the nearest role before it, else the first committed stage."""
    committed = [stage for stage in board.stages if stage.committed] or list(board.stages)
    known = [
        (stage_role, at)
        for at, stage in enumerate(committed)
        if (stage_role := role_of(board, stage)) is not None and stage_role <= role
    ]
    return committed[max(known)[1]] if known else committed[0]
