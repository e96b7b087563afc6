"""What SLURM 22.05 printed for real jobs, and what that means for their runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.labels import CardLabel
from mlkanban.runs.model.state import RunState
from mlkanban.runs.slurm.job_records import (
    NO_FILE,
    Known,
    Ticket,
    Verdict,
    judge_job,
    read_sacct,
    read_squeue,
    with_limits,
    with_statuses,
)
from mlkanban.runs.slurm.pending_reasons import reason_text

AT = 1795587744
SACCT = """\
1|1|COMPLETED|0:0|1795587744|1795587744|1795587750|6|vm|billing=1,cpu=1,gres/gpu=2,node=1|None|mlk:g1|/w
2|2|FAILED|3:0|1795587744|1795587744|1795587744|0|vm|billing=1,cpu=1,node=1|None|mlk:g1|/w
3|3|CANCELLED by 1000|0:0|1795587744|1795587744|1795587746|2|vm|cpu=1|None|mlk:g1|/w
4|4|RUNNING|0:0|1795587744|1795587744|Unknown|12|vm|cpu=1|None||/w
5|5|TIMEOUT|0:0|1795587744|1795587744|1795587755|11|vm|cpu=1|None|mlk:g1|/w
6|6|PENDING|0:0|1795587744|Unknown|Unknown|0|None assigned||None||/w
7_1|8|COMPLETED|0:0|1795587744|1795587745|1795587749|4|vm|cpu=1|None|a|b|/w
7_2|7|FAILED|1:0|1795587744|1795587746|1795587751|5|vm|cpu=1|None|a|b|/w
9|9|NODE_FAIL|0:0|1795587744|1795587745|1795587749|4|vm|cpu=1|None||/w
10|10|OUT_OF_MEMORY|0:125|1795587744|1795587745|1795587749|4|vm|cpu=1|None||/w
11|11|PREEMPTED|0:0|1795587744|1795587745|1795587749|4|vm|cpu=1|None||/w
12|12|FAILED|0:9|1795587744|1795587745|1795587749|4|vm|cpu=1|None||/w
14|14|FAILED|0:53|1795587744|1795587744|1795587744|0|vm|cpu=1|None||/w
15|15|FAILED|0:54|1795587744|1795587744|1795587744|0|vm|cpu=1|None||/w
13|13|SOMETHING_NEW|0:0|1795587744|1795587745|1795587749|4|vm|cpu=1|None||/w
"""
SQUEUE = """\
1|COMPLETED|None|1795587744|1795587744|1795587750|mlk:g1|/w
2|FAILED|NonZeroExitCode|1795587744|1795587744|1795587744|mlk:g1|/w
6|PENDING|Resources|1795587744|1827123744|NONE|mlk:g1|/w
4|RUNNING|None|1795587744|1795587744|NONE|mlk:g1 and more|/w
7_[2-4%1]|PENDING|JobArrayTaskLimit|1795587744|N/A|N/A|note mlk:ab12|/w|x
7_1|RUNNING|None|1795587744|1795587745|1827123891|mlk:g1|/w
"""
COUNTED, QUEUED = read_sacct(SACCT), read_squeue(SQUEUE)


def verdict(
    job: str, *, counted=COUNTED, queued=QUEUED, submit=AT, uid=1000, now=AT + 600
) -> Verdict:
    found = judge_job(Ticket(job, submit, "/w"), counted, queued, uid, now)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("job", "state", "exit", "why", "reason"),
    [
        ("1", RunState.FINISHED, 0, "", ""),
        ("2", RunState.FAILED, 3, "", ""),
        ("3", RunState.KILLED, None, "", ""),
        ("4", RunState.RUNNING, None, "", ""),
        ("5", RunState.FAILED, None, "ended by its time limit", "other"),
        ("6", RunState.QUEUED, None, "", ""),
        ("7", RunState.RUNNING, None, "", ""),
        ("9", RunState.FAILED, None, "its node failed", "environment"),
        ("10", RunState.FAILED, None, "out of memory", "environment"),
        ("11", RunState.FAILED, None, "preempted by another job", "compute queue"),
        ("12", RunState.FAILED, 137, "", ""),
        ("14", RunState.FAILED, None, NO_FILE, "environment"),
        ("15", RunState.FAILED, None, "SLURM could not run it: the prolog failed", "environment"),
        ("13", RunState.UNKNOWN, None, "", ""),
    ],
)
def test_what_a_state_means(job, state, exit, why, reason) -> None:
    found = verdict(job)
    assert (found.judgement.state, found.judgement.exit, found.why) == (state, exit, why)
    assert found.reason.replace("-", " ") == reason
    assert found.judgement.evidence


def test_what_else_is_known_of_a_job() -> None:
    found = verdict("1")
    assert (found.started, found.ended, found.elapsed, found.gpus) == (AT, AT + 6, 6, 2)
    assert found.nodes == "vm"
    assert verdict("7", queued=[]).elapsed == 9


def test_why_a_job_waits_is_said() -> None:
    assert verdict("6").judgement.evidence == (
        "squeue says PENDING (Resources): waiting for free nodes or GPUs"
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("QOSMaxJobsPerUserLimit", "its QOS is at its limit of jobs"),
        ("AssocGrpGRES", "your account is at its limit of GPUs"),
        ("QOSMaxCpuPerUserLimit", "its QOS is at its limit of CPUs"),
        ("ReqNodeNotAvail, UnavailableNodes:n1", "a node it asks for is not available"),
        ("SomethingNew", ""),
    ],
)
def test_reasons_to_wait_are_told_in_words(reason: str, words: str) -> None:
    assert reason_text(reason) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [("240", "of 4 h"), ("90", "of 1 h 30 min"), ("4320", "of 3 days"), ("2880", "of 2 days"),
     ("30", "of 30 min"), ("1500", "of 25 h"), ("UNLIMITED", "")],
)  # fmt: skip
def test_a_time_limit_is_told(minutes: str, words: str) -> None:
    counted = with_limits(COUNTED, f"1|60\n5|{minutes}\n5|5|TIMEOUT|0:0\n")
    found = verdict("5", counted=counted)
    assert found.why == f"ended by its time limit {words}".rstrip()
    assert found.internal


@pytest.mark.parametrize(
    ("printed", "words"),
    [("4:00:00", " of 4 h"), ("1-12:00:00", " of 36 h"), ("30:00", " of 30 min"),
     ("UNLIMITED", "")],
)  # fmt: skip
def test_without_accounting_the_queue_knows_the_time_limit(printed: str, words: str) -> None:
    queued = read_squeue("5|TIMEOUT|TimeLimit|1795587744|1795587744|1795587755|mlk:g1|/w")
    queued = with_statuses(queued, f"5      0       {printed}\n")
    found = verdict("5", counted=None, queued=queued)
    assert (found.judgement.state, found.why) == (
        RunState.FAILED, f"ended by its time limit{words}",
    )  # fmt: skip


def test_cancelled_by_another_person_is_a_failure() -> None:
    found = verdict("3", uid=1)
    assert (found.judgement.state, found.why) == (RunState.FAILED, "cancelled by somebody else")
    assert "by 1000" in found.judgement.evidence


def test_without_accounting_the_queue_counts_and_a_job_that_is_gone_is_unknown() -> None:
    assert verdict("1", counted=None).judgement.state is RunState.FINISHED
    failed = verdict("2", counted=None)
    assert (failed.judgement.state, failed.judgement.exit) == (RunState.FAILED, None)
    assert (failed.why, failed.judgement.evidence) == ("", "squeue says FAILED")
    assert verdict("5", counted=None).judgement.state is RunState.UNKNOWN
    assert verdict("4", queued=[]).judgement.state is RunState.UNKNOWN


def test_without_a_controller_only_an_end_is_news() -> None:
    assert verdict("2", queued=None).judgement.exit == 3
    assert judge_job(Ticket("4", AT, "/w"), COUNTED, None, 0, AT) is None
    assert judge_job(Ticket("4", AT, "/w"), None, None, 0, AT) is None


def test_the_exit_status_is_waited_for_while_the_accounting_lags() -> None:
    late = read_sacct(SACCT.replace("2|2|FAILED|3:0", "2|2|RUNNING|0:0"))
    for counted in (late, []):
        assert judge_job(Ticket("2", AT, "/w"), counted, QUEUED, 0, AT + 5) is None
        assert verdict("2", counted=counted).judgement.state is RunState.FAILED


def test_a_number_that_was_given_again_is_another_job() -> None:
    assert verdict("1", submit=AT + 100).judgement.state is RunState.UNKNOWN
    again = judge_job(Ticket("1", AT - 100, "/elsewhere"), COUNTED, QUEUED, 0, AT + 600)
    assert again is not None
    assert again.judgement.state is RunState.UNKNOWN
    assert (
        verdict("1", submit=AT - 100).judgement.state is RunState.FINISHED
    )  # put back in the queue


def test_an_array_runs_while_one_of_its_tasks_does() -> None:
    part = [job for job in COUNTED if job.task == "7_1"]
    found = verdict("7", counted=part, queued=QUEUED)
    assert found.judgement.state is not RunState.FAILED
    going = verdict("7", counted=[], queued=QUEUED)
    assert (going.judgement.state, "0 of 4 tasks over" in going.judgement.evidence) == (
        RunState.RUNNING, True,
    )  # fmt: skip


def test_tasks_that_wait_are_counted_though_they_stand_on_one_line() -> None:
    [waits] = read_squeue("7_[2-4,9,10-20:5%1]|PENDING|JobArrayTaskLimit|1|N/A|N/A|(null)|/w")
    assert waits.tasks == 7
    [counted] = [job for job in COUNTED if job.task == "7_1"]
    found = judge_job(Ticket("7", 1, "/w"), [counted], [waits], 0, AT)
    assert found is not None
    assert found.judgement.evidence == "squeue says PENDING, 1 of 8 tasks over"


def test_tasks_that_failed_are_named() -> None:
    found = verdict("7", queued=[])
    assert (found.judgement.state, found.judgement.exit) == (RunState.FAILED, 1)
    assert "FAILED for task 7_2, 2 of 2 tasks over" in found.judgement.evidence
    assert (found.failed, found.task) == ("1 task of 2 failed: 7_2", "7_2")
    assert (verdict("2").failed, verdict("2").task) == ("", "")


STATUSES = """\
24                                                          256
6_1                                                         0
6_2                                                         9
25                                                          4021
26                                                          139
27
28                                                          1:0
"""


def test_the_queue_knows_the_status_of_wait() -> None:
    """The first is what SLURM 22.05 printed of an exit 1."""
    line = "{}|FAILED|NonZeroExitCode|1|1|2|mlk:g1|/w"
    text = "\n".join(line.format(task) for task in ("24", "6_1", "6_2", "25", "26", "27", "28"))
    jobs = with_statuses(read_squeue(f"{text}\n6_3|RUNNING|None|1|1|NONE|mlk:g1|/w"), STATUSES)
    assert {job.task: job.exit for job in jobs} == {
        "24": 1, "6_1": None, "6_2": 137, "25": None, "26": 139, "27": None, "28": None,
        "6_3": None,
    }  # fmt: skip
    assert [job.task for job in jobs if job.own == NO_FILE] == ["25"]


AGAIN = """\
1|1|REQUEUED|0:0|100|110|160|50|a|gres/gpu=2|None|mlk:0a1b2c3d:g1|/w
1|1|{state}|0:0|160|300|400|{seconds}|b|gres/gpu=2|None|mlk:0a1b2c3d:g1|/w
"""


@pytest.mark.parametrize("state", ["NODE_FAIL", "PREEMPTED", "FAILED", "CANCELLED", "TIMEOUT"])
def test_while_the_queue_has_a_job_it_is_not_over(state: str) -> None:
    """Whatever the accounting says of the life that it had."""
    counted = read_sacct(
        AGAIN.format(state="COMPLETED", seconds=0).splitlines()[0].replace("REQUEUED", state)
    )
    [waits] = read_squeue("1|PENDING|BeginTime|160|280|NONE|mlk:0a1b2c3d:g1|/w")
    found = judge_job(Ticket("1", 100, "/w"), counted, [waits], 1000, 200)
    assert found is not None
    assert (found.judgement.state, found.elapsed, found.started) == (RunState.QUEUED, 50, 110)


def test_a_job_that_was_put_back_is_one_with_two_lives() -> None:
    counted = read_sacct(AGAIN.format(state="COMPLETED", seconds=100))
    found = judge_job(Ticket("1", 100, "/w"), counted, [], 1000, 1000)
    assert found is not None
    assert (found.judgement.state, found.started, found.ended) == (RunState.FINISHED, 110, 400)
    assert (found.elapsed, found.waited) == (150, 140), "140 of the 290 seconds it waited"
    assert found.judgement.evidence == "sacct says COMPLETED, requeued 1 time"


def test_lives_are_known_without_an_accounting_that_tells_them() -> None:
    """What was put back into the queue had ended by then."""
    queue = "1|{}|None|{}|{}|{}|mlk:0a1b2c3d:g1|/w"
    ticket = Ticket("1", 100, "/w")
    first = judge_job(ticket, None, read_squeue(queue.format("RUNNING", 100, 110, "NONE")), 0, 120)
    assert first is not None
    again = read_squeue(queue.format("RUNNING", 160, 300, "NONE"))
    second = judge_job(ticket, None, again, 0, 310, Known(first.lives))
    assert second is not None
    assert (second.elapsed, second.waited, second.started) == (None, 140, 110)
    over = read_squeue(queue.format("COMPLETED", 160, 300, 400))
    third = judge_job(ticket, None, over, 0, 500, Known(second.lives))
    assert third is not None
    assert (third.elapsed, third.judgement.state) == (150, RunState.FINISHED)


def test_a_number_given_again_after_its_job_completed_is_another_job() -> None:
    """Even from the same folder with the same label; that of another run is never it."""
    counted = read_sacct(AGAIN.format(state="FAILED", seconds=100).replace("REQUEUED", "COMPLETED"))
    found = judge_job(Ticket("1", 100, "/w"), counted, [], 1000, 1000)
    assert found is not None
    assert (found.judgement.state, found.ended) == (RunState.FINISHED, 160)
    run, other = "20260320-100000-0123abcd", "20260320-110000-0123abcd"
    counted = read_sacct(AGAIN.format(state="FAILED", seconds=100).replace(":g1", f":g1/{run}"))
    assert len(Ticket("1", None, "", run).lines(counted)) == 2
    assert Ticket("1", 100, "/w", other).lines(counted) == []


def test_what_waits_for_a_job_that_failed_never_starts() -> None:
    queued = read_squeue("6|PENDING|DependencyNeverSatisfied|1795587744|N/A|NONE|mlk:g1|/w")
    found = verdict("6", queued=queued)
    assert (found.judgement.state, found.judgement.exit) == (RunState.FAILED, None)
    assert found.why == "a job it depends on did not succeed (DependencyNeverSatisfied)"
    assert (found.reason, found.started, found.elapsed) == ("dependency", None, None)
    assert found.ended == AT + 600


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETED", "FAILED"])
def test_what_it_once_waited_for_says_nothing_of_a_job_that_started(state: str) -> None:
    line = f"4|4|{state}|0:0|100|110|{160 if state != 'RUNNING' else 'Unknown'}|50|a|||c|/w"
    counted = read_sacct(line.replace("|||c", "||DependencyNeverSatisfied|c"))
    queued = read_squeue(f"4|{state}|None|100|110|160|(null)|/w")
    found = judge_job(Ticket("4", 100, "/w"), counted, queued, 1000, 400)
    assert found is not None
    assert "Dependency" not in found.why + found.judgement.evidence
    assert found.started == 110


def test_a_job_that_was_cancelled_while_it_waited_never_ran() -> None:
    counted = read_sacct("6|6|CANCELLED by 1000|0:0|100|None|160|0|None assigned|||c|/w")
    queued = read_squeue("6|CANCELLED|Dependency|100|160|160|(null)|/w")
    for accounting, queue in ((counted, ()), (None, queued)):
        found = judge_job(Ticket("6", 100, "/w"), accounting, queue, 1000, 400)
        assert found is not None
        assert (found.judgement.state, found.started, found.elapsed) == (
            RunState.KILLED,
            None,
            None,
        )


RUN = "20260320-100000-0123abcd"


@pytest.mark.parametrize(
    ("comment", "label"),
    [
        ("mlk:g1", CardLabel("", "g1")),
        ("note mlk:ab12, more", CardLabel("", "ab12")),
        ("mlk:0a1b2c3d:g12b", CardLabel("0a1b2c3d", "g12b")),
        (f"x mlk:0a1b2c3d:g1/{RUN}", CardLabel("0a1b2c3d", "g1", RUN)),
        ("mlk:0a1b2c3:g1", None),
        ("xmlk:g1", None),
        ("(null)", None),
    ],
)
def test_the_comment_names_the_card_and_its_store(comment: str, label: CardLabel | None) -> None:
    [job] = read_squeue(f"4|RUNNING|None|1|2|NONE|{comment}|/w")
    assert job.label == label
    if label and comment.startswith("mlk:"):
        assert label.comment == comment


@given(st.text())
def test_nothing_that_is_printed_is_an_error(text: str) -> None:
    for job in [*read_sacct(text), *read_squeue(text)]:
        assert judge_job(Ticket(job.id, job.submit, job.folder), [job], [], 0, AT)


def array_seen(queue: str, known: Known = Known(), now: int = AT) -> Verdict:  # noqa: B008
    """An array on a cluster without accounting, as the queue shows it."""
    lines = "\n".join(f"{line}|mlk:g1|/w" for line in queue.split())
    found = judge_job(Ticket("7", 1, "/w"), None, read_squeue(lines), 0, now, known)
    assert found is not None
    return found


def test_without_accounting_tasks_that_ended_are_not_forgotten() -> None:
    first = array_seen("7_[3-4]|PENDING|x|1|N/A|N/A 7_1|COMPLETED|x|1|10|30 7_2|RUNNING|x|1|20|N/A")
    assert (first.count, first.going, first.going_since, first.elapsed) == (4, 1, 20, 20)
    assert first.judgement.evidence == "squeue says RUNNING, 1 of 4 tasks over"
    known = Known(first.lives, first.ends, first.count)
    then = array_seen("7_2|RUNNING|x|1|20|N/A 7_3|FAILED|x|1|40|50 7_4|RUNNING|x|1|40|N/A", known)
    assert then.judgement.evidence == "squeue says RUNNING, 2 of 4 tasks over and 1 failed: 7_3"
    assert (then.count, then.going, then.going_since) == (4, 2, 30)
    known = Known(then.lives, then.ends, then.count)
    gone = array_seen("7_4|COMPLETED|x|1|40|90", known)
    assert gone.judgement.state is RunState.UNKNOWN, "7_2 ended unseen"
    assert gone.judgement.evidence == (
        "no program of SLURM tells how 1 task ended: 7_2, 4 of 4 tasks over"
    )
    assert gone.started == 10
    known = Known(known.lives, [*known.ends, *array_seen("7_2|COMPLETED|x|1|20|60").ends], 4)
    over = array_seen("7_4|COMPLETED|x|1|40|90", known)
    assert (over.judgement.state, over.failed) == (RunState.FAILED, "1 task of 4 failed: 7_3")


def test_of_many_tasks_at_least_so_many_are_over() -> None:
    lines = read_squeue("7_[3-99]|PENDING|x|1|N/A|N/A|mlk:g1|/w\n7_2|COMPLETED|x|1|2|3|mlk:g1|/w")
    found = judge_job(Ticket("7", 1, "/w"), None, lines, 0, AT)
    assert found is not None
    assert "at least 1 of 98 tasks over" in found.judgement.evidence


def test_how_each_task_ended_is_known() -> None:
    found = verdict("7", queued=[])
    assert [(end.task, end.state, end.seconds, end.why, end.raw) for end in found.ends] == [
        ("7_1", RunState.FINISHED, 4, "", "8"), ("7_2", RunState.FAILED, 5, "exit 1", "7"),
    ]  # fmt: skip
