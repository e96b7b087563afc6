"""The queue as lines."""

from datetime import UTC, datetime

from mlkanban.display.queue_lines import queue_grid
from mlkanban.glyphs import UTF8
from mlkanban.runs.model.run import Run

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def test_a_run_in_the_queue_is_named_by_the_title_of_its_card() -> None:
    rows = [("v145", "Churn: temporal cross-validation", Run("r1", argv=("python", "a.py")), "")]
    for width, command in ((120, True), (60, False)):
        [line] = ["".join(p.text for p in queue_grid(rows, NOW, width, UTF8).row(0))]
        assert ("Churn: temporal cross-validation" if command else "Churn: temporal") in line
        assert ("a.py" in line) >= command
