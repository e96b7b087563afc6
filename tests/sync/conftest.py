from tests.service.conftest import ada, bob, clock, place, two  # noqa: F401
