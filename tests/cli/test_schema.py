"""What --json prints, and what `mlkanban schema` says of it."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

import mlkanban.cli
from mlkanban.display.json_output import KINDS
from tests.json_shapes import check_shape


def test_every_kind_is_listed_with_what_prints_it(mlk) -> None:
    assert [row["kind"] for row in mlk.data("schema")] == list(KINDS)
    assert re.search(r"^flow\.aging +`flow aging`$", mlk("schema").out, re.MULTILINE)


def test_every_kind_that_a_command_prints_has_a_model() -> None:
    cli = Path(mlkanban.cli.__file__).parent
    code = "\n".join(file.read_text() for file in cli.glob("*.py"))
    named = set(re.findall(r'answer(?:_done)?\(\s*"([a-z.-]+)"', code))
    assert {"cards", "move", "doctor", "import.events"} <= named
    assert named <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_json_schema_of_the_whole_object(mlk, kind) -> None:
    shape = mlk.data("schema", kind)
    assert {"schema", "kind", "data"} <= shape["properties"].keys()
    assert shape["properties"]["kind"]["const"] == kind


def test_the_schema_of_cards_names_their_keys(mlk) -> None:
    shape = mlk.data("schema", "cards")["$defs"]["FaceJson"]
    assert {"id", "class", "blocked", "age_days"} <= shape["properties"].keys()
    assert shape["additionalProperties"] is False


def test_an_unknown_kind_is_not_found(mlk) -> None:
    answer = mlk("schema", "nothing")
    assert answer.code == 3
    assert "mlkanban schema" in answer.err


def test_a_key_that_no_model_has_is_noticed(board) -> None:
    out = board("--json", "stages").out
    check_shape(out)
    with pytest.raises(ValidationError, match="extra"):
        check_shape(out.replace('"soft"', '"soft": false, "hard"'))
    with pytest.raises(ValidationError, match="required"):
        check_shape(out.replace('"name": "Ready", ', ""))
