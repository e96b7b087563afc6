"""The effects of a run on its card when it starts and when it ends.

A run never overrides a person: it leaves a card alone that was moved by hand since it started, that
is finished, or whose gates are closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from mlkanban.core.board import EXTERNAL_BY_DEFAULT, BlockReason, Board, CardFace, Stage, Work
from mlkanban.records import record
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState


@record(frozen=True, slots=True)
class RunContext:
    """A card as a run finds it. `moved` is whether a person moved it since the run started,
    `moved_meanwhile` whether that was before the run ended: who moved it later did not know of its
    end. `blocked_by_run` whether a run set its block, `others` whether other runs of it go on."""

    board: Board
    face: CardFace
    moved: bool = False
    moved_meanwhile: bool = False
    blocked_by_run: bool = False
    others: bool = False

    @property
    def left_alone(self) -> bool:
        return not self.face.is_open or self.board.is_delivered(self.face.stage)


@record(frozen=True, slots=True)
class Effect:
    """An effect of a run: the stage the card goes to (None: it stays), its work from then on, and
    what happens to its block."""

    to: Stage | None = None
    work: Work | None = None
    unblock: bool = False
    block: Mapping[str, Any] | None = None


def training_stage(board: Board, face: CardFace) -> Stage | None:
    """Where a card is while a run of it executes: in the first stage that counts runs, or in that
    it stands in if it counts them too; None on a board that counts none."""
    before_delivery = board.stages[: board.first_delivered]
    counting = [stage for stage in before_delivery if stage.unattended is not None]
    return next((s for s in counting if s.id == face.stage), counting[0] if counting else None)


def on_start(scene: RunContext) -> Effect:
    """The effect of a run that started."""
    if scene.left_alone:
        return Effect()
    stage = training_stage(scene.board, scene.face)
    if stage is None:
        return Effect(unblock=scene.blocked_by_run)
    here = scene.face.stage == stage.id
    if scene.moved and not here:
        return Effect()
    return Effect(None if here else stage, Work.UNATTENDED, scene.blocked_by_run)


def on_end(scene: RunContext, run: Run) -> Effect:
    """The effect of a run that ended. While others go on, the card stays where they are."""
    if scene.left_alone:
        return Effect()
    board, face = scene.board, scene.face
    ran = face.work == Work.UNATTENDED
    work = Work.ATTENDED if ran and not scene.others else None
    lost = run.state is RunState.LOST and not (run.adopted or run.never_started)
    if run.state is RunState.FAILED or lost:
        block = None if face.block_reason or scene.moved_meanwhile else block_by(run)
        return Effect(work=work, block=block)
    onward = board.position(face.stage) + 1
    goes_on = (
        run.state is RunState.FINISHED
        and work is not None
        and not scene.moved
        and not face.block_reason
        and board.stage(face.stage).unattended is not None
        and onward < board.first_delivered
    )
    return Effect(board.stages[onward] if goes_on else None, work)


def block_by(run: Run) -> dict[str, Any]:
    """The block of a card whose run failed."""
    reason = run.reason or BlockReason.ENVIRONMENT.value
    return {
        "reason": reason,
        "external": reason in EXTERNAL_BY_DEFAULT and not run.internal,
        "note": f"{run.outcome}, run {run.id}",
        "until": "",
    }


class RunStep(NamedTuple):
    """What happened at an instant, and the run as it was then; `ends` when that was its end."""

    at: str
    run: Run
    ends: bool = False


def steps(run: Run, had: Run | None) -> Iterator[RunStep]:
    """What happened to a run since it was as it `had` been known, oldest first; all of it where it
    was not known."""
    waits = run.state is RunState.QUEUED
    for count in range(1, len(run.lives) + waits):
        *before, (began, ended) = (life.split("/") for life in run.lives[:count])
        begun = replace(
            run.begun, state=RunState.RUNNING, evidence="", elapsed=None, waited=None, stopping="",
            lives=(*run.lives[: len(before)], f"{began}/"),
        )  # fmt: skip
        back = replace(begun, state=RunState.QUEUED, lives=run.lives[:count])
        if had is None or begun.progress > had.progress:
            yield RunStep(max(began, run.made), begun)
        if (had is None or back.progress > had.progress) and not (
            waits and count == len(run.lives)
        ):
            yield RunStep(ended, back)
    at = run.since
    if run.lives:
        began, ended = run.lives[-1].split("/")
        at = ended if waits else max(began, run.made)
    yield RunStep(at, run)
    if run.state.ended:
        yield RunStep(max(at, run.ended), run, ends=True)
