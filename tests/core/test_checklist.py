"""Finding items by what people type, ticking them, telling what changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core import checklist
from mlkanban.core.board import Board, Stage
from mlkanban.core.card import CheckItem
from mlkanban.errors import NotFound, UsageProblem

Items = list[dict[str, Any]]
ITEMS = (
    CheckItem(text="Beats the baseline", gate="Evaluation"),
    CheckItem(text="three seeds", done=True),
    CheckItem(text="three reviewers"),
    CheckItem(text="3 months of data"),
)


@pytest.mark.parametrize(
    ("typed", "place"),
    [("1", 0), ("4", 3), ("beats", 0), (" THREE SEEDS ", 1), ("three r", 2), ("3 months", 3)],
)
def test_an_item_is_found_by_number_or_beginning(typed: str, place: int) -> None:
    assert checklist.find(ITEMS, typed) == place


def test_the_number_of_a_place_goes_before_a_text_that_begins_so() -> None:
    assert checklist.find(ITEMS, "3") == 2


def test_a_whole_text_is_no_beginning_of_another() -> None:
    items = (CheckItem(text="report"), CheckItem(text="report sent"))
    assert checklist.find(items, "report") == 0


def test_what_could_be_several_or_none_lists_the_items() -> None:
    with pytest.raises(UsageProblem, match=r"2 \(three seeds\) or 3 \(three reviewers\)"):
        checklist.find(ITEMS, "three")
    with pytest.raises(NotFound, match=r"'5'.*1 Beats the baseline; 2 three seeds"):
        checklist.find(ITEMS, "5")
    with pytest.raises(NotFound):
        checklist.find(ITEMS, " ")
    with pytest.raises(NotFound, match="empty"):
        checklist.find((), "1")


@given(st.lists(st.booleans(), max_size=8), st.sets(st.integers(0, 7)), st.booleans())
def test_ticking_changes_the_items_named_and_nothing_else(marks, places, done) -> None:
    items = tuple(CheckItem(text=str(n), done=mark, gate="G") for n, mark in enumerate(marks))
    after = checklist.marked(items, places, done=done)
    assert [item.done for item in after] == [
        done if at in places else mark for at, mark in enumerate(marks)
    ]
    assert [(item.text, item.gate) for item in after] == [(item.text, item.gate) for item in items]
    assert checklist.progress(after) == f"{sum(item.done for item in after)}/{len(items)}"


def test_items_that_say_nothing_of_a_gate_keep_the_one_they_had() -> None:
    given = [{"text": "Beats the baseline", "done": True}, {"text": "new"}, "nonsense",
             {"text": "three seeds", "gate": "Training"}]  # fmt: skip
    assert checklist.with_gates_of(given, ITEMS) == [
        {"text": "Beats the baseline", "done": True, "gate": "Evaluation"}, {"text": "new"},
        "nonsense", {"text": "three seeds", "gate": "Training"},
    ]  # fmt: skip


def test_an_item_that_is_only_worded_anew_keeps_its_gate() -> None:
    one, other = checklist.with_gates_of(
        [{"text": "new words"}, {"text": ITEMS[1].text}], ITEMS[:2]
    )
    assert one["gate"] == ITEMS[0].gate
    assert other.get("gate", "") == ITEMS[1].gate
    # With another number of items nobody knows which one it was.
    assert checklist.with_gates_of([{"text": "new words"}], ITEMS[:2]) == [{"text": "new words"}]


def test_what_changed_in_words() -> None:
    before: Items = [
        {"text": "a", "done": False},
        {"text": "b", "done": True},
        {"text": "c"},
    ]
    after: Items = [
        {"text": "a", "done": True},
        {"text": "b", "done": False},
        {"text": "d"},
    ]
    assert checklist.changes_text(before, after) == "ticked a; unticked b; added d; removed c"
    assert checklist.changes_text(before, before) == ""


@pytest.mark.parametrize(("typed", "place"), [("0", None), ("5", None), ("1", 0), ("4", 3)])
def test_the_numbers_are_those_of_the_items(typed: str, place: int | None) -> None:
    if place is None:
        with pytest.raises(NotFound):
            checklist.find(ITEMS, typed)
    else:
        assert checklist.find(ITEMS, typed) == place


def test_progress_counts_what_is_done() -> None:
    assert checklist.progress(ITEMS) == "1/4"
    assert checklist.progress(()) == "0/0"


@pytest.mark.parametrize(
    ("typed", "gates"),
    [
        (["a", "b"], ["A", "B"]), (["b", "a"], ["B", "A"]), (["c", "b"], ["A", "B"]),
        (["a", "c"], ["A", "B"]), (["b", "c"], ["B", ""]), (["c", "d"], ["A", "B"]),
        (["a"], ["A"]), (["c"], [""]), (["a", "b", "c"], ["A", "B", ""]), ([], []),
        (["c", "a"], ["", "A"]),
    ],
)  # fmt: skip
def test_a_gate_follows_its_text_or_its_place(typed: list[str], gates: list[str]) -> None:
    before = (CheckItem("a", gate="A"), CheckItem("b", gate="B"))
    made = checklist.with_gates_of([{"text": text} for text in typed], before)
    assert [item.get("gate", "") for item in made] == gates


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [], ""), ([("a", False)], [("a", False)], ""),
        ([("a", False)], [("a", True)], "ticked a"),
        ([("a", True)], [("a", False)], "unticked a"), ([], [("a", True)], "added a"),
        ([("a", True)], [], "removed a"), ([("a", True)], [("a", True)], ""),
        ([("a", False), ("b", False)], [("a", True), ("b", True)], "ticked a, b"),
    ],
)  # fmt: skip
def test_each_change_in_words(before, after, said: str) -> None:
    both = ([{"text": text, "done": done} for text, done in some] for some in (before, after))
    assert checklist.changes_text(*both) == said


GATED = Board("b", "b", "b", tuple(Stage(s, s) for s in ("Ideas", "Training", "Evaluation")))


@pytest.mark.parametrize(
    ("gates", "done", "next_text"),
    [
        (["", "Evaluation", "Training"], [], "2"),
        (["", "Evaluation", "Training"], [2], "1"),
        (["", "Evaluation", "Training"], [1, 2], "0"),
        (["", ""], [], "0"),
        (["Training", "Training"], [], "0"),
        (["Training"], [0], None),
        ([], [], None),
    ],
)
def test_the_next_item_is_the_one_that_closes_the_earliest_stage(
    gates: list[str], done: list[int], next_text: str | None
) -> None:
    items = [CheckItem(str(at), at in done, gate) for at, gate in enumerate(gates)]
    found = checklist.next_item(GATED, items)
    assert (found and found.text) == next_text


@pytest.mark.parametrize(
    ("gates", "are"), [(["Training"], True), (["Training", ""], False), ([""], False)]
)
def test_a_list_is_one_of_gates_only_where_every_item_is(gates: list[str], are: bool) -> None:
    assert checklist.are_gates([CheckItem("x", gate=gate) for gate in gates]) == are
