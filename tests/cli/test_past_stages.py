"""Numbers of a day in the past have the stages of that day: they are later what they were."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mlkanban import clock
from mlkanban.charts.catalogue import CATALOGUE
from tests.cli.conftest import Person

FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = [entry.name for entry in CATALOGUE if entry.name != "quality"]
GROUPED = ["cycle-time", "wip", "throughput"]


class Story:
    """A board over some weeks, a card a day, whose numbers are asked for at the end of days."""

    def __init__(self, mlk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mlk, self.now, self.cards, self.ticks = mlk, FIRST, list[str](), True
        monkeypatch.setattr(clock, "now", self._clock)

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=self.ticks)
        return self.now

    def does(self, *args: str) -> None:
        answer = self.mlk(*args)
        assert answer.code == 0, answer.err

    def works(self, days: int, *stages: str) -> None:
        """Every morning a card is begun; each goes to the next stage after two days, but every
        fifth rests twice as long."""
        for _ in range(days):
            begun = self.mlk.card(f"card {len(self.cards)}", "--type", "model")
            self.cards.append(begun)
            self.does("move", begun, stages[0], "--override", "why not")
            for age, stage in enumerate(stages[1:], 1):
                at = len(self.cards) - 1 - 2 * age - (len(self.cards) % 5 == 0)
                if at >= 0 and self.stage(self.cards[at]) not in (stage, "Done"):
                    self.does("move", self.cards[at], stage, "--override", "why not")
            self.now = (self.now + timedelta(days=1)).replace(hour=9, minute=0, second=0)

    def stage(self, card: str) -> str:
        return str(self.mlk.data("show", card)["stage"])

    def numbers(self, *asked: str) -> dict[str, Any]:
        """All numbers, as they are asked for."""
        # Chances of due dates go by no window.
        window = {name: () if name == "due" else ("--window", "all") for name in NAMES}
        found = {name: self.mlk.data("flow", name, *asked, *window[name]) for name in NAMES}
        for name in GROUPED:
            found[f"{name} by stage"] = self.mlk.data("flow", name, *asked, "--by", "stage")
        return found

    def yesterday(self) -> dict[str, Any]:
        """All numbers, asked for in the last instant of yesterday."""
        morning, self.now = self.now, self.now.replace(hour=0, minute=0) - timedelta(microseconds=1)
        self.ticks = False
        found = self.numbers()
        self.now, self.ticks = morning, True
        return found


@pytest.fixture
def story(mlk: Person, monkeypatch: pytest.MonkeyPatch) -> Story:
    return Story(mlk, monkeypatch)


def lived(story: Story) -> dict[date, dict[str, Any]]:
    """Three parts of a history, and what the numbers were at the end of each."""
    found = {}

    def looks() -> None:
        day = (story.now - timedelta(days=1)).date()
        found[day] = story.yesterday()

    story.does("init", "Fraud", "--template", "plain", "--timezone", "UTC")
    story.does("stages", "add", "Review", "--after", "Doing", "--kind", "gate")
    story.does("stages", "limit", "Review", "2")
    story.does("stages", "limit", "Doing", "none")
    story.works(24, "Doing", "Review", "Done")
    looks()
    story.does("stages", "rename", "Doing", "Build")
    story.does("stages", "kind", "Review", "queue")
    story.does("stages", "add", "Test", "--after", "Build", "--kind", "queue")
    story.does("stages", "limit", "Build", "3")
    story.works(16, "Build", "Test", "Review", "Done")
    looks()
    for card in story.cards:
        if story.stage(card) == "Review":
            story.does("move", card, "Done")
    story.does("stages", "remove", "Review")
    story.does("stages", "move", "Test", "2")
    story.does("stages", "kind", "Build", "gate")
    story.does("stages", "limit", "Build", "none")
    story.works(16, "Test", "Build", "Done")
    looks()
    story.does("stages", "kind", "Test", "active")
    story.does("stages", "add", "Extra", "--after", "Test")
    story.does("stages", "rename", "Test", "Trial")
    story.works(8, "Trial", "Extra", "Build", "Done")
    return found


def test_all_numbers_of_a_day_are_later_what_they_were(story: Story) -> None:
    found = lived(story)
    assert len(found) == 3
    for day, then in found.items():
        later = story.numbers("--as-of", day.isoformat())
        for name, number in then.items():
            assert later[name] == number, (day, name)
    names = [[line["stage"] for line in then["efficiency"]["stages"]] for then in found.values()]
    assert names == [
        ["Doing", "Review"],
        ["Build", "Test", "Review"],
        ["Test", "Build", "Review (removed)"],
    ]
