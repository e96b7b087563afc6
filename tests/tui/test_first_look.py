"""The first picture is painted from a part of a large board, and shows what all of it shows."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from mlkanban import demo
from mlkanban.display.card_face import FaceContext
from mlkanban.service import FirstLook, Service, Snapshot
from mlkanban.tui.app import BoardApp, look_first
from mlkanban.tui.board_model import MANY_CARDS, BoardModel
from mlkanban.tui.commands import BY_NAME
from tests.tui.page import NOW, ROOMY, SMALL, Page, clock, opened

SLE_DAYS = 5


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A board with models in use, runs, cards that wait, are blocked, snoozed or late."""
    service = Service.open(tmp_path, actor="ada", clock=clock)
    demo.fill(service, NOW)
    service.close()
    return tmp_path


def models(data: Path, most: int) -> tuple[BoardModel, BoardModel]:
    """The board from its first `most` cards a stage, and from all."""
    service = Service.open(data, actor="ada", clock=clock, write=False)
    try:
        snapshot = service.boards.snapshot(service.boards.find().id)
        today = FaceContext.at(snapshot.board, NOW).today
        whole = BoardModel.of(snapshot.board, snapshot.faces, today)
        whole.expect(SLE_DAYS)
        first = service.boards.first_look(snapshot.board.id, today, whole._oldest, most)
    finally:
        service.close()
    return BoardModel.at_first(first, today, SLE_DAYS), whole


def counts(model: BoardModel) -> dict[str, object]:
    stages = range(len(model.board.stages))
    return {
        "heads": [model.header(at) for at in stages],
        "cards": [model.cards(at) for at in stages],
        "sums": (model.blocked, model.late, model.past_sle, model.used),
        "runs": (+model.queued, +model.held),
        "asleep": +Counter(model.asleep),
        "waits": (model.waits, model.needed_by),
    }


@pytest.mark.parametrize("most", [1, 2, 300])
@pytest.mark.parametrize("board", ["full", "used", "long"])
def test_the_first_look_counts_all_cards(
    request: pytest.FixtureRequest, board: str, most: int
) -> None:
    first, whole = models(request.getfixturevalue(board), most)
    assert counts(first) == counts(whole)
    for few, all_ in zip(first.columns, whole.columns, strict=True):
        assert few[:most] == all_[:most]


def test_cards_of_removed_stages_are_in_the_first_look(used: Path) -> None:
    """Another machine may have moved one there before it knew that the stage was removed."""
    service = Service.open(used, actor="ada", clock=clock)
    with service._context.store.writing() as conn:
        conn.execute("UPDATE card SET stage = 'gone' WHERE outcome = '' AND NOT archived")
    service.close()
    first, whole = models(used, 1)
    assert len(first.columns[0]) == len(whole.columns[0]) > 1
    assert counts(first)["cards"] == counts(whole)["cards"]


def before_rest(patch: pytest.MonkeyPatch, act: Callable[[BoardApp], None]) -> None:
    """Do something between the first picture and the reading of the rest."""
    read_rest = BoardApp._read_rest

    async def acted(app: BoardApp) -> None:
        while app._board_screen is None or app._board_screen.preview.waiting:
            await asyncio.sleep(0.01)
        act(app)
        await read_rest(app)

    patch.setattr(BoardApp, "_read_rest", acted)


@pytest.mark.parametrize("size", [SMALL, ROOMY])
async def test_the_rest_comes_without_another_picture(
    long: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """And a key that came meanwhile goes to the last of all cards."""
    pictures: list[list[str]] = []

    def act(app: BoardApp) -> None:
        page = Page(app, cast("Pilot[Any]", None), long)
        assert not app.model.complete
        pictures.append(page.lines()[: page.board_view.size.height])
        page.send(*BY_NAME["cursor.bottom"].keys[:1])

    before_rest(monkeypatch, act)
    async with opened(long, size=size, first=MANY_CARDS) as board:
        model = board.app.model
        assert model.complete
        assert model.rows[model.stage] == len(model.columns[model.stage]) - 1 > MANY_CARDS
        await board.press("cursor.top")
        pictures.append(board.lines()[: board.board_view.size.height])
    async with opened(long, size=size) as board:
        pictures.append(board.lines()[: board.board_view.size.height])
    assert pictures[0] == pictures[1] == pictures[2]


async def test_what_was_changed_meanwhile_is_shown(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(app: BoardApp) -> None:
        with Page(app, cast("Pilot[Any]", None), small).store() as service:
            service.cards.add(app.model.board.id, "written meanwhile")

    before_rest(monkeypatch, act)
    async with opened(small, first=1) as board:
        assert "written meanwhile" in board.text()


def test_a_small_board_is_read_once(full: Path) -> None:
    service = Service.open(full, actor="ada", clock=clock, write=False)
    cards = len(service.boards.snapshot(service.boards.find().id).faces)
    whole = look_first(service, "", NOW, cards)
    part = look_first(service, "", NOW, cards - 1)
    service.close()
    assert isinstance(whole, Snapshot)
    assert len(whole.faces) == cards
    assert isinstance(part, FirstLook)
