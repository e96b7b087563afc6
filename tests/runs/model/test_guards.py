"""Guards: limits that must hold beside the metric, by what the runs of a configuration reported."""

import math
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.metrics import GuardState
from mlkanban.runs.model.results import Proposal, Results, results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState

AUC = {"name": "auc", "direction": ">=", "target": 0.9}
P95 = {"name": "p95", "direction": "<=", "target": 50.0}
GOOD = (0.93, 0.94, 0.95)


def runs(*measured: tuple[int, float, float | None]) -> list[Run]:
    """Runs with a depth, the auc and, where it is not None, the p95 of each."""
    return [
        Run(
            f"r{at:02}", RunState.FINISHED, argv=("t", f"depth={depth}", f"seed={at}"),
            started=f"2026-03-20T09:{at:02}:00Z", commit="c" * 40,
            metrics={"auc": auc} if p95 is None else {"auc": auc, "p95": p95},
        )
        for at, (depth, auc, p95) in enumerate(measured)
    ]  # fmt: skip


def found(*measured: tuple[int, float, float | None]) -> Results:
    made = results(runs(*measured), AUC, guards=[P95])
    assert made is not None
    return made


def of_one(*values: float | None) -> Results:
    """Of one configuration that reaches its target, with these values of the guard."""
    return found(*((3, auc, p95) for auc, p95 in zip(GOOD, values, strict=True)))


def test_supported_needs_every_guard_held() -> None:
    said = of_one(48.0, 49.0, 47.0)
    assert said.proposal is Proposal.SUPPORTED
    assert said.why == ">=0.9 is reached by more than the spread; p95 48 +- 1 <=50"
    assert said.verdict == "supported: auc 0.94 +- 0.01 (3 runs); p95 48 +- 1 <=50"


def test_a_guard_that_is_clearly_broken_refutes() -> None:
    said = of_one(61.0, 60.0, 62.0)
    assert said.proposal is Proposal.NOT_SUPPORTED
    assert said.why == ">=0.9 is reached, but p95 is 61 +- 1, not <=50"
    assert said.verdict == "not supported: auc 0.94 +- 0.01 (3 runs); p95 61 +- 1, not <=50"


def test_a_guard_broken_within_its_spread_leaves_it_open() -> None:
    said = of_one(45.0, 56.0, 52.0)
    assert said.latest.guards[0].state is GuardState.BROKEN
    assert said.proposal is Proposal.OPEN
    assert said.verdict == ""


def test_a_guard_that_holds_within_its_spread_leaves_it_open() -> None:
    said = of_one(10.0, 94.0, 46.0)
    [guard] = said.latest.guards
    assert guard.state is GuardState.OPEN
    assert guard.summary == "p95 50 +- 42, open: <=50 lies within the spread"
    assert (said.proposal, said.verdict) == (Proposal.OPEN, "")
    assert said.why == (">=0.9 is reached, but p95 is 50 +- 42: <=50 lies within the spread")
    assert of_one(48.0, 49.0, 50.0).latest.guards[0].state is GuardState.HELD, "49 + 1 is held"
    assert of_one(48.0, 49.0, 50.1).latest.guards[0].state is GuardState.OPEN


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((None, None, None), "p95 was not measured"),
        ((48.0, None, 47.0), "p95 was measured in 2 of 3 runs alone"),
    ],
)  # fmt: skip
def test_what_was_not_measured_was_not_held(values: tuple[float | None, ...], text: str) -> None:
    said = of_one(*values)
    [guard] = said.latest.guards
    assert guard.state is GuardState.NOT_MEASURED
    assert said.proposal is Proposal.OPEN
    assert said.why == f">=0.9 is reached, but {text}"
    assert "held" not in guard.summary


@pytest.mark.parametrize("bad", [math.inf, math.nan, 1e300])
def test_what_is_no_measurement_is_not_measured(bad: float) -> None:
    assert of_one(bad, bad, bad).latest.guards[0].state is GuardState.NOT_MEASURED


def test_the_limit_itself_holds() -> None:
    assert of_one(50.0, 50.0, 50.0).proposal is Proposal.SUPPORTED
    beyond = math.nextafter(50.0, 51.0)
    broken = of_one(beyond, beyond, beyond)
    assert broken.latest.guards[0].state is GuardState.BROKEN
    assert broken.latest.guards[0].summary.startswith("p95 50.0000"), "not shown as if it held"


def test_another_configuration_that_holds_its_guards_is_supported() -> None:
    slow = [(3, auc, 61.0) for auc in (0.96, 0.97, 0.98)]
    fast = [(6, auc, 40.0) for auc in GOOD]
    said = found(*fast, *slow)
    assert [one.proposal for one in said.configurations] == [
        Proposal.SUPPORTED, Proposal.NOT_SUPPORTED,
    ]  # fmt: skip
    assert said.proposal_text == "supported by depth 6: 0.94 +- 0.01 (3 runs)"
    assert said.latest.label == "depth 3"


def test_a_guard_says_nothing_where_the_target_is_missed() -> None:
    said = found(*((3, auc, 40.0) for auc in (0.7, 0.71, 0.72)))
    assert said.proposal is Proposal.NOT_SUPPORTED
    assert said.why == ">=0.9 is missed by more than the spread"


def test_without_guards_all_is_as_it_was() -> None:
    measured = runs(*((3, auc, 61.0) for auc in GOOD))
    plain = results(measured, AUC)
    assert plain is not None
    assert (plain.proposal, plain.latest.guards) == (Proposal.SUPPORTED, ())


one_run = st.tuples(
    st.integers(0, 3), st.floats(0.85, 1), st.none() | st.floats(30, 70, allow_subnormal=False)
)


@given(st.lists(one_run, min_size=1, max_size=20))
def test_a_guard_is_pooled_within_its_configuration(measured) -> None:
    said = found(*measured)
    by_depth: dict[str, list[float | None]] = {}
    for depth, _, p95 in measured:
        by_depth.setdefault(f"depth={depth}", []).append(p95)
    for one in said.configurations:
        [guard] = one.guards
        reported = by_depth[one.runs[0].argv[1]]
        known = [value for value in reported if value is not None]
        assert list(guard.values) == known
        if not known:
            assert guard.state is GuardState.NOT_MEASURED
        elif mean(known) > 50:
            assert guard.state is GuardState.BROKEN
        elif len(known) < len(reported):
            assert guard.state is GuardState.NOT_MEASURED
        else:
            spread = stdev(known) if len(known) > 1 else 0.0
            held = mean(known) + spread <= 50
            assert guard.state is (GuardState.HELD if held else GuardState.OPEN)
        if one.proposal is Proposal.SUPPORTED:
            assert guard.state is GuardState.HELD
    if said.proposal is Proposal.SUPPORTED:
        assert said.basis is not None
        assert said.basis.holds_guards


@given(st.lists(st.floats(30, 70), min_size=3, max_size=3))
def test_a_lower_limit_is_the_mirror_image(values: list[float]) -> None:
    up = {"name": "p95", "direction": ">=", "target": -50.0}
    measured = runs(*((3, auc, p95) for auc, p95 in zip(GOOD, values, strict=True)))
    mirrored = runs(*((3, auc, -p95) for auc, p95 in zip(GOOD, values, strict=True)))
    one, other = results(measured, AUC, guards=[P95]), results(mirrored, AUC, guards=[up])
    assert one is not None
    assert other is not None
    assert one.proposal is other.proposal
    assert one.latest.guards[0].state is other.latest.guards[0].state
