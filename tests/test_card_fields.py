"""THE table of a card's fields: every entry of it is on every surface."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
import pytest

from mlkanban.cli.cards import add, edit
from mlkanban.core.board import UNTIL_RUN, Board, Outcome, Stage
from mlkanban.core.budget import parse_budget
from mlkanban.core.card import Card
from mlkanban.core.card_fields import FIELD, FIELDS, CardField, brief, called, values_of
from mlkanban.core.event_validation import MALFORMED, inert
from mlkanban.core.field_kinds import Day, Members, Prose, TextLine, guard_in
from mlkanban.core.markdown.card import card_page, read_card
from mlkanban.core.markdown.card_values import values
from mlkanban.core.query.fields import FIELDS as QUERY_FIELDS
from mlkanban.display.card_face import FaceContext
from mlkanban.display.card_json import card_data
from mlkanban.display.card_page import CardPage, rows
from mlkanban.display.checklist_lines import item_text
from mlkanban.glyphs import UTF8
from mlkanban.runs.model.usage import Spending
from mlkanban.service.conflicts import OpenConflict
from mlkanban.tui.screens.edit import form_texts
from tests.core.test_event_validation import ID, event

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
BOARD = Board("b", "vision", "Vision", (Stage(f"{ID}6", "Ideas"),))
STORED: dict[str, Any] = {
    "title": "Focal loss", "place": [f"{ID}6", "a1"], "type": "model", "priority": "high",
    "service_class": "expedite", "work": "unattended", "tag:gpu": True, "due": "2026-05-01",
    "metric": {"name": "auc", "target": 0.9, "baseline": 0.8, "noise": 0.01},
    "guards": [{"name": "p95_ms", "direction": "<=", "target": 50.0}],
    "hypothesis": "It helps.", "dataset": "s3://lake/v3", "worth": "5/2", "budget": "12 runs",
    "parent": "v1", "lineage:follow-up-of:v2": True, "needs:v3": True,
    "link:https://example.org": True, "checklist": [{"text": "three seeds"}], "health": "watch",
    "verdict": "It does.", "win": True, "outcome": "shipped", "archived": True,
    "blocker": {"reason": "bug", "external": False, "note": "a bug",
                "since": "2026-03-19T09:00:00Z"},
    "snoozed_until": UNTIL_RUN, "snoozed_run": "run:7", "model": "fraud", "version": "3b",
    "owner": "risk team", "look_again": "2026-12-15 every 90d retrain", "source_key": "ML-2",
}  # fmt: skip
"""What events can write on a card; `_made_up` has the rest."""
SEEN = {
    "title": "Focal loss", "stage": "Ideas", "type": "model", "priority": "high",
    "class": "expedite", "work": "unattended", "tags": "gpu", "due": "2026-05-01", "metric": "auc",
    "guards": "p95_ms", "baseline": "0.8", "noise": "0.01", "hypothesis": "It helps.", "dataset": "s3://lake/v3",
    "score": "5/2", "budget": "12 runs", "parent": "v1", "lineage": "follow-up-of:v2",
    "needs": "v3", "links": "https://example.org", "checklist": "three seeds", "health": "watch",
    "verdict": "It does.", "win": "yes", "outcome": "shipped", "archived": "yes", "blocked": "bug",
    "snoozed": "run:7", "snoozed_run": "run:7", "model": "fraud", "version": "3b",
    "owner": "risk team", "look_again": "2026-12-15 every 90d retrain", "key": "ML-2",
}  # fmt: skip
"""What a person sees of it, by the public names."""
KNOWN = frozenset(SEEN)
"""The fields of which the tests say where they are; a text, choice or day may come to the table."""


def _made_up(field: CardField) -> str:
    """A value of a field that is not named above, where any text, choice or day will do."""
    if field.kind.choices:
        return field.kind.choices[-1]
    return {TextLine: f"some {field.label}", Prose: f"some {field.label}", Day: "2026-06-01"}.get(
        type(field.kind), ""
    )


for one in FIELDS:
    if one.name not in SEEN and (value := _made_up(one)):
        STORED[one.stored] = SEEN[one.name] = value

every_field = pytest.mark.parametrize(
    "field", [pytest.param(field, id=field.name) for field in FIELDS if field.name in SEEN]
)


def whole_card() -> Card:
    found = values_of(STORED)
    return Card(
        "1", "v4", "b", "a1", found, NOW, NOW, measured=found["metric"],
        measured_guards=tuple(map(guard_in, STORED["guards"])),
    )  # fmt: skip


def stored_name(field: CardField) -> str:
    """A name in `STORED` that the field is kept under; of a part, that of the whole."""
    if field.part_of == "metric":
        return "metric"
    return next(name for name in STORED if name == field.stored or name.startswith(field.stored))


def test_every_field_has_an_example() -> None:
    missing = ", ".join(field.name for field in FIELDS if field.name not in SEEN)
    assert not missing, f"add what events write to STORED, and what people see to SEEN: {missing}"


def test_the_table_is_read_without_pydantic() -> None:
    code = "import sys, mlkanban.core.card_fields; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_field_has_one_name_and_is_found_by_its_others() -> None:
    names = [name for one in FIELDS for name in {one.name, one.word, one.stored, *one.aliases}]
    assert len(names) == len(set(names))
    assert called("service_class") is called("class") is FIELD["class"]
    assert called("depends_on") is called("needs") is FIELD["needs"]
    assert called("colour") is None


@every_field
def test_it_is_read_from_what_events_wrote(field: CardField) -> None:
    assert whole_card().values[field.name] not in (field.kind.blank, None)
    assert values_of({"title": "t", "place": ["s", "a"]})[field.name] in (
        field.kind.blank,
        "t",
        "s",
    )


@every_field
def test_scripts_see_it(field: CardField) -> None:
    data = card_data(whole_card(), BOARD, NOW)
    text = json.dumps(data["metric"] if field.part_of == "metric" else data[field.json_name])
    shown = {"archived": "true", "win": "true", "lineage": "v2", "snoozed": UNTIL_RUN}
    assert shown.get(field.name, SEEN[field.name]) in text


def page_text(card: Card, page: CardPage) -> str:
    """What a page of a card says: its title, the rows of its fields, its checklist."""
    items = [item_text(item, BOARD, UTF8) for item in card.checklist]
    fields = [" ".join(row) for row in rows(card, page)]
    return "\n".join([card.title, *fields, *items])


@every_field
def test_a_page_shows_it(field: CardField) -> None:
    budget = parse_budget("12 runs")
    assert budget is not None
    page = CardPage(FaceContext.at(BOARD, NOW), Spending(budget, 3, 0), "x")
    card = whole_card()
    text = page_text(card, page)
    if field.name in ("lineage", "needs"):  # a tree below shows them (test_relation_tree.py)
        return
    if field.name == "work":  # of a card that is open
        open_card = replace(card, values={**card.values, "outcome": None})
        text = page_text(open_card, page)
    shown = {"noise": "noise 0.01", "budget": "12 runs"}
    assert shown.get(field.name, SEEN[field.name]) in text


@every_field
def test_markdown_says_it(field: CardField) -> None:
    card = whole_card()
    said = values(card, BOARD)
    text = card_page("v4", said, [])
    assert SEEN[field.name] in text
    assert read_card(text).values == said


@every_field
def test_add_and_edit_have_an_option_for_it(field: CardField) -> None:
    for command in (add, edit):
        options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        assert (f"--{field.option}" in options) == (
            command.name in field.commands or (command, field.name) == (add, "stage")
        )
    changed = field.commands or field.changed_by or field.part_of
    assert changed, "nothing changes it"


@every_field
def test_the_form_has_it_or_another_command_changes_it(field: CardField) -> None:
    texts = form_texts(whole_card())
    elsewhere = field.changed_by or field.part_of or field.name in ("checklist", "win")
    assert (field.name in texts) != bool(elsewhere)
    assert elsewhere or SEEN[field.name] in texts[field.name]


@every_field
def test_a_query_asks_for_it(field: CardField) -> None:
    assert field.asks in QUERY_FIELDS


@every_field
def test_a_foreign_event_may_write_only_what_fits_it(field: CardField) -> None:
    name = stored_name(field)
    assert inert(event(json.dumps({"set": {name: STORED[name]}}))) == ""
    assert inert(event(json.dumps({"set": {name: 3}}))) == MALFORMED
    assert inert(event(json.dumps({"set": {name: ["x"]}}))) == MALFORMED
    if isinstance(field.kind, Members):
        assert inert(event(json.dumps({"set": {f"{field.stored} ": True}}))) == MALFORMED


@every_field
def test_what_is_searchable_is_found(field: CardField) -> None:
    found = SEEN[field.name] in " ".join(field.words(STORED))
    assert found or not field.searchable


def test_what_a_person_wrote_is_searched() -> None:
    assert {field.name for field in FIELDS if field.searchable} & KNOWN == {
        "title", "hypothesis", "dataset", "verdict", "links", "checklist", "blocked",
        "model", "version", "owner", "key",
    }  # fmt: skip


def test_add_has_what_a_new_card_can_have_and_edit_what_is_learned_later() -> None:
    both = {
        "type", "priority", "class", "work", "tag", "due", "metric", "baseline", "noise", "score",
        "key", "budget", "hypothesis", "dataset", "link", "needs", "parent", "lineage", "checklist",
    }  # fmt: skip
    of_edit = {"title", "verdict", "win", "health", "untag", "unlink", "needs-not", "lineage-not"}
    neither = {"outcome", "archived", "blocked", "snoozed", "snoozed-run", "stage"}
    for command, wanted in (
        (add, both | {"stage"}),
        (edit, both | of_edit),
    ):
        options = {o[2:] for p in command.params if isinstance(p, click.Option) for o in p.opts}
        assert options & (both | of_edit | neither) == wanted


def test_the_form_has_health_only_for_a_model_in_use() -> None:
    form = {
        "title", "type", "priority", "class", "work", "tags", "due", "metric", "guards", "score",
        "budget", "key",
        "hypothesis", "dataset", "verdict", "links", "needs", "parent", "lineage",
    }  # fmt: skip
    in_use = {"health", "model", "version", "owner", "look_again"}
    shipped = whole_card()
    for outcome, wanted in (
        (None, form), (Outcome.LEARNED, form), (Outcome.SHIPPED, form | in_use),
    ):  # fmt: skip
        card = replace(shipped, values={**shipped.values, "outcome": outcome})
        assert form_texts(card).keys() & KNOWN == wanted


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("metric", "auc >=.9"),
        ("guards", "p95_ms <=50"),
        ("checklist", "1 item"),
        ("blocker", "bug"),
        ("service_class", "expedite"),
    ],
)
def test_a_stored_value_is_said_in_a_few_words(stored: str, text: str) -> None:
    assert brief(stored, STORED[stored]) == text
    assert brief(stored, None) == ""


@every_field
def test_a_conflict_is_called_as_the_field_is(field: CardField) -> None:
    conflict = OpenConflict("v4", "1", field.stored, "a", "b", "ada", "h", "", "there")
    assert conflict.word == field.word
