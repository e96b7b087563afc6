"""What goes over the line: the cells that changed, and the same picture as Textual's own."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, InlineUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from mlkanban.tui.thin_update import ThinUpdates
from tests.terminal import Terminal, visible
from tests.tui import boards

HEIGHT, BLOCKS, CELLS = 2, 4, 3
WIDTH = BLOCKS * CELLS
PROGRAM = [sys.executable, "-m", "mlkanban"]
CONSOLE = Console(color_system="truecolor", force_terminal=True)
STYLES = [
    None,
    *(
        Style.parse(text)
        for text in (
            "default on default", "#c2ccd9 on #11151b", "bold #c2ccd9 on #11151b",
            "#ff8a92 on #24354d", "red", "on blue", "reverse", "bold reverse", "underline green",
            "strike italic", "bold underline red on blue",
        )
    ),
]  # fmt: skip
TEXTS = ["   ", "abc", "ab ", " b ", "─▌…", "é漢", "👍 "]
CHANGES = st.lists(
    st.tuples(
        st.integers(0, HEIGHT - 1),
        st.integers(0, BLOCKS - 1),
        st.sampled_from(TEXTS),
        st.sampled_from(STYLES),
    ),
    min_size=1,
    max_size=6,
)


def cells(screen: pyte.Screen) -> list[tuple[object, ...]]:
    return [visible(screen.buffer[y][x]) for y in range(HEIGHT) for x in range(WIDTH)]


@given(st.lists(st.tuples(st.booleans(), CHANGES), min_size=1, max_size=5))
def test_the_picture_is_that_of_textual(
    steps: list[tuple[bool, list[tuple[int, int, str, Style | None]]]],
) -> None:
    """Two widgets side by side, of blocks of a few cells that change."""
    whole, thin = (pyte.Screen(WIDTH, HEIGHT) for _ in range(2))
    terminal = ThinUpdates()
    picture = [[Segment("   ")] * BLOCKS for _ in range(HEIGHT)]
    for all_of_it, changes in steps:
        spans: dict[int, list[int]] = {}
        for y, block, text, style in changes:
            picture[y][block] = Segment(text, style)
            spans.setdefault(y, []).append(block * CELLS)
        lines = [(Strip(line[:2]), Strip(line[2:])) for line in picture]
        frame: LayoutUpdate | ChopsUpdate = (
            LayoutUpdate([*lines], Region(0, 0, WIDTH, HEIGHT))
            if all_of_it
            else ChopsUpdate(
                [{0: left, 2 * CELLS: right} for left, right in lines],
                [(y, min(at), max(at) + CELLS) for y, at in sorted(spans.items())],
                [[2 * CELLS, WIDTH]] * HEIGHT,
            )
        )
        pyte.Stream(whole).feed(frame.render_segments(CONSOLE).replace("\n", "\r\n"))
        update = terminal.thin(frame)
        assert isinstance(update, LayoutUpdate | ChopsUpdate)
        pyte.Stream(thin).feed(update.render_segments(CONSOLE))
        assert cells(thin) == cells(whole)


def sent(terminal: ThinUpdates, *lines: str) -> str:
    style = Style.parse("#c2ccd9 on #11151b")
    strips = [(Strip([Segment(line, style)]),) for line in lines]
    update = terminal.thin(LayoutUpdate([*strips], Region(0, 0, len(lines[0]), len(lines))))
    assert isinstance(update, LayoutUpdate)
    return update.render_segments(CONSOLE)


def test_only_what_changed_is_sent() -> None:
    terminal = ThinUpdates()
    first = sent(terminal, "one card  ", "two cards ")
    assert sent(terminal, "one card  ", "two cards ") == ""
    assert "two c" not in sent(terminal, "one card  ", "two carts ")
    terminal.forget()
    assert sent(terminal, "one card  ", "two cards ") == first


def test_a_colour_is_sent_once_for_all_lines_that_have_it() -> None:
    spine, title, ground = (
        Style.parse(f"{c} on #11151b") for c in ("#3f4c60", "#f1f4f9", "#000000")
    )
    line = Strip([Segment("▌ ", spine), Segment("a card ", title)] * 3 + [Segment(" ", ground)])
    update = ThinUpdates().thin(LayoutUpdate([(line,)] * 20, Region(0, 0, 28, 20)))
    assert isinstance(update, LayoutUpdate)
    written = update.render_segments(CONSOLE)
    assert written.count("38;2;63;76;96") == written.count("38;2;241;244;249") == 1


def test_what_is_no_update_of_a_screen_is_left_alone() -> None:
    terminal = ThinUpdates()
    whole = sent(terminal, "one card")
    other = InlineUpdate([])
    assert terminal.thin(other) is other
    assert terminal.thin(None) is None
    assert sent(terminal, "one card") == whole


@pytest.fixture
def board(home: dict[str, str]) -> Iterator[Terminal]:
    boards.small_board(Path(home["MLKANBAN_HOME"]))
    with Terminal(PROGRAM, env=home, size=(160, 45)) as terminal:
        terminal.wait_for("embedding store")
        terminal.settle(quiet=1)
        yield terminal


def cost(terminal: Terminal, key: str) -> int:
    mark = terminal.mark()
    terminal.send(key)
    terminal.settle()
    return terminal.bytes_since(mark)


@pytest.mark.terminal
def test_a_key_costs_the_same_in_every_stage(board: Terminal) -> None:
    """Textual's own update sends 0.7 KB in the first stage and 3.5 KB in the last."""
    costs = [cost(board, key) for key in "12345678"]
    assert max(costs) < 2_000


@pytest.mark.terminal
def test_a_question_does_not_cost_a_screen(board: Terminal) -> None:
    assert cost(board, "/") + cost(board, "\x07") < 2_000


@pytest.mark.terminal
def test_what_something_else_wrote_over_the_board_goes_with_a_key(board: Terminal) -> None:
    before = board.cells()
    board.write_over("\x1b[20;10HThe system is going down for reboot NOW!")
    board.wait_for("going down for reboot")
    board.send("\x1b[15~")
    board.settle(quiet=0.5)
    assert board.cells() == before


@pytest.mark.terminal
@pytest.mark.parametrize("seed", range(3))
def test_any_keys_leave_the_picture_that_is_painted_anew(board: Terminal, seed: int) -> None:
    chance = Random(seed)
    for _ in range(12):
        board.send(chance.choice([*"jkhlJKHL12345678u", "?q", "/a\r", ":\x1b", "v", "\x1b"]))
        board.settle()
    for _ in range(2):  # out of a text, whose cursor would blink
        board.send("\x1b")
        board.settle(quiet=0.3)
    before = board.cells()
    board.notify(signal.SIGWINCH)
    board.settle(quiet=0.3)
    assert board.cells() == before
