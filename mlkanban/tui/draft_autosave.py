"""Keeps what is typed and not saved yet, in case the program has to go."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mlkanban.tui.screens.base import KeyScreen

if TYPE_CHECKING:
    from mlkanban.tui.host import Host

INTERVAL_SECONDS = 3.0


class DraftAutosave:
    """For one app. Where nothing can be kept, the program goes on, and goes, all the same."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._kept: dict[str, str] = {}

    def keep(self) -> None:
        """Keep all of it, now."""
        for form, text in self._typed().items():
            with contextlib.suppress(OSError):
                self._app.drafts.keep(form, text)

    async def look(self) -> None:
        """A killed program keeps no draft: what is typed for a while is kept before."""
        typed = self._typed()
        changed = {form: text for form, text in typed.items() if self._kept.get(form) != text}
        self._kept = typed
        for form, text in changed.items():
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._app.drafts.keep, form, text)
            if form not in self._typed():
                self._app.drafts.drop(form)  # saved or given up meanwhile

    def _typed(self) -> dict[str, str]:
        """What is typed and not saved on any screen, by the form it is for."""
        typed: dict[str, str] = {}
        for screen in self._app.screen_stack:
            if isinstance(screen, KeyScreen) and screen.ready:
                typed |= screen.unsaved_texts()
        return typed
