"""A machine that runs jobs, and what the board hears of them."""

from dataclasses import replace
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from tests.service.people import Person

RUNNING, FINISHED, FAILED, KILLED, LOST = (
    RunState.RUNNING, RunState.FINISHED, RunState.FAILED, RunState.KILLED, RunState.LOST,
)  # fmt: skip


class Machine:
    """Runs jobs for a person's cards, and tells the board of them."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.runs: dict[str, Run] = {}

    def starts(self, ref: str, name: str, target: str = "", **more: Any) -> str:
        known = {"argv": ("python", "x.py"), "host": "box", "started": self._now(), **more}
        run = Run(name, RUNNING, "alive", **known)
        return self.tells(ref, run, target)

    def ends(self, ref: str, name: str, state: RunState, **more: Any) -> str:
        codes = {FINISHED: 0, FAILED: 1, KILLED: 130}
        extra: dict[str, Any] = {"why": "exit 1", "reason": "bug"} if state is FAILED else {}
        run = replace(
            self.runs[name], state=state, exit=codes.get(state), ended=self._now(), **extra, **more
        )
        return self.tells(ref, run)

    def tells(self, ref: str, run: Run, target: str = "") -> str:
        self.runs[run.id] = run
        return self.person.service.runs.take_in([RunReport(run, ref, target=target)]).message

    def _now(self) -> str:
        return instant(self.person.clock())
