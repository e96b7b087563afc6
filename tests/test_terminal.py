import signal
import sys
import time

import pytest

from tests.terminal import DOWN, ENTER, Terminal

pytestmark = pytest.mark.terminal

APP = """
from textual.app import App
from textual.widgets import Label

class Small(App):
    BINDINGS = [("q", "quit"), ("down", "say")]

    def compose(self):
        yield Label("Hello, 世界")

    def action_say(self):
        self.query_one(Label).update("Pressed")

    def on_resize(self, event):
        self.query_one(Label).update(f"Now {event.size.width}")

Small().run()
print("bye")
"""


def python(code: str, home: dict[str, str], size: tuple[int, int] = (80, 24)) -> Terminal:
    return Terminal([sys.executable, "-c", code], env=home, size=size)


def test_keys_go_in_and_the_screen_comes_out(home: dict[str, str]) -> None:
    with python("print('Hello', input('Name? '))", home) as terminal:
        terminal.wait_for("Name?")
        mark = terminal.mark()
        terminal.send("Ada" + ENTER)
        assert terminal.wait() == 0
        assert terminal.lines()[:2] == ["Name? Ada", "Hello Ada"]
        assert terminal.bytes_since(mark) == len("Ada\r\nHello Ada\r\n")
        assert terminal.leftovers() == []


def test_the_program_sees_only_the_environment_given(home: dict[str, str]) -> None:
    code = "import os; print(*sorted(os.environ)); print(os.get_terminal_size())"
    with python(code, home, size=(160, 45)) as terminal:
        terminal.wait()
        seen = set(terminal.lines()[0].split()) - {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
        assert seen == {*home, "TERM", "COLORTERM"}
        assert "columns=160, lines=45" in terminal.text


def test_an_ended_program_and_a_missing_text_are_told(home: dict[str, str]) -> None:
    with python("print('only this'); raise SystemExit(3)", home) as terminal:
        with pytest.raises(AssertionError, match="only this"):
            terminal.wait_for("something else")
        assert terminal.exit_status == 3


def test_signals(home: dict[str, str]) -> None:
    with python("import time; print('up'); time.sleep(60)", home) as terminal:
        terminal.wait_for("up")
        assert terminal.exit_status is None
        assert terminal.terminate(signal.SIGHUP) == -signal.SIGHUP


def test_settle_waits_for_the_end_of_a_burst(home: dict[str, str]) -> None:
    code = "import time\nfor i in range(5): print(i, flush=True); time.sleep(0.05)\ntime.sleep(60)"
    with python(code, home) as terminal:
        terminal.settle(quiet=0.3)
        assert terminal.lines()[:5] == list("01234")
        assert terminal.started < terminal.last_output < time.monotonic() - 0.29


def test_cost_is_that_of_the_program_alone(home: dict[str, str]) -> None:
    ballast = bytearray(200_000_000)
    code = "x = b'x' * 50_000_000\nsum(range(3_000_000))\ninput('ready')"
    with python(code, home) as terminal:
        terminal.wait_for("ready")
        running = terminal.cpu_seconds()
        assert 0.01 < running < 5
        terminal.send(ENTER)
        terminal.wait()
        assert terminal.cpu_seconds() >= running
        assert 50_000_000 < terminal.peak_rss() < 120_000_000
    del ballast


def test_sequences_that_pyte_does_not_know_leave_no_trace(home: dict[str, str]) -> None:
    strange = (
        r"\x1b[>25u\x1b[=1;1u\x1b[<u\x1b[?2026$p\x1b[?4m\x1b[>4;1m\x1b[2 q"
        r"\x1bP+q544e\x1b\\\x1b[4:3m\x1b]0;title\x07"
    )
    code = f"import sys, time\nfor c in '{strange}ok': print(end=c, flush=True); time.sleep(0.001)"
    with python(code, home) as terminal:
        terminal.wait()
        assert terminal.text.strip() == "ok"
        assert b"\x1b[?2026$p" in terminal.raw


def test_a_plain_terminal_says_where_the_cursor_is_and_no_more(home: dict[str, str]) -> None:
    code = (
        "import sys, termios, tty; tty.setcbreak(0)\n"
        r"print(end='ab\x1b[?2026$p\x1b[6n', flush=True); print(ascii(sys.stdin.read(6)))"
    )
    with python(code, home) as terminal:
        terminal.wait_for(r"\x1b[1;3R")
        terminal.wait()
        assert terminal.leftovers() == ["line discipline"]


def test_a_textual_app_from_start_to_end(home: dict[str, str]) -> None:
    with python(APP, home) as terminal:
        terminal.wait_for("Now 80")
        assert "alternate screen" in terminal.leftovers()
        terminal.send(DOWN)
        terminal.wait_for("Pressed")
        terminal.resize(100, 30)
        terminal.wait_for("Now 100")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.leftovers() == []
        assert terminal.text.strip() == "bye"


def test_a_killed_textual_app_leaves_the_terminal_broken(home: dict[str, str]) -> None:
    with python(APP, home) as terminal:
        terminal.wait_for("Now 80")
        terminal.settle()
        assert terminal.terminate(signal.SIGKILL) == -signal.SIGKILL
        assert {
            "alternate screen",
            "bracketed paste",
            "cursor hidden",
            "kitty keyboard",
            "line discipline",
            "mouse moves",
        } <= set(terminal.leftovers())


def test_keys_for_a_program_that_is_gone_are_dropped(home: dict[str, str]) -> None:
    with python("import sys, tty; tty.setraw(sys.stdin)", home) as terminal:
        terminal.wait()
        terminal.send("x" * 100_000)
