"""Why a run died, in words that help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.failure import LOOKED_AT, death, last_lines


@pytest.mark.parametrize(
    ("exit", "line", "why", "reason"),
    [
        (1, "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
         "out of GPU memory (exit 1)", "environment"),
        (1, "RuntimeError: CUDA error: device-side assert triggered",
         "CUDA or NCCL error (exit 1)", "environment"),
        (1, "OSError: [Errno 28] No space left on device",
         "disk full or over quota (exit 1)", "environment"),
        (135, "Bus error (core dumped)",
         "killed by SIGBUS, bus error or too little shared memory", "environment"),
        (1, "ValueError: loss is nan, stopping training", "loss became NaN (exit 1)", "bug"),
        (1, "ModuleNotFoundError: No module named 'timm'",
         "a module or program is missing (exit 1)", "environment"),
        (1, "FileNotFoundError: [Errno 2] No such file or directory: 'train.csv'",
         "a file is missing (exit 1)", "data-access"),
        (2, "python: can't open file '/x/nosuch.py': [Errno 2] No such file or directory",
         "the script cannot be opened (exit 2)", "environment"),
        (2, "Fatal error: cannot open file 'nosuch.R': No such file or directory",
         "the script cannot be opened (exit 2)", "environment"),
        (2, "step 1\nsh: 0: cannot open nosuch.sh: No such file",
         "the script cannot be opened (exit 2)", "environment"),
        (1, "/usr/bin/python3: No module named nosuch",
         "a module or program is missing (exit 1)", "environment"),
        (1, "cat: train.csv: No such file or directory",
         "a file is missing (exit 1)", "data-access"),
        (143, "slurmstepd: error: *** JOB 7 CANCELLED DUE TO TIME LIMIT ***",
         "killed by SIGTERM, timed out or preempted", "compute-queue"),
        (127, "sh: nope: not found", "command not found", "environment"),
        (126, "", "command cannot be executed", "environment"),
        (139, "", "killed by SIGSEGV", "environment"),
        (3, "anything else", "exit 3", "bug"),
        (None, "", "exit status unknown", "environment"),
    ],
)  # fmt: skip
def test_why_it_died(exit, line, why, reason) -> None:
    assert death(exit, [line]) == (why, reason)


def test_the_reason_may_stand_on_stdout_where_stderr_says_nothing() -> None:
    assert death(1, ["Traceback"], ["step 9 loss=nan"]).why == "loss became NaN (exit 1)"
    assert death(1, ["CUDA out of memory"], ["loss=nan"]).why == "out of GPU memory (exit 1)"


def test_out_of_memory_is_only_suspected() -> None:
    assert "suspected" in death(137, [], oom=True).why
    assert death(137, []).why == "killed by SIGKILL"
    assert death(1, [], oom=True).why == "exit 1"


def test_last_lines_are_what_was_seen() -> None:
    log = (
        "\x1b[32mEpoch 1\x1b[0m\r\n"
        " 10%|#         | 1/10 [00:01<00:09,  1.0it/s]\r"
        " 99%|######### | 9/10 [00:09<00:01,  1.0it/s]\n"
        "step 1\rstep 2\rstep 3\n"
        "\x1b]0;title\x07Traceback\n\n"
        "ValueError: x"
    )
    assert last_lines(log) == ["Epoch 1", "step 3", "Traceback", "ValueError: x"]


@given(st.text())
def test_any_log_has_few_lines_and_no_escapes(log: str) -> None:
    lines = last_lines(log)
    assert len(lines) <= LOOKED_AT
    assert all(line.strip() and "\n" not in line for line in lines)
    assert all("\x1b[" not in line for line in lines)
    assert death(1, lines)


@pytest.mark.parametrize(
    ("exit", "why", "reason"),
    [
        # From 129 on it is a signal, as far as there are any.
        (1, "exit 1", "bug"), (125, "exit 125", "bug"), (128, "exit 128", "bug"),
        (129, "killed by SIGHUP", "environment"), (137, "killed by SIGKILL", "environment"),
        (160, "killed by signal 32", "environment"), (192, "killed by SIGRTMAX", "environment"),
        (193, "exit 193", "bug"), (255, "exit 255", "bug"), (0, "exit 0", "bug"),
        (-9, "exit -9", "bug"),
    ],
)  # fmt: skip
def test_the_exit_status_names_a_signal(exit: int, why: str, reason: str) -> None:
    assert death(exit, []) == (why, reason)


@pytest.mark.parametrize(
    ("exit", "oom", "why"),
    [(137, True, "killed (signal 9), out of memory suspected"), (143, True, "killed by SIGTERM"),
     (None, True, "exit status unknown"), (127, True, "command not found")],
)  # fmt: skip
def test_only_a_kill_is_suspected_to_be_for_lack_of_memory(exit, oom, why) -> None:
    assert death(exit, [], oom=oom).why == why


def test_a_known_pattern_is_told_with_or_without_an_exit_status() -> None:
    assert death(None, ["MemoryError"]).why == "out of memory"
    assert death(1, ["MemoryError"]).why == "out of memory (exit 1)"
    assert death(0, ["MemoryError"]).why == "out of memory (exit 0)"


def test_of_a_long_log_the_last_fifty_lines_are_kept_and_of_a_line_the_beginning() -> None:
    assert last_lines("\n".join(map(str, range(60)))) == [str(n) for n in range(10, 60)]
    assert last_lines("\n".join(map(str, range(50)))) == [str(n) for n in range(50)]
    assert last_lines("x" * 301) == ["x" * 300]
    assert last_lines("") == last_lines("\n \r\n\t") == []
    assert last_lines("a\r\r\n b \r  \n") == ["a", " b"]
    assert last_lines(" 3/10 [==>...]\n12.5 it/s 3.0it/s\n########\nkept\n====\n") == [
        "kept", "====",
    ]  # fmt: skip


def test_long_lines_take_no_time_and_are_cut() -> None:
    hostile = [
        " " * 65_000 + "x",
        "#" * 65_000 + "x",
        "5%|" * 20_000,
        "1" * 65_000,
        "[" + "= " * 30_000,
    ]
    lines = last_lines("\n".join([*hostile, "CUDA out of memory"]))
    assert lines[-1] == "CUDA out of memory"
    assert all(len(line) <= 300 for line in lines)
    assert death(1, lines).why == "out of GPU memory (exit 1)"
