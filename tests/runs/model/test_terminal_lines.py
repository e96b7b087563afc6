"""Logs as a terminal would leave them, compared with a terminal."""

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.terminal_lines import LONGEST, REACH, TerminalLines, screen_lines

BAR = "".join(f"\r{at}%|{'#' * at}| {at}/30 [loss=0.{at:03d}]" for at in range(31))


def in_pieces(text: str, size: int = 1, reach: int = REACH) -> list[str]:
    lines = TerminalLines(reach)
    made = [line for at in range(0, len(text), size) for line in lines.feed(text[at : at + size])]
    return made + lines.rest()


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("a\nb\n", ["a", "b", ""]),
        ("a\r\nb", ["a", "b"]),
        ("hello\rby", ["byllo"]),
        ("hello\r\x1b[Kby\n", ["by", ""]),
        ("hello\r     \r\n", ["", ""]),
        (f"{BAR}\nnext\n", [BAR.rpartition("\r")[2], "next", ""]),
        ("12%\b\b\b13%\n", ["13%", ""]),
        ("\x1b]0;title\x07\x1b[1;31mred\x1b[0m\n", ["red", ""]),
        ("日本\rab\n", ["ab本", ""]),
        ("\n\rB 1\x1b[A\rA 1\n\rB 2\x1b[A\rA 2\n\n", ["A 2", "B 2", ""]),
        ("a\x1b[2Cb\x1b[1Gc\x1b[3Dd", ["d  b"]),
        ("one\ntwo\x1b[1A\x1b[2Ksix\n", ["   six", "two"]),
        ("\a\x00plain\ttab", ["plain\ttab"]),
    ],
)
def test_what_a_terminal_would_show_is_left(log: str, shown: list[str]) -> None:
    assert screen_lines(log) == shown
    for size in (1, 2, 7):
        assert in_pieces(log, size) == shown


PARTS = st.sampled_from(
    ["ab", "0123456", "x", " ", "\r", "\n", "\b", "\x1b[A", "\x1b[K", "\x1b[1K", "\x1b[2K",
     "\x1b[C", "\x1b[2D", "\x1b[4G", "\x1b[31m", "█", "\x1b[J"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=25))
def test_any_log_is_shown_as_by_a_terminal(parts: list[str]) -> None:
    text = "".join(parts)
    screen = pyte.Screen(200, 60)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    wanted = [line.rstrip() for line in screen.display]
    shown = [line.rstrip() for line in screen_lines(text)]
    assert shown == wanted[: len(shown)]
    assert not any(wanted[len(shown) :])


def test_lines_that_nothing_changes_any_more_are_not_held_back() -> None:
    lines = TerminalLines()
    assert lines.feed("a\nb\nc") == ["a", "b"]
    assert lines.rest() == ["c"]
    # From now on the one above may be changed again.
    assert lines.feed("\nd\x1b[A\rC\n") == []
    assert lines.feed("D\n") == ["C"]
    assert lines.rest() == ["D", ""]


def test_an_endless_line_is_cut_and_says_so() -> None:
    lines = TerminalLines()
    for _ in range(40):
        assert lines.feed("x" * 65_536) == []
    [line] = lines.feed("\n")
    more = 40 * 65_536 - LONGEST
    assert line == "x" * LONGEST + f" ... {more:,} more characters in this line"
    assert lines.feed("short\n") == ["short"]


def test_an_unfinished_sequence_does_not_swallow_what_follows() -> None:
    assert in_pieces("a\x1b", 1) == ["a"]
    assert screen_lines("\x1b]" + "x" * 10_000 + "\nnext\n")[-2:] == ["next", ""]
