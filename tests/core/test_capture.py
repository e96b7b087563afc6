from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.capture import captured, condition_in
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
        made.told
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
    assert (made.title, made.fields, made.told) == (title, {}, "")


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
