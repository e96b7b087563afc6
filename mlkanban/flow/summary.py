"""The numbers of a cycle-time chart in words: the lines under it, in ASCII."""

from mlkanban.flow.cycle_time import CycleTimes, FinishedCard
from mlkanban.flow.percentiles import PERCENTILES, needed

SAID = 85
CYCLE_TIME = "calendar days with both ends | nearest rank"
RESIDENCE = "days of 24 hours, rounded up | nearest rank"
"""How the days of a number were counted, said beside it."""


def summary_lines(times: CycleTimes, convention: str = CYCLE_TIME) -> list[str]:
    """Return the lines of text under the chart; titles of cards are as they were stored.

    With too few cards for any percentile: a sentence that says so, and the cards themselves.
    """
    if times.n < needed(PERCENTILES[0]):
        return [_too_few(times), *map(_card, times.cards)]
    return [
        f"{times.n} finished | mean {times.mean:.1f} d | mode {times.mode} d"
        f" | from {times.min} to {times.max} d",
        _said(times),
        "finished            " + _all(times.percentiles, times.n),
        "counting open cards " + _all(times.percentiles_with_open, times.n_with_open),
        _split(times),
        f"{_window(times)} to {times.as_of}, {times.timezone} | {convention}",
    ]


def _said(times: CycleTimes) -> str:
    """One sentence for each way of counting, at the highest percentile up to 85 there is."""
    p = SAID if times.n >= needed(SAID) else PERCENTILES[0]
    with_open = _value(times.percentiles_with_open[p], times.n_with_open, p)
    return f"{p} % of finished <= {times.percentiles[p]} d | counting open cards: {with_open}"


def _all(values: dict[int, int | None], n: int) -> str:
    return " | ".join(f"p{p} {_value(value, n, p)}" for p, value in values.items())


def _value(value: int | None, n: int, p: int) -> str:
    if value is not None:
        return f"{value} d"
    return "not reached" if n >= needed(p) else f"n < {needed(p)}"


def _split(times: CycleTimes) -> str:
    finished = [(name, count) for name, count in times.outcomes.items() if name != "abandoned"]
    split = ", ".join(f"{count} {name}" for name, count in finished)
    return f"{split} | {_others(times)}"


def _window(times: CycleTimes) -> str:
    return "all time" if times.window_days is None else f"{times.window_days} days"


def _too_few(times: CycleTimes) -> str:
    finished = f"{times.n or 'No'} finished card{'' if times.n == 1 else 's'}"
    least = needed(PERCENTILES[0])
    return (
        f"{finished} in {_window(times)} to {times.as_of}, {times.timezone}"
        f" ({_others(times)}); percentiles need {least}."
    )


def _others(times: CycleTimes) -> str:
    abandoned = times.outcomes["abandoned"]
    return f"{times.open} open, {abandoned} abandoned, {times.never_worked} never worked"


def _card(card: FinishedCard) -> str:
    return f"{card.ref}  {card.days} d  {card.outcome}  {card.title}"
