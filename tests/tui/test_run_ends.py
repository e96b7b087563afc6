"""The end of a run is said on the open board, whoever took it in, and calls the person once."""

from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.core.timestamps import instant
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.tui.notification import sequence
from tests.tui.page import NOW, opened
from tests.tui.test_runs import TITLE, ends, forged

OTHER = "20260320-090000-0000000b"


def over(ref: str, ended: str, name: str = OTHER) -> RunReport:
    started = "2026-03-20T08:00:00.000000Z"
    run = Run(name, RunState.FINISHED, "", ("true",), exit=0, started=started, ended=ended)
    return RunReport(run, ref)


async def test_an_end_that_another_process_took_in_is_said(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(small) as board:
        called: list[str] = []
        monkeypatch.setattr(board.app, "call_person", called.append)
        await board.until(lambda: board.app.run_ends._cursor is not None)
        ref = board.ref(TITLE)
        with board.store() as service:
            service.runs.take_in([over(ref, instant(NOW))])
        await board.until(lambda: f"{ref}: run {OTHER} finished (exit 0)." in board.status())
        assert called == [f"{ref}: run {OTHER} finished (exit 0)."]
        with board.store() as service:
            # It came with a sync: long over, nothing to call anybody for.
            late = "20260319-090000-0000000b"
            service.runs.take_in([over(ref, "2026-03-19T08:00:00.000000Z", late)])
        await board.until(lambda: f"{ref}: run {late} finished" in board.status())
        assert len(called) == 1


async def test_an_end_that_this_board_took_in_is_said_once(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(small) as board:
        called: list[str] = []
        monkeypatch.setattr(board.app, "call_person", called.append)
        ref = board.ref(TITLE)
        folder = forged(small, ref)
        await board.until(lambda: TITLE in board.stage("Training").cards())
        ends(folder, 0)
        folder.write_end({"exit": 0, "ended": instant(NOW)})
        await board.until(lambda: bool(called))
        assert "It is in Evaluation now." in board.status()
        assert len(called) == 1


async def test_the_call_goes_to_the_terminal(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(small, settings=Settings(notify="bell")) as board:
        written: list[str] = []
        monkeypatch.setattr(board.app._driver, "write", written.append)
        board.app.call_person("v3: run x finished (exit 0).")
        assert "\a" in written


TEXT = "v3: \x1b]0;x\a run; finished"


@pytest.mark.parametrize(
    ("kind", "env", "made"),
    [
        ("none", {}, ""),
        ("bell", {"TMUX": "x"}, "\a"),
        ("osc9", {}, "\x1b]9;mlkanban: v3: \ufffd]0,x\ufffd run, finished\a"),
        ("osc777", {}, "\x1b]777;notify;mlkanban;v3: \ufffd]0,x\ufffd run, finished\a"),
        ("osc9", {"TMUX": "/tmp/x"},
         "\x1bPtmux;\x1b\x1b]9;mlkanban: v3: \ufffd]0,x\ufffd run, finished\a\x1b\\"),
        ("osc9", {"STY": "1"}, "\x1bP\x1b]9;mlkanban: v3: \ufffd]0,x\ufffd run, finished\a\x1b\\"),
    ],
)  # fmt: skip
def test_what_is_written_to_the_terminal(kind: str, env: dict[str, str], made: str) -> None:
    assert sequence(kind, TEXT, env) == made


def test_a_long_text_is_cut_and_ascii_where_the_terminal_is() -> None:
    assert len(sequence("osc9", "x" * 10_000, {})) < 250
    assert sequence("osc9", "café", {}, ascii=True).isascii()
