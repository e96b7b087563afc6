"""The real program in a real terminal: sizes, other processes, and every way it can end."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.color import Color

from mlkanban.service import Service
from mlkanban.theme_files import available
from tests.terminal import Terminal
from tests.test_glyphs import CP437
from tests.tui import boards
from tests.tui.page import clock
from tests.tui.test_hostile import HOSTILE, hostile

pytestmark = pytest.mark.terminal

__all__ = ["hostile"]
PROGRAM = [sys.executable, "-m", "mlkanban"]
BROKEN: list[str | Path] = [sys.executable, Path(__file__).with_name("starter.py")]
TITLE = "half a title, typed on a train"


@pytest.fixture
def env(home: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Somebody whose board is the small one."""
    boards.small_board(Path(home["MLKANBAN_HOME"]))
    return home


@pytest.fixture
def started(env: dict[str, str]) -> Iterator[Terminal]:
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("calibrate probabilities")
        terminal.settle()
        yield terminal


def drafts(env: dict[str, str]) -> str:
    folder = Path(env["MLKANBAN_HOME"]) / "drafts"
    return "".join(file.read_text() for file in folder.glob("*.json")) if folder.exists() else ""


def test_keys_typed_before_the_program_reads_them_keep_their_order(env: dict[str, str]) -> None:
    """The terminal is in its usual mode at first: Enter becomes a line feed there."""
    with Terminal(PROGRAM, env=env, size=(120, 35)) as terminal:
        terminal.send("nWrite card #tag\r/write\r")
        terminal.wait_for(lambda text: "Write card" in text and "calibrate" not in text)
        terminal.settle()
        assert "cancels" not in terminal.text
        assert "#tag/write" not in terminal.text
        terminal.send("Q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (40, 10), (20, 4), (400, 100)])
def test_it_starts_and_leaves_at_any_size(env: dict[str, str], size: tuple[int, int]) -> None:
    with Terminal(PROGRAM, env=env, size=size) as terminal:
        terminal.wait_for("Ideas")
        terminal.settle()
        terminal.send("jlh5")
        terminal.settle()
        terminal.send("Q")
        assert terminal.wait() == 0
        assert terminal.leftovers() == []


def test_resizing_on_the_way(started: Terminal) -> None:
    for columns, rows in ((160, 45), (30, 8), (100, 30), (1, 1), (80, 24)):
        started.resize(columns, rows)
        started.settle()
    started.wait_for("calibrate probabilities")
    started.send("q")
    assert started.wait() == 0


def test_what_another_process_writes_appears_without_a_key(
    started: Terminal, env: dict[str, str]
) -> None:
    bob = Service.open(Path(env["MLKANBAN_HOME"]), actor="bob", clock=clock)
    bob.cards.add(bob.boards.find().id, "written by somebody else")
    bob.close()
    since = time.monotonic()
    started.wait_for("written by somebody else", timeout=20)
    assert time.monotonic() - since < 5, "about one second, and generously less than five"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_clean_and_keeps_what_was_typed(
    started: Terminal, env: dict[str, str], number: signal.Signals
) -> None:
    started.send("n" + TITLE)
    started.wait_for(TITLE)
    assert started.terminate(number) == 128 + number
    assert started.leftovers() == []
    assert TITLE in drafts(env)
    with Terminal(PROGRAM, env=env, size=(160, 45)) as again:
        again.wait_for("Kept from last time: new card")
        again.send("n")
        again.wait_for(TITLE)
        again.send("\r")
        again.wait_for("added to Ideas")
        again.send("Q")
        again.wait()
    assert TITLE not in drafts(env)


def test_a_signal_keeps_a_form(started: Terminal, env: dict[str, str]) -> None:
    started.send("e")
    started.wait_for("Edit  v1")
    started.send(" and more")
    started.wait_for("probabilities and more")
    started.terminate(signal.SIGTERM)
    assert "probabilities and more" in drafts(env)
    with Terminal(PROGRAM, env=env) as again:
        again.wait_for("Kept from last time: edit v1")
        again.send("e")
        again.wait_for("probabilities and more")


@pytest.mark.parametrize(
    ("keys", "shown"), [("n", "New card"), ("e", "Edit  v1")], ids=["line", "form"]
)
def test_what_was_typed_for_a_while_outlives_kill_9(
    started: Terminal, env: dict[str, str], keys: str, shown: str
) -> None:
    started.send(keys)
    started.wait_for(shown)
    started.send(TITLE)
    deadline = time.monotonic() + 20
    while TITLE not in drafts(env):
        assert time.monotonic() < deadline, "it is kept every few seconds"
        time.sleep(0.1)
    assert started.terminate(signal.SIGKILL) == -signal.SIGKILL
    with Terminal(PROGRAM, env=env) as again:
        again.wait_for("Kept from last time: " + ("new card" if keys == "n" else "edit v1"))
        again.send(keys)
        again.wait_for(TITLE)


def test_a_signal_while_the_store_is_locked_keeps_the_text(
    started: Terminal, env: dict[str, str]
) -> None:
    started.send("n" + TITLE)
    started.wait_for(TITLE)
    lock = sqlite3.connect(next(Path(env["MLKANBAN_HOME"]).glob("*.db")), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    started.send("\r")
    started.settle()
    os.kill(started._process.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while TITLE not in drafts(env):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    lock.execute("ROLLBACK")
    lock.close()
    started.wait(40)
    assert started.leftovers() == []


def test_where_no_draft_can_be_kept_a_signal_still_ends_it(
    started: Terminal, env: dict[str, str]
) -> None:
    (Path(env["MLKANBAN_HOME"]) / "drafts").write_text("a file where the folder should be")
    started.send("n" + TITLE)
    started.wait_for(TITLE)
    assert started.terminate(signal.SIGTERM, timeout=5) == 128 + signal.SIGTERM
    assert started.leftovers() == []


def test_a_line_that_drops_ends_it_within_seconds_and_keeps_the_draft(
    started: Terminal, env: dict[str, str]
) -> None:
    started.send("n" + TITLE)
    started.wait_for(TITLE)
    started.hang_up()
    started.wait(timeout=5)
    assert TITLE in drafts(env)


def test_a_crash_restores_the_terminal_says_two_lines_and_keeps_what_was_typed(
    env: dict[str, str],
) -> None:
    with Terminal(BROKEN, env={**env, "BROKEN": "catch_up"}) as terminal:
        terminal.wait_for("calibrate probabilities")
        terminal.settle()
        terminal.send("n" + TITLE)
        terminal.wait_for(TITLE)
        bob = Service.open(Path(env["MLKANBAN_HOME"]), actor="bob", clock=clock)
        bob.cards.add(bob.boards.find().id, "the write that is noticed")
        bob.close()
        assert terminal.wait(20) == 4
        assert terminal.leftovers() == []
        said = [line for line in terminal.lines() if line]
        assert len(" ".join(said)) < 400, terminal.text
        assert "This should not have happened (RuntimeError: a planted crash)." in terminal.text
        assert "Traceback" not in terminal.text
    assert TITLE in drafts(env)
    log = Path(env["MLKANBAN_HOME"]) / "crash.log"
    assert "a planted crash" in log.read_text()
    assert TITLE not in log.read_text()


def test_a_terminal_that_cannot_is_told_so(env: dict[str, str]) -> None:
    with Terminal(PROGRAM, env={**env, "TERM": "dumb"}) as terminal:
        assert terminal.wait() == 2
        assert "This terminal (TERM=dumb) cannot show the board." in terminal.text.replace(
            "\n", " "
        )
        assert terminal.leftovers() == []
        assert b"\x1b[" not in terminal.raw


def test_without_colour_the_cursor_is_a_sign_and_no_colour_is_sent(env: dict[str, str]) -> None:
    for depth in ("truecolor", ""):
        colours = {"NO_COLOR": "1", "COLORTERM": depth}
        with Terminal(PROGRAM, env={**env, **colours}) as terminal:
            terminal.wait_for(" v1 ")
            terminal.settle()
            [first] = [y for y, line in enumerate(terminal.lines()) if line.startswith("  v1 ")]
            assert terminal.reversed_rows() == {first - 1, first}
            terminal.send("j")
            terminal.wait_for("  v2 ")
            terminal.settle()
            [second] = [y for y, line in enumerate(terminal.lines()) if line.startswith("  v2 ")]
            assert second in terminal.reversed_rows()
            assert first not in terminal.reversed_rows()
            terminal.send("n" + TITLE)
            terminal.wait_for(TITLE)
            terminal.send("\x07\x07")
            terminal.wait_for("? help")
            terminal.send(":")
            terminal.wait_for("A command or a card")
            assert colour_codes(terminal.raw) == set()


def test_the_console_of_linux_gets_its_own_characters_and_sixteen_colours(
    env: dict[str, str],
) -> None:
    console = {"TERM": "linux", "COLORTERM": ""}
    with Terminal(PROGRAM, env={**env, **console}, size=(100, 30)) as terminal:
        terminal.wait_for("embedding store")
        terminal.settle(quiet=0.5)
        for key in ("", "j", "T", "\x07", "?", "q", "\r", "q"):
            terminal.send(key)
            terminal.settle(quiet=0.5)
            assert set(terminal.text) <= {*CP437, "\n"}, key
        assert not any(code[:2] in ("38", "48") for code in colour_codes(terminal.raw))


def test_letters_behind_colon_in_one_packet_never_act_on_the_board(started: Terminal) -> None:
    """In each packet the palette opens, closes and opens again: y copies an id, x archives."""
    for packet in (":fra\x07j", ":x\x07:y\x07", ":x\x07:y"):
        started.send(packet)
        started.rest(0.1)
    started.settle()
    started.send("\x07")
    started.settle()
    started.wait_for("calibrate probabilities")
    started.send("gl")
    started.wait_for("No messages yet.")


def test_keys_that_come_with_the_one_that_cancels_are_not_text(started: Terminal) -> None:
    for _ in range(10):
        started.send("n" + TITLE)
        started.wait_for(TITLE)
        started.send("\x07j:")
        started.wait_for("A command or a card")
        started.send("\x1b")
        started.wait_for(lambda text: "A command or a card" not in text)
    started.wait_for("Enter open")


@pytest.mark.parametrize("name", sorted(available()[0]))
def test_the_first_picture_has_the_colours_of_the_theme(env: dict[str, str], name: str) -> None:
    theme = available()[0][name]
    with Terminal(PROGRAM, env={**env, "MLKANBAN_THEME": name}) as terminal:
        terminal.wait_for("calibrate probabilities")
        terminal.settle()
        sent = colour_codes(terminal.raw)
    grounds = {theme.colors["background"], theme.board["cursor-bg"]}
    if theme.ansi:
        assert not any("8;2;" in code for code in sent)
    else:
        assert {code for code in sent if code.startswith("48;")} == {
            "48;2;" + ";".join(map(str, Color.parse(ground).rgb)) for ground in grounds
        }


@pytest.mark.parametrize("term", ["xterm", "screen"])
def test_sixteen_colours_get_the_theme_made_for_them(env: dict[str, str], term: str) -> None:
    few = {"TERM": term, "COLORTERM": "", "MLKANBAN_THEME": "mlkanban-light"}
    with Terminal(PROGRAM, env={**env, **few}) as terminal:
        terminal.wait_for("calibrate probabilities")
        terminal.settle()
        assert not {"47", "107"} & colour_codes(terminal.raw)  # no light ground


@pytest.mark.parametrize("term", ["screen", "xterm", "linux", "tmux-256color"])
def test_it_draws_with_few_colours(env: dict[str, str], term: str) -> None:
    with Terminal(PROGRAM, env={**env, "TERM": term, "COLORTERM": ""}) as terminal:
        terminal.wait_for("calibrate probabilities")
        terminal.settle()
        assert b"8;2;" not in terminal.raw


def colour_codes(raw: bytes) -> set[str]:
    """The colours that were asked for, each by its code; the terminal's own (39, 49) are none."""
    found = set()
    for codes in re.findall(rb"\x1b\[([\d;]+)m", raw):
        for code in re.findall(r"[345]8;(?:2;\d+;\d+;\d+|5;\d+)|\d+", codes.decode()):
            if re.fullmatch(r"[34]8;.*|(3|4|9|10)[0-7]", code):
                found.add(code)
    return found


def forbidden(raw: bytes) -> list[str]:
    """What must never come out: other people's escape sequences and controls."""
    # Textual's own: the shape of the mouse pointer.
    text = re.sub(rb"\x1b\]22;[a-z]+\x07", b"", raw).decode("utf-8", "replace")
    found = [name for name in ("\x1b]52", "\x1b]0", "\x07") if name in text]
    return found + [
        f"U+{ord(c):04X}"
        for c in set(text)
        if "\x7f" <= c <= "\x9f" or unicodedata.bidirectional(c) in _BIDI or c in "\u200e\u200f"
    ]


_BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 10)])
def test_hostile_cards_reach_no_terminal_function(
    home: dict[str, str], hostile: Path, size: tuple[int, int]
) -> None:
    with Terminal(PROGRAM, env={**home, "MLKANBAN_HOME": str(hostile)}, size=size) as terminal:
        terminal.wait_for("cfg[lr")
        terminal.settle()
        for _ in HOSTILE:
            for keys, seen in (
                ("\r", "e edit"), ("q", "Enter open"), ("m", "q  cancel"), ("5", "override"),
                ("w", "Swap"), ("q", "Nothing was moved."), ("p", "urgent"), ("u", "saved"),
            ):  # fmt: skip
                terminal.send(keys)
                terminal.wait_for(seen)
            terminal.send("j")
            terminal.wait_for("Enter open")
        terminal.send(":")
        terminal.wait_for("A command or a card")
        terminal.send("clipb")
        terminal.wait_for("v2    ")
        assert forbidden(terminal.raw) == []
        terminal.send("\x07")
        terminal.terminate()
        assert terminal.leftovers() == []


def test_in_the_terminal_each_column_starts_at_the_same_cell(
    home: dict[str, str], hostile: Path
) -> None:
    with Terminal(PROGRAM, env={**home, "MLKANBAN_HOME": str(hostile)}, size=(160, 45)) as terminal:
        terminal.wait_for("cfg[lr")
        terminal.settle()
        # By cells: pyte keeps a wide character in one and leaves the next one empty.
        rows = terminal._screen.buffer
        names = "".join(rows[1][x].data or " " for x in range(160))
        starts = [name.start() for name in re.finditer(r"(?<!\S)\d [^\d\s]", names)]
        assert len(starts) == 8
        for y in range(3, 36):  # the preview is below
            for x in starts:
                assert rows[y][x].data in "█▌ ", (y, x, terminal.lines()[y])
                assert not x or rows[y][x - 1].data == " ", (y, x, terminal.lines()[y])


@pytest.mark.parametrize("bad", [b"\xe9a", b"\x80", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80"])
def test_bytes_that_are_no_utf8_are_passed_over(started: Terminal, bad: bytes) -> None:
    started.send("n" + TITLE)
    started.wait_for(TITLE)
    started.send(bad + b"!\r")
    started.wait_for(re.compile(rf"added|{TITLE[:10]}").search)
    started.send("?")
    started.wait_for("Help  board")
    started.send("Q")
    assert started.wait() == 0


def test_a_paste_that_never_ends_takes_the_keys_for_a_moment_only(started: Terminal) -> None:
    started.send("n\x1b[200~half a paste")
    started.wait_for("half a paste")
    started.send("!")
    started.wait_for("half a paste!")


def test_reports_of_the_terminal_press_no_keys(started: Terminal) -> None:
    started.send("\x1b[?62;4c\x1b[1114112;5u\x1b[97;5:3u\x1b]11;rgb:0/0/0\x1b\\n")
    started.wait_for("New card in Ideas")
    assert "Go to" not in started.text


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_copied_id_is_in_the_buffer_of_a_real_tmux(env: dict[str, str]) -> None:
    """With set-clipboard on, tmux takes what the program copies by OSC 52."""
    tmux = ["tmux", "-L", f"mlkanban-test-{os.getpid()}"]

    def says(*words: str) -> str:
        done = subprocess.run([*tmux, *words], env=env, capture_output=True, text=True, check=False)
        return done.stdout

    def wait_for(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline, says("capture-pane", "-p")
            time.sleep(0.1)

    try:
        says("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24")
        says("set", "-s", "set-clipboard", "on")
        says("send-keys", " ".join(map(str, PROGRAM)), "Enter")
        wait_for(lambda: "calibrate" in says("capture-pane", "-p"))
        says("send-keys", "y")
        wait_for(lambda: says("show-buffer") == "v1")
    finally:
        says("kill-server")
