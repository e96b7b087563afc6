"""A card as text and back: what is said is what is read, and every mistake has its own sentence."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import (
    BlockReason,
    Board,
    CardType,
    Health,
    Outcome,
    Priority,
    ServiceClass,
    Stage,
    Work,
)
from mlkanban.core.card import Blocker, Card, CheckItem, Metric, Note
from mlkanban.core.card_fields import FIELDS
from mlkanban.core.markdown.card import (
    card_page,
    changed_values,
    corrections,
    note_lines,
    read_card,
)
from mlkanban.core.markdown.card_values import stored, values
from mlkanban.errors import BadMarkdown
from mlkanban.text import tidy

ZONE = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 3, 18)  # a Wednesday
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

_NASTY = st.sampled_from(
    ["## Notes", "## Checklist", "\\## Notes", "\\\\# x", "# x", "---", "...", "- [x] done", "> q",
     "title: x", "a: b", "# error: x", "", " ", "\t", "`", "'", '"', "[a, b]", "{x}", "*b*", "&a",
     "!t", "|", ">", "null", "yes", "~", "1e3", "2026-03-31", "12:30", "x #y", "x:", "\r",
     "\x1b[2J", "\u202e", "\u2028", "\x85", "\ufeff", "\uffff", "模型", "🧪", "#",
     "id", "\x0b", ","]
)  # fmt: skip
_WORDS = st.one_of(_NASTY, st.text(max_size=8))
TEXTS = st.lists(_WORDS, max_size=6).map("\n".join)
LINES = st.lists(_WORDS, min_size=1, max_size=4).map(" ".join)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    names = draw(st.lists(LINES.filter(str.strip), min_size=1, max_size=3, unique=True))
    return Board("b", "b", "b", tuple(Stage(str(at), name) for at, name in enumerate(names)))


@st.composite
def cards(draw: st.DrawFn, board: Board) -> Card:
    metric = st.none() | st.builds(
        Metric, name=LINES, direction=st.sampled_from([">=", "<="]), target=NUMBERS,
        baseline=NUMBERS, noise=NUMBERS, value=NUMBERS,
    )  # fmt: skip
    blocker = st.none() | st.builds(
        Blocker, reason=st.sampled_from(BlockReason), external=st.booleans(), note=TEXTS,
        until=st.sampled_from(["", "card:g1"]), since=st.just(AT),
    )  # fmt: skip
    members = st.lists(LINES, max_size=3).map(tuple)
    items = st.builds(CheckItem, text=TEXTS, done=st.booleans())
    notes = st.builds(Note, id=LINES, at=st.just(AT), actor=LINES, text=TEXTS)
    days = st.none() | st.dates()
    made: dict[str, Any] = {
        "stage": draw(st.sampled_from(board.stages)).id, "title": draw(LINES),
        "type": draw(st.sampled_from(CardType)), "priority": draw(st.sampled_from(Priority)),
        "class": draw(st.sampled_from(ServiceClass)), "work": draw(st.sampled_from(Work)),
        "tags": draw(members), "links": draw(members), "needs": draw(members),
        "parent": draw(LINES), "lineage": draw(members),
        "health": draw(st.none() | st.sampled_from(Health)),
        "due": draw(days), "snoozed": draw(days),
        "metric": draw(metric), "blocked": draw(blocker), "hypothesis": draw(TEXTS),
        "budget": draw(st.sampled_from(["", "40 gpu-h", "0.5 gpu-h", "1 run"])),
        "score": draw(st.sampled_from(["", "5/2", "8*2*80%/3", "1+2+3/4"])),
        "dataset": draw(TEXTS), "verdict": draw(TEXTS), "archived": draw(st.booleans()),
        "outcome": draw(st.none() | st.sampled_from(Outcome)),
        "checklist": draw(st.lists(items, max_size=3)),
    }  # fmt: skip
    return card_with(made, tuple(draw(st.lists(notes, max_size=3))))


def card_with(values: dict[str, Any], notes: tuple[Note, ...] = ()) -> Card:
    """A card with these values; of the other fields it has what a blank card has."""
    whole = {**{field.name: field.kind.blank for field in FIELDS}, **values}
    if metric := whole["metric"]:
        whole |= {"baseline": metric.baseline, "noise": metric.noise}
    return Card(
        "1", "g12", "b", "", whole, AT, AT, measured=metric or None, notes=notes
    )  # fmt: skip


BOARDS_AND_CARDS = boards().flatmap(lambda board: st.tuples(st.just(board), cards(board)))


@given(BOARDS_AND_CARDS, TEXTS, st.booleans())
def test_what_is_said_is_what_is_read(both: tuple[Board, Card], note: str, other: bool) -> None:
    board, card = both
    said, notes = values(card, board), note_lines(card.notes, ZONE)
    text = card_page(card.ref, said, notes)
    if other:  # another editor
        text = "\ufeff\n" + text.replace("\n", " \t\r\n") + "\n\n"
    found = read_card(text)
    assert found.values == said
    assert (found.ref, found.note) == ("g12", "")
    assert changed_values(found, said, board, TODAY, card) == {}
    assert corrections(found, card.notes, ZONE) == {}


@pytest.mark.parametrize("blank", ["\xa0", "\u2003", "\u3000"])
def test_wide_and_fixed_blanks_at_the_end_of_a_note_come_back(blank: str) -> None:
    notes = [
        Note(id=text, at=AT, actor=actor, text=text)
        for actor, text in (("ada", f"a{blank}\nb{blank}"), ("ada", blank), (blank, ""))
    ]
    board, card = plain(notes=tuple(notes))
    assert corrections(read_card(page_of(card, board)), notes, ZONE) == {}


@given(TEXTS)
def test_every_note_comes_back(text: str) -> None:
    board, card = plain()
    assert read_card(card_page("g12", values(card, board), [], note=tidy(text))).note == tidy(text)


def plain(**fields: Any) -> tuple[Board, Card]:
    board = Board(
        "b", "fraud", "Fraud", (Stage("1", "Ideas"), Stage("2", "Training"), Stage("3", "Test: a")),
    )  # fmt: skip
    notes = fields.pop("notes", ())
    return board, card_with({"stage": "1", "title": "focal loss", **fields}, notes)


FULL: dict[str, Any] = {
    "tags": ("gpu", "nlp"), "due": date(2026, 3, 31), "hypothesis": "It helps.\n\n## Why\n# not",
    "metric": Metric(name="val_auc", target=0.92, value=0.917, baseline=0.9),
    "checklist": (CheckItem(text="split"), CheckItem(text="train: all", done=True)),
    "links": ("https://x/a,b",), "score": "5/2", "budget": "40 gpu-h", "verdict": "yes",
    "priority": "high",
    "notes": (Note(id="n1", at=AT, actor="ada", text="## first\n\nseen"),),
}  # fmt: skip


def with_every_field(page: str) -> str:
    """A page that has, in the order of the table, an empty line for each field it does not name:
    so many as were added to the table since this was written."""
    lines, at = page.split("\n"), 0
    for field in FIELDS:
        if field.settable and not field.section:
            found = [n for n, line in enumerate(lines) if line.startswith(f"{field.word}:")]
            if not found:
                lines.insert(at + 1, f"{field.word}:")
            at = found[0] if found else at + 1
    return "\n".join(lines)


PAGE = with_every_field("""\
---
id: g12
title: focal loss
stage: Ideas
type: experiment
priority: high
class: standard
work: attended
tags: [gpu, nlp]
due: 2026-03-31
metric: val_auc>=0.92 val_auc=0.917
baseline: 0.9
noise:
guards:
score: 5/2
budget: 40 gpu-h
dataset:
verdict: "yes"
links: ["https://x/a,b"]
needs: []
parent:
lineage: []
health:
---

## Hypothesis

It helps.

\\## Why
# not

## Checklist

- [ ] split
- [x] train: all

## New note

## Notes

> 2026-03-02 10:00 ada
>
> ## first
>
> seen
""")


def page_of(card: Card, board: Board) -> str:
    return card_page(card.ref, values(card, board), note_lines(card.notes, ZONE))


def changed(text: str, card: Card, board: Board) -> dict[str, Any]:
    found = read_card(text)
    changes: dict[str, Any] = changed_values(found, values(card, board), board, TODAY, card)
    changes |= corrections(found, card.notes, ZONE)
    return changes | ({"note": found.note} if found.note else {})


def test_the_text_of_a_card() -> None:
    board, card = plain(**FULL)
    assert page_of(card, board) == PAGE


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("title: focal loss", "title: focal: loss # 2", {"title": "focal: loss # 2"}),
        ("title: focal loss", 'title: "a \\"b\\""', {"title": 'a "b"'}),
        ("title: focal loss", "title: 'it''s'", {"title": "it's"}),
        ("stage: Ideas", "stage: train", {"stage": "Training"}),
        ("stage: Ideas", "stage: idea", {}),
        ("priority: high", "priority: u", {"priority": "urgent"}),
        ("priority: high\n", "", {"priority": "normal"}),
        ("tags: [gpu, nlp]", "tags: [NLP, '#gpu']", {"tags": ("'#gpu'", "nlp")}),
        ("tags: [gpu, nlp]", "tags: #GPU, two words", {"tags": ("gpu", "two-words")}),
        ("tags: [gpu, nlp]", "tags:", {"tags": ()}),
        ("due: 2026-03-31", "due: fri", {"due": "2026-03-20"}),
        ("due: 2026-03-31", "due: none", {"due": ""}),
        ("val_auc=0.917", "val_auc=0.93", {"metric": "val_auc>=0.92 val_auc=0.93"}),
        ("metric: val_auc>=0.92 val_auc=0.917", "metric:", {"metric": ""}),
        ("noise:", "noise: 1e-3", {"noise": "0.001"}),
        ("needs: []", "needs: [G3, g4]", {"needs": ("g3", "g4")}),
        ("links: [", "links: [b, ", {"links": ("b", "https://x/a,b")}),
        ("parent:", "parent: G9", {"parent": "g9"}),
        ("score: 5/2", "score: 8 x 2 x 80% / 3", {"score": "8*2*80%/3"}),
        ("budget: 40 gpu-h", "budget: 12runs", {"budget": "12 runs"}),
        ("budget: 40 gpu-h", "budget:", {"budget": ""}),
        ("It helps.", "It helps.\n\n### Sub",
         {"hypothesis": "It helps.\n\n### Sub\n\n## Why\n# not"}),
        ("- [ ] split", "- [X] split\n* more\n- [ ]",
         {"checklist": ("[x] split", "[ ] more", "[x] train: all")}),
        ("## New note\n", "## New note\n\nseen\n## \n\\## it\n", {"note": "seen\n##\n## it"}),
        ("## Notes\n\n> 2026-03-02 10:00 ada\n>\n> ## first\n>\n> seen\n", "", {}),
        ("> seen\n", "> never  seen \n", {"n1": "## first\n\nnever  seen"}),
        ("> seen\n", "> seen\n>\n> > more\n", {"n1": "## first\n\nseen\n\n> more"}),
        ("> seen\n", "> seen\n\n>more\n", {"n1": "## first\n\nseen\n\nmore"}),
        (">\n> ## first\n>\n> seen\n", "", {"n1": ""}),
        ("---\nid", "\n---\n# a remark\nid", {}),
    ],
)  # fmt: skip
def test_what_is_typed_is_understood(old: str, new: str, change: dict[str, Any]) -> None:
    board, card = plain(**FULL)
    assert old in PAGE
    assert changed(PAGE.replace(old, new, 1), card, board) == change


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        ("---\nid", "id", "id: g12", "The front matter is missing."),
        ('look-again:\n---\n', 'look-again:\n', "", "The front matter has no end."),
        ("id: g12\n", "", "", "The id is missing."),
        ("priority:", "prio:", "prio:", "There is no 'prio' here. Did you mean priority?"),
        ("priority: high", "priority high", "priority high",
         "'priority high' is not of the form 'name: value'."),
        ("priority: high", "type: data", "type: data", "type stands here a second time."),
        ("priority: high", "priority: soon", "priority:", "'soon' is no priority."),
        ("title: focal loss", "title:", "title:", "A title is needed."),
        ("title: focal loss", 'title: "a" b', "title:", "The value begins with a quote"),
        ("stage: Ideas", "stage: Sleeping", "stage:", "No stage of fraud is called 'Sleeping'."),
        ("tags: [gpu", "tags: [gpu, [", "tags:", None),
        ("nlp]", "nlp", "tags:", "The list has no end."),
        ("due: 2026-03-31", "due: soon", "due:", "'soon' is no day."),
        ("val_auc=0.917", "val_acc=0.917", "metric:", "val_acc is a guard beside the metric"),
        ("guards:", "guards: p95=48", "guards:", "p95 is a guard beside the metric, and has no"),
        ("val_auc=0.917", "better", "metric:", "is not a metric."),
        ("baseline: 0.9", "baseline: low", "baseline:", "'low' is not a number."),
        ("baseline: 0.9", "baseline: nan", "baseline:", "A metric cannot be nan."),
        ("score: 5/2", "score: much", "score:", "'much' is no score."),
        ("budget: 40 gpu-h", "budget: 40", "budget:", "'40' is no budget."),
        ("## Hypothesis\n", "lost\n## Hypothesis\n", "lost", "The text here belongs to nothing."),
        ("\\## Why", "## Why", "## Why", "There is no 'Why' here."),
        ("## New note", "## Checklist", "## Checklist",
         "The section Checklist stands here a second time."),
        ("- [x] train", "1. train", "1. train", "'1. train: all' is no item of a checklist."),
        ("> seen", "never seen", "never seen", "'never seen' belongs to no note."),
        ("10:00 ada", "10:01 ada", "> 2026-03-02",
         "The line '> 2026-03-02 10:00 ada' of a note is missing."),
        ("> 2026-03-02 10:00 ada\n>\n> ## first\n>\n> seen\n", "", "## Notes",
         "The line '> 2026-03-02 10:00 ada' of a note is missing."),
        ("verdict:", "outcome: shipped\nverdict:", "outcome:", "outcome is not changed here."),
    ],
)  # fmt: skip
def test_every_mistake_has_its_line_and_its_sentence(
    old: str, new: str, at: str, sentence: str | None
) -> None:
    """`at` is how the last line begins that is like it, '' for the first line of all."""
    board, card = plain(**FULL)
    assert old in PAGE
    text = PAGE.replace(old, new, 1)
    if sentence is None:
        assert changed(text, card, board)
        return
    with pytest.raises(BadMarkdown) as caught:
        changed(text, card, board)
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith(at)]
    assert caught.value.line == (lines[-1] if at else 1)
    assert sentence in caught.value.what
    assert caught.value.hint


def test_a_metric_keeps_what_the_text_does_not_say() -> None:
    board, card = plain(metric=Metric(name="log loss", direction="<=", value=0.4, noise=0.1))
    text = page_of(card, board)
    assert "metric: log loss=0.4\n" in text
    changes = changed(text.replace("=0.4", "=0.3"), card, board)
    made = stored(changes, values(card, board), card)["metric"]
    assert made == {"name": "log loss", "direction": "<=", "value": 0.3, "noise": 0.1}
    changes = changed(text.replace("noise: 0.1", "noise:"), card, board)
    made = stored(changes, values(card, board), card)["metric"]
    assert made == {"name": "log loss", "direction": "<=", "target": None, "value": 0.4}
