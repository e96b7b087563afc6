"""Keys, pastes and the mouse as bytes from the terminal; whatever else comes is dropped."""

import contextlib
import os
import re
import select
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual import events, messages
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import (
    BRACKETED_PASTE_END,
    BRACKETED_PASTE_START,
    XTermParser,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver
from textual.keys import Keys
from textual.message import Message

from mlkanban.streams import give_up
from mlkanban.text import display
from mlkanban.tui.bindings import is_foreign_letter

if TYPE_CHECKING:
    from textual.app import App

    from mlkanban.tui.host import Host

_LOOK_SECONDS = 0.1
_PASTE_SECONDS = 1.0
"""An unfinished paste ends after so long a silence: all keys would be part of it for ever."""

_TELL_POSITIONS = "\x1b[=4;2u"
"""Asks a terminal with kitty's protocol to name keys by their place as well."""
_CSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_STRING = re.compile(r"\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)")
"""OSC, DCS, APC, PM and SOS strings: answers of a terminal, never keys."""
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?)?\Z")
_ENTER_BEFORE_RAW = "\n"
"""What a terminal makes of Enter while the program has not begun to read keys one by one. Ctrl+J
sends the same, and is no key of any command."""
_BETWEEN_BLANKS = re.compile(r"[^\t\r\n]+")
_X10_MOUSE = "\x1b[M"
_KITTY_KEY = re.compile(
    r"\x1b\[(?P<code>\d+)(?::\d*)?(?::(?P<position>\d+))?"
    r"(?:;(?P<modifiers>\d*)(?::(?P<kind>\d))?)?(?:;(?P<text>[\d:]*))?(?P<end>[u~A-FHPQRS])"
)
_RELEASED = "3"
_SHIFT = 1
_OTHER_KEYS = "27"
"""How xterm begins keys that have no sequence of their own: CSI 27 ; modifiers ; character ~"""


class Keyboard(XTermParser):
    """Keys, pastes and the mouse from decoded text.

    `layout` learns which Latin letters stand on the same keys as letters of another script, as far
    as the terminal tells them.
    """

    def __init__(self, layout: dict[str, str], debug: bool = False) -> None:
        self._layout = layout
        self._begun = ""
        self._paste: str | None = None
        self._cut = False
        self._last = monotonic()
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """What `data` means together with what came before; '' is the end."""
        if not data:
            yield from super().feed("")
            return
        self._last = monotonic()
        data, self._begun = self._begun + data, ""
        while data:
            if self._paste is not None:
                pasted, end, data = (self._paste + data).partition(BRACKETED_PASTE_END)
                self._paste = pasted
                if end:
                    self._paste = None
                    yield _pasted(pasted)
                continue
            keys, begin, data = data.partition(BRACKETED_PASTE_START)
            if BRACKETED_PASTE_END in keys:
                rest, _, keys = keys.rpartition(BRACKETED_PASTE_END)
                if self._cut:  # the rest of a paste that came after a long silence
                    yield _pasted(rest)
            self._cut = False
            if begin:
                self._paste = ""
            elif unfinished := _UNFINISHED.search(keys):
                keys, self._begun = keys[: unfinished.start()], unfinished[0]
            if keys := _STRING.sub("", keys):
                yield from super().feed(keys.replace(_ENTER_BEFORE_RAW, "\r"))

    @property
    def waiting(self) -> bool:
        """Whether it means something that nothing more comes."""
        return bool(self._begun) or self._paste is not None or self._timeout_time is not None

    def tick(self) -> Iterable[Message]:
        """What it means that nothing more has come."""
        silent = monotonic() - self._last
        if self._begun and silent >= ESCAPE_DELAY:
            # No report of a terminal after all, but Esc and the keys after it.
            begun, self._begun = self._begun, ""
            yield from super().feed(begun)
            if self._timeout_time is not None:
                self._timeout_time = 0.0
        if self._paste is not None and silent >= _PASTE_SECONDS:
            text, self._paste, self._cut = self._paste, None, True
            yield _pasted(text)
        yield from super().tick()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        key_events = list(super()._sequence_to_key_events(sequence, alt))
        if not key_events and _CSI.fullmatch(sequence) and not _means_more(sequence):
            # A report that nobody asked for: letter by letter it would be commands.
            key_events = [events.Key(Keys.Ignore, sequence)]
        return key_events

    def _parse_extended_key(  # type: ignore[override]
        self, sequence: str
    ) -> list[events.Key] | None:
        key = _KITTY_KEY.fullmatch(sequence)
        if key is None:
            return None
        nothing = [events.Key(Keys.Ignore, sequence)]
        code, modifiers, text, end = key["code"], key["modifiers"] or "", key["text"], key["end"]
        known = end == "u" or code == _OTHER_KEYS or code + end in FUNCTIONAL_KEYS
        if key["kind"] == _RELEASED or not known:
            return nothing
        plain = ";".join(part for part in (code, modifiers, text) if part is not None)
        try:
            keys = super()._parse_extended_key(f"\x1b[{plain}{end}")
            "".join(event.character or "" for event in keys or ()).encode()
            if keys is not None and key["position"]:
                self._learn(keys, chr(int(key["position"])), int(modifiers or 1) - 1)
        except (ValueError, OverflowError):  # there is no such character
            return nothing
        return keys

    def _learn(self, keys: list[events.Key], letter: str, modifiers: int) -> None:
        for event in keys:
            if event.character and is_foreign_letter(event.character) and letter.isascii():
                self._layout[event.character] = letter.upper() if modifiers & _SHIFT else letter

    def parse_mouse_code(self, code: str) -> Message | None:
        self.mouse_pixels = False  # a stray report of sizes asks for them
        return super().parse_mouse_code(code)


def _pasted(text: str) -> events.Paste:
    """A paste whose text may be drawn by any field: not all of them are ours."""
    return events.Paste(_BETWEEN_BLANKS.sub(lambda part: display(part[0]), text))


def _means_more(sequence: str) -> bool:
    """Whether it is of the mouse, or says what the terminal can do."""
    return bool(
        sequence == _X10_MOUSE
        or _re_mouse_event.match(sequence)
        or _re_terminal_mode_response.match(sequence)
    )


class _Output:
    """A stream to a terminal that may go: what is written after that is dropped. Textual's writer
    would end with the error, and whoever waits for its queue would wait for ever."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.fileno = stream.fileno

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except OSError:
            give_up(self._stream)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            give_up(self._stream)


class KeyboardDriver(LinuxDriver):
    """The terminal of a `BoardApp`, whose bytes may be anything at all."""

    def __init__(self, app: "App[Any]", **options: Any) -> None:
        super().__init__(app, **options)
        self._file = cast("Any", _Output(cast("TextIO", self._file)))
        self._ended, self._end = os.pipe()

    def disable_input(self) -> None:
        """Wake the thread that waits for keys, so that it ends."""
        os.write(self._end, b".")
        super().disable_input()
        os.read(self._ended, 1)

    def write(self, data: str) -> None:
        """Nothing while another program has the terminal: nobody takes it from the queue."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write(_TELL_POSITIONS)
        self.flush()

    def _query_in_band_window_resize(self) -> None:
        """Not asked: a signal tells of another size, and a stray report would silence it."""

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:
            self._call(cast("Host", self._app).hung_up)
        except Exception as error:
            self._call(self._app._handle_exception, error)

    def _call(self, method: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(method, *args)

    def run_input_thread(self) -> None:
        """Read until the end; bytes that are no UTF-8 are passed over. OSError when the terminal
        is gone. Unlike Textual's own, this thread sleeps until something comes."""
        keyboard = Keyboard(cast("Host", self._app).layout, self._debug)
        decode = getincrementaldecoder("utf-8")("ignore").decode
        while not self.exit_event.is_set():
            seconds = _LOOK_SECONDS if keyboard.waiting else None
            if self.fileno in select.select([self.fileno, self._ended], [], [], seconds)[0]:
                read = os.read(self.fileno, 4096)
                if not read:
                    raise OSError("The terminal is closed.")
                if text := decode(read):
                    self._take(keyboard.feed(text))
            self._take(keyboard.tick())

    def _take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Pass on what a person does; what nobody asked the terminal for is dropped."""
        reports = (messages.InBandWindowResize, events.Resize, events.CursorPosition)
        if not isinstance(message, reports):
            super().process_message(message)
