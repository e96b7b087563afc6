import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlkanban.cli.program import run
from tests.json_shapes import check_shape

PROGRAM = [sys.executable, "-m", "mlkanban"]


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        return json.loads(self.out)

    @property
    def data(self) -> Any:
        assert self.code == 0, self.err
        return self.object["data"]


class Person:
    """Somebody who types commands, in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *args: str, stdin: str = "") -> Answer:
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        self._capsys.readouterr()
        code = run(args)
        out, err = self._capsys.readouterr()
        if "--json" in args and out.startswith('{"schema"'):
            check_shape(out)
        return Answer(code, out, err)

    def data(self, *args: str) -> Any:
        return self("--json", *args).data

    def card(self, *args: str) -> str:
        """Add a card; its id."""
        return str(self.data("add", *args)["id"])


@pytest.fixture
def mlk(
    home: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Person:
    """Somebody who has never used mlkanban."""
    for name in [name for name in os.environ if name.startswith("MLKANBAN_")]:
        monkeypatch.delenv(name)
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    return Person(capsys, monkeypatch)


@pytest.fixture
def board(mlk: Person) -> Person:
    """Somebody with an empty board `fraud`."""
    assert mlk("init", "Fraud", "--timezone", "UTC").code == 0
    return mlk


@pytest.fixture
def shell(home: dict[str, str], tmp_path: Path) -> Callable[..., Answer]:
    """The real program in a process of its own, without a terminal."""

    def call(*args: str, env: dict[str, str] | None = None, stdin: str = "") -> Answer:
        done = subprocess.run(
            [*PROGRAM, *args],
            env=home | {"PYTHONPATH": str(Path(__file__).parents[2])} | (env or {}),
            cwd=tmp_path,
            input=stdin.encode(),
            capture_output=True,
            timeout=60,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
