"""Replicas that do and exchange anything in any order come to the same board."""

from hypothesis import HealthCheck, Phase, settings

from tests.service.replicas import Replicas
from tests.stress.sizes import FULL, size

TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(
    max_examples=size(20, 400), stateful_step_count=size(20, 50), deadline=None,
    suppress_health_check=list(HealthCheck),
    # To make an example smaller takes minutes.
    phases=[one for one in Phase if FULL or one is not Phase.shrink],
)  # fmt: skip
