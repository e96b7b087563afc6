"""Texts in the person's own editor: the screen makes way for it and comes back."""

from __future__ import annotations

import errno
import signal
import sys
import termios
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported

from mlkanban.errors import MlkanbanError, StoreProblem, UsageProblem
from mlkanban.tui.commands import FORM, hint_with_keys

if TYPE_CHECKING:
    from mlkanban.editor.documents import Document, Editing
    from mlkanban.service import Done, Service
    from mlkanban.tui.command_screen import CommandScreen

T = TypeVar("T")


class ExternalEditor:
    def __init__(self, screen: CommandScreen) -> None:
        self._screen = screen

    async def edit(self, document: Document) -> Done | None:
        """Let the person edit a text until it is saved or given up, and say what became of it."""
        # Markdown, which the board does without at its start.
        from mlkanban.editor.documents import editing

        app = self._screen.host
        why = await app.store_thread.call(lambda service: service.read_only)
        if why:
            raise StoreProblem(why, "Nothing can be changed.")
        worded = partial(hint_with_keys, commands=app.commands, where=FORM)
        with editing(app.drafts, document.form, worded) as turn:
            page, since = await app.store_thread.call(document.page)
            turn.begin(page, since)
            while (text := self.hand_over(turn.edited)) is not None:
                done = await self._save(document, turn, text)
                if done is not None:
                    await app.catch_up()
                    self._screen.show_result(done)
                    return done
        self._screen.status.show(turn.message)
        return None

    def hand_over(self, run: Callable[[], T]) -> T:
        """Leave the terminal to what `run` starts; Ctrl+C is meant for that alone."""
        ran: Future[T] = Future()
        signal.signal(signal.SIGINT, lambda *_: None)
        try:
            with self._screen.host.suspend():
                try:
                    ran.set_result(run())
                except Exception as error:
                    # Raised in here, it would leave the screen suspended.
                    ran.set_exception(error)
                _end_without_terminal()
        except SuspendNotSupported:
            raise UsageProblem("This terminal cannot be left to an editor.") from None
        finally:
            self._screen.host.listen(signal.SIGINT)
        return ran.result()

    async def _save(self, document: Document, turn: Editing, text: str) -> Done | None:
        """Save the text; None after writing into it why that could not be."""
        from mlkanban.editor.documents import meanwhile  # as above

        call, since = self._screen.host.store_thread.call, turn.since
        try:
            done = await call(partial(_saved, document, text, turn))
        except StoreProblem as error:
            raise StoreProblem(error.message, "Your text is kept for the next time.") from error
        except MlkanbanError as error:
            again = partial(meanwhile, document, error, text, since)
            turn.refused(error, await call(again))
            return None
        turn.saved()
        return done


def _end_without_terminal() -> None:
    """Go, as a hang-up means it, when the terminal went away with the editor: a screen that comes
    back to no terminal waits forever. The text is with the drafts."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except termios.error as error:
        if error.args[0] == errno.EIO:
            raise SystemExit(128 + signal.SIGHUP) from None
    except (OSError, ValueError):
        pass  # no terminal from the start, as in tests


def _saved(document: Document, text: str, turn: Editing, service: Service) -> Done:
    return document.save(service, text, turn.since)
