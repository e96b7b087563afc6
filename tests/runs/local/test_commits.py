"""What changed in the code between two runs, with the git that is installed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlkanban.errors import MlkanbanError, NotFound, StoreProblem
from mlkanban.runs.local.commits import difference
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.run import Run
from tests.runs.jobs import Job
from tests.tools import needs

OLD, NEW = "20260320-080000-0000000a", "20260320-090000-0000000b"


class Code:
    """A repository, and runs that were started in it."""

    def __init__(self, tmp_path: Path) -> None:
        self.data, self.where = tmp_path / "data", tmp_path / "code"
        self.where.mkdir()
        self.git("init", "--quiet")
        self.runs = [self.run(OLD, "lr = 1\n"), self.run(NEW, "lr = 2\n")]

    def git(self, *args: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@y"]
        command = ["git", *who, "-C", str(self.where), *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def run(self, name: str, text: str, **more: Any) -> Run:
        (self.where / "train.py").write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", name)
        folder = RunFolder(self.data / "runs" / name)
        folder.make()
        folder.write_start({"cwd": str(self.where)})
        return Run(name, commit=self.git("rev-parse", "HEAD"), **more)

    def refusal(self, *runs: Run) -> MlkanbanError:
        with pytest.raises(MlkanbanError) as said:
            difference(self.data, *runs)
        return said.value


@pytest.fixture
def code(tmp_path: Path) -> Code:
    needs("git")
    return Code(tmp_path)


def test_the_count_comes_first_and_nothing_in_it_acts_on_a_terminal(code: Code) -> None:
    third = code.run("20260320-100000-0000000c", "lr = 2\n\x1b]0;title\x07\n", dirty=True)
    first, second = code.runs
    text = difference(code.data, first, second).text
    assert text.index("1 file changed") < text.index("-lr = 1") < text.index("+lr = 2")
    assert "besides" not in text
    text = difference(code.data, second, third).text
    assert f"{third.id}, with changes besides that no commit has" in text
    assert "title" in text
    assert "\x1b" not in text


def test_the_same_commit_needs_no_git(code: Code, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "")
    first = code.runs[0]
    dirty = Run(NEW, commit=first.commit, dirty=True)
    found = difference(code.data, first, dirty)
    assert found.before == found.after
    assert found.text.startswith(f"Both ran commit {first.commit[:10]}. {NEW} had changes")


def test_why_nothing_can_be_compared_is_a_sentence(code: Code, monkeypatch: Any) -> None:
    first, second = code.runs
    gone = Run("x", commit="f" * 40)
    assert "Commit ffffffffff is not in" in str(code.refusal(gone, second))
    assert "No commit is known of y" in str(code.refusal(Run("y"), second))
    assert "is no commit" in str(code.refusal(Run("z", commit="--output=/tmp/x"), second))
    elsewhere = Run("20260320-080000-0000000e", commit=first.commit)
    assert "was started here" in str(code.refusal(elsewhere, Run("../code", commit="f" * 40)))
    monkeypatch.setenv("PATH", "")
    assert str(code.refusal(first, second)) == "git is not installed here."
    monkeypatch.undo()
    (code.where / ".git").rename(code.where / "was")
    assert "in no git repository any more" in str(code.refusal(first, second))
    code.where.rename(code.where.with_name("moved"))
    error = code.refusal(first, second)
    assert "is no more" in str(error)
    assert isinstance(error, NotFound)


def test_a_git_that_hangs_is_not_waited_for(code: Code, monkeypatch: Any, tmp_path: Path) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("mlkanban.runs.local.commits._SECONDS", 0.3)
    error = code.refusal(*code.runs)
    assert "gave no answer" in str(error)
    assert isinstance(error, StoreProblem)


def test_the_command_line_compares_a_run_with_the_one_before_it(job: Job) -> None:
    needs("git")
    who = ["-c", "user.name=x", "-c", "user.email=x@y"]
    for lr in ("1", "2"):
        (job.cwd / "lr").write_text(f"{lr}\n")
        for args in (["init", "-q"], ["add", "lr"], [*who, "commit", "-qm", lr]):
            subprocess.run(["git", *args], cwd=job.cwd, check=True)
        job.mlk("run", job.card, "--", "echo", "--lr", lr)
    newest, first = json.loads(job.mlk("--json", "runs", job.card))["data"]
    assert [one["differs"] for one in (newest, first)] == [{"lr": "2"}, {"lr": "1"}]
    said = job.mlk("diff", newest["id"])
    assert "-1" in said.splitlines()
    assert "+2" in said.splitlines()
    assert said == job.mlk("diff", newest["id"], first["id"])
    job.mlk("diff", first["id"], code=3)
