"""Taking cards off the board: finished with an outcome, archived, merged into another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.core.board import Outcome
from mlkanban.core.rules import outcome_for
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.card_commands.model_use import ask_use
from mlkanban.tui.widgets.menu import Option

if TYPE_CHECKING:
    from mlkanban.core.board import CardFace
    from mlkanban.runs.model.results import Results
    from mlkanban.service import Done, Service
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen

_OUTCOMES = {
    "s": (Outcome.SHIPPED, "shipped"),
    "l": (Outcome.LEARNED, "learned: the question is answered"),
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
        if len(faces) == 1 and faces[0].is_open:
            await self._finish_with_verdict(faces[0], options)
            return
        key = await screen.ask.choose(f"{names(faces)} ends as:", options)
        if key is not None:
            await self.finish(faces, _OUTCOMES[key][0])

    async def _finish_with_verdict(self, face: CardFace, options: Sequence[Option]) -> None:
        """Ask how a card ends, then what came of it, for Enter to finish it."""
        screen, ref = self._screen, face.ref

        def read(service: Service) -> tuple[Results | None, str]:
            results = service.runs.results(ref) if face.runs and face.metric else None
            return results, service.cards.get(ref).verdict

        known = await screen.fetch(read)
        if known is None:
            return
        results, written = known
        by_runs = ""
        if results and results.verdict and not written:
            by_runs = screen.host.glyphs.figures(f", whose runs say {results.proposal_text},")
        screen.expect_question()
        key = await screen.ask.choose(f"{ref}{by_runs} ends as:", options)
        if key is None:
            return
        outcome = _OUTCOMES[key][0]
        label = f"Verdict on {ref}, {outcome_for(outcome, committed=bool(face.started_at))}"
        if results and results.contradicts(outcome):
            label += f", though its runs say {results.proposal}"
        proposed = results.verdict_on(outcome) if results and not written else ""
        glyphs = screen.host.glyphs
        given = written or glyphs.compared(proposed)
        form = f"verdict {ref}"
        typed = screen.unsaved.pop(form, "") or screen.host.drafts.get(form)
        text = await screen.ask.text(
            label, given, typed=typed, form=form, lines=True, verb="finishes"
        )
        screen.refocus()
        done = None
        if text is not None:
            # The signs of the screen stand for what anybody can type, and are not kept.
            verdict = glyphs.as_typed(text) if proposed else text
            done = await self.finish([face], outcome, verdict if verdict != written else "")
        if text and done is None and text != given:
            screen.unsaved[form] = text  # it was refused: the next time it is there again
        else:
            screen.host.drafts.drop(form)

    async def finish(
        self, faces: Sequence[CardFace], outcome: Outcome, verdict: str = ""
    ) -> Done | None:
        """Finish cards; what is shipped goes past gates. None when it was not done."""
        refs = [face.ref for face in faces]
        use = await ask_use(self._screen, faces) if outcome is Outcome.SHIPPED else None
        done = await self._edits.pass_gates(
            lambda service, override, ticks: service.cards.finish(
                refs, outcome, verdict, override=override, ticks=ticks, use=use
            ),
            {},
        )
        if done is not None and done.changed:
            self._screen.host.repeat = lambda cards, others: cards.finish.finish(others, outcome)
        return done

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
