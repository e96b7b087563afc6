"""Taking cards off the board: finished with an outcome, archived, merged into another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.core.models import Outcome
from mlkanban.core.rules import outcome_for
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.widgets.ask import Option

if TYPE_CHECKING:
    from mlkanban.core.models import CardFace
    from mlkanban.runs.model.results import Results
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen

_OUTCOMES = {
    "s": (Outcome.SHIPPED, "shipped"),
    "l": (Outcome.LEARNED, "learned: the answer was no"),
    "p": (Outcome.SUPERSEDED, "superseded"),
    "a": (Outcome.ABANDONED, "abandoned"),
}


class FinishCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_finish(self) -> None:
        screen, faces = self._screen, self._edits.chosen()
        if not faces:
            return
        outcomes = {outcome_for(Outcome.ABANDONED, committed=bool(f.started_at)) for f in faces}
        dropped = " or ".join(sorted(outcome.value for outcome in outcomes))
        options = [
            Option(key, dropped if outcome is Outcome.ABANDONED else text)
            for key, (outcome, text) in _OUTCOMES.items()
        ]
        results = await self._proposed(faces)
        by_runs = f", whose runs say {results.proposal_text}," if results else ""
        key = await screen.ask.choose(f"{names(faces)}{by_runs} ends as:", options)
        verdict: str | None = ""
        if key is not None and results is not None:
            verdict = await screen.ask.text(
                f"Verdict on {faces[0].ref}", results.verdict, lines=True, suggested=True
            )
            screen.refocus()
        if key is not None and verdict is not None:
            await self.finish(faces, _OUTCOMES[key][0], verdict)

    async def _proposed(self, faces: Sequence[CardFace]) -> Results | None:
        """What the runs of a card say of its target, if nobody has written a verdict yet."""
        if len(faces) != 1 or not faces[0].runs or not faces[0].metric:
            return None
        ref = faces[0].ref
        read = await self._screen.fetch(lambda s: (s.runs.results(ref), s.cards.get(ref).verdict))
        results, written = read or (None, "")
        return results if results and results.verdict and not written else None

    async def finish(self, faces: Sequence[CardFace], outcome: Outcome, verdict: str = "") -> None:
        """Finish cards; what is shipped goes past gates."""
        refs = [face.ref for face in faces]
        done = await self._edits.pass_gates(
            lambda service, override, ticks: service.cards.finish(
                refs, outcome, verdict, override=override, ticks=ticks
            ),
            {},
        )
        if done is not None and done.changed:
            self._screen.host.repeat = lambda cards, others: cards.finish.finish(others, outcome)

    async def do_card_archive(self) -> None:
        faces = self._edits.chosen()
        if faces and all(face.archived for face in faces):
            await self._edits.change_cards(faces, lambda s, refs: s.cards.restore(refs))
        elif faces:
            await self._edits.change_cards(faces, lambda s, refs: s.cards.archive(refs))

    async def do_card_merge(self) -> None:
        faces = self._edits.chosen()
        if len(faces) > 1:
            self._screen.status.show("Mark one card at most: it is merged into another one.")
        elif faces:
            await self._edits.ask_and_change(
                faces,
                f"{faces[0].ref} is a duplicate of which card? Its id:",
                "",
                lambda service, refs, text: service.duplicates.merge(refs[0], text),
                "merge",
            )
