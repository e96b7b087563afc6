"""Runs of Weights & Biases, as its own program told of them when it was asked."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlkanban.runs.trackers import wandb as reader
from mlkanban.runs.trackers.places import count_all, read_all, usual
from mlkanban.runs.trackers.tracker import KnownRuns
from mlkanban.runs.trackers.wandb import NO_PROGRAM
from tests.runs.trackers.files import FIXTURES, WANDB_RUNS, state, wandb


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "bin"


def test_finished_failed_and_killed_runs_are_told_of(tmp_path: Path, bin: Path) -> None:
    root = wandb(tmp_path / "wandb", bin)
    before = state(root)
    found = read_all(usual(tmp_path, {}))
    assert not found.problems
    seed, failed, killed = found.runs
    assert seed.ref == f"wandb:{WANDB_RUNS[0].stem.removeprefix('offline-run-')}"
    assert (seed.name, seed.experiment, seed.says) == ("seed 1", "fraud", "finished")
    assert seed.numbers == {"val_auc": 0.917}
    assert seed.params == {"lr": "0.01"}
    assert seed.started < seed.ended
    assert (failed.says, failed.card, failed.numbers) == ("failed", "t1", {"loss.min": 0.5})
    assert (killed.says, killed.started, killed.ended) == ("unknown", "", "")
    assert killed.moment > "2026"
    assert count_all([root]) == ({root: 3}, [])
    assert state(root) == before


def test_without_the_program_one_sentence_says_so(tmp_path: Path, bin: Path) -> None:
    root = wandb(tmp_path / "wandb", bin)
    (bin / "wandb").unlink()
    found = read_all([root])
    assert not found.runs
    assert found.problems == (f"3 runs in {root} were not read: there is no program wandb here.",)
    assert count_all([root]) == ({}, [*found.problems])


def test_one_that_has_no_leet_is_asked_once(tmp_path: Path, bin: Path) -> None:
    old = FIXTURES / "wandb-old.txt"
    answer = f"echo >> {tmp_path}/asked; cat {old} >&2; exit 2"
    root = wandb(tmp_path / "wandb", bin, answer)
    [said] = read_all([root]).problems
    assert "has no `leet inspect`; a newer one has" in said
    assert (tmp_path / "asked").read_text() == "\n"
    assert count_all([root]) == ({}, [said])


def test_what_hangs_is_ended_with_all_it_started(
    tmp_path: Path, bin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_SECONDS", 2)
    root = wandb(tmp_path / "wandb", bin, f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    [said] = read_all([root]).problems
    assert said == f"3 runs in {root} were not read: {bin}/wandb did not answer within 2 s."
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("answer", ["exit 1", "echo nonsense", "echo [1]", 'printf "{"'])
def test_a_run_that_cannot_be_told_of_is_counted(tmp_path: Path, bin: Path, answer: str) -> None:
    name = WANDB_RUNS[0].stem
    answer = f'case "$5" in *{name}) {answer};; *) cat "$5.json";; esac'
    root = wandb(tmp_path / "wandb", bin, answer)
    found = read_all([root])
    assert len(found.runs) == 2
    assert found.problems == (f"1 run in {root} was not read: {bin}/wandb could not.",)


def test_foreign_answers_are_read_as_far_as_they_go(tmp_path: Path, bin: Path) -> None:
    odd = (
        '{"name": 7, "tags": [1, "x"], "summary": [1], "config": {"a": {"b": [2]}}, "state": null}'
    )
    root = wandb(tmp_path / "wandb", bin, f"echo '{odd}'")
    one = read_all([root]).runs[0]
    assert (one.name, one.says, one.metrics, one.params) == ("7", "", {}, {"a.b": "[2]"})


def test_of_many_runs_the_newest_are_read(
    tmp_path: Path, bin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_MOST_RUNS", 2)
    root = wandb(tmp_path / "place" / "wandb", bin)
    found = read_all(usual(tmp_path, {"WANDB_DIR": str(tmp_path / "place")}))
    assert [one.ref[6:] for one in found.runs] == [run.stem[12:] for run in WANDB_RUNS[1:]]
    assert found.problems == (f"1 run in {root} was not read: only the newest 2 are.",)
    oldest = root / WANDB_RUNS[0].stem
    [one] = read_all([oldest]).runs
    assert (one.name, one.where) == ("seed 1", str(root)), "by its own folder it can be read"


def test_without_the_program_only_runs_with_news_are_spoken_of(tmp_path: Path, bin: Path) -> None:
    root = wandb(tmp_path / "wandb", bin)
    program = (bin / "wandb").rename(tmp_path / "elsewhere")
    refs = [f"wandb:{run.stem.removeprefix('offline-run-')}" for run in WANDB_RUNS]
    later = datetime.now(UTC) + timedelta(seconds=1)
    [problem] = read_all([root], known=KnownRuns({refs[0]: later})).problems
    assert problem == f"2 runs in {root} were not read: {NO_PROGRAM}."
    all_known = KnownRuns(dict.fromkeys(refs, later))
    assert read_all([root], known=all_known).problems == ()
    long_ago = KnownRuns(dict.fromkeys(refs, later - timedelta(days=1)))
    assert len(read_all([root], known=long_ago).problems) == 1
    venv = tmp_path / "venv" / "bin"
    venv.mkdir(parents=True)
    program.rename(venv / "wandb")
    beside = KnownRuns({}, lambda folder: [f"{venv}/python", "x.py"] if folder == tmp_path else [])
    assert len(read_all([root], known=beside).runs) == 3


def test_where_only_news_are_wanted_ended_runs_are_not_asked_for_again(
    tmp_path: Path, bin: Path
) -> None:
    asked = tmp_path / "asked"
    root = wandb(tmp_path / "wandb", bin, f'echo >> {asked}; cat "$5.json"')
    refs = [f"wandb:{run.stem.removeprefix('offline-run-')}" for run in WANDB_RUNS]
    later = datetime.now(UTC) + timedelta(seconds=1)
    ended = dict.fromkeys(refs[:2], later)
    found = read_all([root], known=KnownRuns(ended, only_news=True))
    assert [run.ref for run in found.runs] == refs[2:]
    assert len(asked.read_text().splitlines()) == 1
    assert len(read_all([root], known=KnownRuns(ended)).runs) == 3, "a person names one of them"
