from tests.service.conftest import ada, bob, box, clock, place, two  # noqa: F401
