"""Little's law as a check, in words and as JSON."""

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.little import CLOSE, LittlesLaw, little
from mlkanban.flow.percentiles import needed

_CONVENTION = "days between the ends (cycle time - 1) | WIP at the end of the day"
_LEAST = needed(50)


class LittleJson(NumberJson):
    """`wip_balanced`: as much was in progress at both ends of the window, and as many cards left as
    came, each within a tenth or one card; `wip_steady`: and so it stayed in between, within half of
    the mean or two cards (`lowest_wip`, `highest_wip`). That does not say that the two times agree,
    which `ratio` and `reason` do. `balanced` is an old name of `wip_balanced`."""

    n: int
    mean_wip: float
    throughput_per_day: float
    implied_days: float | None
    observed_days: float | None
    ratio: float | None
    reason: str
    days_before_window: int
    days_of_open_cards: int
    days_of_abandoned_cards: int
    wip_at_start: int
    wip_at_end: int
    lowest_wip: int
    highest_wip: int
    begun: int
    departed: int
    wip_balanced: bool
    wip_steady: bool
    balanced: bool


def to_json(law: LittlesLaw) -> LittleJson:
    return {
        "n": law.n,
        "mean_wip": law.mean_wip,
        "throughput_per_day": law.throughput_per_day,
        "implied_days": law.implied_days,
        "observed_days": law.observed_days,
        "ratio": law.ratio,
        "reason": reason(law),
        "days_before_window": law.days_before_window,
        "days_of_open_cards": law.days_of_open_cards,
        "days_of_abandoned_cards": law.days_of_abandoned_cards,
        "wip_at_start": law.wip_at_start,
        "wip_at_end": law.wip_at_end,
        "lowest_wip": law.lowest_wip,
        "highest_wip": law.highest_wip,
        "begun": law.begun,
        "departed": law.departed,
        "wip_balanced": law.balanced,
        "wip_steady": law.steady,
        "balanced": law.balanced,
        "convention": _CONVENTION,
        **scope_json(law.scope),
    }


def figures(law: LittlesLaw) -> Figures:
    return (
        ("n", str(law.n)),
        ("wip", f"{law.mean_wip:.1f}"),
        ("per day", f"{law.throughput_per_day:.2f}"),
        ("implied", "-" if law.implied_days is None else f"{law.implied_days:.1f}"),
        ("observed", "-" if law.observed_days is None else f"{law.observed_days:.1f}"),
    )


def reason(law: LittlesLaw) -> str:
    """Why the two differ, by the largest part of the difference; '' where too few cards are
    finished to compare them."""
    if law.implied_days is None or law.observed_days is None or law.n < _LEAST:
        return ""
    apart = law.implied_days - law.observed_days
    if abs(apart) <= CLOSE * law.observed_days:
        if law.steady:
            return "They agree: the board is in balance over this window."
        if law.balanced:
            return (
                "They agree, and as much was in progress at both ends, but not in between: WIP was"
                f" {law.lowest_wip} to {law.highest_wip}."
            )
        grew = "grew" if law.wip_at_end > law.wip_at_start else "fell"
        return (
            f"They agree, but the board is not in balance: WIP {grew} from {law.wip_at_start} to"
            f" {law.wip_at_end}, with {law.begun} begun and {law.departed} finished or"
            " abandoned."
        )
    parts = {
        "cards still open at the end spent {} days of it here": law.days_of_open_cards,
        "abandoned cards spent {} days of it here": law.days_of_abandoned_cards,
        "the finished cards had spent {} days before the window": -law.days_before_window,
    }
    wanted = {words: days for words, days in parts.items() if days * apart > 0}
    words = max(wanted, key=lambda key: abs(wanted[key]))
    change = law.wip_at_end - law.wip_at_start
    moved = (
        f"; WIP {'grew' if change > 0 else 'fell'} from {law.wip_at_start} to {law.wip_at_end}"
        if change
        else ""
    )
    return f"They differ: {words.format(abs(wanted[words]))}{moved}."


def summary(law: LittlesLaw) -> Summary:
    note = f"n {law.n} | {scope_text(law.scope)} | {_CONVENTION}"
    if law.n < _LEAST or law.implied_days is None or law.observed_days is None:
        few = f"{finished_cards(law.n)}; the check needs {_LEAST}."
        return Summary("Little's law", (few,), None, note)
    lines = (
        f"Mean WIP {law.mean_wip:.1f} / {law.throughput_per_day:.2f} finished a day"
        f" = {law.implied_days:.1f} d | observed mean {law.observed_days:.1f} d",
        reason(law),
    )
    rows = (
        ("of the finished cards, before the window", f"{-law.days_before_window}"),
        ("of cards open at its end", f"+{law.days_of_open_cards}"),
        ("of abandoned cards", f"+{law.days_of_abandoned_cards}"),
    )
    return Summary(
        "Little's law", lines, Table(("days that make the difference", "days"), rows), note
    )


NUMBER = NumberView("little", little, summary, figures, to_json)
