from collections.abc import Iterator

import pytest

from tests.demo.demos import MOMENTS, Demo


@pytest.fixture(scope="session", params=MOMENTS, ids=[f"{m:%F} {z}" for m, _, z in MOMENTS])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo"), *request.param)
    yield made
    made.service.close()
