from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.quick_add import captured, card_lines, condition_in
from mlkanban.errors import UsageProblem

TODAY = date(2026, 3, 18)  # a Wednesday


def test_a_whole_card_in_one_line():
    made = captured(
        "focal loss on minority classes #nlp #GPU !high ^fri @exp metric:val_auc>=0.92"
        " budget:12runs",
        TODAY,
    )
    assert made.title == "focal loss on minority classes"
    assert made.fields == {
        "tags": ["nlp", "gpu"], "priority": "high", "due": "2026-03-20", "type": "experiment",
        "metric": {"name": "val_auc", "direction": ">=", "target": 0.92}, "budget": "12 runs",
    }  # fmt: skip
    assert (
        made.summary
        == "#nlp #gpu, experiment, priority high, due 2026-03-20, val_auc >=.92, budget 12 runs"
    )


@pytest.mark.parametrize(
    "title",
    [
        "fix #12", "ask @maria", "C# bindings", "what now !", "why !important", "x^2", "2 ^ 3",
        "^someday", "@", "#", "!", "metric: choose one", "metric:auc", "lr=3e-4", "a # b",
        "budget:12", "@mo",  # model or monitoring
    ],
)  # fmt: skip
def test_what_is_not_understood_stays_in_the_title(title):
    made = captured(title, TODAY)
    assert (made.title, made.fields, made.summary) == (title, {}, "")


@pytest.mark.parametrize(
    ("title", "doubt"),
    [
        ("w !hgih", "!hgih is no priority (urgent, high, normal, low); it stays in the title."),
        ("Report ^2026-02-30", "^2026-02-30 is no day"),
        ("y ^31.12.", "^31.12. is no day"),
        ("x ^frday", "^frday is no day"),
        ("z metric:auc>=", "metric:auc>= is no metric (write metric:auc>=0.9)"),
        ("z metirc:auc>=0.9", "metirc:auc>=0.9 is no mark; did you mean metric:"),
        ("z budget:12", "budget:12 is no budget"),
        ("z worth:much", "worth:much is no score"),
        ("z @experment", "@experment is no type"),
        ("z #None", "#None is no tag: tag:none finds cards without tags"),
    ],
)
def test_a_mark_that_is_none_stays_in_the_title_and_that_is_said(title, doubt):
    made = captured(title, TODAY)
    assert (made.title, made.fields) == (title, {})
    assert len(made.doubts) == 1
    assert made.doubts[0].startswith(doubt)


@pytest.mark.parametrize(
    "title",
    [
        "is p < 0.05! really x^2 enough?", "fix #12", "ask @maria", "C# bindings", "2 ^ 3", "^_^",
        "metric: choose one", "http://x.org/a", "note:this", r"\^someday \!important",
    ],
)  # fmt: skip
def test_of_plain_words_nothing_is_said(title):
    assert captured(title, TODAY).doubts == []


def test_a_second_mark_of_one_kind_is_not_swallowed():
    made = captured("x metric:a>=1 !high !low ^fri ^mon", TODAY)
    assert made.title == "x !low ^mon"
    assert (made.fields["metric"]["name"], made.fields["priority"]) == ("a", "high")
    assert made.doubts == [
        f"{word} is a second {what}, and a card has one; it stays in the title."
        for word, what in (("!low", "priority"), ("^mon", "due day"))
    ]


def test_the_first_metric_is_what_a_card_is_for_and_the_others_are_guards():
    made = captured("x metric:auc>=.95 metric:p95_ms<=50 metric:fpr<=1.25 metric:auc=.9", TODAY)
    assert (made.title, made.doubts) == ("x", [])
    assert made.fields == {
        "metric": {"name": "auc", "direction": ">=", "target": 0.95, "value": 0.9},
        "guards": [
            {"name": "p95_ms", "direction": "<=", "target": 50.0},
            {"name": "fpr", "direction": "<=", "target": 1.25},
        ],
    }
    assert made.summary == "auc .9/>=.95, p95_ms <=50, fpr <=1.25"
    unsure = captured("x metric:auc>=.95 metric:p95_ms=50 metric:auc>=.9", TODAY)
    assert unsure.title == "x metric:p95_ms=50 metric:auc>=.9"
    assert unsure.doubts == [
        "metric:p95_ms=50 has no limit, and a further metric is a guard (metric:p95_ms<=50);"
        " it stays in the title.",
        "metric:auc>=.9 is a second target of auc, and it has one; it stays in the title.",
    ]


def test_target_and_value_of_one_metric_are_both_kept():
    made = captured("x metric:auc>=0.9 metric:auc=0.87", TODAY)
    assert (made.title, made.doubts) == ("x", [])
    assert made.fields["metric"] == {
        "name": "auc", "direction": ">=", "target": 0.9, "value": 0.87,
    }  # fmt: skip


def test_a_backslash_keeps_a_word():
    made = captured(r"talk about \#nlp and \!high \n", TODAY)
    assert (made.title, made.fields) == (r"talk about #nlp and !high \n", {})


@given(st.text())
def test_no_word_is_lost(text):
    made = captured(text, TODAY)
    told = made.title.split()
    assert len(told) <= len(text.split())
    if not made.fields:
        assert len(told) == len(text.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ("", "")),
        ("4 GPUs from Thursday", ("4 GPUs from Thursday", "")),
        ("4 GPUs until:fri", ("4 GPUs", "2026-03-20")),
        ("until:card:g4 labels missing", ("labels missing", "card:g4")),
        ("until: later", ("until: later", "")),
        ("until:none", ("", "")),
        ("waiting until friday", ("waiting", "2026-03-20")),
        ("until 03-25, then we know", ("then we know", "2026-03-25")),
        ("until:01-02", ("", "2027-01-02")),
        ("Until card:g4 is there", ("is there", "card:g4")),
        ("until the GPUs are free", ("until the GPUs are free", "")),
        ("until fri\nticket 7", ("ticket 7", "2026-03-20")),
    ],
)
def test_what_lifts_a_block(text, found):
    assert condition_in(text, TODAY) == found


def test_a_condition_that_is_none_is_refused():
    with pytest.raises(UsageProblem, match="someday"):
        condition_in("wait until:someday", TODAY)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []), (" \n ", []), ("- one", ["- one"]), ("one\n\n two ", ["one", "two"]),
        ("- one\n- two", ["one", "two"]), ("1. one\n2) two\n* [ ] three\n+ [x] four\n\u2022 five",
                                           ["one", "two", "three", "four", "five"]),
        ("- one\ntwo", ["- one", "two"]), ("1234567890. a\n2. b", ["1234567890. a", "2. b"]),
        ("123456789. a\n2. b", ["a", "b"]), ("-one\n-two", ["-one", "-two"]),
        ("- [y] a\n- b", ["[y] a", "b"]),
    ],
)  # fmt: skip
def test_each_line_is_a_card_and_the_marks_of_a_list_go(text: str, lines: list[str]) -> None:
    assert card_lines(text) == lines


@pytest.mark.parametrize(
    ("line", "title", "fields", "doubts"),
    [
        ("x !h", "x", {"priority": "high"}, 0), ("x !HIGH", "x", {"priority": "high"}, 0),
        ("x !1", "x !1", {}, 0), ("x !", "x !", {}, 0), ("x @d", "x @d", {}, 0),
        ("x @de", "x", {"type": "deployment"}, 0), ("x @Data", "x", {"type": "data"}, 0),
        ("x @monitorin", "x", {"type": "monitoring"}, 0), ("x @modl", "x @modl", {}, 1),
        ("x ^none", "x ^none", {}, 0), ("x ^0d", "x", {"due": "2026-03-18"}, 0),
        ("x ^", "x ^", {}, 0), ("x ^^", "x ^^", {}, 0), ("x #a", "x", {"tags": ["a"]}, 0),
        ("x #1", "x #1", {}, 0), ("x #1a", "x", {"tags": ["1a"]}, 0), ("x #a#b", "x #a#b", {}, 0),
        ("#a #A #b", "", {"tags": ["a", "b"]}, 0), ("x #", "x #", {}, 0),
        ("x score:5/2", "x", {"score": "5/2"}, 0), ("x WORTH:5/2", "x", {"score": "5/2"}, 0),
        ("x score:none", "x score:none", {}, 0), ("x score:5/0", "x score:5/0", {}, 1),
        ("x budget:1run", "x", {"budget": "1 run"}, 0), ("x budget:", "x budget:", {}, 0),
        ("x budget:none", "x budget:none", {}, 0), ("x scor:5/2", "x scor:5/2", {}, 1),
        ("x metric:none", "x metric:none", {}, 0), ("x s:5/2", "x s:5/2", {}, 0),
        ("x metric:a=1", "x", {"metric": {"name": "a", "value": 1.0}}, 0),
        ("x metric:a=1 metric:a=2", "x metric:a=2", {"metric": {"name": "a", "value": 1.0}}, 1),
        ("x metric:a>=1 metric:a<=2", "x metric:a<=2",
         {"metric": {"name": "a", "direction": ">=", "target": 1.0}}, 1),
        ("x metric:a=1 metric:b=2", "x metric:b=2", {"metric": {"name": "a", "value": 1.0}}, 1),
        ("x score:1/1 score:2/1", "x score:2/1", {"score": "1/1"}, 1),
        ("x @data @model", "x @model", {"type": "data"}, 1),
        (r"\#a \b \metric:a=1 \@d", "#a \\b metric:a=1 @d", {}, 0),
    ],
)  # fmt: skip
def test_each_mark_by_itself(line, title, fields, doubts) -> None:
    made = captured(line, TODAY)
    assert (made.title, made.fields, len(made.doubts)) == (title, fields, doubts)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("until:2d", ("", "2026-03-20")), ("a until:run:7 b", ("a b", "run:7")),
        ("until:fri until:card:g4", ("", "card:g4")), ("until:", ("until:", "")),
        (" a  b ", ("a  b", "")), ("until:fri until:none", ("", "")),
    ],
)  # fmt: skip
def test_the_last_condition_counts(text, found) -> None:
    assert condition_in(text, TODAY) == found


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        ("x", ""), ("x #a #b", "#a #b"), ("x !low", "priority low"), ("x @data", "data"),
        ("x ^0d", "due 2026-03-18"), ("x score:5/2", "score 5/2 = 2.5"),
        ("x budget:2runs", "budget 2 runs"), ("x metric:a=1", "a 1"),
    ],
)  # fmt: skip
def test_what_was_understood_is_said(line: str, summary: str) -> None:
    assert captured(line, TODAY).summary == summary
