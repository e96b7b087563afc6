"""Checklists: one field, every tick of it an event that undo takes back."""

import pytest

from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from tests.service.people import Person

ITEMS = [
    {"text": "split fixed", "done": True},
    {"text": "three seeds", "gate": "Evaluation"},
    {"text": "three reviewers"},
]


@pytest.fixture
def ref(ada: Person) -> str:
    [ref] = ada.adds("a", checklist=ITEMS)
    return ref


def shown(ada: Person, ref: str) -> list[str]:
    return [f"{'x' if i.done else '-'} {i.text}" for i in ada.cards.get(ref).checklist]


def test_a_tick_is_an_event_of_one_field(ada: Person, ref: str) -> None:
    done = ada.service.checklists.toggle(ref, 1, "three seeds")
    assert done.message == f"{ref} ticked: three seeds."
    assert shown(ada, ref) == ["x split fixed", "x three seeds", "- three reviewers"]
    event = ada.history.of_card(ref)[-1].event
    assert (event.kind, set(event.data["set"])) == ("card.edited", {"checklist"})
    assert ada.cards.get(ref).checklist[1].gate == "Evaluation"
    done = ada.service.checklists.toggle(ref, 1, "three seeds")
    assert done.message == f"{ref} unticked: three seeds."
    ada.undoes()
    assert shown(ada, ref)[1] == "x three seeds"
    ada.undoes()
    assert shown(ada, ref)[1] == "- three seeds"


def test_items_are_added_and_removed(ada: Person, ref: str) -> None:
    ada.service.checklists.add(ref, "  report sent ")
    assert shown(ada, ref)[-1] == "- report sent"
    ada.service.checklists.remove(ref, 0, "split fixed")
    assert shown(ada, ref) == ["- three seeds", "- three reviewers", "- report sent"]
    ada.undoes()
    ada.undoes()
    assert len(shown(ada, ref)) == 3
    with pytest.raises(UsageProblem, match="item is empty"):
        ada.service.checklists.add(ref, " ")
    with pytest.raises(UsageProblem, match="item"):
        ada.service.checklists.add(ref, "a\x00b")


def test_a_card_without_a_checklist_gets_one(ada: Person) -> None:
    [ref] = ada.adds("a")
    ada.service.checklists.add(ref, "first")
    assert shown(ada, ref) == ["- first"]


@pytest.mark.parametrize("act", ["toggle", "remove"])
def test_nobody_ticks_another_item_than_the_one_looked_at(
    ada: Person, bob: Person, ref: str, act: str
) -> None:
    bob.service.checklists.remove(ref, 0, "split fixed")
    for place, text in ((1, "three seeds"), (2, "three reviewers")):
        with pytest.raises(RuleRefused, match="was changed meanwhile"):
            getattr(ada.service.checklists, act)(ref, place, text)
    assert shown(ada, ref) == ["- three seeds", "- three reviewers"]


def test_an_edit_ticks_and_unticks_by_number_or_beginning(ada: Person, ref: str) -> None:
    done = ada.cards.edit([ref], {"title": "b"}, tick=["three s", "3"], untick=["split"])
    assert done.cards[0].title == "b"
    assert shown(ada, ref) == ["- split fixed", "x three seeds", "x three reviewers"]
    assert ada.undoes() == f"Undone: editing {ref} a."
    assert shown(ada, ref) == ["x split fixed", "- three seeds", "- three reviewers"]


def test_an_item_that_is_not_there_changes_nothing(ada: Person, ref: str) -> None:
    before = ada.state()
    with pytest.raises(UsageProblem, match="could be"):
        ada.cards.edit([ref], tick=["three"])
    with pytest.raises(NotFound, match="No item"):
        ada.cards.edit([ref], {"title": "b"}, untick=["four"])
    assert ada.state() == before


def test_each_card_ticks_an_item_of_its_own_list(ada: Person, ref: str) -> None:
    [other] = ada.adds("b", checklist=[{"text": "report"}, {"text": "split by user"}])
    ada.cards.edit([ref, other], tick=["split"])
    assert shown(ada, ref)[0] == "x split fixed"
    assert shown(ada, other) == ["- report", "x split by user"]


def test_ticking_what_is_ticked_changes_nothing(ada: Person, ref: str) -> None:
    assert not ada.cards.edit([ref], tick=["1"]).changed


def test_a_list_given_anew_keeps_the_gates_it_says_nothing_about(ada: Person, ref: str) -> None:
    ada.cards.edit([ref], {"checklist": [{"text": "three seeds"}, {"text": "new"}]}, tick=["new"])
    items = ada.cards.get(ref).checklist
    assert [(i.text, i.done, i.gate) for i in items] == [
        ("three seeds", False, "Evaluation"), ("new", True, ""),
    ]  # fmt: skip
    ada.cards.edit([ref], {"checklist": [{"text": "three seeds", "gate": ""}]})
    assert [i.gate for i in ada.cards.get(ref).checklist] == [""]
    ada.cards.edit([ref], {"checklist": None})
    assert ada.cards.get(ref).checklist == ()
