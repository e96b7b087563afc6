"""Where jobs write to: as `scontrol show job` of SLURM 22.05 named the files of real jobs."""

import pytest

from mlkanban.runs.slurm.client import read_records
from mlkanban.runs.slurm.log_files import log_files

ARRAY = """\
JobId=1 ArrayJobId=1 ArrayTaskId=1-2%1 ArrayTaskThrottle=1 JobName=a.sh
   UserId=ada(1000) GroupId=ada(1000) MCS_label=N/A
   Command=/w/a.sh
   WorkDir=/w
   StdErr={waits}
   StdIn=/dev/null
   StdOut={waits}
   Power=
   

JobId=5 ArrayJobId=1 ArrayTaskId=0 ArrayTaskThrottle=1 JobName=a.sh
   UserId=ada(1000) GroupId=ada(1000) MCS_label=N/A
   StdErr={started}
   StdIn=/dev/null
   StdOut={started}
   Power=
   

"""  # noqa: W293


def array(waits: str, started: str = "") -> tuple[str, str]:
    text = ARRAY.format(waits=waits, started=started)
    found = log_files(read_records(text if started else text.partition("\nJobId=5")[0]))
    assert found["stdin"] == "/dev/null"
    return found["stdout"], found["by"]


@pytest.mark.parametrize(
    ("waits", "started", "pattern", "by"),
    [
        ("/w/slurm-1_4294967294.out", "/w/slurm-1_0.out", "/w/slurm-1_*.out", "task"),
        ("/w/slurm-1_4294967294.out", "", "/w/slurm-1_*.out", "task"),
        ("/w/log-1.out", "/w/log-5.out", "/w/log-*.out", "job"),
        ("/w/log-1.out", "", "/w/log-1.out", ""),
        ("/w/log-1-%3a.out", "/w/log-1-%3a.out", "/w/log-1-*.out", "task"),
        ("/w/4294967294/out", "/w/0/out", "/w/*/out", "task"),
        ("/w/all.out", "/w/all.out", "/w/all.out", "all"),
        ("/w/%x-%5A-%N.out", "/w/%x-%5A-%N.out", "/w/a.sh-00001-?*.out", "all"),
    ],
)
def test_tasks_of_an_array_have_files_of_their_own(
    waits: str, started: str, pattern: str, by: str
) -> None:
    assert array(waits, started) == (pattern, by)


def test_placeholders_of_a_job_are_filled_in() -> None:
    text = "JobId=42 JobName=my train UserId=ada(1000) StdOut=/w/%x/%u-%6j-%%.out WorkDir=/w\n"
    found = log_files(read_records(text))
    assert found["stdout"] == "/w/my train/ada-000042-%.out"
    assert "by" not in found


def test_a_controller_that_does_not_answer_names_no_file() -> None:
    assert log_files([]) == {"stdout": "", "stderr": "", "stdin": "", "by": ""}
