"""Every number of the catalogue is counted, put into words and JSON, and defined."""

import pytest

from mlkanban.charts.catalogue import CATALOGUE, FlowNumber
from mlkanban.display.number_text import number_view
from mlkanban.display.number_view import scope_text
from tests.flow.logs import sample, took

SOME = sample([took(f"c{n}", 2, start=n + 1) for n in range(10)], day=21, days=30)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_number_has_count_words_json_and_definition(entry: FlowNumber) -> None:
    view = number_view(entry.name)
    assert view.entry is entry
    number = view.count(SOME)
    summary = view.summary(number)
    assert summary.title
    assert summary.lines
    assert all(line.isascii() for line in summary.lines)
    assert view.to_json(number).keys() >= {"convention", "window", "from", "to", "as_of"}
    assert view.figures(number)
    assert entry.help
    assert entry.definition.endswith(".")


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_number_names_what_it_was_counted_from(entry: FlowNumber) -> None:
    view = number_view(entry.name)
    some = view.scoped(SOME)
    note = view.summary(view.count(some)).note
    assert "2026-01-21" in note
    assert ("all time to" in note) == entry.of_all_time
    # The expectation has a window of its own, and parts are followed from the first day on.
    assert (scope_text(some.scope) in note) == (entry.name not in ("sle", "burn-up"))


def test_no_name_and_no_key_is_given_twice() -> None:
    for given in ([entry.name for entry in CATALOGUE], [entry.key for entry in CATALOGUE]):
        assert [word for word in given if given.count(word) > 1] == []
