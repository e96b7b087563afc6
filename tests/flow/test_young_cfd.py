"""The cumulative flow of a board in its first days, also of those with 23 or 25 hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mlkanban.charts.pictures import cfd as picture
from mlkanban.charts.render import render
from mlkanban.display.number_text.cfd import to_json
from mlkanban.flow.cfd import cfd
from mlkanban.flow.history import CardHistory, Step, Workflow
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window

PLACES = [
    ("UTC", date(2026, 3, 2)),
    ("Europe/Berlin", date(2026, 3, 28)),
    ("Europe/Berlin", date(2026, 10, 24)),
    ("America/New_York", date(2026, 3, 7)),
    ("America/New_York", date(2026, 10, 31)),
    ("Pacific/Kiritimati", date(2026, 3, 2)),
    ("Pacific/Pago_Pago", date(2026, 3, 2)),
    ("Asia/Kolkata", date(2026, 12, 31)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 9, 5)),
]


@pytest.mark.parametrize("back", [None, 90])
@pytest.mark.parametrize("age", [0, 1, 2])
@pytest.mark.parametrize(("zone", "first"), PLACES)
def test_a_young_board_has_the_days_it_lived_and_no_other(
    zone: str, first: date, age: int, back: int | None
) -> None:
    """A card is begun in the first minute of each day, and the one before is done in its last; it
    is looked at one minute before midnight, and right after it."""
    place = ZoneInfo(zone)
    workflow = Workflow(("To do", "Doing", "Done"), 1, 2, place)
    days = [first + timedelta(days=n) for n in range(age + 1)]

    def at(day: date, hour: int, minute: int) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=place).astimezone(UTC)

    cards = []
    for n, day in enumerate(days):
        begun = max(at(day, 0, 1), workflow.start_of_day(day))
        steps = [Step(begun, 1, None)]
        if n + 1 < len(days):
            steps.append(Step(at(days[n + 1], 23, 58), 2, "shipped"))
        cards.append(CardHistory(f"c{n}", "t", "chore", (), tuple(steps)))
    for now in (at(days[-1], 23, 59), workflow.end_of_day(days[-1])):
        counted = cfd(follow(workflow, cards, now, Window.back(back, workflow.day(now))))
        assert [line.counts for line in counted.lines] == [
            tuple(range(1, age + 2)), tuple(range(age + 1))
        ]  # fmt: skip
        assert to_json(counted)["days"] == [day.isoformat() for day in days]
        lines = render(picture(counted), 80, 20, coloured=True)
        shown = "".join(piece.text for piece in lines[-1]).split()
        assert shown == [f"{day:%m-%d}" for day in days]
