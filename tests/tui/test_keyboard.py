"""What bytes from the terminal mean, and that bytes nobody meant mean nothing."""

import os
import select
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import cast

import pytest
from textual import events
from textual.message import Message

from mlkanban.text import display
from mlkanban.tui import keyboard
from mlkanban.tui.bindings import is_foreign_letter, latin
from mlkanban.tui.keyboard import Keyboard
from tests.tui.page import opened

TE, SHIFTED_TE = "\u0442", "\u0422"
"""The letter on the key N of the Russian layout."""


class Typist:
    """Types on a keyboard, with a clock of its own."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._now = 100.0
        patch.setattr(keyboard, "monotonic", lambda: self._now)
        self.layout: dict[str, str] = {}
        self._keyboard = Keyboard(self.layout)

    def types(self, *packets: str) -> list[str]:
        """What packets that come one right after the other are taken for."""
        return [word for packet in packets for word in _words(self._keyboard.feed(packet))]

    def rests(self, seconds: float) -> list[str]:
        self._now += seconds
        return _words(self._keyboard.tick())


def _words(found: Iterable[Message]) -> list[str]:
    return [_word(message) for message in found]


def _word(message: Message) -> str:
    if isinstance(message, events.Key):
        return message.key
    return f"paste {message.text}" if isinstance(message, events.Paste) else repr(message)


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Typist:
    return Typist(monkeypatch)


def test_plain_keys(typist: Typist) -> None:
    assert typist.types("aK", "\x1b[A", "\x1b[1;2B", "\x1b[5~", "\x1bOP", "\r") == [
        "a", "K", "up", "shift+down", "pageup", "f1", "enter",
    ]  # fmt: skip
    assert typist.types("\x1b[97;5u", "\x1b[97;;97u", "\x1b[27;5;99~") == ["ctrl+a", "a", "ctrl+c"]


def test_enter_before_the_terminal_passes_keys_on_one_by_one_is_enter(typist: Typist) -> None:
    """A terminal in its usual mode turns the carriage return of Enter into a line feed."""
    assert typist.types("nab\n/c\n", "\x1b[200~d\ne\x1b[201~") == [
        "n", "a", "b", "enter", "slash", "c", "enter", "paste d\ne",
    ]  # fmt: skip


def test_a_sequence_that_comes_in_two_packets_is_one_key(typist: Typist) -> None:
    assert typist.types("\x1b", "[", "5", "~", "j") == ["pageup", "j"]


def test_escape_alone_is_escape_after_a_moment(typist: Typist) -> None:
    assert typist.types("\x1b") == []
    assert typist.rests(0.05) == []
    assert typist.rests(0.06) == ["escape"]


def test_a_sequence_that_nobody_ends_is_no_end_of_all_keys(typist: Typist) -> None:
    typist.types("\x1b]" + "x" * 40)
    typist.rests(0.2)
    typist.rests(0.2)
    assert typist.types("j") == ["j"]


@pytest.mark.parametrize(
    "report",
    [
        "\x1b[97;5:3u",  # a key let go
        "\x1b[1114112;5u",  # no character has that number
        "\x1b[55296u",  # half of a pair
        "\x1b[97;;55296u",
        "\x1b[999999999999999999999999u",
        "\x1b[99~",
        "\x1b[?62;4c",  # what kind of terminal this is
        "\x1b[0n",
        "\x1b]11;rgb:0000/0000/0000\x1b\\",  # its background
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1bP1$r0m\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        "\x1b[201~",
    ],
)
def test_a_report_nobody_asked_for_is_dropped(typist: Typist, report: str) -> None:
    assert typist.types(report, "j", report + "k") == ["j", "k"]
    assert typist.rests(5) == []


def test_a_stray_report_of_sizes_changes_nothing_about_the_mouse(typist: Typist) -> None:
    typist.types("\x1b[48;0;0;0;0t")
    [click] = Keyboard.feed(typist._keyboard, "\x1b[<0;5;7M")
    assert isinstance(click, events.MouseDown)
    assert (click.x, click.y) == (4, 6)


def test_keys_pressed_and_held_are_keys(typist: Typist) -> None:
    assert typist.types("\x1b[97;1:1u", "\x1b[97;5:2u", "\x1b[97:65;2u") == [
        "a",
        "ctrl+a",
        "shift+a",
    ]


# Pastes


def test_a_paste_is_one_text_whatever_is_in_it(typist: Typist) -> None:
    text = "a\tlog\r31mred; and longer than any sequence that a key sends \u65e5\u672c"
    assert typist.types("\x1b[200~" + text[:9], text[9:] + "\x1b[20", "1~j") == [
        f"paste {text}",
        "j",
    ]


def test_a_paste_is_text_that_cannot_drive_the_terminal(typist: Typist) -> None:
    sent = "red \x1b[31m\x1b]52;c;eA==\x07\x1b[1;2B\u202e\x00\x9b.\tone\rtwo"
    [paste] = typist.types(f"\x1b[200~{sent}\x1b[201~")
    assert paste.startswith("paste red ")
    assert paste.endswith(".\tone\rtwo")
    assert display(paste.replace("\t", "").replace("\r", "")) == paste.replace("\t", "").replace(
        "\r", ""
    )


def test_an_unfinished_paste_ends_after_a_second_of_silence(typist: Typist) -> None:
    assert typist.types("\x1b[200~one", " two") == []
    assert typist.rests(0.9) == []
    assert typist.types(" three") == []
    assert typist.rests(1.0) == ["paste one two three"]
    assert typist.types("j") == ["j"]


def test_the_end_of_a_paste_that_came_too_late_is_no_keys(typist: Typist) -> None:
    typist.types("\x1b[200~one")
    assert typist.rests(1.0) == ["paste one"]
    assert typist.types("xQ\x1b[201~j") == ["paste xQ", "j"]


# Layouts


@pytest.mark.parametrize(
    ("sent", "layout"),
    [
        (f"\x1b[{ord(TE)}::110;;{ord(TE)}u", {TE: "n"}),
        (f"\x1b[{ord(TE)}:{ord(SHIFTED_TE)}:110;2;{ord(SHIFTED_TE)}u", {SHIFTED_TE: "N"}),
        ("\x1b[97::113;;97u", {}),  # a Latin letter on another place stays what it is
    ],
)
def test_the_terminal_tells_where_a_letter_stands(
    typist: Typist, sent: str, layout: Mapping[str, str]
) -> None:
    assert len(typist.types(sent)) == 1
    assert typist.layout == layout


def test_letters_of_other_scripts() -> None:
    assert [c for c in "aéßтѲあאñ１-" if is_foreign_letter(c)] == ["т", "Ѳ", "あ", "א"]
    assert latin(TE, {TE: "n"}) == "n"
    assert latin("ｎ", {}) == "n", "an input method that is on"
    assert (latin(TE, {}), latin("é", {}), latin("", {})) == (TE, "é", "")


async def test_a_key_is_taken_by_its_place(small: Path) -> None:
    async with opened(small) as board:
        board.app.layout[TE] = "n"
        await board.keys(TE)
        assert "New card" in board.question()
        await board.type("a" + TE)
        assert board.typed() == "a" + TE, "in a text it is a letter"


@pytest.mark.parametrize("first", [(), ("m",)])
async def test_a_key_of_another_script_says_what_to_switch(
    small: Path, first: tuple[str, ...]
) -> None:
    async with opened(small) as board:
        await board.keys(*first, TE)
        assert board.status() == "т is no key here: switch the keyboard to Latin letters."


def test_the_thread_of_keys_sleeps_until_something_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It wakes by itself only where it means something that nothing more comes."""
    keys, typed = os.pipe()
    driver = _Driver(keys)
    waits: list[float | None] = []
    script = iter([b"j", b"\x1b[", b""])

    def select_(files: list[int], *others: object) -> tuple[list[int], list[int], list[int]]:
        seconds = cast("float | None", others[-1])
        waits.append(seconds)
        data = next(script, None)
        if data:
            os.write(typed, data)
        elif data is None:
            driver.exit_event.set()
        return ([keys] if data else []), [], []

    monkeypatch.setattr(select, "select", select_)
    driver.run_input_thread()
    assert driver.taken == ["j"]
    assert waits[:2] == [None, None]
    assert waits[2] is not None


class _Driver(keyboard.KeyboardDriver):
    """The driver without a terminal."""

    def __init__(self, keys: int) -> None:
        self.fileno, self.exit_event, self._debug = keys, Event(), False
        self._ended, self._end = os.pipe()
        self._app = SimpleNamespace(layout={})  # type: ignore[assignment]
        self.taken: list[str] = []

    def process_message(self, message: Message) -> None:
        self.taken.append(_word(message))
