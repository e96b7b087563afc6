"""What an agent is answered of a board full of hostile text, and to hostile arguments."""

from pathlib import Path

import pytest

from mlkanban.cli.agent_tools import TOOLS, answer
from mlkanban.service import Service
from tests.hostile.board import RICH
from tests.hostile.stream import strangers
from tests.hostile.texts import PIECES, hostile
from tests.tui.page import clock


def test_no_hostile_text_gets_into_an_answer_as_it_is(
    hostile_home: Path, home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (home | {"MLKANBAN_HOME": str(hostile_home)}).items():
        monkeypatch.setenv(name, value)
    service = Service.open(hostile_home, actor="test", clock=clock, write=False)
    board = service.boards.all()[0]
    faces = service.boards.snapshot(board.id).faces
    service.close()
    rich = next(face.ref for face in faces if RICH in face.title)
    text = hostile("text")
    calls: list[tuple[str, dict[str, object], bool | None]] = [
        ("find", {"finished": True}, False),
        ("find", {"query": text}, None),
        ("find", {"board": text}, True),
        ("show", {"card": rich}, False),
        ("show", {"card": text}, True),
        ("runs", {}, False),
        ("runs", {"card": rich}, False),
        ("log", {"run": rich}, None),
        ("log", {"run": text}, True),
        ("forecast", {"card": rich}, False),
        ("note", {"card": rich, "text": text}, None),
        ("add", {"title": text}, None),
        ("move", {"cards": [rich], "stage": text}, True),
        ("block", {"card": rich, "reason": "bug", "until": text}, True),
        ("block", {"card": rich, "reason": text}, True),
        ("undo", {"list": True}, False),
        ("undo", {"action": text}, True),
        ("undo", {text: 1}, True),
    ]
    calls += [("show", {"card": piece}, True) for piece in PIECES if piece.strip()]
    for name, arguments, failed in calls:
        text, was_error = answer(TOOLS[name], arguments, agent="bot", board=board.key)
        assert text
        assert failed in (None, was_error), (name, arguments, text)
        assert strangers(text.encode(), (100, 30), screen=False) == [], (name, arguments)
        assert "\x1b" not in text
