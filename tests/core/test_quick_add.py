from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.quick_add import captured, condition_in
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
    made = captured("x metric:a>=1 metric:b<=2 !high !low ^fri ^mon", TODAY)
    assert made.title == "x metric:b<=2 !low ^mon"
    assert (made.fields["metric"]["name"], made.fields["priority"]) == ("a", "high")
    assert made.doubts == [
        f"{word} is a second {what}, and a card has one; it stays in the title."
        for word, what in (("metric:b<=2", "metric"), ("!low", "priority"), ("^mon", "due day"))
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
    ],
)
def test_what_lifts_a_block(text, found):
    assert condition_in(text, TODAY) == found


def test_a_condition_that_is_none_is_refused():
    with pytest.raises(UsageProblem, match="someday"):
        condition_in("wait until:someday", TODAY)
