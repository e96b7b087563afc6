"""Moving cards: to a stage, or to the next or previous one; a full stage asks what gives way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.cells import padded
from mlkanban.core.board import Work, place
from mlkanban.core.rules import Allowed, Load, enter, swap, work_in
from mlkanban.errors import LimitReached
from mlkanban.runs.model.queue_order import more_slots_of
from mlkanban.tui.card_commands.edits import names, needed
from mlkanban.tui.card_commands.model_use import ask_use
from mlkanban.tui.widgets.menu import NOTHING, Option, numbered

if TYPE_CHECKING:
    from mlkanban.core.board import Board, CardFace, Stage
    from mlkanban.service import Done
    from mlkanban.tui.card_commands.edits import CardEdits, Ticks
    from mlkanban.tui.card_commands.finish import FinishCommands
    from mlkanban.tui.command_screen import CardsScreen


class MoveCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits, finish: FinishCommands) -> None:
        self._screen = screen
        self._edits = edits
        self._finish = finish

    @property
    def _board(self) -> Board:
        return self._screen.host.model.board

    async def do_card_move(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        stages = self._board.stages
        options = [self._stage_row(at) for at in range(len(stages[:9]))]
        at = min(self._board.position(faces[0].stage), len(options) - 1)  # where it stands
        key = await self._screen.ask.choose(f"Move {names(faces)} to", options, rows=True, at=at)
        if key is not None:
            await self.to_stage(faces, self._board.stages[int(key) - 1])

    def _stage_row(self, at: int) -> Option:
        """A stage in the menu: `3  Training  2/2 FULL`."""
        head, glyphs = self._screen.host.model.header(at), self._screen.host.glyphs
        name = padded(self._board.stages[at].name, 24, glyphs.cut)
        return Option(str(at + 1), name, head.with_signs(glyphs), head.role)

    async def do_card_left(self) -> None:
        await self.beside(self._edits.chosen(), -1)

    async def do_card_right(self) -> None:
        await self.beside(self._edits.chosen(), 1)

    async def beside(self, faces: Sequence[CardFace], by: int) -> None:
        """Move cards one stage to the right (1) or left (-1); past the last stage they finish."""
        if not faces:
            return
        stages, status = self._board.stages, self._screen.status
        if len({face.stage for face in faces}) > 1:
            status.show("The marked cards stand in several stages: m moves them to one.")
            return
        at = self._board.position(faces[0].stage) + by
        if at >= len(stages):
            await self._finish.do_card_finish()
        elif at < 0:
            status.show(f"{stages[0].name} is the first stage.")
        elif (done := await self.to_stage(faces, stages[at])) and done.changed:
            self._screen.host.repeat = lambda cards, others: cards.move.beside(others, by)

    async def to_stage(
        self,
        faces: Sequence[CardFace],
        stage: Stage,
        before: str = "",
        ticks: Ticks | None = None,
    ) -> Done | None:
        """Move cards, ticking `ticks` first; a closed gate and a full stage ask what to do. None
        when nothing was done."""
        refs = [face.ref for face in faces]
        ticked: Ticks = dict(ticks or {})
        use = None
        if self._board.is_delivered(stage.id):
            use = await ask_use(self._screen, faces)
        try:
            done = await self._edits.pass_gates(
                lambda service, override, ticks: service.cards.move(
                    refs, stage.id, before=before, override=override, ticks=ticks, use=use
                ),
                ticked,
            )
        except LimitReached as error:
            done = await self._ask_at_limit(faces, stage, error, ticked)
        if done is not None and done.changed:
            self._screen.host.repeat = lambda cards, others: cards.move.to_stage(others, stage)
        return done

    async def _ask_at_limit(
        self, faces: Sequence[CardFace], stage: Stage, error: LimitReached, ticks: Ticks
    ) -> Done | None:
        """The one-line choice of a full stage."""
        screen = self._screen
        refs = [face.ref for face in faces]
        options = []
        parking = self._parking()
        if parking and parking.id != stage.id and self._have_room(faces, parking):
            options.append(Option("r", f"put in {parking.name}"))
        standing = self._freeing(faces[0], stage) if len(faces) == 1 else []
        if standing:
            options.append(Option("w", "swap out..."))
        options.append(Option("o", "override (reason)"))
        question = f"{error.message.rstrip('.')}:"
        key = await screen.ask.choose(question, options, at=NOTHING)
        if key == "r" and parking is not None:
            return await self.to_stage(faces, parking, ticks=ticks)
        if key == "w":
            out = await self._pick(f"Swap {refs[0]} with", standing)
            if out is not None:
                return await self._edits.pass_gates(
                    lambda service, override, ticks: service.cards.swap(
                        refs[0], out.ref, override=override, ticks=ticks
                    ),
                    ticks,
                )
        if key == "o":
            done = await screen.ask_and_write(
                f"Why go over the limit of {stage.name}?",
                "",
                lambda s, text: s.cards.move(refs, stage.id, override=needed(text), ticks=ticks),
                form=f"override {refs[0]}",
                lines=True,
            )
            if done:
                screen.after_change(done)
            return done
        screen.status.show("Nothing was moved.")
        return None

    def _have_room(self, faces: Sequence[CardFace], stage: Stage) -> bool:
        """Whether all these cards, of which at least one stands elsewhere, may enter a stage."""
        coming = [face for face in faces if face.stage != stage.id or not face.is_open]
        loads = dict(self._screen.host.model.loads)
        for face in coming:
            work = Work(face.work)
            if face.is_open:
                loads[face.stage] = loads.get(face.stage, Load()).plus(
                    work, -1, -more_slots_of(face)
                )
            if not isinstance(enter(self._board, stage, loads, work_in(stage, work)), Allowed):
                return False
            loads[stage.id] = loads.get(stage.id, Load()).plus(work_in(stage, work))
        return bool(coming)

    def _freeing(self, card: CardFace, stage: Stage) -> list[CardFace]:
        """The cards of a stage that give `card` their slot, top down."""
        model = self._screen.host.model
        standing = (face for face in model.faces.values() if _open_in(face, stage))
        free = (
            face
            for face in standing
            if card.stage != stage.id
            and isinstance(swap(self._board, model.loads, card, face), Allowed)
        )
        return sorted(free, key=place)

    def _parking(self) -> Stage | None:
        """The queue in front of the commitment point."""
        at = self._board.first_committed - 1
        return self._board.stages[at] if at >= 0 else None

    async def _pick(self, label: str, faces: Sequence[CardFace]) -> CardFace | None:
        options = numbered([f"{face.ref}  {face.title}" for face in faces])
        key = await self._screen.ask.choose(label, options, rows=True)
        place = next((at for at, option in enumerate(options) if option.key == key), None)
        return None if place is None else faces[place]


def _open_in(face: CardFace, stage: Stage) -> bool:
    return face.stage == stage.id and face.is_open
