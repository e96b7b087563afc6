"""Changes to the cards a command is about, each of which `.` can do again to others. What stops at
a gate asks: tick what is unticked, or go on with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlkanban.errors import GateClosed, LimitReached, MlkanbanError, UsageProblem
from mlkanban.tui.commands import BY_NAME
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.widgets.menu import NOTHING, Option

if TYPE_CHECKING:
    from mlkanban.core.board import CardFace
    from mlkanban.service import Done, Service
    from mlkanban.tui.command_screen import CardsScreen

    Action = Callable[[Service, Sequence[str]], Done]
    """What is done to the cards with these ids."""
    TextAction = Callable[[Service, Sequence[str], str], Done]
    """The same, with a text that the person typed."""
    Ticks = dict[str, tuple[str, ...]]
    """Texts of items that are ticked with an action, by the short id of their card."""
    Passing = Callable[[Service, str, Ticks], Done]
    """What may pass gates, with the reason of an override ('' for none) and what to tick first."""

_TICK, _GO_ON = Option("t", "tick them"), Option("o", "go on (reason)")


class CardEdits:
    def __init__(self, screen: CardsScreen) -> None:
        self._screen = screen

    def chosen(self) -> list[CardFace]:
        """The cards a command is about; with none, the status line says so."""
        faces = self._screen.targets()
        if not faces:
            self._screen.status.show(self._why_none())
        return faces

    def _why_none(self) -> str:
        host, where = self._screen.host, self._screen.WHERE
        if host.model.query:
            return "The filter finds no card here."
        new = " {card.new} writes one." if where in BY_NAME["card.new"].where else ""
        return with_keys(f"There is no card here.{new}", host.commands)

    async def change(self, action: Callable[[Service], Done]) -> Done | None:
        """Write, and let the screen show what came of it; None after saying why it was refused."""
        done = await self._screen.write(action)
        if done is not None:
            self._screen.after_change(done)
        return done

    async def change_cards(self, faces: Sequence[CardFace], action: Action) -> None:
        """Do something to cards, which `.` can do again to others."""
        refs = [face.ref for face in faces]
        done = await self.change(lambda service: action(service, refs))
        if done is not None and done.changed:
            self._screen.host.repeat = lambda cards, others: cards.edits.change_cards(
                others, action
            )

    async def ask_and_change(
        self,
        faces: Sequence[CardFace],
        label: str,
        given: str,
        action: TextAction,
        form: str,
        *,
        guarded: bool = False,
        lines: bool = False,
        preview: Callable[[str], str] | None = None,
    ) -> None:
        """The same with a text that is asked for; it is not asked for again."""
        refs, typed = [face.ref for face in faces], ""

        def write(service: Service, text: str) -> Done:
            nonlocal typed
            typed = text
            return action(service, refs, text)

        done = await self._screen.ask_and_write(
            label, given, write, form=f"{form} {refs[0]}", guarded=guarded, lines=lines,
            preview=preview,
        )  # fmt: skip
        if done is not None:
            self._screen.after_change(done)
            if done.changed:
                self._screen.host.repeat = lambda cards, others: cards.edits.change_cards(
                    others, lambda service, refs: action(service, refs, typed)
                )

    async def pass_gates(self, action: Passing, ticks: Ticks) -> Done | None:
        """Do something, and ask where gates are closed; None when it was not done. What is ticked
        on the way is added to `ticks`. LimitReached is for the caller."""
        try:
            done = await self._screen.attempt(lambda service: action(service, "", ticks))
        except GateClosed as error:
            return await self._ask_at_gate(error, action, ticks)
        except LimitReached:
            raise
        except MlkanbanError as error:
            self._screen.show_error(error)
            return None
        self._screen.after_change(done)
        return done

    async def _ask_at_gate(self, error: GateClosed, action: Passing, ticks: Ticks) -> Done | None:
        screen = self._screen
        options = [*([_TICK] if error.unticked else []), _GO_ON]
        question = screen.host.glyphs.figures(f"{error.message.rstrip('.')}:")
        key = await screen.ask.choose(question, options, at=NOTHING)
        if key == "t":
            ticks.update(error.unticked)
            return await self.pass_gates(action, ticks)
        if key == "o":
            done = await screen.ask_and_write(
                "Why go on with this unticked?" if error.unticked else "Why go on all the same?",
                "",
                lambda service, text: action(service, needed(text), ticks),
                form=f"override {next(iter(error.unticked or error.broken))}",
                lines=True,
            )
            if done is not None:
                screen.after_change(done)
            return done
        screen.status.show("Nothing was changed.")
        return None


def names(faces: Sequence[CardFace]) -> str:
    """How a question speaks of the cards: by id, or by number when there are many."""
    return ", ".join(face.ref for face in faces) if len(faces) <= 3 else f"{len(faces)} cards"


def needed(reason: str) -> str:
    """The reason of an override; UsageProblem when it is empty."""
    if not reason.strip():
        raise UsageProblem("An override needs a reason.", "Type it, or cancel.")
    return reason
