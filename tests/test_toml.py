import tomllib

import pytest

from mlkanban import toml

pytestmark = pytest.mark.filterwarnings("error")  # Python 3.14 warns where it will refuse


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 40 + "]" * 40, "a = " + "[" * 9000 + "]" * 9000,
     ".".join("a" * 40) + " = 1", ".".join("a" * 5000) + " = 1", f"[{'.'.join('a' * 40)}]"],
)  # fmt: skip
def test_what_lies_too_deep_is_refused(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match="more than 32 deep"):
        toml.parsed(text)


def test_what_a_person_writes_is_not() -> None:
    assert toml.parsed("a = " + "[" * 30 + "]" * 30)
    assert toml.parsed("[a.b]\nc = [[1], {d = 2}]") == {"a": {"b": {"c": [[1], {"d": 2}]}}}


def test_a_file_has_a_size(tmp_path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("#" * 1_000_001)
    with pytest.raises(tomllib.TOMLDecodeError, match="larger than"):
        toml.read(file)
