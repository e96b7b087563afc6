"""THE table of flow numbers by name: commands of `mlkanban flow`, views of the reports screen.

No more than words: programs start with it. What counts and draws them is in charts.views.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """A number: the name of its command, its key on the reports screen, and what it is."""

    name: str
    key: str
    title: str
    help: str


CATALOGUE = (
    Entry("cycle-time", "1", "Cycle time", "how long finished cards took: histogram"),
    Entry("scatter", "2", "Card by card", "every finished card by day and outcome"),
    Entry("throughput", "3", "Throughput", "cards finished and begun per day or week"),
    Entry("wip", "4", "Work in progress", "cards in progress at the end of each day"),
    Entry("cfd", "5", "Cumulative flow", "how many cards had arrived at each stage"),
    Entry("aging", "6", "Aging", "how old open cards are for where they stand"),
    Entry("forecast", "7", "Forecast", "how many cards by a day, so many by when"),
    Entry("forecast-cards", "8", "Forecast by card", "when each open card will be finished"),
    Entry("xmr", "9", "XmR", "which cycle times are out of the usual"),
    Entry("efficiency", "0", "Flow efficiency", "hands on, unattended, waiting, blocked"),
    Entry("blockers", "C", "Blockers", "what holds work up, how often and how long"),
    Entry("bottleneck", "N", "Bottleneck", "the evidence for each stage, a name if it agrees"),
    Entry("iterations", "I", "Iterations", "how often cards come back to a stage"),
    Entry("sle", "X", "Expectation", "85 % within how many days, and who is past it"),
    Entry("little", "Y", "Little's law", "WIP, throughput and cycle time compared"),
    Entry("debt", "D", "Flow debt", "what finished cards owe to those that wait"),
    Entry("quality", "Z", "Data quality", "what in the history makes numbers doubtful"),
    Entry("backtest", "P", "Back-test", "how often the forecasts would have held"),
)
