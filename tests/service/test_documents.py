"""Edited texts taken back: only what they change, under the rules, as one action."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.core.board import BlockReason
from mlkanban.core.events import Position
from mlkanban.core.markdown.board import read_board
from mlkanban.errors import BadMarkdown, GateClosed, NotFound, RuleRefused
from mlkanban.service.documents import Differences
from mlkanban.service.text_merge import ChangedMeanwhile
from mlkanban.text import is_seen
from tests.core.markdown.test_card import LINES, TEXTS
from tests.service.people import Person


def edited(text: str, *pairs: str) -> str:
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def exported(ada: Person) -> str:
    lines, _ = ada.service.documents.board_page(ada.board_id)
    return "\n".join(lines)


def compared(ada: Person, text: str, **more: Any) -> Differences:
    documents = ada.service.documents
    return documents.compare(ada.board_id, read_board(text, documents.refs()), **more)


def takes(ada: Person, text: str, **more: Any) -> str:
    documents = ada.service.documents
    page = read_board(text, documents.refs())
    return documents.take_back(ada.board_id, page, **more).message


def kinds(ada: Person, after: int) -> list[str]:
    return [event.kind for event in [*ada.exports.events(ada.board_id)][after:]]


@pytest.fixture
def full(ada: Person) -> Person:
    """A board with some of everything."""
    g1, g2, g3 = ada.adds("focal: loss", "second", "third", tags=["gpu"])
    ada.adds("trained", to="Training", metric={"name": "auc", "target": 0.9, "value": 0.8})
    ada.adds("shipped", to="Monitoring")
    ada.cards.note([g1], "## seen\n\n- [ ] x")
    ada.cards.block([g2], BlockReason.DATA_ACCESS, note="ticket: 1")
    ada.cards.edit([g3], {"hypothesis": "a\n#### b", "checklist": [{"text": "c", "done": True}]})
    ada.cards.archive(ada.adds("old"))
    ada.service.charter.set(ada.board_id, "scope", "Cards.\n\n# Not loans")
    return ada


# One card


def test_guards_are_edited_in_a_line_of_their_own_or_behind_the_metric(ada: Person) -> None:
    metric = {"name": "auc", "target": 0.9}
    [ref] = ada.adds("a", metric=metric, guards="p95<=50")
    text, since = ada.service.documents.card_page(ref)
    assert "guards: p95<=50.0" in text
    typed = edited(text, "guards: p95<=50.0", "guards: p95<=40 fpr<=1.25")
    card = ada.service.documents.save_card(ref, typed, since).cards[0]
    assert [str(guard) for guard in card.guards] == ["p95 <=40", "fpr <=1.25"]
    text, since = ada.service.documents.card_page(ref)
    typed = edited(text, "metric: auc>=0.9", "metric: auc>=0.9 ram<=8 fpr<=1")
    card = ada.service.documents.save_card(ref, typed, since).cards[0]
    assert [str(guard) for guard in card.guards] == ["p95 <=40", "ram <=8", "fpr <=1"]
    assert str(card.metric) == "auc >=.9"
    text, since = ada.service.documents.card_page(ref)
    line = next(line for line in text.splitlines() if line.startswith("guards:"))
    card = ada.service.documents.save_card(ref, edited(text, line, "guards:"), since).cards[0]
    assert card.guards == ()
    ada.undoes()
    assert len(ada.cards.get(ref).guards) == 3


def test_an_edited_card_is_one_action(ada: Person) -> None:
    [ref] = ada.adds("focal loss", tags=["a", "b"], work="attended")
    before, count = ada.state(), len([*ada.exports.events(ada.board_id)])
    text, since = ada.service.documents.card_page(ref)
    text = edited(text, "title: focal", "title: my focal", "stage: Ideas", "stage: Training",
                  "work: attended", "work: unattended", "[a, b]", "[b, c]",
                  "metric:", "metric: auc>=0.9",
                  "## New note\n", "## New note\n\nhello")  # fmt: skip
    done = ada.service.documents.save_card(ref, text, since)
    card = done.cards[0]
    assert done.message == f"{ref} saved."
    assert (card.title, card.tags, card.work) == ("my focal loss", ("b", "c"), "unattended")
    assert card.notes[0].text == "hello"
    assert card.metric is not None
    assert (card.metric.name, card.metric.target, ada.where(ref)) == ("auc", 0.9, "Training")
    assert kinds(ada, count) == ["card.edited", "card.moved", "card.noted"]
    ada.undoes()
    assert ada.state() == before


def test_a_text_that_changes_nothing_writes_nothing(full: Person) -> None:
    count = len([*full.exports.events(full.board_id)])
    for face in full.boards.snapshot(full.board_id).faces:
        text, since = full.service.documents.card_page(face.ref)
        assert not full.service.documents.save_card(face.ref, text, since).changed
    assert kinds(full, count) == []


def test_the_rules_hold(ada: Person) -> None:
    [ref] = ada.adds("waiting")
    ada.adds("training", to="Training")
    before = ada.state()
    text, since = ada.service.documents.card_page(ref)
    for old, new, said in (
        ("stage: Ideas", "stage: Training", "Training would be 2/1!, over its limit."),
        ("needs: []", f"needs: [{ref}]", "cannot depend on itself"),
    ):
        with pytest.raises(RuleRefused, match=said):
            ada.service.documents.save_card(ref, edited(text, "waiting", "w", old, new), since)
    with pytest.raises(NotFound, match="no card 'g99'"):
        ada.service.documents.save_card(ref, edited(text, "parent:", "parent: g99"), since)
    with pytest.raises(BadMarkdown, match="The id was changed to 'v9'"):
        ada.service.documents.save_card(ref, edited(text, f"id: {ref}", "id: v9"), since)
    assert ada.state() == before


def test_only_what_the_person_changed_is_written(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("focal loss", tags=["a", "b"], priority="low")
    text, since = ada.service.documents.card_page(ref)
    bob.cards.edit([ref], {"priority": "high"}, add={"tags": ["c"]}, remove={"tags": ["a"]})
    bob.cards.note([ref], "bob was here")
    text = edited(text, "focal loss", "mine", "[a, b]", "[a, b, d]")
    card = ada.service.documents.save_card(ref, text, since).cards[0]
    assert (card.title, card.priority, card.tags) == ("mine", "high", ("b", "c", "d"))
    assert len(card.notes) == 1


def test_a_field_changed_on_both_sides_is_said_and_can_be_settled(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("focal loss")
    documents = ada.service.documents
    text, since = documents.card_page(ref)
    bob.cards.edit([ref], {"title": "theirs", "priority": "high"})
    text = edited(text, "focal loss", "mine", "## New note\n", "## New note\n\n\\## of me")
    with pytest.raises(ChangedMeanwhile) as caught:
        documents.save_card(ref, text, since)
    assert str(caught.value).startswith(
        f"{ref}: title was changed meanwhile to 'theirs'; the text has 'mine'."
    )
    again, now = documents.again(ref, text, since)
    assert "title: mine\n" in again
    assert "priority: high\n" in again
    assert "\\## of me" in again
    card = documents.save_card(ref, again, now).cards[0]
    assert (card.title, card.priority, card.notes[0].text) == ("mine", "high", "## of me")


def test_a_card_that_moved_on_meanwhile_is_not_moved_back(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("focal loss", to="Ready")
    text, since = ada.service.documents.card_page(ref)
    text = edited(text, "stage: Ready", "stage: Features")
    bob.cards.archive([ref])
    with pytest.raises(ChangedMeanwhile, match="stage was changed meanwhile"):
        ada.service.documents.save_card(ref, text, since)


def test_a_place_in_another_log_means_now(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("focal loss")
    text, since = ada.service.documents.card_page(ref)
    bob.cards.edit([ref], {"priority": "high"})
    text = edited(text, "priority: normal", "priority: low")
    for place in (None, Position(since.cursor, "other"), Position(9999, since.hlc)):
        assert ada.service.documents.save_card(ref, text, place).cards[0].priority == "low"
        ada.undoes()
        bob.cards.edit([ref], {"priority": "high"})


# A board

_KEPT = TEXTS.map(lambda text: text.replace("\0", ""))
_KEPT_LINES = LINES.map(lambda text: text.replace("\0", "")).filter(str.strip)


@settings(max_examples=8)
@given(st.lists(st.tuples(_KEPT_LINES.filter(is_seen), _KEPT, _KEPT, _KEPT_LINES), max_size=4))
def test_what_was_exported_differs_in_nothing(
    tmp_path_factory: pytest.TempPathFactory, cards: list[tuple[str, str, str, str]]
) -> None:
    ada = Person(Path(tmp_path_factory.mktemp("any")) / "data")
    ada.starts()
    for title, hypothesis, note, link in cards:
        fields = {"hypothesis": hypothesis, "links": [link]}
        done = ada.cards.add(ada.board_id, title, fields=fields, note=note)
        ada.service.charter.set(ada.board_id, "risks", note)
        assert done.cards
    found = compared(ada, exported(ada))
    assert (found.cards, found.charter, found.conflicts, found.left_alone) == ((), (), (), ())
    assert found.since
    ada.service.close()


def test_a_full_board_differs_in_nothing(full: Person) -> None:
    found = compared(full, exported(full))
    assert (found.cards, found.charter, found.conflicts, found.left_alone) == ((), (), (), ())
    assert "old" not in exported(full)
    assert "### v5 shipped\n\n- outcome: shipped" in exported(full)


def test_an_edited_board_is_one_action(full: Person) -> None:
    before, count = full.state(), len([*full.exports.events(full.board_id)])
    charter = full.service.charter.of(full.board_id)
    text = edited(
        exported(full),
        "### v1 focal: loss", "### v1 focal # loss", "[gpu]", "[cpu]",
        "#### Hypothesis\n\na\n", "#### Hypothesis\n\nab\n", "- [x] c", "- [ ] c\n- [ ] d",
        "## Ready\n", "## Ready\n\n### brand new\n\n- type: data\n\n#### New note\n\nhello\n",
        "auc=0.8", "auc=0.95", "Cards.", "All cards.",
    )  # fmt: skip
    found = compared(full, text)
    assert [(d.ref, [c[0] for c in d.changes], d.note) for d in found.cards] == [
        ("v1", ["title", "tags"], ""), ("v3", ["hypothesis", "checklist"], ""),
        ("", ["title", "stage", "type"], "hello"), ("v4", ["metric"], ""),
    ]  # fmt: skip
    assert found.charter == (("scope", "Cards.\n\n# Not loans", "All cards.\n\n# Not loans"),)
    assert full.state() == before, "comparing changes nothing"
    assert takes(full, text) == "3 cards changed, 1 added, the charter changed."
    assert full.order("Ready") == ["v7"]
    assert full.cards.get("v3").hypothesis == "ab\n#### b"
    assert {e.event.actor for e in full.history.of_card("v7")} == {"ada"}
    events = [*full.exports.events(full.board_id)][count:]
    assert len({event.action for event in events}) == 1
    full.undoes()
    now = full.state()
    assert now == before
    assert full.service.charter.of(full.board_id) == charter


def test_a_card_in_another_section_is_moved_under_the_rules(ada: Person) -> None:
    a, b, c = ada.adds("one", "two", "three")
    [d] = ada.adds("four", to="Training")
    text = exported(ada)
    moved = edited(
        text, f"### {a} one\n\n", "", "## Training\n\n", f"## Training\n\n### {a} one\n\n"
    )
    with pytest.raises(RuleRefused, match="Training would be 2/1"):
        takes(ada, moved)
    # Room is made by the same text, below the card that takes it.
    swapped = edited(moved, f"### {d} four\n\n", "", "## Evaluation\n\n",
                     f"## Evaluation\n\n### {d} four\n\n")  # fmt: skip
    takes(ada, swapped)
    assert [ada.where(ref) for ref in (a, b, c, d)] == ["Training", "Ideas", "Ideas", "Evaluation"]


def test_three_sides(full: Person, bob: Person) -> None:
    text = exported(full)
    bob.cards.edit(["v1"], {"title": "theirs"})
    bob.cards.edit(["v2"], {"title": "also theirs"})
    bob.cards.edit(["v3"], {"priority": "high"})
    bob.adds("newer")
    bob.service.charter.set(full.board_id, "scope", "theirs")
    text = edited(text, "focal: loss", "mine", "third", "my third", "Cards.", "Mine.")
    found = compared(full, text)
    assert [(c.ref, c.name, c.was, c.now, c.wanted) for c in found.conflicts] == [
        ("v1", "title", "focal: loss", "theirs", "mine"),
        ("", "scope", "Cards.\n\n# Not loans", "theirs", "Mine.\n\n# Not loans"),
    ]
    assert found.left_alone == ()
    before = full.state()
    with pytest.raises(ChangedMeanwhile):
        takes(full, text)
    assert full.state() == before
    takes(full, text, mine=True)
    titles = {ref: full.cards.get(ref).title for ref in ("v1", "v2", "v3")}
    assert titles == {"v1": "mine", "v2": "also theirs", "v3": "my third"}
    assert full.cards.get("v3").priority == "high"


def test_what_is_not_in_the_text_is_left_alone(full: Person) -> None:
    text = exported(full)
    start = text.index("### v2"), text.index("### v3")
    cut = text[: start[0]] + text[start[1] :]
    cut = cut.replace("# Charter\n\n## Scope\n\nCards.\n\n\\# Not loans\n\n", "")
    found = compared(full, cut)
    assert (found.left_alone, found.cards, found.charter) == (("v2",), (), ())


def test_a_text_taken_back_twice_adds_nothing(full: Person) -> None:
    text = edited(exported(full), "## Ready\n", "## Ready\n\n### brand new\n")
    takes(full, text)
    found = compared(full, text)
    assert (found.cards, found.added_before) == ((), ("v7",))
    assert takes(full, text) == "Nothing changed."


def test_a_card_that_is_no_more(ada: Person) -> None:
    ada.adds("one")
    [ref] = ada.adds("two")
    text = exported(ada)
    ada.undoes()
    assert compared(ada, text).conflicts == ()
    changed = edited(text, "two", "second")
    assert [(c.ref, c.name) for c in compared(ada, changed, mine=True).conflicts] == [(ref, "card")]


def test_a_card_of_another_board_is_refused(ada: Person) -> None:
    text = exported(ada)
    other = ada.boards.create("Other", "plain", "UTC")
    [ref] = [ada.cards.add(other.id, "elsewhere").cards[0].ref]
    with pytest.raises(BadMarkdown, match=f"{ref} is on the board other"):
        compared(ada, edited(text, "## Ideas\n", f"## Ideas\n\n### {ref} elsewhere\n"))


# The charter


def test_the_charter_is_kept_and_leaves_the_times_of_cards(ada: Person, bob: Person) -> None:
    ada.adds("a", to="Data prep")
    before = ada.state()
    charter = ada.service.charter
    assert charter.set(ada.board_id, "Definition", " done \n").message.endswith("done saved.")
    assert bob.service.charter.of(ada.board_id)["done"] == " done"
    assert not charter.set(ada.board_id, "done", " done").changed
    assert ada.state() == before
    assert ada.undoes() == "Undone: changing the charter."
    with pytest.raises(NotFound, match="no section 'x'"):
        charter.set(ada.board_id, "x", "y")


def test_the_charter_is_merged_by_section(ada: Person, bob: Person) -> None:
    charter = ada.service.charter
    text, since = charter.page(ada.board_id)
    bob.service.charter.set(ada.board_id, "risks", "theirs")
    scope = "## Scope\n\n"
    charter.save(ada.board_id, edited(text, scope, f"{scope}mine\n"), since)
    assert {k: v for k, v in charter.of(ada.board_id).items() if v} == {
        "scope": "mine", "risks": "theirs",
    }  # fmt: skip
    text = edited(text, "## Risks\n\n", "## Risks\n\nmine\n")
    with pytest.raises(ChangedMeanwhile, match="risks was changed meanwhile to 'theirs'"):
        charter.save(ada.board_id, text, since)
    again, since = charter.again(ada.board_id, text, since)
    assert charter.save(ada.board_id, again, since).changed
    assert charter.of(ada.board_id)["risks"] == "mine"


# Gates


def test_a_text_goes_past_no_gate_but_may_tick_it_first(ada: Person) -> None:
    items = [{"text": "three seeds", "gate": "Evaluation"}, {"text": "report"}]
    [ref] = ada.adds("model", to="Evaluation", checklist=items)
    text, since = ada.service.documents.card_page(ref)
    moved = edited(text, "stage: Evaluation", "stage: Deployment")
    before = ada.state()
    with pytest.raises(GateClosed, match="three seeds"):
        ada.service.documents.save_card(ref, moved, since)
    assert ada.state() == before
    ticked = edited(moved, "[ ] three seeds", "[x] three seeds")
    ada.service.documents.save_card(ref, ticked, since)
    assert ada.where(ref) == "Deployment"
    assert [(one.done, one.gate) for one in ada.cards.get(ref).checklist] == [
        (True, "Evaluation"), (False, ""),
    ]  # fmt: skip
    ada.undoes()
    assert ada.state() == before


def test_a_whole_board_taken_back_asks_the_gates_too(ada: Person) -> None:
    items = [{"text": "three seeds", "gate": "Evaluation"}]
    [ref] = ada.adds("model", to="Evaluation", checklist=items)
    text = exported(ada)
    card = text[text.index(f"### {ref}") :].split("\n## ")[0]
    moved = edited(text.replace(card, ""), "## Monitoring\n", f"## Monitoring\n\n{card}\n")
    before = ada.state()
    with pytest.raises(GateClosed, match="three seeds"):
        takes(ada, moved)
    assert ada.state() == before
