import pytest

from mlkanban.core.board import StageKind
from mlkanban.errors import BadInput
from mlkanban.exchange.event_map import read_map

GOOD = """
board = "Help desk"
timezone = "Europe/Rome"
[columns]
card = "id"
timestamp = "at"
state = "status"
title = "summary"
[[stage]]
name = "New"
states = ["new"]
[[stage]]
name = "Working"
states = ["open", "wait"]
commit = true
[[stage]]
name = "Review"
states = ["review"]
kind = "gate"
[[stage]]
name = "Closed"
states = ["closed"]
done = true
"""


def parsed(tmp_path, text):
    file = tmp_path / "map.toml"
    file.write_text(text)
    return read_map(file)


def test_a_map(tmp_path) -> None:
    found = parsed(tmp_path, GOOD)
    assert (found.name, found.key, found.timezone) == ("Help desk", "help-desk", "Europe/Rome")
    assert (found.case, found.timestamp, found.state) == ("id", "at", "status")
    assert [(s.name, s.kind, s.committed) for s in found.stages] == [
        ("New", StageKind.QUEUE, False),
        ("Working", StageKind.ACTIVE, True),
        ("Review", StageKind.GATE, True),
        ("Closed", StageKind.QUEUE, False),
    ]
    assert found.first_delivered == 3
    assert found.stage_of == {"new": 0, "open": 1, "wait": 1, "review": 2, "closed": 3}
    assert all(stage.limit is None for stage in found.stages)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("commit = true", "", "no stage says commit = true"),
        ("done = true", "", "no stage says done = true"),
        ('states = ["new"]', 'states = ["new"]\ndone = true', "must stand before"),
        ("done = true", "done = true\ncommit = true", "commit: it stands after a stage"),
        ("done = true", 'done = "yes"', "stage 4: done: must be true or false"),
        ('board = "Help desk"', "", "board: is missing"),
        ('board = "Help desk"', 'board = ""', "board: must be text"),
        ("Europe/Rome", "Mars/Olympus", "no time zone 'Mars/Olympus'"),
        ('card = "id"', "", "columns.card: is missing"),
        ('card = "id"', "card = 3", "columns.card: must be text"),
        ("[columns]", "[column]", "column: a map has no such key. Did you mean columns?"),
        ('states = ["new"]', "", "stage 1: states: must be a list"),
        ('states = ["new"]', 'states = ["open"]', "'open' belongs to two stages"),
        ('name = "Working"', 'name = "new"', "two stages are called"),
        ('kind = "gate"', 'kind = "door"', "'door' is none of queue, active, gate"),
        ('kind = "gate"', "limit = 3", "limit: a map has no such key"),
        ("board =", "board", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, said) -> None:
    with pytest.raises(BadInput) as caught:
        parsed(tmp_path, GOOD.replace(old, new, 1))
    assert said in str(caught.value)
    assert str(tmp_path / "map.toml") in str(caught.value)


def test_a_map_without_stages(tmp_path) -> None:
    with pytest.raises(BadInput, match="stage: is missing"):
        parsed(tmp_path, GOOD.partition("[[stage]]")[0])
    with pytest.raises(BadInput, match="stage 1 must be a table"):
        parsed(tmp_path, "stage = [3]\n" + GOOD.partition("[[stage]]")[0])
