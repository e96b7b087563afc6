"""Typed text that was not saved yet, kept beside the store when the program has to go."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

from mlkanban.files import write_whole


class Drafts:
    """One small file per form, named after what it was for. `folder` is made when needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, form: str, text: str) -> None:
        """Keep `text` for `form`, durably. OSError where nothing can be kept."""
        path = self._path(form)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, json.dumps({"form": form, "text": text}).encode())

    def drop(self, form: str) -> None:
        """The text for `form` was saved or given up."""
        with contextlib.suppress(OSError):
            self._path(form).unlink()  # none, or one in a folder that cannot be written

    def get(self, form: str) -> str:
        """The text kept for `form`, '' when there is none."""
        try:
            return str(json.loads(self._path(form).read_text())["text"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""  # no draft, or one that a power cut made unreadable

    def text_file(self, form: str) -> Path:
        """Where the text for `form` lies while an editor has it."""
        return self._path(form).with_suffix(".md")

    @contextlib.contextmanager
    def locked(self, form: str) -> Iterator[None]:
        """Keep other processes from this form; BlockingIOError while one of them has it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(form).with_suffix(".lock")
        lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists() or not os.path.samestat(os.fstat(lock), path.stat()):
                raise BlockingIOError  # the one who had it took it away just now
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
        finally:
            os.close(lock)

    def forms(self) -> list[str]:
        """What there are drafts for."""
        drafts = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                drafts.append(str(json.loads(path.read_text())["form"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue  # as above
        return drafts

    def _path(self, form: str) -> Path:
        safe = "".join(c if c.isalnum() else "-" for c in form)[:80]
        return self._folder / f"{safe}.json"
