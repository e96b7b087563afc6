import tomllib

import pytest

from mlkanban import toml

pytestmark = pytest.mark.filterwarnings("error")  # Python 3.14 warns where it will refuse


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 40 + "]" * 40, "a = " + "[" * 9000 + "]" * 9000,
     ".".join("a" * 40) + " = 1", ".".join("a" * 5000) + " = 1", f"[{'.'.join('a' * 40)}]",
     ".".join("a" * 500_000) + " = 1", f"[{'.'.join('a' * 490_000)}]",
     "b = 1\n" + " . ".join(['"x"'] * 140_000) + " = 1",
     "c = {" + ".".join(["'a'"] * 140_000) + " = 1}"],
)  # fmt: skip
def test_what_lies_too_deep_is_refused(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match="more than 32 deep"):
        toml.parsed(text)


def test_what_a_person_writes_is_not() -> None:
    assert toml.parsed("a = " + "[" * 30 + "]" * 30)
    assert toml.parsed("[a.b]\nc = [[1], {d = 2}]") == {"a": {"b": {"c": [[1], {"d": 2}]}}}


def test_long_names_in_strings_and_comments_are_no_keys() -> None:
    many = ".".join("a" * 5000)
    text = f"a = '{many}' # {many}\nb = '''\n{many}'\n{many}'''\nc = \"\\\"{many}\""
    for quoted in (text, text.replace("'", '"')):
        assert toml.parsed(quoted)["c"] == f'"{many}'


@pytest.mark.parametrize(
    "text",
    ["a" * 900_000, '"""\\' * 200_000, "'''" + "x.'" * 300_000, 'a = "' + "\\" * 900_001,
     "# " + "'" * 900_000 + "\na"],
)  # fmt: skip
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        toml.parsed(text)


def test_a_file_has_a_size(tmp_path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("#" * 1_000_001)
    with pytest.raises(tomllib.TOMLDecodeError, match="larger than"):
        toml.read(file)
