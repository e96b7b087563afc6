"""Labels of cards in jobs and tracker runs, written and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.labels import CardLabel, label_in, read_label, store_name

RUN = "20261130-184500-0123abcd"
stores = st.text("0123456789abcdef", min_size=8, max_size=8)
refs = st.from_regex(r"[a-z]{1,3}[0-9]{1,4}[a-z]?", fullmatch=True)


@given(stores | st.just(""), refs, st.sampled_from(["", RUN]))
def test_what_is_written_is_read_as_the_same(store, ref, run) -> None:
    label = CardLabel(store, ref, run)
    assert read_label(f" {label} ".upper()) == CardLabel(store, ref)
    for comment in (label.comment, f"night job, {label.comment} of ada", f"({label.comment})"):
        assert label_in(comment) == label


@pytest.mark.parametrize(
    "text", ["", "g", "12", "g12:3fa9c21b", "3fa9c21:g12", "3fa9c21bb:g12", "abcd1", "g12 and more"]
)
def test_what_is_no_label(text: str) -> None:
    assert read_label(text) is None


@pytest.mark.parametrize("comment", ["", "g12", "xmlk:g12", ":mlk:g12", "mlk:g12:x", "mlk:g"])
def test_a_comment_without_a_label(comment: str) -> None:
    assert label_in(comment) is None


def test_a_store_has_eight_digits_that_are_its_own() -> None:
    names = {store_name(f"replica {n}") for n in range(1000)}
    assert len(names) == 1000
    assert all(read_label(f"{name}:g1") == CardLabel(name, "g1") for name in names)
    assert store_name("replica") == "2739d8fb"
