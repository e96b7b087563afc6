"""What cards come from."""

import pytest

from mlkanban.core import lineage
from mlkanban.core.board import CardFace
from mlkanban.errors import UsageProblem
from tests.tui.test_board_model import face


def card(ref: str, came: str = "") -> CardFace:
    return face(1, "s0", "a", ref, 0, "", "")._replace(id=f"id-{ref}", ref=ref, lineage=came)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("ablation-of:G12", "ablation-of:g12"), ("retrain: g1", "retrain-of:g1"),
     ("f:g3", "follow-up-of:g3")],
)  # fmt: skip
def test_a_kind_may_be_begun(written: str, meant: str) -> None:
    assert lineage.parsed(written) == meant


@pytest.mark.parametrize("text", ["", "g12", ":g12", "ablation-of:", "child-of:g1", "parent:g1"])
def test_what_is_no_lineage(text: str) -> None:
    with pytest.raises(UsageProblem):
        lineage.parsed(text)


def test_where_a_card_comes_from_and_what_came_of_it() -> None:
    faces = [
        card("g1"), card("g2", "retrain-of:g1"), card("g3", "parent:g1 ablation-of:g2"),
        card("g4", "follow-up-of:g3 retrain-of:z9"),
    ]  # fmt: skip

    def told(found: lineage.Tied) -> list[tuple[str, int, str, bool]]:
        return [(tie, branch.depth, branch.face.ref, branch.again) for tie, branch in found]

    came, gone = lineage.descent(faces, "g3")
    assert told(came) == [
        ("part of", 1, "g1", False), ("ablation of", 1, "g2", False),
        ("retrain of", 2, "g1", True),
    ]  # fmt: skip
    assert told(gone) == [("follow-up of", 1, "g4", False)]
    assert lineage.descent(faces, "z9") == ([], [])
    assert lineage.origins(faces[3]) == ["g3", "z9"]
    assert lineage.origins(faces[3], lineage.LineageKind.RETRAIN_OF) == ["z9"]


def test_the_way_from_one_card_to_another() -> None:
    beyond = {"a": ["b", "c"], "b": ["a"], "c": ["d"]}
    assert lineage.way("a", "d", lambda one: beyond.get(one, [])) == ["a", "c", "d"]
    assert lineage.way("b", "z", lambda one: beyond.get(one, [])) == []


def test_the_origins_among_the_fields_of_a_card() -> None:
    fields = {"title": "x", "lineage:retrain-of:g2": True, "lineage:follow-up-of:g3": False}
    assert lineage.members({}) == []
    assert lineage.members({**fields, "parent": ""}) == ["retrain-of:g2"]
    fields |= {"parent": "g1", "lineage:ablation-of:g9": True}
    assert lineage.members(fields) == ["parent:g1", "ablation-of:g9", "retrain-of:g2"]
