"""Runs hooks one after the other beside the board, which never waits for them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from mlkanban.errors import MlkanbanError

if TYPE_CHECKING:
    from mlkanban.service.hook_events import HookEvent
    from mlkanban.tui.store_thread import StoreThread


class HookLine:
    """For one app. `failed` is told of a hook that did not work, from the thread of the hooks."""

    def __init__(self, config: Path, failed: Callable[[str], None]) -> None:
        self._config = config
        self._failed = failed
        self._thread: ThreadPoolExecutor | None = None

    def run(self, events: Sequence[HookEvent]) -> Future[None] | None:
        """Run the hooks for what happened, when it is their turn."""
        if not events or not (self._config / "hooks").is_dir():
            return None
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="hooks")
        return self._thread.submit(self._run, events)

    def _run(self, events: Sequence[HookEvent]) -> None:
        # subprocess: only a person with hooks waits for it.
        from mlkanban.hooks import run as run_hooks

        for problem in run_hooks(self._config, events):
            with contextlib.suppress(RuntimeError):  # the board is gone: nobody is there to read it
                self._failed(problem)

    def at_the_end(self, store_thread: StoreThread) -> None:
        """Run what is left, the terminal being back already."""
        with contextlib.suppress(MlkanbanError):
            self.run(store_thread.at_once(lambda service: service.take_hook_events()))
        if self._thread is not None:
            self._thread.shutdown(wait=True)
