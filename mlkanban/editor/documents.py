"""A text in the person's own editor. It lies with the drafts, so nothing typed is ever lost.

Nothing here knows the screen: the command line edits with it as well.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from mlkanban.core.events import Position
from mlkanban.editor.drafts import Drafts
from mlkanban.errors import BadMarkdown, MlkanbanError, RuleRefused, StoreProblem, UsageProblem
from mlkanban.hints import sentences
from mlkanban.service import Done, Service
from mlkanban.service.text_merge import ChangedMeanwhile
from mlkanban.text import display

_ERROR, _NOTE = "# error: ", "# note: "
_KEPT = "This was kept from last time and is not saved yet."
_SAVE = "Take these lines out to save it, or leave it as it is to keep it for later."


class Document(Protocol):
    """What is edited: a card, or a charter. `form` names its draft."""

    form: str

    def page(self, service: Service) -> tuple[str, Position]:
        """The text, and the place in the log it was read at."""

    def save(self, service: Service, text: str, since: Position | None) -> Done:
        """Write what the text changes since then."""

    def again(self, service: Service, text: str, since: Position | None) -> tuple[str, Position]:
        """The text with what others wrote meanwhile."""


class CardDocument:
    def __init__(self, ref: str) -> None:
        self.ref = ref.strip().lower()
        self.form = f"card {self.ref} in the editor"

    def page(self, service: Service) -> tuple[str, Position]:
        return service.documents.card_page(self.ref)

    def save(self, service: Service, text: str, since: Position | None) -> Done:
        return service.documents.save_card(self.ref, text, since)

    def again(self, service: Service, text: str, since: Position | None) -> tuple[str, Position]:
        return service.documents.again(self.ref, text, since)


class CharterDocument:
    def __init__(self, board_id: str, key: str) -> None:
        self._board_id = board_id
        self.form = f"charter of {key} in the editor"

    def page(self, service: Service) -> tuple[str, Position]:
        return service.charter.page(self._board_id)

    def save(self, service: Service, text: str, since: Position | None) -> Done:
        return service.charter.save(self._board_id, text, since)

    def again(self, service: Service, text: str, since: Position | None) -> tuple[str, Position]:
        return service.charter.again(self._board_id, text, since)


class Editing:
    """One text on its way through the editor, again and again until it is saved or given up.

    `edited` runs the editor and returns the text to save, or None when there is nothing (more) to
    do; `message` then says what became of it. `worded` words hints for who is in the editor.
    """

    def __init__(self, drafts: Drafts, form: str, worded: Callable[[str], str]) -> None:
        self._drafts, self._form, self._worded = drafts, form, worded
        self._given = ""
        self._fresh = True
        self._refused: MlkanbanError | None = None
        self.since: Position | None = None
        self.message = ""
        self.exit_code = 0
        """What the command line answers when nothing was saved: 0 when that was wanted."""

    @property
    def file(self) -> Path:
        return self._drafts.text_file(self._form)

    def begin(self, text: str, since: Position | None) -> None:
        """Start with this text, read at `since`; with the one from last time if there is one."""
        kept = _own(self._read())
        if kept.strip() and kept != text:
            self._fresh = False
            self.since = _position(self._drafts.get(self._form))
            text = f"{_NOTE}{_KEPT}\n{_NOTE}{_SAVE}\n{kept}"
        else:
            self._keep_position(since)
        self._put(text)

    def edited(self) -> str | None:
        """What the person saved in the editor."""
        try:
            code = run(self.file)
        except MlkanbanError:
            if self._fresh:
                self._drop()
            raise
        self.exit_code = MlkanbanError.exit_code if code else 0
        text = self._read()
        own = _own(text)
        if not own.strip():
            self._drop()
            self.message = "The text was emptied: nothing was saved, and the draft is gone."
            return None
        if code == 0 and text != self._given:
            return own
        if text == self._given and self._fresh:
            self._drop()
            ended = f" The editor ended with {code}." if code else ""
            self.message = f"Nothing changed.{ended}"
            return None
        if self._refused and not code:
            self.exit_code = self._refused.exit_code
        why = f" The editor ended with {code}." if code else ""
        kept = f"Not saved; your text is kept for the next time.{why}"
        self.message = sentences((kept, self._refused.text if self._refused else ""))
        return None

    def refused(self, error: MlkanbanError, again: tuple[str, Position] | None) -> None:
        """Say at the top of the text what is wrong with it; `again` is the text to go on with."""
        text = _own(self._read())
        if again is not None:
            text, since = again
            self._keep_position(since)
        self._fresh, self._refused = False, error
        rows = self._rows(error)
        if isinstance(error, BadMarkdown):
            # Its line is further down once the error stands above it.
            rows = self._rows(BadMarkdown(error.what, error.line + len(rows), error.hint))
        self._put("\n".join([*rows, text]))

    def saved(self) -> None:
        self._drop()

    def _keep_position(self, since: Position | None) -> None:
        self.since = since
        self._drafts.keep(self._form, f"{since.cursor} {since.hlc}" if since else "")

    def _drop(self) -> None:
        with contextlib.suppress(OSError):
            self.file.unlink()
        self._drafts.drop(self._form)

    def _read(self) -> str:
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return ""
        # What is no UTF-8 stays as it is in the file, and is refused with its place in a field.
        return data.decode("utf-8-sig", errors="surrogateescape").replace("\r\n", "\n")

    def _rows(self, error: MlkanbanError) -> list[str]:
        rows = [_ERROR + display(self._worded(row)) for row in (error.message, error.hint) if row]
        if isinstance(error, ChangedMeanwhile):
            rows += [f"{_NOTE}Your text stands below. To have it saved so, take these lines out."]
        return [*rows, f"{_NOTE}Correct it and save; without a change it is kept for later."]

    def _put(self, text: str) -> None:
        self._given = text
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.file, flags, 0o600), "wb") as file:
            file.write(text.encode("utf-8", errors="surrogateescape"))
            file.flush()
            os.fsync(file.fileno())


@contextlib.contextmanager
def editing(drafts: Drafts, form: str, worded: Callable[[str], str] = str) -> Iterator[Editing]:
    """The draft of a form, for this process alone while it is open."""
    try:
        with drafts.locked(form):
            yield Editing(drafts, form, worded)
    except BlockingIOError:
        raise RuleRefused(
            f"The {form.removesuffix(' in the editor')} is open in an editor already.",
            "Close that one first.",
        ) from None
    except OSError as error:
        raise StoreProblem(
            f"No draft can be kept: {error.filename or form}: {error.strerror}.",
            "Nothing was changed.",
        ) from error


def meanwhile(
    document: Document,
    error: MlkanbanError,
    text: str,
    since: Position | None,
    service: Service,
) -> tuple[str, Position] | None:
    """The text to go on with after `error`, where that is another one."""
    if isinstance(error, ChangedMeanwhile):
        return document.again(service, text, since)
    return None


def command() -> list[str]:
    """The editor to run: $VISUAL, $EDITOR, else nano or vi."""
    for variable in ("VISUAL", "EDITOR"):
        if typed := os.environ.get(variable, "").strip():
            try:
                return shlex.split(typed)
            except ValueError as error:
                raise UsageProblem(
                    f"${variable} is no command: {display(typed)}.", "Close its quotes."
                ) from error
    program = next(filter(None, map(shutil.which, ("nano", "vi"))), None)
    if program is None:
        raise UsageProblem("There is no editor here.", "Name one: export EDITOR=...")
    return [program]


def run(file: Path) -> int:
    """Edit a file; how the editor ended."""
    words = command()
    try:
        return subprocess.run([*words, str(file)], check=False).returncode
    except OSError as error:
        raise UsageProblem(
            f"The editor {display(words[0])} cannot be started: {error.strerror}.",
            "Name another one: export EDITOR=...",
        ) from error


def _own(text: str) -> str:
    """The text without what was said at its top."""
    lines = text.removeprefix("\ufeff").split("\n")
    at = next(
        (n for n, line in enumerate(lines) if not line.startswith((_ERROR, _NOTE))), len(lines)
    )
    return "\n".join(lines[at:])


def _position(text: str) -> Position | None:
    cursor, _, hlc = text.partition(" ")
    return Position(int(cursor), hlc) if cursor.isdigit() and hlc else None
