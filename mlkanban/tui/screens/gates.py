"""What stops at a gate asks: tick what is unticked, or go on with a reason."""

from collections.abc import Callable

from mlkanban.core.models import Board, CardFace
from mlkanban.errors import GateClosed, LimitReached, MlkanbanError, UsageProblem
from mlkanban.service import Done, Service
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.ask import Option

Ticks = dict[str, tuple[str, ...]]
"""Texts of items that are ticked with an action, by the short id of their card."""
Passing = Callable[[Service, str, Ticks], Done]
"""What may pass gates, with the reason of an override ('' for none) and what to tick first."""

_OPTIONS = (Option("t", "tick them"), Option("o", "go on (reason)"))


class GateActions(KeyScreen):
    """Actions on `targets()` that gates may stop; `after` is told what changed."""

    @property
    def board(self) -> Board:
        return self.host.model.board

    def targets(self) -> list[CardFace]:
        """The cards an action is about: the marked ones, else the one under the cursor."""
        raise NotImplementedError

    def _chosen(self) -> list[CardFace]:
        faces = self.targets()
        if not faces:
            found = "The filter finds no card here." if self.host.model.query else ""
            self.status.say(found or "There is no card here. Press n to write one.")
        return faces

    def after(self, done: Done) -> None:
        """Something was done; the board shows it already."""

    async def pass_gates(self, action: Passing, ticks: Ticks) -> Done | None:
        """Do something, and ask where gates are closed; None when it was not done. What is ticked
        on the way is added to `ticks`. LimitReached is for the caller."""
        try:
            done = await self.attempt(lambda service: action(service, "", ticks))
        except GateClosed as error:
            return await self._ask_at_gate(error, action, ticks)
        except LimitReached:
            raise
        except MlkanbanError as error:
            self.refused(error)
            return None
        self.after(done)
        return done

    async def _ask_at_gate(self, error: GateClosed, action: Passing, ticks: Ticks) -> Done | None:
        key = await self.ask.choose(f"{error.message.rstrip('.')}:", _OPTIONS)
        if key == "t":
            ticks.update(error.unticked)
            return await self.pass_gates(action, ticks)
        if key == "o":
            done = await self.ask_and_write(
                "Why go on with this unticked?",
                "",
                lambda service, text: action(service, needed(text), ticks),
                form=f"override {next(iter(error.unticked))}",
                lines=True,
            )
            if done is not None:
                self.after(done)
            return done
        self.status.say("Nothing was changed.")
        return None


def needed(reason: str) -> str:
    """The reason of an override; UsageProblem when it is empty."""
    if not reason.strip():
        raise UsageProblem("An override needs a reason.", "Type it, or cancel.")
    return reason
