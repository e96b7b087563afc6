"""Another board, another theme, and a board that others work on at the same time."""

from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.core.events import Change
from mlkanban.exchange.event_log import read_log
from mlkanban.exchange.event_map import read_map
from mlkanban.tui.theme import load_themes
from tests.service.people import Person
from tests.tui.boards import started
from tests.tui.page import SMALL, opened


@pytest.fixture
def two_boards(small: Path) -> Path:
    ada = started(small, "Chores", "plain")
    ada.adds("water the plants")
    ada.service.close()
    return small


@pytest.fixture
def desk(tmp_path: Path) -> list[Change]:
    """A history from elsewhere, on a board of its own."""
    (tmp_path / "map.toml").write_text(
        'board = "Desk"\n[columns]\ncard = "c"\ntimestamp = "t"\nstate = "s"\n'
        '[[stage]]\nname = "Open"\nstates = ["open"]\ncommit = true\n'
        '[[stage]]\nname = "Closed"\nstates = ["closed"]\ndone = true\n'
    )
    (tmp_path / "log.csv").write_text("c,t,s\na,2026-01-01T08:00:00Z,open\n")
    return list(read_log(tmp_path / "log.csv", read_map(tmp_path / "map.toml")).changes())


async def test_boards_are_switched(two_boards: Path) -> None:
    async with opened(two_boards) as board:
        assert "Chores" in board.lines()[0]
        await board.press("board.switch", "cursor.up", "board.open")
        assert "Fraud" in board.lines()[0]
        assert len(board.stages()["Ideas"]) == 3
        await board.press("board.switch", "cursor.down")
        await board.keys("q")
        assert "Fraud" in board.lines()[0]


async def test_a_board_that_is_undone_with_its_import_makes_way(
    two_boards: Path, desk: list[Change]
) -> None:
    ada = Person(two_boards)
    ada.history.bring_in(desk)
    ada.service.close()
    async with opened(two_boards) as board:
        assert "Desk" in board.lines()[0]
        await board.press("card.open")
        await board.press("undo")
        assert "Chores" in board.lines()[0]
        assert board.stages() == {"To do": ["water the plants"]}
        assert "Do it again: in a shell `mlkanban --board desk redo`" in board.status()


async def test_the_only_board_that_is_undone_leaves_the_choice_of_templates(
    tmp_path: Path, desk: list[Change]
) -> None:
    ada = Person(tmp_path)
    ada.history.bring_in(desk)
    ada.service.close()
    async with opened(tmp_path) as board:
        await board.press("undo")
        assert "Welcome to mlkanban." in board.text()
        await board.keys("5", "M", "i", "n", "e", "enter")
        await board.keys("escape", "q")
        assert "Mine" in board.lines()[0]


async def test_a_filter_and_marks_belong_to_their_board(two_boards: Path) -> None:
    async with opened(two_boards) as board:
        await board.press("mark.all", "board.switch", "cursor.up", "board.open")
        assert board.marked() == set()
        await board.press("card.note")
        assert "Note on v1" in board.question()


async def test_changes_of_the_other_board_stay_there(two_boards: Path) -> None:
    async with opened(two_boards) as board:
        with board.store() as bob:
            fraud = bob.boards.find("fraud")
            bob.cards.add(fraud.id, "somewhere else")
            bob.cards.add(board.app.model.board.id, "here")
        await board.until(lambda: "here" in board.text())
        assert board.stages() == {"To do": ["water the plants", "here"]}


def without_spines(lines: list[str]) -> list[str]:
    """They are thinner where a theme has no faint colour."""
    return [line.translate(str.maketrans("█▌│", "   ")) for line in lines]


async def test_every_theme_draws_the_board_and_says_how_to_keep_it(small: Path) -> None:
    names = sorted(theme.name for theme in load_themes()[0])
    assert len(names) >= 5
    async with opened(small) as board:
        as_text = without_spines(board.lines()[:-1])
        for at, name in enumerate(names):
            await board.press("theme")
            await board.keys(str(at + 1))
            assert board.app.theme == name
            assert f"Theme {name}." in board.status()
            await board.press("cursor.down", "cursor.up")
            assert without_spines(board.lines()[:-1]) == as_text


async def test_the_theme_under_the_cursor_is_shown_and_taken_back(small: Path) -> None:
    names = sorted(theme.name for theme in load_themes()[0])
    async with opened(small) as board:
        before = board.app.theme
        after = names[names.index(before) + 1]
        await board.press("theme")
        assert f">{names.index(before) + 1}  {before}  in use" in board.text()
        await board.keys("j")
        assert board.app.theme == after
        assert f">{names.index(after) + 1}  {after}" in board.text()
        await board.keys("escape")
        assert board.app.theme == before
        await board.press("theme")
        await board.keys("down", "enter")
        assert board.app.theme == after
        assert f"Theme {after}." in board.status()
        await board.press("theme")
        await board.keys(*["k"] * 9)
        assert board.app.theme == names[0]


@pytest.mark.parametrize("name", sorted(theme.name for theme in load_themes()[0]))
async def test_every_theme_can_be_started_with(used: Path, name: str) -> None:
    async with opened(used, size=SMALL, settings=Settings(theme=name)) as board:
        for command in ("card.open", "back", "reports", "back", "stages", "back", "help", "back"):
            await board.press(command)
        assert board.app.theme == name
        assert "Fraud" in board.lines()[0]


async def test_an_unknown_theme_is_said_and_the_board_stands(small: Path) -> None:
    async with opened(small, settings=Settings(theme="neon")) as board:
        assert "There is no theme 'neon'" in board.status()
        assert "Fraud" in board.lines()[0]


async def test_an_added_stage_appears_for_everybody(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as bob:
            model = board.app.model.board
            bob.boards.add_stage(model.id, "Review", after=model.stages[1].id)
        await board.until(lambda: "3 Review" in board.text())
        assert board.stage("Training").cards() == ["logistic baseline"]


async def test_the_page_of_a_card_follows_others(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.open")
        with board.store() as bob:
            bob.cards.note(["v1"], "bob was here")
        await board.until(lambda: "bob was here" in board.text())


async def test_the_page_of_a_card_that_is_gone_closes(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as bob:
            gone = bob.cards.add(board.app.model.board.id, "short-lived").cards[0]
        await board.until(lambda: "short-lived" in board.text())
        await board.go_to("short-lived")
        await board.press("card.open")
        with board.store() as bob:
            bob.undoing.undo(board.app.model.board.id)
        await board.until(lambda: board.app.screen is board.board_screen)
        assert f"{gone.ref} is no more." in board.status()
