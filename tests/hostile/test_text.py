"""Any text at all: what is shown of it is harmless, and the commands take it or refuse it."""

import contextlib
import io
import os
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.cli.program import run
from mlkanban.text import display, display_lines
from tests.hostile.stream import strangers
from tests.hostile.texts import PIECES

CONTROLS = st.sampled_from(PIECES) | st.sampled_from(
    [chr(n) for n in (*range(32), *range(127, 160))]
)
TEXT = st.lists(CONTROLS | st.text(max_size=5), max_size=8).map("".join)


def harmless(text: str) -> bool:
    return strangers(text.encode(), (80, 24), screen=False) == []


@given(TEXT | st.text(st.characters()))
def test_what_is_shown_is_harmless(text: str) -> None:
    assert harmless(display(text))
    assert "\n" not in display(text)
    assert harmless(display_lines(text))
    assert display(display(text)) == display(text)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A board that is there for all examples."""
    home = {"MLKANBAN_HOME": str(tmp_path_factory.mktemp("home")), "HOME": "/nowhere"}
    with mock.patch.dict(os.environ, home):
        assert said(["init", "Fraud", "--timezone", "UTC"])[0] == 0
        yield


def said(line: list[str], stdin: str = "") -> tuple[int, str]:
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
        mock.patch("sys.stdin", io.StringIO(stdin)),
    ):
        code = run(line)
    return code, out.getvalue() + err.getvalue()


@pytest.mark.usefixtures("board")
@settings(max_examples=25)
@given(TEXT, TEXT, st.booleans())
def test_commands_take_it_or_refuse_it(title: str, more: str, json_too: bool) -> None:
    json = ["--json"] * json_too
    for line in (
        ["add", "--note", more, "--", title], ["list"], ["list", "-q", more], ["history"],
        ["add", "x", "--tag", more, "--checklist", title], ["views", "--save", title, "-q", more],
    ):  # fmt: skip
        code, out = said([*json, *line])
        assert code in (0, 1, 2, 3), (line, out)
        assert harmless(out), (line, out)
    code, out = said(["note", "nobody", "-"], stdin=more)
    assert code in (2, 3), out
    assert harmless(out), out


def test_the_parts_are_what_they_seem() -> None:
    """The watch sees every piece that must not get out."""
    shown = {piece for piece in PIECES if display(piece) != piece}
    caught = {
        piece
        for piece in shown
        if not harmless(piece.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    }
    assert caught >= {piece for piece in shown if not piece.startswith("\n")} - set("\ud800\udc9b")
    assert len(shown) > 20
