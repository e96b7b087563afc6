"""The model of the board: what one change at a time makes of it is what a fresh look would see."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.tui.board_model import BoardModel

BOARD = Board(
    id="b",
    key="b",
    name="B",
    stages=tuple(Stage(id=f"s{n}", name=f"S{n}", committed=n in (1, 2)) for n in range(4)),
)


def face(
    number: int,
    stage: str,
    rank: str,
    title: str,
    archived: int,
    outcome: str,
    snoozed: str,
    due: str = "",
    started: str = "",
    needs: str = "",
) -> CardFace:
    return CardFace(
        id=f"c{number}", ref=f"r{number}", stage=stage, rank=rank, title=title, type="data",
        priority="normal", service_class="standard", tags="", due=due, snoozed_until=snoozed,
        block_reason="", block_external=0, metric="", work="attended", outcome=outcome,
        archived=archived, created_at="", entered_at="", started_at=started, finished_at="",
        version=1, needs=needs,
    )  # fmt: skip


FACES = st.builds(
    face,
    st.integers(0, 12),
    st.sampled_from(["s0", "s1", "s2", "s3", "removed"]),
    st.sampled_from("abcd"),
    st.sampled_from(["focal loss", "drift", "loss of labels"]),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from(["", "", "shipped"]),
    st.sampled_from(["", "", "2026-03-20", "2026-03-21"]),
    st.sampled_from(["", "2026-03-19", "2026-03-20"]),
    st.sampled_from(["", "2026-03-01T00:00:00.000000Z", "2026-03-19T00:00:00.000000Z"]),
    st.sampled_from(["", "r1", "r1 r2"]),
)
TODAY = date(2026, 3, 20)
UPDATES = st.lists(
    st.tuples(st.lists(FACES, max_size=4), st.lists(st.integers(0, 12), max_size=2)), max_size=6
)


@given(st.lists(FACES, max_size=12), UPDATES, st.sampled_from(["", "loss"]), st.booleans())
def test_updates_and_a_fresh_look_agree(
    start: list[CardFace],
    updates: list[tuple[list[CardFace], list[int]]],
    words: str,
    everything: bool,
) -> None:
    cards = {card.id: card for card in start}
    model = BoardModel.of(BOARD, cards.values(), TODAY)
    model.filter(words)
    model.show_everything(everything)
    model.expect(5)
    model.marks |= set(cards)
    for changed, gone in updates:
        unique = {card.id: card for card in changed}
        lost = {f"c{n}" for n in gone} - unique.keys()
        shown = {f.id for column in model.columns for f in column}
        touched = model.update(unique.values(), lost)
        cards = {name: card for name, card in (cards | unique).items() if name not in lost}

        fresh = BoardModel.of(BOARD, cards.values(), TODAY)
        fresh.expect(5)
        fresh.filter(words)
        fresh.show_everything(everything)
        assert model.columns == fresh.columns
        empty = {name: load for name, load in model.loads.items() if load.total}
        assert empty == {name: load for name, load in fresh.loads.items() if load.total}
        assert (model.late, model.past_sle) == (fresh.late, fresh.past_sle)
        assert model.needed_by == fresh.needed_by
        assert model.marks <= cards.keys()
        for at, column in enumerate(model.columns):
            assert 0 <= model.rows[at] <= max(0, len(column) - 1)
        moved = shown ^ {f.id for column in model.columns for f in column}
        assert touched or not moved


@given(st.lists(FACES, min_size=1, max_size=12), st.sampled_from(["s0", "s1", "s3"]))
def test_the_cursor_stays_with_its_card(start: list[CardFace], to: str) -> None:
    model = BoardModel.of(BOARD, {card.id: card for card in start}.values(), TODAY)
    model.filter("")
    here = model.current
    if here is None:
        return
    above = face(99, here.stage, "Z", "above", 0, "", "")
    model.update([above], ())
    assert model.current == here
    assert model.go_to(here.id)
    assert model.current == here
