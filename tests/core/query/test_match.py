"""What each field asks of a card."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.core.query.complete import completion
from mlkanban.core.query.fields import FIELDS, QueryContext
from mlkanban.core.query.match import matcher, store_terms
from mlkanban.core.query.store_terms import Answers, StoreTerms
from mlkanban.core.templates import template
from mlkanban.errors import BadQuery
from tests.core.test_metrics import packed

ML = template("ml")
assert ML is not None
STAGES = tuple(Stage(str(n), s.name, s.kind, s.committed) for n, s in enumerate(ML.stages))
BOARD = Board("b", "b", "B", STAGES, "Europe/Berlin")
TODAY = date(2026, 3, 20)
SCENE = QueryContext(BOARD, TODAY)
AT = {stage.name: stage.id for stage in STAGES}


def card(**more) -> CardFace:
    fields: dict[str, Any] = {
        "id": "c1", "ref": "g1", "stage": AT["Training"], "rank": "a", "title": "Focal loss",
        "type": "experiment", "priority": "normal", "service_class": "standard",
        "tags": "gpu nlp", "due": "", "snoozed_until": "", "block_reason": "",
        "block_external": 0, "metric": "", "work": "attended", "outcome": "", "archived": 0,
        "created_at": "2026-03-01T10:00:00Z", "entered_at": "2026-03-18T10:00:00Z",
        "started_at": "2026-03-15T10:00:00Z", "finished_at": "", "version": 1,
    }  # fmt: skip
    return CardFace(**(fields | more))


def found(query: str, **more) -> bool:
    return matcher(query, SCENE)(card(**more))


DONE = {
    "stage": AT["Monitoring"], "outcome": "shipped", "finished_at": "2026-03-18T10:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "more", "expected"),
    [
        ("", {}, True),
        ("focal", {}, True),
        ("LOSS gpu", {}, True),
        ("#nlp", {}, True),
        ("g1", {}, True),
        ('"focal loss"', {}, True),
        ('"loss focal"', {}, False),
        ("loss -gpu", {}, False),
        ("quantum or loss", {}, True),
        ("not (quantum or drift)", {}, True),
        ("stage:train", {}, True),
        ("stage:5", {}, True),
        ("stage:data", {}, False),
        ('stage:"data prep"', {"stage": AT["Data prep"]}, True),
        ("tag:gpu", {}, True),
        ("tag:gp", {}, False),
        ("tag:#GPU", {}, True),
        ("tag:none", {"tags": ""}, True),
        ("type:exp", {}, True),
        ("priority:high", {}, False),
        ("priority:high", {"priority": "high"}, True),
        ("class:exp", {"service_class": "expedite"}, True),
        ("outcome:shipped", DONE, True),
        ("outcome:none", {}, True),
        ("blocked:yes", {}, False),
        ("blocked:no", {}, True),
        ("blocked:yes", {"block_reason": "bug"}, True),
        ("blocked:data", {"block_reason": "data-quality"}, True),
        ("blocked:external", {"block_reason": "decision", "block_external": 1}, True),
        ("blocked:internal", {"block_reason": "decision", "block_external": 1}, False),
        ("is:open", {}, True),
        ("is:committed", {}, True),
        ("is:committed", {"stage": AT["Ideas"]}, False),
        ("is:blocked", {"block_reason": "bug"}, True),
        ("is:blocked", {}, False),
        ("is:late", {"due": "2026-03-19"}, True),
        ("is:late", {"due": "2026-03-20"}, False),
        ("is:late", {"due": "2026-03-19", **DONE}, False),
        ("is:finished", DONE, True),
        ("is:archived", {"archived": 1}, True),
        ("is:unattended", {"work": "unattended"}, True),
        ("snoozed:yes", {"snoozed_until": "2026-03-21"}, True),
        ("snoozed:yes", {"snoozed_until": "2026-03-20"}, False),
        # 15 to 20 March are six days, both ends counted, as the board says.
        ("age>5d", {}, True),
        ("age>6d", {}, False),
        ("age:6", {}, True),
        ("age>=2w", {"started_at": ""}, True),
        ("age:4d", DONE, True),
        ("here>=2d", {}, True),
        ("here>2d", {}, False),
        ("due<1w", {"due": "2026-03-26"}, True),
        ("due<1w", {"due": "2026-03-27"}, False),
        ("due<1w", {}, False),
        ("due:late", {"due": "2026-03-19"}, True),
        ("due:late", {"due": "2026-03-20"}, False),
        ("due:none", {}, True),
        ("due:today", {"due": "2026-03-20"}, True),
        ("due>=2026-03-20", {"due": "2026-03-20"}, True),
        ("created<30d", {}, True),
        ("created>2026-03-01", {}, False),
        ("finished<7d", DONE, True),
        ("finished<7d", {}, False),
        ("metric:auc", {"metric": packed("val_auc=.917 val_auc>=.92")}, True),
        ("metric:auc>=0.9", {"metric": packed("val_auc=.917 val_auc>=.92")}, True),
        ("metric:auc>0.92", {"metric": packed("val_auc=.917 val_auc>=.92")}, False),
        ("metric:auc>=0.9", {"metric": packed("val_auc>=.92")}, False),
        ("metric:auc>=0.9", {}, False),
        ("metric:p95>50", {"metric": packed("auc=.9 auc>=.92", "p95=61 p95<=50")}, True),
        ("metric:p95>61", {"metric": packed("auc=.9 auc>=.92", "p95=61 p95<=50")}, False),
        ("metric:p95>50", {"metric": packed("auc=.9 auc>=.92", "p95<=50")}, False),
        ("metric:p95", {"metric": packed("auc=.9 auc>=.92", "p95<=50")}, True),
        ("metric:auc>50", {"metric": packed("auc=.9 auc>=.92", "p95=61 p95<=50")}, False),
        # Where a person typed the value, though the card has runs.
        ("metric:auc>0.5", {"metric": packed("auc=.9", typed=True)}, True),
        ("metric:auc>0.9", {"metric": packed("auc=.9 auc>=.92", typed=True)}, False),
        ("metric:typed", {"metric": packed("auc=.9", typed=True)}, False),
        # As trackers write names.
        ("metric:lat>5", {"metric": packed("a/b>=.9", "lat/p95 ms=61 lat/p95 ms<=50")}, True),
        ("metric:lat<5", {"metric": packed("a/b>=.9", "lat/p95 ms=61 lat/p95 ms<=50")}, False),
        ("metric:ms", {"metric": packed("a/b>=.9", "lat/p95 ms=61 lat/p95 ms<=50")}, True),
        ("metric:lat>5", {"metric": packed("a/b>=.9", "lat/p95 ms<=50")}, False),
        ("metric:loss<1e-3", {"metric": packed("loss=0.0001")}, True),
    ],
)
def test_a_query(query, more, expected):
    assert found(query, **more) is expected


@pytest.mark.parametrize(
    ("query", "at", "said"),
    [
        ("tag:a stage:nowhere", 6, "Ideas, Ready"),
        ("type:x", 0, "experiment, data"),
        ("a blocked:z", 2, "compute-queue"),
        ("due<soon", 0, "is no day"),
        ("due<none", 0, "due<1w"),
        ("outcome:lost", 0, "shipped"),
    ],
)
def test_a_value_that_there_is_not_is_pointed_at(query, at, said):
    with pytest.raises(BadQuery) as caught:
        matcher(query, SCENE)
    assert caught.value.at == at
    assert said in str(caught.value)


def test_the_examples_of_the_table_are_queries():
    for field in FIELDS.values():
        for example in field.example.replace(",", " or").split(" or "):
            assert matcher(example, SCENE)(card()) in (True, False), example


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_query_or_an_error(text):
    try:
        store_terms = matcher(text, SCENE)
    except BadQuery:
        return
    assert store_terms(card()) in (True, False)


@given(st.text(min_size=1, max_size=12).filter(lambda t: '"' not in t and "\\" not in t))
def test_any_quoted_text_is_searched_as_it_stands(text):
    store_terms = matcher(f'"{text}"', SCENE)
    assert store_terms(card(title=f"a {text} b"))


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("st", "stage:"),
        ("a", "age"),
        ("tag:gpu bl", "tag:gpu blocked:"),
        ("stage:tr", "stage:training"),
        ("stage:data", 'stage:"data prep"'),
        ("-(blocked:ext", "-(blocked:external"),
        ("tag:n", "tag:nlp"),
        ("-run:fa", "-run:failed"),
        ("is:con", "is:conflict"),
        ("tag:nlp", ""),
        ("focal ", ""),
        ("", ""),
        ("xyz", ""),
    ],
)
def test_what_could_be_typed_next(text, completed):
    assert completion(text, replace(SCENE, faces=[card()])) == completed


def test_what_a_card_waits_for_is_known_from_the_others() -> None:
    waiting = card(id="c2", ref="g2", needs="g1 g9")
    free = card(id="c3", ref="g3", needs="g4", title="other")
    ended = card(id="c4", ref="g4", **DONE)
    scene = replace(SCENE, faces=[card(), waiting, free, ended])

    def refs(query: str) -> list[str]:
        return [face.ref for face in scene.faces if matcher(query, scene)(face)]

    assert refs("needs:yes") == ["g2"]
    assert refs("needs:no") == ["g1", "g3", "g4"]
    assert refs("needs:G4") == ["g3"]
    assert refs("needs:none") == ["g1", "g4"]
    assert refs("-needs:none") == ["g2", "g3"]


def test_words_are_found_where_they_were_written_too() -> None:
    scene = replace(
        SCENE, answers=Answers(written={"drift": frozenset({"c1"}), "a or": frozenset()})
    )
    query = 'drift -(other or "a or") stage:train drift'
    assert store_terms(query) == StoreTerms(("drift", "other", "a or"))
    assert store_terms(query).beyond(scene.answers) == StoreTerms(("other",))
    assert matcher("drift", scene)(card())
    assert not matcher("-drift", scene)(card())
    assert not matcher("drift", scene)(card(id="c2"))


def test_run_is_the_state_of_the_newest_one() -> None:
    newest = {"c1": "failed", "c2": "finished", "c3": "lost"}
    scene = replace(SCENE, answers=Answers(runs=newest))
    cards = [card(id=f"c{n}", ref=f"g{n}") for n in range(1, 5)]

    def refs(query: str) -> list[str]:
        return [face.ref for face in cards if matcher(query, scene)(face)]

    assert refs("run:failed") == ["g1"]
    assert refs("run:f") == ["g1", "g2"]
    assert refs("run:lost or run:finished") == ["g2", "g3"]
    assert refs("run:any") == ["g1", "g2", "g3"]
    assert refs("run:none") == refs("-run:any") == ["g4"]
    with pytest.raises(BadQuery, match=r"no state of a run.*There are: queued"):
        matcher("run:well", scene)


def test_what_is_undecided_is_found() -> None:
    scene = replace(SCENE, answers=Answers(conflicts=frozenset({"c1"})))
    assert matcher("is:conflict", scene)(card())
    assert not matcher("is:conflict", scene)(card(id="c2"))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("stage:train tag:gpu is:open snoozed:yes", StoreTerms()),
        ("-(tag:gpu or run:failed)", StoreTerms(runs=True)),
        ("is:CONF", StoreTerms(conflicts=True)),
        ("run is:con", StoreTerms(("run",), conflicts=True)),
        ("id:g4 parent:g4", StoreTerms()),
        ("-actor:ada", StoreTerms(actors=True)),
    ],
)
def test_only_what_a_query_asks_for_is_asked_of_the_store(query: str, wanted: StoreTerms) -> None:
    assert store_terms(query) == wanted
    told = Answers({text: frozenset() for text in wanted.texts}, {}, frozenset(), actors={})
    assert not any(store_terms(query).beyond(told))


def test_a_card_is_found_by_its_id_alone() -> None:
    assert found("id:g1")
    assert found("ID:G1")
    assert not found("id:g1", ref="g12")
    assert not found("-id:g1")


def test_parts_are_found_by_the_card_they_are_part_of() -> None:
    part = {"lineage": "ablation-of:g8 parent:g7"}
    assert found("parent:G7", **part)
    assert found("parent:any", **part)
    assert not found("parent:g8", **part)
    assert not found("parent:none", **part)
    assert found("parent:none", lineage="ablation-of:g8")
    assert not found("parent:any")


def test_cards_are_found_by_who_did_something_with_them() -> None:
    actors = {"c1": frozenset({"Ann", "run:123"}), "c2": frozenset({"Anna", "condition"})}
    scene = replace(SCENE, answers=Answers(actors=actors))
    cards = [card(id=f"c{n}", ref=f"g{n}") for n in range(1, 4)]

    def refs(query: str) -> list[str]:
        return [face.ref for face in cards if matcher(query, scene)(face)]

    assert refs("actor:ann") == ["g1"]
    assert refs("actor:an") == ["g1", "g2"]
    assert refs("actor:run:123") == refs("actor:run") == ["g1"]
    assert refs("-actor:condition") == ["g1", "g3"]
    assert refs("actor:bob") == []
    assert completion("actor:a", scene) == "actor:ann"
    assert completion("actor:r", scene) == ""


def test_ids_and_parents_are_completed() -> None:
    faces = (card(), card(ref="g12", lineage="parent:g1"))
    scene = replace(SCENE, faces=faces)
    assert completion("id:g12", scene) == ""
    assert completion("id:g", scene) == "id:g1"
    assert completion("parent:g", scene) == "parent:g1"


OLD_AND_NEW = [
    # What stands at a limit, on both sides of it. Today is 20 March; the board is in Berlin.
    ("is:snoozed", {"snoozed_until": "2026-03-20"}, False),
    ("is:snoozed", {"snoozed_until": "2026-03-21"}, True),
    ("is:snoozed", {}, False),
    ("is:waiting", {"work": "waiting"}, True),
    ("is:waiting", {}, False),
    ("is:unattended", {}, False),
    ("is:open", {"outcome": "learned"}, False),
    ("is:open", {"archived": 1}, False),
    ("is:committed", {"outcome": "learned"}, False),
    ("is:committed", {"stage": "7"}, False),
    ("is:finished", {}, False),
    ("is:archived", {}, False),
    ("is:conflict", {}, False),
    ("stage:8", {"stage": AT["Monitoring"]}, True),
    ("stage:1", {"stage": AT["Ideas"]}, True),
    ("stage:1", {}, False),
    ("stage:d", {"stage": AT["Data prep"]}, True),
    ("stage:d", {"stage": AT["Deployment"]}, True),
    ("tag:none", {}, False),
    ("tag:nlp", {}, True),
    ("type:none", None, "is no"),
    ("priority:none", None, "is no"),
    ("class:none", None, "is no"),
    ("outcome:none", DONE, False),
    ("outcome:s", DONE, True),
    ("outcome:s", {"outcome": "superseded"}, True),
    ("outcome:s", {"outcome": "learned"}, False),
    ("health:none", {}, True),
    ("health:none", {"health": "ok"}, False),
    ("health:ret", {"health": "retired"}, True),
    ("work:wait", {"work": "waiting"}, True),
    ("blocked:no", {"block_reason": "bug"}, False),
    ("blocked:internal", {"block_reason": "bug"}, True),
    ("blocked:internal", {}, False),
    ("blocked:external", {}, False),
    ("blocked:external", {"block_external": 1}, False),
    ("blocked:bug", {}, False),
    ("blocked:data", {"block_reason": "data-access"}, True),
    ("blocked:data-access", {"block_reason": "data-quality"}, False),
    ("snoozed:no", {"snoozed_until": "2026-03-20"}, True),
    ("snoozed:no", {"snoozed_until": "2026-03-21"}, False),
    ("snoozed:yes", {}, False),
    ("age:1", {"started_at": "2026-03-20T10:00:00Z"}, True),
    ("age:2", {"started_at": "2026-03-19T10:00:00Z"}, True),
    # A quarter to midnight in London is the next day in Berlin.
    ("age:1", {"started_at": "2026-03-19T23:45:00Z"}, True),
    # A clock that was ahead: today.
    ("age:1", {"started_at": "2026-03-25T10:00:00Z"}, True),
    ("age:20", {"started_at": ""}, True),
    ("age>=1", {"started_at": "", "created_at": ""}, False),
    (
        "age>=1",
        {"started_at": "", "outcome": "discarded", "finished_at": "2026-03-18T10:00:00Z"},
        False,
    ),
    ("age:18", {"started_at": "2026-03-01T10:00:00Z", "finished_at": "2026-03-18T10:00:00Z"}, True),
    ("age:1w", {"started_at": "2026-03-14T10:00:00Z"}, True),
    ("age<1w", {"started_at": "2026-03-14T10:00:00Z"}, False),
    ("age<=1w", {"started_at": "2026-03-14T10:00:00Z"}, True),
    ("here:0", {"entered_at": "2026-03-20T10:00:00Z"}, True),
    ("here:1", {"entered_at": "2026-03-19T10:00:00Z"}, True),
    ("here:0", {"entered_at": "2026-03-25T10:00:00Z"}, True),
    ("here>=0", {"entered_at": ""}, False),
    ("here<2", {}, False),
    ("here<=2", {}, True),
    ("due:yes", {"due": "2026-03-20"}, True),
    ("due:yes", {}, False),
    ("due:none", {"due": "2026-03-20"}, False),
    ("due=none", {}, True),
    ("due:late", {}, False),
    ("due:late", {"due": "2026-03-19", "outcome": "shipped"}, False),
    ("due>2026-03-20", {"due": "2026-03-20"}, False),
    ("due<=2026-03-20", {"due": "2026-03-20"}, True),
    ("due<=2026-03-20", {}, False),
    ("due=1d", {"due": "2026-03-21"}, True),
    ("created:0d", {"created_at": "2026-03-20T10:00:00Z"}, True),
    ("created:0d", {"created_at": "2026-03-25T10:00:00Z"}, True),
    ("created:1d", {"created_at": "2026-03-19T10:00:00Z"}, True),
    ("created<19d", {}, False),
    ("created<=19d", {}, True),
    ("created>=0d", {"created_at": ""}, False),
    ("created:2026-03-01", {}, True),
    ("created<2026-03-01", {}, False),
    ("created>2026-02-28", {"created_at": ""}, False),
    ("created:none", {"created_at": ""}, True),
    ("created:none", {}, False),
    ("finished:none", {}, True),
    ("finished:none", DONE, False),
    ("finished:2d", DONE, True),
    ("finished<2d", DONE, False),
    ("metric:auc>=0.917", {"metric": packed("val_auc=.917 val_auc>=.92")}, True),
    ("metric:auc>0.917", {"metric": packed("val_auc=.917 val_auc>=.92")}, False),
    ("metric:auc<0.917", {"metric": packed("val_auc=.917 val_auc>=.92")}, False),
    ("metric:auc<=0.917", {"metric": packed("val_auc=.917")}, True),
    ("metric:auc=0.917", {"metric": packed("val_auc=.917")}, True),
    ("metric:loss<=0.1", {"metric": packed("loss<=.1")}, False),
    ("metric:loss>=0", {"metric": packed("auc=.9")}, False),
    ("metric:AUC", {"metric": packed("val_auc=.917")}, True),
    ("metric:f1", {"metric": packed("val_auc=.917")}, False),
    ("metric:917", {"metric": packed("val_auc=.917")}, False),
    ("metric:t>=-1", {"metric": packed("temp=-0.5")}, True),
    ("metric:auc>=1.2.3", None, "is not a number"),
    ("from:g1", {"lineage": "retrain-of:g1"}, True),
    ("from:g1", {"lineage": "retrain-of:g11"}, False),
    ("from:retrain", {"lineage": "retrain-of:g1"}, True),
    ("from:abl", {"lineage": "retrain-of:g1"}, False),
    ("from:parent", {"lineage": "parent:g1"}, True),
    ("from:g1", {}, False),
    ("needs:none", {}, True),
    ("needs:g2", {"needs": "g1 g2"}, True),
    ("needs:g", {"needs": "g1 g2"}, False),
    ("run:none", {}, True),
    ("run:any", {}, False),
]


@pytest.mark.parametrize(("query", "more", "expected"), OLD_AND_NEW)
def test_a_query_at_its_limits(query, more, expected):
    if more is None:
        with pytest.raises(BadQuery, match=expected):
            matcher(query, SCENE)
    else:
        assert found(query, **more) is expected


def test_a_whole_name_is_not_the_beginning_of_another():
    stages = (Stage("1", "Train"), Stage("2", "Training", committed=True))
    scene = replace(SCENE, board=replace(BOARD, stages=stages))
    for query, there in (
        ("stage:train", ["1"]), ("stage:tra", ["1", "2"]), ("stage:training", ["2"]),
        ("stage:2", ["2"]),
    ):  # fmt: skip
        assert [at for at in "12" if matcher(query, scene)(card(stage=at))] == there
    for query in ("stage:0", "stage:3"):
        with pytest.raises(BadQuery, match="No stage begins with"):
            matcher(query, scene)


@pytest.mark.parametrize(
    ("query", "texts"),
    [("title:focal", {"focal"}), ("dataset:none", {""}), ("score:5/2", {"5/2"})],
)
def test_a_text_in_a_field_is_what_the_store_found(query: str, texts: set[str]) -> None:
    (asked,) = store_terms(query).fields
    there = replace(SCENE, answers=Answers(fields={asked: frozenset({"c1"})}))
    nowhere = replace(SCENE, answers=Answers(fields={asked: frozenset()}))
    without = query.endswith("none")
    assert matcher(query, there)(card()) is not without
    assert matcher(query, nowhere)(card()) is without
    assert matcher(query, there)(card(id="c2")) is without
