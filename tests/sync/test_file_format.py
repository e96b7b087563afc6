"""A file is taken in as it was written, or not at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.events import Record
from mlkanban.core.timestamps import tick
from mlkanban.sync import file_format
from mlkanban.sync.file_format import read, written

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def record(rseq: int = 1, data: str = "{}", kind: str = "card.noted") -> Record:
    return Record(
        f"e{rseq}", "r", rseq, tick("", rseq), "2026", "ada", "h", "b", "c", kind, 1, data, "a", "",
        "f",
    )  # fmt: skip


def altered(**fields: Any) -> Record:
    """A record that may hold what no program of ours writes."""
    return replace(record(), **fields)


RECORDS = st.lists(TEXT, min_size=1, max_size=4).map(
    lambda texts: [record(n + 5, json.dumps({"note": text})) for n, text in enumerate(texts)]
)


@given(RECORDS)
def test_what_was_written_is_read(records) -> None:
    assert read(written(records), "r", 5).records == records


@given(RECORDS, st.data())
def test_a_part_of_a_file_is_nothing(records, data) -> None:
    whole = written(records)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert read(whole[:cut], "r", 5).fault


@given(RECORDS, st.data())
def test_a_changed_byte_is_found(records, data) -> None:
    whole = bytearray(written(records))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1
    assert read(bytes(whole), "r", 5).fault


@given(st.binary(max_size=60))
def test_any_bytes_are_read_without_a_crash(content) -> None:
    assert read(content, "r", 1).fault


@pytest.mark.parametrize(
    "bad",
    [
        record(2),
        record(data="[1]"),
        record(data='{"note": "half a character: \\ud83d"}'),
        record(data='{"set": {"tag:\\u0000": true}}'),
        altered(actor="\udc9b"),
        altered(host="\0"),
        record(data="{"),
        record(data='{"a":' * 40 + "1" + "}" * 40),
        altered(version="1"),
        altered(version=10**30),
        altered(rseq=True),
        altered(card=None),
    ],
)
def test_what_no_log_can_keep_is_not_taken_in(bad: Record) -> None:
    assert read(written([bad]), "r", 1).fault


@pytest.mark.parametrize("depth", [40, 200_000])
def test_brackets_without_end_are_a_fault_in_a_line_and_at_the_end(depth: int) -> None:
    whole = written([record()])
    for content in (
        written([record(data="[" * depth)]),
        whole.replace(b'"{}"', b"[" * depth),
        whole[: whole.rindex(b"{")] + b"[" * depth + b"\n",
    ):
        assert read(content, "r", 1).fault


def test_files_and_lines_have_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    long = record(data=json.dumps({"note": "x" * file_format.LONGEST}))
    assert read(written([long]), "r", 1).fault
    monkeypatch.setattr(file_format, "LARGEST", 10)
    assert "64 MB" in read(written([record()]), "r", 1).fault
