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
