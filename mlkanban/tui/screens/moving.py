"""Moving cards on: to a stage, to the one beside, to their end; what is full or closed asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.cells import padded
from mlkanban.core.models import CardFace, Outcome, Stage, place
from mlkanban.core.rules import Allowed, outcome_for, swap
from mlkanban.errors import LimitReached
from mlkanban.service import Done
from mlkanban.tui.screens.gates import Ticks, needed
from mlkanban.tui.screens.run_actions import RunActions
from mlkanban.tui.widgets.ask import Option, numbered

if TYPE_CHECKING:
    from mlkanban.core.runs.results import Results

_OUTCOMES = {
    "s": (Outcome.SHIPPED, "shipped"),
    "l": (Outcome.LEARNED, "learned: the answer was no"),
    "p": (Outcome.SUPERSEDED, "superseded"),
    "a": (Outcome.ABANDONED, "abandoned"),
}


class MovingActions(RunActions):
    """`again` of the app is what `.` does to others from then on."""

    async def do_card_move(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        options = [
            Option(str(at + 1), self._stage_row(at)) for at in range(len(self.board.stages[:9]))
        ]
        key = await self.ask.choose(f"Move {names(faces)} to", options, rows=True)
        if key is not None:
            await self.move(faces, self.board.stages[int(key) - 1])

    def _stage_row(self, at: int) -> str:
        """A stage in the menu: `Training  2/2 FULL`."""
        head = self.host.model.header(at)
        shown = f"{head.counts} {head.state}".rstrip() + head.note.text
        return f"{padded(self.board.stages[at].name, 24)} {shown}"

    async def move(
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
        try:
            done = await self.pass_gates(
                lambda service, override, ticks: service.cards.move(
                    refs, stage.id, before=before, override=override, ticks=ticks
                ),
                ticked,
            )
        except LimitReached as error:
            done = await self._full(faces, stage, error, ticked)
        if done is not None and done.changed:
            self.host.again = lambda screen, others: screen.move(others, stage)
        return done

    async def _beside(self, faces: Sequence[CardFace], by: int) -> None:
        if not faces:
            return
        stages = self.board.stages
        if len({face.stage for face in faces}) > 1:
            self.status.say("The marked cards stand in several stages: m moves them to one.")
            return
        at = self.board.position(faces[0].stage) + by
        if at >= len(stages):
            await self.do_card_complete()
        elif at < 0:
            self.status.say(f"{stages[0].name} is the first stage.")
        elif (done := await self.move(faces, stages[at])) and done.changed:
            self.host.again = lambda screen, others: screen._beside(others, by)

    async def do_card_left(self) -> None:
        await self._beside(self._chosen(), -1)

    async def do_card_right(self) -> None:
        await self._beside(self._chosen(), 1)

    async def _full(
        self, faces: Sequence[CardFace], stage: Stage, error: LimitReached, ticks: Ticks
    ) -> Done | None:
        """The one-line choice of a full stage."""
        refs = [face.ref for face in faces]
        options = []
        parking = self._parking()
        if parking and parking.id != stage.id and any(f.stage != parking.id for f in faces):
            options.append(Option("r", f"put in {parking.name}"))
        standing = self._freeing(faces[0], stage) if len(faces) == 1 else []
        if standing:
            options.append(Option("w", "swap out..."))
        options.append(Option("o", "override (reason)"))
        key = await self.ask.choose(f"{error.message.rstrip('.')}:", options)
        if key == "r" and parking is not None:
            return await self.move(faces, parking, ticks=ticks)
        if key == "w":
            out = await self._pick(f"Swap {refs[0]} with", standing)
            if out is not None:
                return await self.pass_gates(
                    lambda service, override, ticks: service.cards.swap(
                        refs[0], out.ref, override=override, ticks=ticks
                    ),
                    ticks,
                )
        if key == "o":
            done = await self.ask_and_write(
                f"Why go over the limit of {stage.name}?",
                "",
                lambda s, text: s.cards.move(refs, stage.id, override=needed(text), ticks=ticks),
                form=f"override {refs[0]}",
                lines=True,
            )
            if done:
                self.after(done)
            return done
        self.status.say("Nothing was moved.")
        return None

    def _freeing(self, card: CardFace, stage: Stage) -> list[CardFace]:
        """The cards of a stage that give `card` their slot, top down."""
        model = self.host.model
        standing = (face for face in model.faces.values() if _open_in(face, stage))
        free = (
            face
            for face in standing
            if card.stage != stage.id
            and isinstance(swap(self.board, model.loads, card, face), Allowed)
        )
        return sorted(free, key=place)

    def _parking(self) -> Stage | None:
        """The queue in front of the commitment point."""
        at = self.board.first_committed - 1
        return self.board.stages[at] if at >= 0 else None

    async def _pick(self, label: str, faces: Sequence[CardFace]) -> CardFace | None:
        options = numbered([f"{face.ref}  {face.title}" for face in faces])
        key = await self.ask.choose(label, options, rows=True)
        found = next((at for at, option in enumerate(options) if option.key == key), None)
        return None if found is None else faces[found]

    async def do_card_complete(self) -> None:
        faces = self._chosen()
        if not faces:
            return
        given = {outcome_for(Outcome.ABANDONED, committed=bool(f.started_at)) for f in faces}
        dropped = " or ".join(sorted(outcome.value for outcome in given))
        options = [
            Option(key, dropped if outcome is Outcome.ABANDONED else text)
            for key, (outcome, text) in _OUTCOMES.items()
        ]
        found = await self._proposed(faces)
        said = f", whose runs say {found.proposal_text}," if found else ""
        key = await self.ask.choose(f"{names(faces)}{said} ends as:", options)
        verdict: str | None = ""
        if key is not None and found is not None:
            verdict = await self.ask.text(f"Verdict on {faces[0].ref}", found.verdict, lines=True)
            self.refocus()
        if key is not None and verdict is not None:
            await self.finish(faces, _OUTCOMES[key][0], verdict)

    async def _proposed(self, faces: Sequence[CardFace]) -> Results | None:
        """What the runs of a card say of its target, if nobody has written a verdict yet."""
        if len(faces) != 1 or not faces[0].runs or not faces[0].metric:
            return None
        ref = faces[0].ref
        asked = await self.fetch(lambda s: (s.runs.results(ref), s.cards.get(ref).verdict))
        found, written = asked or (None, "")
        return found if found and found.verdict and not written else None

    async def finish(self, faces: Sequence[CardFace], outcome: Outcome, verdict: str = "") -> None:
        """Finish cards; what is shipped goes past gates."""
        refs = [face.ref for face in faces]
        done = await self.pass_gates(
            lambda service, override, ticks: service.cards.finish(
                refs, outcome, verdict, override=override, ticks=ticks
            ),
            {},
        )
        if done is not None and done.changed:
            self.host.again = lambda screen, others: screen.finish(others, outcome)


def names(faces: Sequence[CardFace]) -> str:
    """How a question speaks of the cards: by id, or by number when there are many."""
    return ", ".join(face.ref for face in faces) if len(faces) <= 3 else f"{len(faces)} cards"


def _open_in(face: CardFace, stage: Stage) -> bool:
    return face.stage == stage.id and face.is_open
