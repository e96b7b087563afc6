"""Help by situation and the tour: they name live keys that work where they are read."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.config import Settings
from mlkanban.display.card_face import Piece
from mlkanban.glyphs import UTF8, Glyphs, glyphs
from mlkanban.hints import hint
from mlkanban.runs.model.state import RunState
from mlkanban.tui.commands import (
    BOARD,
    BY_NAME,
    COMMANDS,
    HELP,
    HINT_KEYS,
    QUEUE,
    RUNS,
    hint_with_keys,
    keymap,
)
from mlkanban.tui.help_page import page, sections
from mlkanban.tui.help_text import PAGES, SITUATIONS, with_keys
from mlkanban.tui.screens.board import BoardScreen
from mlkanban.tui.screens.tour import TourScreen
from tests.tui.page import SMALL, opened

TEXTS = [(where, text) for where, some in SITUATIONS.items() for _, text in some] + [
    (BOARD, text) for _, text in PAGES
]


def texts(line: list[Piece]) -> str:
    return "".join(piece.text for piece in line)


@pytest.mark.parametrize(("where", "text"), TEXTS)
def test_every_key_that_is_named_works_on_that_screen(where: str, text: str) -> None:
    for name in re.findall(r"\{([^}]+)\}", text):
        assert where in BY_NAME[name].where, name
    assert "{" not in with_keys(text, COMMANDS)


async def test_help_says_what_to_press_with_the_persons_own_keys(used: Path) -> None:
    settings = Settings(keys={"card.block": "%"})
    async with opened(used, size=(80, 40), settings=settings) as board:
        await board.press("help")
        await board.keys("/")
        await board.type("reason")
        assert re.search(r"% +block with a reason", board.text())
        await board.keys("ctrl+g")
        await board.press("cursor.bottom")
        assert re.search(r"a card is stuck +% says by what", board.text())
        assert all(len(line.rstrip()) <= 80 for line in board.lines())


@pytest.mark.parametrize("size", [SMALL, (40, 10)])
async def test_the_tour_goes_through_its_pages_and_back_to_the_board(
    used: Path, size: tuple[int, int]
) -> None:
    async with opened(used, size=size) as board:
        await board.press("tour")
        for number, (title, _) in enumerate(PAGES, 1):
            assert any(line.strip().startswith(f"─ {title} ─") for line in board.lines())
            assert board.lines()[0].startswith(" Tour  the board in a minute ")
            assert board.lines()[0].rstrip().endswith(f"{number} of {len(PAGES)}")
            assert ("p previous" in board.status()) == (number > 1)
            await board.keys("n")
        assert isinstance(board.screen, BoardScreen)
        await board.press("tour")
        await board.keys("n", "p")
        assert f"─ {PAGES[0][0]} ─" in board.text()
        await board.keys("q")
        assert isinstance(board.screen, BoardScreen)


async def test_the_tour_comes_by_itself_only_at_the_first_start(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys("5")
        await board.answer("Chores")
        assert isinstance(board.screen, TourScreen)
        await board.keys("q")
        assert "Chores is ready" in board.status()
    async with opened(tmp_path / "data") as board:
        assert isinstance(board.screen, BoardScreen)


async def test_help_on_the_screen_of_runs_explains_every_state(used: Path) -> None:
    async with opened(used, size=(80, 60)) as board:
        await board.press("runs")
        await board.press("help")
        states = re.split("─ [A-Z].*", board.text())
        of_runs = next(part for part in states if "orphan" in part)
        explained = re.findall(r"^ {1,2}(\w+) +\w", of_runs, re.MULTILINE)
        assert set(explained) == set(RunState)
        assert all(len(line.rstrip()) <= 80 for line in board.lines())


@pytest.mark.parametrize(("width", "columns"), [(87, 1), (88, 2), (131, 2), (132, 3)])
def test_help_has_as_many_columns_as_fit(width: int, columns: int) -> None:
    lines = [texts(line) for line in page(sections(BOARD, COMMANDS), width, UTF8)]
    assert all(cell_len(line) <= width for line in lines)
    assert len(re.findall(r"─ [A-Z]", lines[0])) == columns


@given(
    st.sampled_from([BOARD, RUNS, HELP]),
    st.integers(20, 240),
    st.sampled_from([UTF8, glyphs("ascii")]),
    st.sampled_from(["", "card", "stage limit", "no such words"]),
)
def test_no_line_of_help_is_wider_than_its_room(
    about: str, width: int, characters: Glyphs, search: str
) -> None:
    for line in page(sections(about, COMMANDS), width, characters, search):
        assert cell_len(texts(line)) <= max(width, 40)


def test_the_group_of_the_last_key_comes_first() -> None:
    keys, _ = sections(BOARD, COMMANDS, "Find")
    assert [part.title for part in keys][:2] == ["Find", "Most used"]
    assert len({part.title for part in keys}) == len(keys)
    for moved in ("", "Look", "Screens"):
        keys, _ = sections(BOARD, COMMANDS, moved)
        assert keys[0].title == "Most used"
        assert keys[0].rows[0].left.startswith("L "), "moving cards, on the first page"
    queue, _ = sections(QUEUE, COMMANDS)
    assert {"Enter", "X", "b"} <= {row.left for row in queue[0].rows}


async def test_help_begins_with_what_was_done_last(used: Path) -> None:
    async with opened(used) as board:
        await board.press("filter")
        await board.keys("enter", "j", "?")
        assert board.lines()[1].startswith(" ─ Find ─")


async def test_help_is_searched_while_one_types(used: Path) -> None:
    async with opened(used) as board:
        await board.press("help")
        await board.keys("/")
        await board.type("snoo")
        assert "out of sight for a day" in board.text()
        assert "one place down in its stage" not in board.text()
        await board.keys("enter", "q")
        assert "one place down in its stage" in board.text()
        await board.keys("/")
        await board.type("xyzzy")
        assert "Nothing here has 'xyzzy' in it." in board.text()
        await board.keys("ctrl+g")
        assert "one place down in its stage" in board.text()
        await board.keys("q")
        assert isinstance(board.screen, BoardScreen)


# Hints from below


def test_every_hint_with_a_key_names_a_command_of_the_screen() -> None:
    assert {name for names in HINT_KEYS.values() for name in names.split()} <= set(BY_NAME)


@pytest.mark.parametrize(
    ("where", "shown"),
    [(BOARD, "See: B, or r."), (RUNS, "See: B on the board, or r on the board.")],
)
def test_a_hint_names_keys_and_where_they_work(where: str, shown: str) -> None:
    assert hint_with_keys(hint("See: {boards}, or {runs {}}.", "g1"), COMMANDS, where) == shown


def test_a_hint_names_the_persons_own_keys() -> None:
    commands, _ = keymap({"board.switch": "%"})
    assert hint_with_keys(hint("Make one: {init NAME}"), commands, BOARD) == "Make one: %"


def test_what_has_no_key_is_for_a_shell_which_is_said_once() -> None:
    text = hint("List them: {backup list}; restore one: {restore NAME}.")
    assert hint_with_keys(text, COMMANDS, BOARD) == (
        "List them: in a shell `mlkanban backup list`; restore one: `mlkanban restore NAME`."
    )


def test_words_of_a_person_are_not_read_as_a_hint() -> None:
    typed = "mlkanban boards {boards}"
    assert hint_with_keys(typed, COMMANDS, BOARD) == typed
    assert hint_with_keys(hint("No {}: {boards}", typed), COMMANDS, BOARD) == f"No {typed}: B"
