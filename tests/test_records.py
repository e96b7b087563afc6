"""Records are dataclasses in all that the program asks of them."""

import copy
import pickle
from dataclasses import dataclass, field, fields, replace

import pytest

from mlkanban.records import record


@record(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    label: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Like:
    x: int
    y: int = 0
    label: str = field(default="", compare=False, repr=False)


@record
class Changing:
    parts: list[int] = field(default_factory=list)


@record(frozen=True, slots=True)
class Empty:
    """Nothing in it."""


@record(frozen=True)
class Own:
    x: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "own"


def test_records_are_equal_by_what_dataclasses_compare() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert Point(1, 2) != Point(2, 1)
    others: list[object] = [Like(1, 2), (1, 2)]
    assert Point(1, 2) not in others
    assert len({Point(1, 2, "a"), Point(1, 2, "b"), Point(3)}) == 2
    assert Empty() == Empty()
    assert len({Empty(), Empty()}) == 1


def test_records_show_what_dataclasses_show() -> None:
    assert repr(Point(1, 2, "a")) == repr(Like(1, 2, "a")).replace("Like", "Point")


def test_records_are_copied_and_replaced_as_dataclasses_are() -> None:
    point = Point(1, 2, "a")
    assert [one.name for one in fields(point)] == ["x", "y", "label"]
    assert replace(point, y=3) == Point(1, 3)
    for copied in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert (copied.x, copied.y, copied.label) == (1, 2, "a")
    assert not hasattr(point, "__dict__")


def test_records_that_change_have_no_hash_and_their_own_defaults() -> None:
    one, other = Changing(), Changing()
    one.parts.append(1)
    assert other == Changing()
    assert one != other
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_records_keep_methods_of_their_own() -> None:
    assert Own(1) == Own(2)
    assert hash(Own(1)) == 7
    assert repr(Own(1)) == "own"
