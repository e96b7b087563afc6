"""What fields of a card say in words."""

from datetime import UTC, datetime

import pytest

from mlkanban.core.card import Blocker
from mlkanban.core.field_kinds import BlockerKind, until_text
from mlkanban.core.models import BlockReason


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
    since = datetime(2026, 3, 2, tzinfo=UTC)
    block = Blocker(BlockReason.BUG, external=False, since=since, note="", until=until)
    assert BlockerKind().text(block) == ": ".join(filter(None, ("bug", text)))
