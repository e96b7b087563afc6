"""The test of convergence finds what it is there to find: every fault that is planted."""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.service import killing
from tests.service.faults import FAULTS, Plant
from tests.service.replicas import Replicas

ROUNDS = 12
# Few examples a round: of many Hypothesis makes the first tenth too short to find anything.
LOOK = settings(
    max_examples=20, stateful_step_count=20, deadline=None, database=None,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
)  # fmt: skip


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    monkeypatch.setattr(killing, "PLANTED", [plant])

    def look() -> None:
        for number in range(ROUNDS):
            run_state_machine_as_test(seed(number)(Replicas), settings=LOOK)

    with pytest.raises(AssertionError):
        look()
