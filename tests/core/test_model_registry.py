"""Models in use: the version that is proposed, and silence."""

import pytest

from mlkanban.core.model_registry import next_version


@pytest.mark.parametrize(
    ("versions", "following"),
    [
        ([], "1"),
        (["champion"], "1"),
        (["2", "10", "9"], "11"),
        (["1.10", "2.1"], "2.2"),
        (["v2", "v3-rc1"], "v3-rc2"),
        (["007"], "008"),
        (["2024-11-30"], "2024-11-30.1"),
        (["2024-11-30", "2024-11-30.1"], "2024-11-30.2"),
        (["20241231"], "20241231.1"),
    ],
)
def test_the_version_after_others(versions: list[str], following: str) -> None:
    assert next_version(versions) == following
