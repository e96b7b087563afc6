"""Made-up histories for flow numbers: a small workflow, cards by hand, and any history at all."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from mlkanban.core.board import StageKind, Work
from mlkanban.display.number_view import Summary
from mlkanban.flow.history import Block, CardHistory, Limits, Step, Workflow
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window

QUEUE, ACTIVE, GATE = StageKind.QUEUE, StageKind.ACTIVE, StageKind.GATE
# Ready | Train, Wait, Evaluate | Done
WORKFLOW = Workflow(
    ("Ready", "Train", "Wait", "Evaluate", "Done"), 1, 4, UTC,
    (QUEUE, ACTIVE, QUEUE, GATE, QUEUE),
    (Limits(3), Limits(1, 2), Limits(), Limits(2), Limits()),
)  # fmt: skip
MORNING = datetime(2026, 1, 1, 9, tzinfo=UTC)
OUTCOMES = ("shipped", "learned", "superseded", "abandoned", "discarded")
GPU = Block("compute-queue", True)


def at(day: float) -> datetime:
    """The morning of the first of January is day 1."""
    return MORNING + timedelta(days=day - 1)


def card(ref, *steps, type="model", tags=()):
    """Steps are (day, stage[, outcome[, work[, block]]])."""
    made = []
    for day, stage, *rest in steps:
        outcome, work, block = (*rest, None, None, None)[:3]
        made.append(Step(at(day), stage, outcome, work or Work.ATTENDED, block))
    return CardHistory(ref, f"Card {ref}", type, tags, tuple(made))


def took(ref, days, start=1.0, outcome="shipped"):
    """A card that was in Train for so many calendar days."""
    return card(ref, (start, 1), (start + days - 1, 1, outcome))


def sample(cards, day=21.0, days=None, workflow=WORKFLOW) -> Sample:
    """What is known on a day, in a window of so many days, or of all time."""
    return follow(workflow, cards, at(day), Window.back(days, workflow.day(at(day))))


def rows(summary: Summary) -> Sequence[Sequence[str]]:
    """The rows of the table of a summary."""
    assert summary.table is not None
    return summary.table.rows


_steps = st.lists(
    st.tuples(
        st.floats(1, 30, allow_nan=False).map(lambda day: round(day * 24) / 24),
        st.integers(0, 4),
        st.sampled_from([*[None] * 6, *OUTCOMES]),
        st.sampled_from([*Work]),
        st.sampled_from([None, None, None, GPU, Block("bug", False)]),
    ),
    max_size=7,
)


def histories(most=20):
    """Any cards: they go back, skip, are re-opened, abandoned, discarded, blocked."""
    return st.lists(_steps, max_size=most).map(
        lambda some: [
            card(f"c{n}", *sorted(steps, key=lambda step: step[0])) for n, steps in enumerate(some)
        ]
    )
