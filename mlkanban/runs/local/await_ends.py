"""Wait for the end of runs, by what is in their folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import judged
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.start import Clock
from mlkanban.runs.model.state import Judgement

LOOK_SECONDS = 0.2
_JUDGE_SECONDS = 1.0


def wait_for(
    folders: Sequence[RunFolder],
    clock: Clock,
    *,
    seconds: float | None,
    elapsed: Callable[[], float],
    sleep: Callable[[float], None],
    ended: Callable[[RunFolder, Judgement], None],
    ask: Callable[[Sequence[RunFolder]], None],
) -> dict[str, Judgement]:
    """Wait until all runs have ended, or until so many `seconds` have `elapsed`; how each run is by
    then, by its id. `ended` is called for each at its end, `ask` before each closer look: a
    scheduler can be asked there. Nothing is done to the runs."""
    starts = {folder.id: folder.start() for folder in folders}
    states: dict[str, Judgement] = {}
    waiting, judged_at = list(folders), float("-inf")
    while True:
        closer = elapsed() - judged_at >= _JUDGE_SECONDS
        if closer:
            ask(waiting)
            judged_at = elapsed()
        for folder in [folder for folder in waiting if closer or folder.end()]:
            # A job can remove the folder of its run.
            start = folder.start() or starts[folder.id]
            states[folder.id] = state = judged(folder, start, here(), clock())
            if state.state.ended:
                waiting.remove(folder)
                ended(folder, state)
        if not waiting or (seconds is not None and elapsed() >= seconds):
            return states
        left = LOOK_SECONDS if seconds is None else min(LOOK_SECONDS, seconds - elapsed())
        sleep(max(0.0, left))
