"""What is written on cards: fields, blocks, notes, and the cards they name."""

from typing import Any

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.core.card_fields import FIELD
from mlkanban.core.events import Change
from mlkanban.core.metrics import MetricParts
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from tests.service.people import Person


def test_everything_a_card_can_have_is_kept(ada: Person) -> None:
    [first] = ada.adds("first")
    fields: dict[str, Any] = {
        "type": "model", "priority": "high", "class": "fixed-date", "due": "2026-05-01",
        "hypothesis": "h", "dataset": "d", "verdict": "v",
        "metric": {"name": "auc", "target": 0.9, "value": 0.87}, "parent": first.upper(),
        "checklist": [{"text": "one", "done": True, "gate": "Training"}],
        "tags": ["#GPU ", "two words"], "links": ["http://x"], "needs": [first.upper()],
    }  # fmt: skip
    [ref] = ada.adds("a", **fields)
    card = ada.cards.get(ref)
    assert card.tags == ("gpu", "two-words")
    assert (card.links, card.needs, card.parent) == (("http://x",), (first,), first)
    shown = {name: FIELD[name].kind.data(value) for name, value in card.values.items()}
    assert shown["metric"].items() >= fields["metric"].items()
    for name in ("type", "priority", "class", "due", "hypothesis", "checklist"):
        assert shown[name] == fields[name]


def test_editing_sets_clears_and_changes_members(ada: Person) -> None:
    [ref] = ada.adds("a", due="2026-05-01", tags=["x", "y"])
    done = ada.cards.edit([ref], {"due": None, "title": "b"}, add={"tags": ["z"]},
                          remove={"tags": ["x"]})  # fmt: skip
    [card] = done.cards
    assert (card.title, card.due, card.tags) == ("b", None, ("y", "z"))


def test_an_edit_that_changes_nothing_writes_nothing(ada: Person) -> None:
    [ref] = ada.adds("a", tags=["x"])
    cursor = ada.boards.cursor()
    ada.cards.edit([ref], {"title": "a", "due": None}, add={"tags": ["x"]}, remove={"tags": ["q"]})
    assert ada.boards.cursor() == cursor


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"due": "soon"}, "due"),
        ({"type": "poem"}, "type"),
        ({"metric": {"name": "auc", "direction": "up"}}, "metric.direction"),
        ({"checklist": [{"done": True}]}, "checklist.0.text"),
        ({"colour": "red"}, "'colour'"),
        ({"stage": "x"}, "'stage'"),
        ({"dataset": "a\x00b"}, "dataset"),
        ({"metric": {"name": "a\x00"}}, "metric"),
        ({"checklist": [{"text": "\ud800"}]}, "checklist"),
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"tags": ["  "]}, "tags"),
        ({"tags": ["#None"]}, "'#None' cannot be one of tags: it means that there are none"),
    ],
)
def test_a_wrong_value_names_its_field_and_changes_nothing(ada: Person, fields, named: str) -> None:
    [ref] = ada.adds("a")
    before = ada.state()
    with pytest.raises(UsageProblem, match=named):
        ada.cards.edit([ref], fields)
    if "title" not in fields:
        with pytest.raises(UsageProblem, match=named):
            ada.adds("b", **fields)
    assert ada.state() == before


def test_an_edit_of_nothing_is_a_wrong_use(ada: Person) -> None:
    with pytest.raises(UsageProblem, match="Nothing to change"):
        ada.cards.edit(ada.adds("a"))


def test_one_unknown_card_of_many_changes_none(ada: Person) -> None:
    refs = ada.adds("a", "b")
    before = ada.state()
    for act in (
        lambda: ada.cards.edit([*refs, "zz1"], {"title": "x"}),
        lambda: ada.cards.block([*refs, "zz1"], BlockReason.BUG),
        lambda: ada.cards.archive([*refs, "zz1"]),
        lambda: ada.cards.finish([*refs, "zz1"], Outcome.SHIPPED),
        lambda: ada.cards.note([*refs, "zz1"], "x"),
    ):
        with pytest.raises(NotFound):
            act()
    assert ada.state() == before


# Blocks and notes


def test_a_block_says_why_since_when_and_whose(ada: Person) -> None:
    [ref] = ada.adds("a")
    [card] = ada.cards.block(
        [ref], BlockReason.DATA_ACCESS, note=" asked Eve ", until="2026-04-01"
    ).cards
    blocker = card.blocker
    assert blocker is not None
    assert (blocker.external, blocker.note, blocker.until) == (True, "asked Eve", "2026-04-01")
    assert blocker.since == ada.clock.now
    [card] = ada.cards.block([ref], BlockReason.BUG).cards
    assert card.blocker is not None
    assert card.blocker.external is False
    assert ada.cards.unblock([ref]).cards[0].blocker is None
    with pytest.raises(RuleRefused, match="is not blocked"):
        ada.cards.unblock([ref])


def test_a_block_cannot_keep_what_no_board_can_keep(ada: Person) -> None:
    [ref] = ada.adds("a")
    for note, until in (("\x00", ""), ("", "\ud800")):
        with pytest.raises(UsageProblem, match="of the block holds"):
            ada.cards.block([ref], BlockReason.BUG, note=note, until=until)


def test_notes_are_appended_in_order(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a")
    ada.cards.note([ref], " first ")
    bob.cards.note([ref], "second")
    notes = ada.cards.get(ref).notes
    assert [(n.actor, n.text) for n in notes] == [("ada", "first"), ("bob", "second")]
    with pytest.raises(UsageProblem, match="empty"):
        ada.cards.note([ref], " \n")


# Other cards


def test_a_card_that_is_named_must_be_there(ada: Person) -> None:
    one, two = ada.adds("a", "b")
    for act in (
        lambda: ada.adds("c", needs=["x9"]),
        lambda: ada.adds("c", parent="x9"),
        lambda: ada.cards.edit([one], {"parent": "x9"}),
        lambda: ada.cards.edit([one], add={"needs": ["x9"]}),
        lambda: ada.cards.block([one], BlockReason.DEPENDENCY, until="card:x9"),
    ):
        with pytest.raises(NotFound, match="no card 'x9'"):
            act()
    [card] = ada.cards.edit(
        [one], {"parent": f" {two.upper()}"}, add={"needs": [two.upper()]}
    ).cards
    assert (card.parent, card.needs) == (two, (two,))
    [card] = ada.cards.edit([one], remove={"needs": [two.upper()]}).cards
    assert card.needs == ()
    [card] = ada.cards.block([one], BlockReason.DEPENDENCY, until=f"card:{two.upper()}").cards
    assert card.blocker is not None
    assert card.blocker.until == f"card:{two}"
    with pytest.raises(UsageProblem, match="cannot lift a block"):
        ada.cards.block([one], BlockReason.DEPENDENCY, until="soon")


def test_a_card_does_not_wait_for_itself(ada: Person) -> None:
    [ref] = ada.adds("a")
    before = ada.state()
    with pytest.raises(RuleRefused, match="cannot depend on itself"):
        ada.cards.edit([ref], add={"needs": [ref]})
    with pytest.raises(RuleRefused, match="cannot be a part of itself"):
        ada.cards.edit([ref], {"parent": ref})
    with pytest.raises(RuleRefused, match="cannot wait for itself"):
        ada.cards.block([ref], BlockReason.DEPENDENCY, until=f"card:{ref}")
    assert ada.state() == before


def test_a_metric_goes_on_from_the_one_there_is(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", metric={"name": "auc", "target": 0.9})
    bob.cards.edit([ref], metric=MetricParts(["auc=0.8"]))
    ada.cards.edit([ref], {"title": "b"}, metric=MetricParts(noise=0.01))
    card = ada.cards.get(ref)
    assert card.title == "b"
    assert card.metric is not None
    assert (card.metric.target, card.metric.value, card.metric.noise) == (0.9, 0.8, 0.01)
    with pytest.raises(UsageProblem, match="finite"):
        ada.cards.edit([ref], metric=MetricParts(["auc=inf"]))
    assert ada.cards.edit([ref], metric=MetricParts(["none"])).cards[0].metric is None


def test_a_guard_is_changed_beside_the_metric(ada: Person) -> None:
    [ref] = ada.adds("a", metric={"name": "auc", "target": 0.9}, guards="p95<=50")
    done = ada.cards.edit([ref], {"guards": "p95<=40"}, metric=MetricParts(["auc=.8", "fpr<=1"]))
    assert [str(guard) for guard in done.cards[0].guards] == ["p95 <=40", "fpr <=1"]
    assert done.warning == ""
    done = ada.cards.edit([ref], metric=MetricParts(["f1>=.5"]))
    assert done.warning == f"{ref} is measured by f1 now, no longer by auc."
    assert len(done.cards[0].guards) == 2
    for wrong in ([{"name": "p95"}], [{"name": "a", "target": 1.0}] * 2, 3, "p95=1"):
        with pytest.raises(UsageProblem):
            ada.cards.edit([ref], {"guards": wrong})
    assert not ada.cards.edit([ref], {"guards": "p95<=40 fpr<=1"}).changed
    assert ada.cards.edit([ref], {"guards": None}).cards[0].guards == ()


def test_a_tag_none_of_an_earlier_version_can_be_removed(ada: Person) -> None:
    [ref] = ada.adds("a", tags=["x"])
    with pytest.raises(UsageProblem, match="cannot be one of tags"):
        ada.cards.edit([ref], add={"tags": ["none"]})
    face = ada.cards.get(ref)
    with ada.service._context.writing() as tx:
        tx.write(Change("card.edited", face.board, card=face.id, set={"tag:none": True}))
    assert ada.cards.get(ref).tags == ("none", "x")
    ada.cards.edit([ref], remove={"tags": ["none"]})
    assert ada.cards.get(ref).tags == ("x",)
