"""Why a job waits, in words that say what a person can do or wait for."""

import pytest

from mlkanban.runs.slurm.pending_reasons import reason_text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("Resources", "waiting for free nodes or GPUs"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "a node it asks for is not available"),
        ("QOSMaxGRESPerUser", "its QOS is at its limit of GPUs"),
        ("AssocGrpCpuLimit", "your account is at its limit of CPUs"),
        ("QOSMaxJobsPerUserLimit", "its QOS is at its limit of jobs"),
        ("None", ""),
        ("", ""),
    ],
)
def test_a_reason_has_its_words(reason: str, text: str) -> None:
    assert reason_text(reason) == text
