"""Logs over the limit, and old ones: what goes, what stays, and when nothing is touched."""

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mlkanban.clock import now
from mlkanban.runs.local import log_size
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import metrics_of
from mlkanban.runs.local.log_size import (
    free,
    freeable,
    keep_limit,
    log_bytes,
    may_be_shortened,
    over_limit,
    shorten,
)  # fmt: skip
from mlkanban.runs.local.processes import here, open_for_writing

ID = "20260320-080000-0000000a"
LIMIT = 40_000


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return make(tmp_path)


def make(tmp_path: Path, name: str = ID, **changes: Any) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / name)
    folder.make()
    record: Any = {"card": "v1", "made": "2026-03-20T08:00:00Z", **asdict(here()), **changes}
    folder.write_start(record)
    folder.write_end({"exit": 0, "ended": "2026-03-20T09:00:00Z"})
    return folder


def lines(number: int) -> bytes:
    return b"".join(
        b"mlkanban: step=%d loss=0.%04d\n" % (at, at) if at % 200 == 7 else b"line %06d\n" % at
        for at in range(number)
    )


def test_a_log_over_the_limit_loses_its_middle_but_no_metrics(run: RunFolder) -> None:
    run.out.write_bytes(lines(20_000))
    os.utime(run.out, (1_700_000_000, 1_700_000_000))
    run.err.write_bytes(b"short\n")
    before = metrics_of(run, run.start())
    keep_limit([run], LIMIT, now())
    text = run.out.read_bytes()
    assert len(text) <= LIMIT
    kept = text.splitlines()
    assert kept[:2] == [b"line 000000", b"line 000001"]
    assert kept[-1] == b"line 019999"
    [(at, note)] = [(at, line) for at, line in enumerate(kept) if line.startswith(b"[mlkanban: ")]
    assert note.startswith(b"[mlkanban: 0.2 MB of output were left out here on ")
    assert note.endswith(b"; the lines of metrics among it follow]")
    assert kept[at - 1].startswith(b"line ")
    # No line is torn, and what is left is in order.
    places = [int(line[5:]) for line in kept if line.startswith(b"line ")]
    assert places == sorted(places)
    assert all(len(line) == 11 for line in kept if line.startswith(b"line "))
    assert sum(b"loss=" in line for line in kept) == 100
    assert metrics_of(run, run.start()) == before
    assert run.out.stat().st_mtime == 1_700_000_000
    assert run.err.read_bytes() == b"short\n"
    assert run.out.stat().st_mode & 0o777 == 0o600
    keep_limit([run], LIMIT, now())
    assert run.out.read_bytes() == text


def test_too_many_lines_of_metrics_are_thinned_out_and_the_note_says_so(run: RunFolder) -> None:
    run.out.write_bytes(b"".join(b"mlkanban: step=%d loss=0.1\n" % at for at in range(20_000)))
    keep_limit([run], LIMIT, now())
    text = run.out.read_bytes()
    assert len(text) <= LIMIT
    assert b"; the lines of metrics among it follow, one in " in text


def test_one_endless_line_is_cut_in_its_middle(run: RunFolder) -> None:
    run.err.write_bytes(b"x" * 200_000)
    shorten(run.err, first=1_000, last=2_000, metrics=100, now=now())
    first, note, last = run.err.read_bytes().partition(b"[mlkanban: 0.2 MB")
    assert (first, note != b"") == (b"x" * 1_000, True)
    assert last.endswith(b"]\n" + b"x" * 2_000)


def test_within_the_limit_or_without_one_nothing_is_touched(run: RunFolder) -> None:
    run.out.write_bytes(lines(2_000))
    for limit in (0, 10**9):
        keep_limit([run], limit, now())
        assert run.out.read_bytes() == lines(2_000)


def test_a_log_that_a_process_can_write_stays_whole(run: RunFolder) -> None:
    run.out.write_bytes(lines(20_000))
    with run.out.open("rb"):
        assert open_for_writing([run.out]) == []  # to read it does no harm
    child = "import sys, time; sys.stdout.write('up'); sys.stdout.flush(); time.sleep(60)"
    with run.out.open("ab") as log:
        writer = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, stderr=log)
    assert writer.stdout is not None
    try:
        assert writer.stdout.read(2) == b"up"
        assert [p.pid for p in open_for_writing([run.out]) or ()] == [writer.pid]
        keep_limit([run], LIMIT, now())
        assert free(run, now()) == 0
        assert run.out.read_bytes() == lines(20_000)
    finally:
        writer.kill()
        writer.communicate()
    keep_limit([run], LIMIT, now())
    assert run.out.stat().st_size <= LIMIT


def test_only_ended_runs_of_this_machine_are_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = make(tmp_path, host="gpu2")
    assert not may_be_shortened(elsewhere)
    boxed = make(tmp_path, ID[:-1] + "b", pid_ns="other")
    assert not may_be_shortened(boxed)
    before = make(tmp_path, ID[:-1] + "c", boot_id="earlier", pid_ns="other")
    assert may_be_shortened(before)
    going_on = make(tmp_path, ID[:-1] + "d")
    (going_on.path / "end.json").unlink()
    assert not may_be_shortened(going_on)
    monkeypatch.setattr(log_size, "open_for_writing", lambda _: None)
    assert not may_be_shortened(make(tmp_path, ID[:-1] + "e"))


def test_a_link_in_the_place_of_a_log_leads_nowhere(run: RunFolder, tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.write_bytes(lines(20_000))
    run.out.unlink()
    run.out.symlink_to(other)
    keep_limit([run], LIMIT, now())
    assert other.read_bytes() == lines(20_000)
    assert run.out.is_symlink()


def test_an_old_log_keeps_metrics_and_its_end_and_is_freed_once(run: RunFolder) -> None:
    run.out.write_bytes(lines(40_000))
    before = metrics_of(run, run.start())
    assert freeable(run) > 400_000
    assert free(run, now()) > 400_000
    text = run.out.read_bytes()
    assert text.startswith(b"[mlkanban: ")
    assert text.endswith(b"line 039999\n")
    assert metrics_of(run, run.start()) == before
    assert freeable(run) == 0
    assert free(run, now()) == 0
    assert log_bytes(run) == len(text)


def test_what_grows_over_the_limit_is_named() -> None:
    assert over_limit(312_000_000, 200_000_000) == (
        "a log of 312 MB, over the limit of 200 MB, loses its middle when the run has ended"
    )
    assert over_limit(200_000_000, 200_000_000) == over_limit(10**9, 0) == ""


def test_both_logs_of_a_run_take_room(run: RunFolder) -> None:
    assert log_bytes(run) == 0
    run.out.write_bytes(b"12345")
    run.err.write_bytes(b"123")
    assert log_bytes(run) == 8


def test_a_shortened_log_of_a_sweep_still_says_whose_its_values_are(run: RunFolder) -> None:
    jobs = [
        b"[2026-12-01 02:08:01,254][HYDRA] \t#%d : lr=%d\n%s" % (job, job, lines(8_000))
        for job in range(4)
    ]
    run.out.write_bytes(b"[x][HYDRA] Launching 4 jobs locally\n" + b"".join(jobs))
    keep_limit([run], LIMIT, now())
    kept = [line for line in run.out.read_bytes().splitlines() if b"HYDRA" in line]
    assert len(kept) == 5
    free(run, now())
    kept = [line for line in run.out.read_bytes().splitlines() if b"HYDRA" in line]
    assert len(kept) == 5
