"""An A/B test in words that every surface has."""

from __future__ import annotations

import math

from mlkanban.core.ab_test import AbTest, AbVerdict, Arm

_MOST_DIGITS = 6
EARLY = "early look: do not stop for it"


def percent(share: float) -> str:
    """`-9.8 %`, `+12 %`: how much a ratio is away from one."""
    text = f"{100 * share:+.1f}" if abs(share) < 0.0995 else f"{100 * share:+.0f}"
    return f"{'0' if float(text) == 0 else text} %"


def _bound(share: float) -> str:
    text = f"{100 * share:+.0f}" if abs(share) >= 0.00995 else f"{100 * share:+.1f}"
    return "0" if float(text) == 0 else text


def many(number: int) -> str:
    """`36k`: a count in few cells."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= 10 * size or (unit != "k" and number >= size):
            return f"{number / size:.0f}{unit}"
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)


def change_text(test: AbTest) -> str:
    """`-9.8 % (-21..+4)`: the challenger against the arm in use; '' where there is no ratio."""
    ratio = test.ratio
    if ratio is None:
        return ""
    return f"{percent(ratio.value - 1)} ({_bound(ratio.low - 1)}..{_bound(ratio.high - 1)})"


def counts_text(test: AbTest) -> str:
    """`n 36k/60k`: how many both arms have, of how many are planned."""
    planned = f"/{many(test.planned)}" if test.planned else ""
    return f"n {many(test.n)}{planned}"


def verdict_text(test: AbTest) -> str:
    """What is proposed, or why nothing is yet."""
    if test.verdict is not None:
        name = test.challenger.name
        return {
            AbVerdict.BETTER: f"supported: {name} is better",
            AbVerdict.WORSE: f"not supported: {name} is worse",
            AbVerdict.NO_DIFFERENCE: f"not supported: no difference is shown between {name} and "
            f"{test.control.name}",
        }[test.verdict]
    if test.more:
        return f"{test.more:,} more for a difference of {100 * (test.least or 0):g} %; {EARLY}"
    if test.least is None:
        return f"the least difference that is worth it is not named (--least); {EARLY}"
    return f"how many are needed cannot be computed; {EARLY}"


def headline(test: AbTest) -> str:
    """`A/B -9.8 % (-21..+4)  n 36k/56k; 19,500 more ...`."""
    parts = ["A/B", change_text(test), f" {counts_text(test)}"]
    return f"{' '.join(filter(None, parts))}; {verdict_text(test)}"


def arm_text(arm: Arm) -> str:
    """`v90 412 of 18,230, 2.26 %`, or `v90 mean 12.3, sd 4.5, n 1,000`."""
    if arm.successes is not None:
        return f"{arm.name} {arm.successes:,} of {arm.n:,}, {100 * arm.value:.3g} %"
    return f"{arm.name} mean {arm.value:.4g}, sd {arm.sd or 0:.3g}, n {arm.n:,}"


def difference_text(test: AbTest) -> str:
    """`-0.22 points (-0.52..+0.08)`, of means in their own unit, in the digits of the interval."""
    scale, unit = (100, " points") if test.control.is_share else (1, "")
    value, low, high = (scale * number for number in test.difference)
    width = high - low
    digits = max(0, 1 - math.floor(math.log10(width))) if width > 0 else 2
    for bound in (low, high):
        while bound and digits < _MOST_DIGITS and not round(bound, digits):
            digits += 1  # on which side of zero it lies is all that matters

    def shown(number: float) -> str:
        return f"{number:+.{digits}f}"

    return f"{shown(value)}{unit} ({shown(low)}..{shown(high)}), 95 %"


def rows(test: AbTest) -> list[tuple[str, str]]:
    """Both arms, their difference, the chance of the challenger, and what is proposed."""
    better = "less is better" if test.less else "more is better"
    ratio = change_text(test)
    return [
        ("A/B", f"{test.challenger.name} against {test.control.name}, {better}"),
        ("in use", arm_text(test.control)),
        ("challenger", arm_text(test.challenger)),
        ("difference", difference_text(test)),
        *([("ratio", f"{ratio}, 95 %")] if ratio else []),
        ("chance", f"{_chance(test.chance)} that {test.challenger.name} is better"),
        ("result", f"{counts_text(test)}; {verdict_text(test)}"),
    ]


def _chance(chance: float) -> str:
    if chance > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if chance < 0.001 else f"{100 * chance:.1f} %"
