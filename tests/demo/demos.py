"""Demo boards as they are at several moments, in several time zones."""

from datetime import UTC, datetime
from pathlib import Path

from mlkanban.demo import fill
from mlkanban.flow.cycle_time import CycleTimes, cycle_times
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from mlkanban.service import Service

NOW = datetime(2026, 3, 18, 14, 20, tzinfo=UTC)

MOMENTS = [
    (NOW, 7, "UTC"),
    (datetime(2026, 3, 16, 6, 0, tzinfo=UTC), 7, "Europe/Berlin"),
    (datetime(2026, 11, 1, 23, 59, tzinfo=UTC), 1, "America/Los_Angeles"),
    (datetime(2028, 2, 29, 3, 0, tzinfo=UTC), 2, "Asia/Kolkata"),
    (datetime(2027, 1, 1, 12, 0, tzinfo=UTC), 3, "Pacific/Auckland"),
    (datetime(2026, 6, 26, 9, 1, tzinfo=UTC), 4, "UTC"),
]


class Demo:
    def __init__(self, data: Path, now: datetime, seed: int, timezone: str) -> None:
        self.now = now
        self.service = Service.open(data, actor="ada", clock=lambda: now)
        self.board = fill(self.service, now, seed, timezone, data=data)
        self.data = data
        self.events = [*self.service.exports.events(self.board.id)]
        self.faces = self.service.boards.snapshot(self.board.id).faces
        self.stage_name = {stage.id: stage.name for stage in self.board.stages}

    def sample(self) -> Sample:
        workflow, histories = self.service.history.for_flow(self.board)
        window = Window.back(None, workflow.day(self.now))
        return follow(workflow, histories, self.now, window)

    def times(self) -> CycleTimes:
        return cycle_times(self.sample())
