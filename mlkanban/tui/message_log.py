"""What the last line of the screen said since the start, to be read again."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

MOST_MESSAGES = 200


class LoggedMessage(NamedTuple):
    """Something that was said, safe to show; a `warning` says what could not be done."""

    at: datetime
    text: str
    warning: bool


class MessageLog:
    """The newest messages of all screens, oldest first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.entries: deque[LoggedMessage] = deque(maxlen=MOST_MESSAGES)

    def add(self, text: str, warning: bool) -> None:
        """Keep a message; one that is said again and again is kept once, with its last time."""
        if self.entries and self.entries[-1][1:] == (text, warning):
            self.entries.pop()
        self.entries.append(LoggedMessage(self._clock(), text, warning))
