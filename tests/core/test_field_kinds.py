"""Fields of a card: what a stored value of each form may be, at its limits, what is typed for it,
and what texts say of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fractional_indexing import generate_n_keys_between
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import UNTIL_RUN, BlockReason, CardType, Health, ServiceClass
from mlkanban.core.card import Blocker, CheckItem, Metric, to_json
from mlkanban.core.card_fields import FIELD
from mlkanban.core.field_kinds import (
    BlockerKind,
    Checklist,
    Choice,
    Day,
    Flag,
    Guards,
    Members,
    MetricKind,
    MetricNumber,
    OtherCard,
    Place,
    Prose,
    SnoozedRun,
    Text,
    Title,
    is_card,
    is_condition,
    is_day,
    is_id,
    is_line,
    is_rank,
    is_ref,
    items_in,
    items_typed,
    metric_in,
    until_text,
)
from mlkanban.core.metrics import metric_text, parse_metrics
from mlkanban.errors import UsageProblem

ID = "0198f0a0-0000-7000-8000-000000000001"
TODAY = date(2026, 3, 20)  # a Friday
SINCE = datetime(2026, 3, 2, tzinfo=UTC)

LETTERS = "aZé0 -.:#x[]'\""
words = st.text("abZé0-.", min_size=1, max_size=5)
lines = st.text(LETTERS, max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
amounts = st.none() | numbers
days = st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat)
tags = st.text("abz0-", min_size=1, max_size=5).filter(lambda tag: tag != "none")
links = st.text("ab: /", min_size=1, max_size=8).filter(lambda link: link.strip())
refs = st.from_regex(r"[a-z]{1,3}[1-9][0-9]?", fullmatch=True)
origins = st.builds("{}:{}".format, st.sampled_from(("ablation-of", "retrain-of")), refs)


def typed(name: str, text: Text) -> Text:
    """What a person typed into a field, as the program takes it."""
    return FIELD[name].kind.parse(text, name, TODAY)


def written(name: str, taken: Text) -> Text:
    """What the program took, stored as an event stores it, as a person reads it again."""
    field = FIELD[name]
    if isinstance(field.kind, Members):
        return field.kind.text(field.read({f"{field.stored}{one}": True for one in taken}))
    if isinstance(field.kind, MetricNumber):
        return field.kind.text(field.read({"metric": {"name": "auc", name: float(str(taken))}}))
    if isinstance(field.kind, Checklist):
        return field.kind.text(field.read({name: items_typed(list(taken))}))
    return field.kind.text(field.read({field.stored: field.kind.accept(taken, name)}))


@pytest.mark.parametrize(
    ("value", "fits"),
    [(ID, True), (ID[:-1], False), (ID + "0", False), (ID.upper(), False), ("", False), (1, False)],
)
def test_a_long_id_has_its_form(value, fits) -> None:
    assert is_id(value) == fits
    assert is_card(value) == fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("g4", True), ("abcdefgh123456789abcdefgh", True), ("g", False), ("4", False),
        ("abcdefghi1", False), ("g1234567890", False), ("g4abcdefghi", False), ("G4", False),
        ("", False), (None, False),
    ],
)  # fmt: skip
def test_a_short_id_is_a_word_with_a_number(value, fits) -> None:
    assert is_ref(value) == fits
    assert is_card(value) == fits


@pytest.mark.parametrize(
    ("value", "fits"), [("a", True), (" a ", True), ("", False), (" ", False), ("a\nb", False)]
)
def test_a_line_says_something(value, fits) -> None:
    assert is_line(value) == fits
    assert not is_line(3)


def test_a_day_is_one_of_the_calendar_or_none() -> None:
    assert [is_day(text) for text in ("", "2026-02-28", "2026-2-28", "soon")] == [
        True, True, False, False,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="day"):
        is_day("2026-02-30")


@pytest.mark.parametrize(
    ("until", "fits"),
    [
        ("", True), ("2026-02-28", True), ("soon", False),
        ("card:g4", True), (f"card:{ID}", True), ("card:", False), ("card:!", False),
        ("run:r1", True), ("run:anything at all", True), ("run:", False), ("run", False),
        ("card", False), ("day:2026-02-28", False), ("g4", False),
    ],
)  # fmt: skip
def test_a_block_is_lifted_by_a_card_a_run_or_a_day(until, fits) -> None:
    assert is_condition(until) == fits


@pytest.mark.parametrize(
    ("rank", "fits"),
    [
        ("a0", True), ("a1V", True), ("a", False), ("a10", False), ("a0V", True), ("b00", True),
        ("b0", False), ("b00V", True), ("b00V0", False), ("z" + "0" * 26, True),
        ("z" + "0" * 25, False), ("Z0", True), ("Z", False), ("Y00", True), ("Y0", False),
        ("A" + "0" * 25 + "1", True), ("A" + "0" * 26, False), ("A" + "0" * 25, False),
        ("00", False), ("9", False), ("", False), ("a-", False), ("a" * 1001, False), (3, False),
    ],
)  # fmt: skip
def test_a_rank_says_how_long_it_is(rank, fits) -> None:
    assert is_rank(rank) == fits
    assert Place().is_valid([ID, rank]) == fits


@given(st.integers(1, 200), st.randoms())
def test_every_rank_that_is_made_is_one(many, random) -> None:
    ranks = generate_n_keys_between(None, None, many)
    for _ in range(20):
        at = random.randrange(len(ranks) + 1)
        before, after = ranks[at - 1] if at else None, ranks[at] if at < len(ranks) else None
        ranks[at:at] = generate_n_keys_between(before, after, 1)
    assert all(map(is_rank, ranks))


@pytest.mark.parametrize(
    "place", [[], [ID], ["a0"], [ID, "a0", ""], (ID, "a0"), [ID, 3], [3, "a0"], ["s1", "a0"], ID]
)
def test_a_place_is_a_stage_and_a_rank(place) -> None:
    assert not Place().is_valid(place)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("title", lines.filter(str.strip)),
        ("dataset", lines),
        ("hypothesis", lines.map(str.rstrip)),
        ("type", st.sampled_from(("", "DATA", " mod", "dep", "chore"))),
        ("health", st.sampled_from(("", "none", "NONE", "Ok", "retired", "w"))),
        ("due", days | st.sampled_from(("", "none", "fri", "3d", "2w"))),
        ("score", st.builds("{} / {}".format, st.integers(0, 99), st.integers(1, 9))),
        ("budget", st.sampled_from(("40 gpuh", "1run", "12 RUNS", ".5 gpu hours", "None"))),
        ("parent", refs | refs.map(str.upper) | st.sampled_from(("", "None"))),
        ("tags", st.lists(tags, max_size=4).map(" #".join)),
        ("links", st.lists(links, max_size=4).map("|".join)),
        ("needs", st.lists(refs, max_size=4).map(" ".join)),
        ("lineage", st.lists(origins, max_size=3).map(" ".join)),
        ("noise", numbers.map(str)),
        ("checklist", st.lists(lines.map(str.strip).filter(str), max_size=3).map(
            lambda items: tuple(f"[ ] {item}" for item in items))),
    ],
)  # fmt: skip
@given(st.data())
def test_what_is_written_of_a_value_is_read_as_the_same_value(
    name: str, texts: st.SearchStrategy[Text], data: st.DataObject
) -> None:
    taken = typed(name, data.draw(texts))
    assert written(name, taken) == taken
    kind = FIELD[name].kind
    shown = written(name, taken)
    assert typed(name, shown) == taken
    if isinstance(kind, Members):
        assert typed(name, kind.between.join(shown)) == taken


@given(
    st.builds(
        Metric, words.filter(lambda word: word != "none"), st.sampled_from((">=", "<=")), numbers,
        st.none(), st.none(), amounts,
    )
)  # fmt: skip
def test_a_metric_is_read_from_what_is_written_of_it(metric: Metric) -> None:
    text = MetricKind().text(metric)
    taken = MetricKind().parse(text, "metric", TODAY)
    assert taken == text
    assert metric_in(parse_metrics([str(taken)]).metric) == metric
    assert MetricKind().changed(str(text), str(text)).written == []


guards = st.builds(
    Metric, words.filter(lambda word: word != "none"), st.sampled_from((">=", "<=")),
    st.floats(allow_nan=False, allow_infinity=False), st.none(), st.none(), amounts,
)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "text", "metric", "names"),
    [
        ("auc>=0.9 auc=0.8", "auc>=0.9 auc=0.8 p95<=50", "auc >=.9", ["p95"]),
        ("auc=0.8", "auc=0.8 p95<=50", "auc", ["p95"]),
        ("auc>=0.9", "p95<=50 auc>=0.9", "p95 <=50", ["auc"]),
        ("auc>=0.9", "f1>=0.5", "f1 >=.5", []),
        ("auc>=0.9", "auc>=0.95", "auc >=.95", []),
    ],
)
def test_what_is_typed_behind_a_metric_in_a_form_is_a_guard(
    before: str, text: str, metric: str, names: list[str]
) -> None:
    had = parse_metrics([before])
    assert had.metric is not None
    had.metric.pop("value", None)  # that of the runs
    metrics = MetricKind().changed(text, before).metrics(had)
    assert metric_text(metrics.metric) == metric
    assert [guard["name"] for guard in metrics.guards] == names


@given(st.lists(guards, unique_by=lambda guard: guard.name, max_size=4))
def test_guards_are_read_from_what_is_written_of_them(some: list[Metric]) -> None:
    kind = Guards()
    text = kind.text(tuple(some))
    taken = kind.parse(text, "guards", TODAY)
    assert taken == text
    stored = kind.parts_of(taken)
    assert kind.read({"guards": stored}, "guards") == tuple(some)
    assert not some or kind.is_valid([to_json(guard) for guard in some])


def test_what_guards_another_machine_may_not_send() -> None:
    kind, guard = Guards(), to_json(Metric("p95", "<=", 50.0))
    assert kind.is_valid([guard])
    assert not kind.is_valid([guard, guard]), "one name twice"
    assert not kind.is_valid([{**guard, "target": None}]), "a guard without a limit"
    for wrong in ([{**guard, "name": ""}], [{**guard, "name": "a\nb"}]):
        assert not kind.is_valid(wrong)
    malformed: tuple[Any, ...] = (
        [{**guard, "direction": "<"}], [{**guard, "more": 1}], [guard, 3], {"a": 1},
    )  # fmt: skip
    for wrong in malformed:
        with pytest.raises((ValueError, TypeError)):
            kind.is_valid(wrong)
    assert kind.parse("none", "guards", TODAY) == ""
    with pytest.raises(UsageProblem, match="has no limit"):
        kind.parse("p95=48", "guards", TODAY)


@given(st.lists(st.builds(CheckItem, lines.map(str.strip).filter(str), st.booleans())))
def test_a_checklist_is_read_from_what_is_written_of_it(items: list[CheckItem]) -> None:
    assert items_in(items_typed(list(Checklist().text(items)))) == tuple(items)


def test_a_title_is_one_line_that_says_something() -> None:
    assert Title().parse(" Focal\nloss ", "title", TODAY) == "Focal loss"
    assert Title().is_valid("Focal loss")
    assert not Title().is_valid("Focal\nloss")
    assert not Title().is_valid("  ")
    with pytest.raises(UsageProblem, match="A title is needed"):
        Title().parse(" \n", "title", TODAY)


def test_only_whole_prose_keeps_the_blanks_around_it() -> None:
    text = "    indented, as code is\n\n- and a list"
    assert Prose(whole=True).parse(text, "hypothesis", TODAY) == text
    assert Prose(whole=True).text(text) == text
    assert Prose().parse(text, "verdict", TODAY) == text.strip()
    assert Prose().text(text) == text.strip()
    assert Prose().shown(text) == "indented, as code is - and a list"


def test_a_choice_is_told_by_how_one_word_begins() -> None:
    kind = Choice(CardType, CardType.EXPERIMENT)
    assert kind.parse(" DAT ", "type", TODAY) == "data"
    assert kind.parse("deployment", "type", TODAY) == "deployment"
    for text in ("d", "mo", "x", "datas", "none"):
        with pytest.raises(UsageProblem, match=f"'{text}' is no type") as refused:
            kind.parse(text, "type", TODAY)
        assert "Choose: experiment, data, " in refused.value.hint
    with pytest.raises(UsageProblem, match="'re' is no health"):
        Choice(Health).parse("re", "health", TODAY)


def test_none_clears_a_choice_that_a_card_may_be_without() -> None:
    for text in ("", " ", "none", "None "):
        assert Choice(Health).parse(text, "health", TODAY) == ""
    assert Choice(CardType, CardType.EXPERIMENT).parse("", "type", TODAY) == "experiment"
    assert Choice(Health).read({}, "health") is None
    assert Choice(ServiceClass, ServiceClass.STANDARD).read({}, "class") is ServiceClass.STANDARD
    assert Choice(Health).is_valid("")
    assert not Choice(ServiceClass, ServiceClass.STANDARD).is_valid("")
    assert not Choice(Health).is_valid("o")


def test_yes_is_written_of_a_flag() -> None:
    assert Flag().read({"archived": True}, "archived") is True
    assert Flag().read({}, "archived") is False
    assert (Flag().text(True), Flag().shown(True)) == ("yes", "yes")
    assert (Flag().text(False), Flag().shown(False)) == ("", "")
    assert not Flag().is_valid("yes")


def test_a_day_is_typed_as_people_say_it() -> None:
    assert Day().parse("fri", "due", TODAY) == "2026-03-27"
    assert Day().parse("NONE", "due", TODAY) == ""
    assert Day().read({"due": "2026-03-27"}, "due") == date(2026, 3, 27)
    assert Day().data(date(2026, 3, 27)) == "2026-03-27"
    assert Day().accept("2026-03-27", "due") == "2026-03-27"
    for value in ("27.3.2026", "2026-02-30", "20260327", 3, None):
        with pytest.raises(UsageProblem, match="is no day"):
            Day().accept(value, "due")


@pytest.mark.parametrize("text", ["none", "NONE", " None "])
def test_none_in_any_case_clears_what_is_no_free_text(text: str) -> None:
    assert OtherCard().parse(text, "parent", TODAY) == ""
    assert MetricKind().parse(text, "metric", TODAY) == ""
    assert MetricNumber().parse(text, "noise", TODAY) == ""
    for name in ("tags", "links", "needs", "lineage"):
        assert typed(name, text) == ()
    assert Prose().parse("none", "verdict", TODAY) == "none"


def test_links_have_a_bar_between_them_and_may_have_blanks_in_them() -> None:
    assert typed("links", "my notes | runs/4 of 7|") == ("my notes", "runs/4 of 7")
    kind = FIELD["links"].kind
    assert kind.shown(("my notes", "runs/4 of 7")) == "my notes | runs/4 of 7"
    assert kind.read({"link:run 10": True, "link:run 9": True, "link:x": False}, "link:") == (
        "run 9", "run 10",
    )  # fmt: skip


def test_tags_have_blanks_commas_or_number_signs_between_them() -> None:
    assert typed("tags", "Vision, #gpu gpu") == ("gpu", "vision")
    assert typed("tags", ("Big Data", " ")) == ("big-data",)
    kind = FIELD["tags"].kind
    assert kind.shown(("gpu", "vision")) == "#gpu #vision"
    assert list(FIELD["tags"].words({"tag:gpu": True, "tag:old": False})) == ["gpu"]


def test_a_member_has_to_say_something_and_none_cannot_be_added() -> None:
    kind = FIELD["tags"].kind
    assert isinstance(kind, Members)
    assert kind.accept(["GPU"], "tags") == ["gpu"]
    assert kind.member("none", "tags", added=False) == "none"
    for value, said in (("#", "An empty value"), ("None", "it means that there are none"),
                        (3, "is no text")):  # fmt: skip
        with pytest.raises(UsageProblem, match=said):
            kind.member(value, "tags")
    with pytest.raises(UsageProblem, match="is no list"):
        kind.accept("gpu", "tags")


def test_only_what_a_person_changed_in_a_metric_is_written() -> None:
    before = "auc>=0.9 auc=0.87"

    def changed(text: str) -> Sequence[str]:
        return MetricKind().changed(text, before).written

    assert changed(" auc>=0.95 auc=0.87 ") == ["auc>=0.95"]
    assert changed("auc>=0.9 auc=0.88") == ["auc=0.88"]
    assert changed("auc=0.87 auc>=0.95") == ["auc>=0.95"]
    assert changed("auc>=0.9") == []
    assert changed(before) == []
    assert changed("loss<=0.1") == ["loss<=0.1"]


def test_a_metric_is_written_by_what_it_aims_at_and_where_it_stands() -> None:
    text = MetricKind().text
    assert text(Metric("auc", ">=", 0.9, value=0.875)) == "auc>=0.9 auc=0.875"
    assert text(Metric("loss", "<=", 0.1)) == "loss<=0.1"
    assert text(Metric("auc", value=0.875)) == "auc=0.875"
    assert text(Metric("auc")) == "auc"
    assert text(None) == ""


def test_a_number_is_written_whole_and_shown_in_a_few_digits() -> None:
    kind = MetricNumber()
    assert kind.parse(" 1e-3 ", "noise", TODAY) == "0.001"
    assert kind.text(0.123456789) == "0.123456789"
    assert kind.shown(0.123456789) == "0.123457"
    assert kind.shown(0.25) == "0.25"
    assert kind.shown(0.0) == kind.shown(-0.0).removeprefix("-") == "0"
    assert (kind.text(None), kind.shown(None)) == ("", "")
    assert kind.read({"metric": {"name": "auc", "noise": 0}}, "noise") == 0.0
    assert kind.read({"metric": {"name": "auc"}}, "noise") is kind.read({}, "noise") is None
    with pytest.raises(UsageProblem, match="'some' is not a number"):
        kind.parse("some", "noise", TODAY)


def test_a_checklist_is_typed_as_lines() -> None:
    taken = Checklist().parse("[x] three seeds\nablation", "checklist", TODAY)
    assert taken == ("[x] three seeds", "ablation")
    items = items_in(items_typed([*taken, "", "[X]done", "[] to do"]))
    assert Checklist().text(items) == (
        "[x] three seeds", "[ ] ablation", "[x] done", "[ ] to do",
    )  # fmt: skip
    assert Checklist().brief([{}]) == "1 item"


def test_only_a_card_that_waits_for_a_run_is_snoozed_until_one() -> None:
    read = SnoozedRun().read
    assert read({"snoozed_until": UNTIL_RUN, "snoozed_run": "run:7"}, "snoozed_run") == "run:7"
    assert read({"snoozed_until": "2026-04-01", "snoozed_run": "run:7"}, "snoozed_run") == ""
    assert read({"snoozed_run": "run:7"}, "snoozed_run") == ""


@pytest.mark.parametrize(
    ("until", "text"),
    [
        ("card:v137", "until v137 is finished"),
        ("run:20260302-7", "until run 20260302-7 ends"),
        ("2026-03-31", "until 2026-03-31"),
        ("", ""),
    ],
)
def test_what_lifts_a_block_is_said_in_words(until: str, text: str) -> None:
    assert until_text(until) == text
    block = Blocker(BlockReason.BUG, external=False, since=SINCE, note="", until=until)
    assert BlockerKind().text(block) == ": ".join(filter(None, ("bug", text)))


KINDS = {
    # several, repeated, needed, what a card has where nothing is written
    "title": (False, False, True, ""), "dataset": (False, False, False, ""),
    "hypothesis": (False, False, False, ""), "type": (False, False, False, "experiment"),
    "health": (False, False, False, None), "archived": (False, False, False, False),
    "due": (False, False, False, None), "score": (False, False, False, ""),
    "parent": (False, False, False, ""), "tags": (True, True, False, ()),
    "lineage": (True, True, False, ()), "metric": (False, True, False, None),
    "noise": (False, False, False, None), "checklist": (True, True, False, ()),
    "blocked": (False, False, False, None), "snoozed_run": (False, False, False, ""),
    "stage": (False, False, True, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_what_each_kind_of_field_holds(name: str) -> None:
    kind = FIELD[name].kind
    assert (kind.several, kind.repeated, kind.needed, kind.blank) == KINDS[name]
    if not kind.needed:
        assert FIELD[name].read({}) == kind.blank


BLOCK = Blocker(BlockReason.BUG, external=False, since=SINCE)


@pytest.mark.parametrize(
    ("name", "value", "data"),
    [
        ("title", "x", "x"), ("title", "", ""), ("hypothesis", "x", "x"), ("hypothesis", "", ""),
        ("type", CardType.DATA, "data"), ("health", None, None), ("health", Health.OK, "ok"),
        ("archived", True, True), ("archived", False, False), ("due", None, None),
        ("due", date(2026, 3, 2), "2026-03-02"), ("score", "5/2", "5/2"), ("score", "", None),
        ("parent", "g1", "g1"), ("parent", "", None), ("tags", (), []), ("tags", ("a",), ["a"]),
        ("lineage", (), []),
        ("lineage", ("ablation-of:g1",), [{"kind": "ablation-of", "card": "g1"}]),
        ("metric", None, None), ("noise", None, None), ("noise", 0.5, 0.5),
        ("metric", Metric("auc", value=1.0), {
            "name": "auc", "direction": ">=", "target": None, "baseline": None, "noise": None,
            "value": 1.0}),
        ("checklist", (), []), ("snoozed_run", "", None), ("snoozed_run", "run:7", "run:7"),
        ("checklist", (CheckItem("x"), CheckItem("y", True, "s")), [
            {"text": "x", "done": False, "gate": ""}, {"text": "y", "done": True, "gate": "s"}]),
        ("blocked", None, None),
        ("blocked", BLOCK, {"reason": "bug", "external": False, "note": "", "until": None,
                            "since": "2026-03-02T00:00:00.000000Z"}),
    ],
)  # fmt: skip
def test_what_scripts_get_of_a_value(name: str, value: object, data: object) -> None:
    assert FIELD[name].kind.data(value) == data


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("title", {}, [""]), ("title", {"title": "Focal loss"}, ["Focal loss"]),
        ("dataset", {"dataset": None}, [""]), ("hypothesis", {"hypothesis": "x"}, ["x"]),
        ("tags", {"tag:b": True, "tag:a": True, "tag:c": False}, ["a", "b"]), ("tags", {}, []),
        ("links", {"link:run 10": True, "link:run 9": True}, ["run 10", "run 9"]),
        ("checklist", {}, []), ("checklist", {"checklist": [{"text": "x"}, {}]}, ["x", ""]),
        ("blocked", {}, [""]), ("blocked", {"blocker": {"reason": "bug"}}, [""]),
        ("blocked", {"blocker": {"reason": "bug", "note": "a leak"}}, ["a leak"]),
    ],
)  # fmt: skip
def test_what_search_looks_through(name: str, fields: dict[str, Any], words: list[str]) -> None:
    assert list(FIELD[name].words(fields)) == words


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("type", "data", "data"), ("health", "", ""), ("score", " 5 / 2 ", "5/2"),
        ("score", "none", ""), ("parent", " G1 ", "g1"), ("due", "", ""),
        ("links", ["a b", "c"], ["a b", "c"]), ("needs", ("G1",), ["g1"]), ("tags", [], []),
        ("title", "x", "x"), ("verdict", "x", "x"),
    ],
)  # fmt: skip
def test_what_a_use_case_is_given_is_kept(name: str, value: object, kept: object) -> None:
    assert FIELD[name].kind.accept(value, name) == kept


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("type", "dat", "is none of experiment, data"), ("type", "", "is none of"),
        ("health", 3, "is none of ok"), ("score", 5, "is no score"), ("score", "5", "is no score"),
        ("parent", 3, "is no card"), ("due", "soon", "is no day"), ("tags", "a", "is no list"),
        ("tags", [3], "is no text"), ("tags", [" "], "empty value"), ("verdict", 3, "is no text"),
    ],
)  # fmt: skip
def test_what_a_use_case_cannot_be_given(name: str, value: object, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        FIELD[name].kind.accept(value, name)


@pytest.mark.parametrize(
    ("name", "value", "text", "shown"),
    [
        ("title", "", "", ""), ("title", " x ", "x", " x "), ("health", None, "", ""),
        ("type", CardType.DATA, "data", "data"), ("due", None, "", ""),
        ("due", date(2026, 3, 2), "2026-03-02", "2026-03-02"), ("score", "", "", ""),
        ("score", "5/2", "5/2", "5/2 = 2.5"), ("parent", "", "", ""), ("tags", (), (), ""),
        ("needs", ("g1", "g2"), ("g1", "g2"), "g1 g2"), ("blocked", None, "", ""),
        ("blocked", BLOCK, "bug", None),
        ("lineage", ("ablation-of:g1",), ("ablation-of:g1",), None),
        ("verdict", " a\n  b ", "a\n  b", "a b"), ("noise", 0.5, "0.5", "0.5"),
    ],
)  # fmt: skip
def test_what_a_form_and_a_page_have_of_a_value(name, value, text, shown) -> None:
    kind = FIELD[name].kind
    assert kind.text(value) == text
    if shown is not None:
        assert kind.shown(value) == shown


def test_many_members_are_counted_on_a_page() -> None:
    kind = FIELD["tags"].kind
    assert kind.shown([f"t{n}" for n in range(50)]).endswith(" #t49")
    assert kind.shown([f"t{n}" for n in range(51)]).endswith(" #t49 +1 more")


@pytest.mark.parametrize(
    ("stored", "item"),
    [
        ({"text": "x"}, CheckItem("x")), ({"text": "x", "done": True}, CheckItem("x", True)),
        ({"text": "x", "done": None, "gate": None}, CheckItem("x")),
        ({"text": "x", "gate": "s"}, CheckItem("x", False, "s")),
    ],
)  # fmt: skip
def test_an_item_that_says_less_is_to_do_and_closes_nothing(stored, item) -> None:
    assert items_in([stored]) == (item,)


@pytest.mark.parametrize(
    ("stored", "metric"),
    [
        (None, None), ({}, None), ({"name": "auc"}, Metric("auc")),
        ({"name": "auc", "direction": None, "target": 0}, Metric("auc", ">=", 0.0)),
        ({"name": "auc", "direction": "<=", "baseline": 0, "noise": 0, "value": 0},
         Metric("auc", "<=", None, 0.0, 0.0, 0.0)),
    ],
)  # fmt: skip
def test_a_metric_that_says_less_aims_up(stored, metric) -> None:
    assert metric_in(stored) == metric
    assert MetricKind().read({"metric": stored}, "metric") == metric


def test_a_block_that_says_less_has_no_note_and_no_end() -> None:
    stored = {"reason": "bug", "external": False, "since": "2026-03-02T00:00:00+00:00"}
    read = BlockerKind().read
    assert read({"blocker": stored}, "blocker") == BLOCK
    more = {**stored, "external": True, "note": "x", "until": "run:7"}
    assert read({"blocker": more}, "blocker") == Blocker(BlockReason.BUG, True, SINCE, "x", "run:7")
    assert read({"blocker": {}}, "blocker") is read({}, "blocker") is None
    assert BlockerKind().brief(stored) == "bug"


@pytest.mark.parametrize(
    ("line", "stored"),
    [
        ("x", [("x", False)]), ("[ ] x", [("x", False)]), ("[x] x", [("x", True)]),
        ("[X]x", [("x", True)]), ("[]x", [("x", False)]), ("[y] x", [("[y] x", False)]),
        ("", []), ("[x]", []), ("[ ] ", []), ("  ", []), ("a\nb", [("a\nb", False)]),
    ],
)  # fmt: skip
def test_an_item_is_typed_with_or_without_its_box(line: str, stored) -> None:
    assert [(item["text"], item["done"]) for item in items_typed([line])] == stored
