"""What is shown of logs: as a terminal leaves them, whatever their size and shape."""

import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from mlkanban.clock import now
from mlkanban.runs.local import logs
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.log_size import freeable
from mlkanban.runs.local.logs import copy_logs, last_written, render
from tests.runs.jobs import until

ID = "20260320-080000-0000000a"
BAR = b"".join(b"\r%d%%|%s| loss=0.%03d" % (at, b"#" * at, at) for at in range(51))
LAST = BAR.rpartition(b"\r")[2]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / ID)
    folder.make()
    folder.write_start({"card": "v1", "made": "2026-03-20T08:00:00Z"})
    return folder


def printed(run: RunFolder, capfdbinary: pytest.CaptureFixture[bytes], **how: bool) -> bytes:
    copy_logs(run, now, follow=False, **how)
    out, err = capfdbinary.readouterr()
    return out + b"|" + err


def test_a_progress_bar_is_one_line_and_raw_is_what_was_written(
    run: RunFolder, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run.out.write_bytes(b"begun\n\xff\x1b[31mred\n")
    run.err.write_bytes(BAR + b"\nTraceback")
    assert printed(run, capfdbinary) == b"begun\n\xef\xbf\xbdred\n|" + LAST + b"\nTraceback"
    assert printed(run, capfdbinary, raw=True) == (
        run.out.read_bytes() + b"|" + run.err.read_bytes()
    )


def test_a_bar_that_is_followed_into_a_pipe_comes_as_it_stands(
    run: RunFolder, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow(then: bytes) -> bytes:
        """What comes of a bar that goes on when it has been looked at, and ends with the run."""
        run.out.write_bytes(b"begun\n")
        run.err.write_bytes(b"\r10%|#|\r20%|##|")
        (run.path / "end.json").unlink(missing_ok=True)
        following = threading.Thread(target=copy_logs, args=(run, now), kwargs={"follow": True})
        following.start()
        seen = b""

        def came() -> bool:
            nonlocal seen
            seen += b"".join(capfdbinary.readouterr())
            return b"20%" in seen

        until(came)
        with run.err.open("ab") as log:
            log.write(b"\r21%|##|" + then)
        run.write_end({"exit": 0, "ended": "2026-03-20T09:00:00Z"})
        following.join(20)
        return seen + b"".join(capfdbinary.readouterr())

    assert follow(b"\rdone\nbye\n") == b"begun\n20%|##|\ndone##|\nbye\n", "not each state"
    assert follow(b"\r20%|##|") == b"begun\n20%|##|\n", "the last state once"
    monkeypatch.setattr(logs, "_BAR_SECONDS", 0.0)
    assert follow(b"\r20%|##|\nbye\n") == b"begun\n20%|##|\nbye\n"


def test_the_last_lines_show_the_bar_that_is_drawn_now(run: RunFolder, tmp_path: Path) -> None:
    run.out.write_bytes(b"epoch 1\n\n   \n")
    run.err.write_bytes(BAR)
    shown = last_written(tmp_path, ID)
    assert (shown.out, shown.err) == (["epoch 1"], [LAST.decode()])


def test_a_pager_gets_the_same_and_of_a_huge_log_both_ends(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.err.write_bytes(BAR + b"\nend\n")
    [file] = render([run.out, run.err], tmp_path)
    assert file.name == "err.log"
    assert file.read_bytes() == LAST + b"\nend\n"
    monkeypatch.setattr(logs, "_PAGED_FIRST", 20)
    monkeypatch.setattr(logs, "_PAGED_LAST", 10)
    run.out.write_bytes(b"first line\n" + b"x\n" * 3_000_000 + b"last\n")
    text = render([run.out], tmp_path)[0].read_text()
    assert text.startswith("first line\nx\n")
    assert text.endswith("x\nx\nlast\n")
    assert "[mlkanban: 6 MB are left out here; `mlkanban logs` prints them]\n" in text


@pytest.mark.parametrize(
    "after",
    [b"again\n", b"the second begins\n", b"the second one is longer\n"],
    ids=["shorter", "as long", "longer"],
)
def test_following_starts_over_when_the_log_was_truncated(
    run: RunFolder, capfdbinary: pytest.CaptureFixture[bytes], after: bytes
) -> None:
    run.out.write_bytes(b"a long first line\n")
    following = threading.Thread(target=copy_logs, args=(run, now), kwargs={"follow": True})
    following.start()
    shown = bytearray()
    noted = bytearray()

    def sees(text: bytes) -> bool:
        out, err = capfdbinary.readouterr()
        shown.extend(out)
        noted.extend(err)
        return text in shown

    until(lambda: sees(b"a long first line\n"))
    with run.out.open("r+b") as file:
        file.truncate()
    run.out.write_bytes(after)
    until(lambda: sees(after))
    run.write_end({"exit": 0})
    following.join(20)
    sees(b"")
    assert shown == b"a long first line\n" + after
    assert noted == b"mlkanban: out.log was truncated or replaced; it starts over.\n"


def test_an_endless_line_takes_little_memory(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run.out.open("wb") as file:
        file.truncate(50_000_000)
    with run.err.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 200_000)
    nothing = os.open(os.devnull, os.O_WRONLY)
    monkeypatch.setattr(logs, "write_all", lambda _, data: os.write(nothing, data))
    tracemalloc.start()
    try:
        for raw in (False, True):
            copy_logs(run, now, follow=False, raw=raw)
        render([run.out, run.err], tmp_path)
        last_written(tmp_path, ID)
        # Half of the longest line, several times what is held.
        assert tracemalloc.get_traced_memory()[1] < 25_000_000
    finally:
        tracemalloc.stop()
        os.close(nothing)


def test_pipes_in_the_folder_of_a_run_hold_nobody_up(
    run: RunFolder, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    for file in (run.out, run.err, run.rc_file, run.patch_file, run.metrics_file):
        file.unlink(missing_ok=True)
        os.mkfifo(file)
    assert printed(run, capfdbinary) == b"|"
    assert last_written(tmp_path, ID) == ([], [])
    assert render([run.out, run.err], tmp_path / "pages") == []
    assert freeable(run) == 0
    assert run.rc() is None
    assert run.patch() == b""
    with pytest.raises(OSError, match="no plain file"):
        run.metrics()
