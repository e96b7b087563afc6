"""What stops at a gate asks: tick what is unticked, or go on with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlkanban.errors import GateClosed, LimitReached, MlkanbanError, UsageProblem
from mlkanban.service import Done, Service
from mlkanban.tui.widgets.ask import Option

if TYPE_CHECKING:
    from mlkanban.tui.command_screen import CardsScreen

Ticks = dict[str, tuple[str, ...]]
"""Texts of items that are ticked with an action, by the short id of their card."""
Passing = Callable[[Service, str, Ticks], Done]
"""What may pass gates, with the reason of an override ('' for none) and what to tick first."""

_OPTIONS = (Option("t", "tick them"), Option("o", "go on (reason)"))


class GateQuestions:
    def __init__(self, screen: CardsScreen) -> None:
        self._screen = screen

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
        key = await screen.ask.choose(f"{error.message.rstrip('.')}:", _OPTIONS)
        if key == "t":
            ticks.update(error.unticked)
            return await self.pass_gates(action, ticks)
        if key == "o":
            done = await screen.ask_and_write(
                "Why go on with this unticked?",
                "",
                lambda service, text: action(service, needed(text), ticks),
                form=f"override {next(iter(error.unticked))}",
                lines=True,
            )
            if done is not None:
                screen.after_change(done)
            return done
        screen.status.show("Nothing was changed.")
        return None


def needed(reason: str) -> str:
    """The reason of an override; UsageProblem when it is empty."""
    if not reason.strip():
        raise UsageProblem("An override needs a reason.", "Type it, or cancel.")
    return reason
