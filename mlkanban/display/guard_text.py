"""How a guard stands, as a word or a sign, the same on every surface."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mlkanban.core.metrics import (
    GuardState,
    MetricFields,
    compact_text,
    guard_state,
    number_text,
)
from mlkanban.glyphs import Glyphs

if TYPE_CHECKING:
    from mlkanban.runs.model.series import Latest

STATE_ROLES: Mapping[GuardState, str] = {
    GuardState.HELD: "live", GuardState.BROKEN: "alarm", GuardState.OPEN: "clock",
    GuardState.NOT_MEASURED: "clock",
}  # fmt: skip


def state_sign(state: GuardState, glyphs: Glyphs) -> str:
    """What stands behind a value: `✓`, `✗`, `open`; '' where not all runs measured it."""
    return {
        GuardState.HELD: glyphs.ticked, GuardState.BROKEN: glyphs.failed,
        GuardState.OPEN: GuardState.OPEN.value, GuardState.NOT_MEASURED: "",
    }[state]  # fmt: skip


def state_words(state: GuardState, value: float | None) -> str:
    """The state of a guard that stands at `value`, None for nowhere, in words that say what is
    missing."""
    if state is GuardState.OPEN:
        return "open, the limit lies within the spread"
    if state is GuardState.NOT_MEASURED and value is not None:
        return "not measured in all runs"
    return state.value


def live_text(
    guard: MetricFields, live: Iterable["Latest"], glyphs: Glyphs
) -> tuple[str, str] | None:
    """What the newest run that goes on reported last for a guard, `60 ✗`, with its role; None where
    none reported it. `live` are such runs, newest first."""
    values = (value for one in live for name, value in one.beside if name == guard["name"])
    if (value := next(values, None)) is None:
        return None
    state = guard_state(guard, value)
    text = compact_text(number_text(value, guard))
    return f"{text} {state_sign(state, glyphs)}", STATE_ROLES[state]
