"""Uncommitted changes are kept with a run: for git, without secrets, up to a limit."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlkanban.runs.local import code
from mlkanban.runs.local.code import CodeChanges, CodeState, code_state
from mlkanban.runs.local.folder import RunFolder
from tests.tools import needs


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    needs("git")
    where = tmp_path / "code"
    (where / "src").mkdir(parents=True)
    monkeypatch.chdir(where)
    git("init", "--quiet")
    for name in ("train.py", "src/net.py"):
        (where / name).write_text("a = 1\nb = 2\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "first")
    return where


def git(*args: str, stdin: str = "") -> str:
    who = ["-c", "user.name=x", "-c", "user.email=x@y"]
    done = subprocess.run(
        ["git", *who, *args], check=True, capture_output=True, text=True, input=stdin
    )
    return done.stdout.strip()


def test_clean_code_has_a_commit_and_no_patch(repository: Path) -> None:
    assert code_state() == CodeState(git("rev-parse", "HEAD"))
    assert CodeChanges(code_state()).patch() == ""


def test_outside_a_repository_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert code_state() == CodeState()
    assert code_state().folder == str(tmp_path)


def test_the_patch_makes_the_code_again(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "train.py").write_text("a = 1\n\tb = 3\r\n")
    (repository / "src/net.py").unlink()
    (repository / "new file.py").write_text("x\n")
    monkeypatch.chdir(repository / "src")
    state = code_state()
    assert (state.folder, sorted(state.changed)) == ("src", ["src/net.py", "train.py"])
    folder = RunFolder(tmp_path / "runs/20260320-080000-0000000a")
    folder.make()
    CodeChanges(state).keep(folder)
    patch = folder.patch()
    assert patch.splitlines()[:2] == [
        f"# Changes that commit {state.commit} does not have, without secrets (***).",
        "# Not tracked by git, not in this patch: new file.py",
    ]
    monkeypatch.chdir(repository)
    git("checkout", "--", ".")
    git("apply", "-", stdin=patch)
    assert (repository / "train.py").read_bytes() == b"a = 1\n\tb = 3\r\n"
    assert not (repository / "src/net.py").exists()


def test_secrets_are_hidden_and_the_rest_is_whole(repository: Path) -> None:
    (repository / "train.py").write_text(
        'a = 1\nWANDB_API_KEY = "0123456789abcdef0123456789abcdef01234567"\n'
        "args:\n  - --hf-token\n  - abcdefgh\n  - --lr\n  - 3e-4\n"
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----\nb = 2\n"
    )
    lines = CodeChanges(code_state()).patch().splitlines()
    assert '+WANDB_API_KEY = "***"' in lines
    assert lines[-10:] == [
        "+args:", "+  - --hf-token", "+  - ***", "+  - --lr", "+  - 3e-4",
        "+***", "+***", "+***", "+***", " b = 2",
    ]  # fmt: skip


def test_what_is_too_large_is_named_and_the_rest_is_kept(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "MOST_BYTES", 2_000)
    (repository / "src/net.py").write_text("x = 1\n" * 1_000)
    (repository / "train.py").write_text("a = 9\n")
    patch = CodeChanges(code_state()).patch()
    assert "# Left out, binary, too large or not read: src/net.py" in patch
    assert "+a = 9" in patch
    assert len(patch) < 2_500


def test_where_git_fails_the_files_are_named(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "train.py").write_text("a = 9\n")
    state = code_state()
    monkeypatch.setenv("PATH", "/nowhere")
    assert "# Left out, binary, too large or not read: train.py" in CodeChanges(state).patch()


def test_binary_files_are_named_and_the_patch_can_still_be_applied(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "model.bin").write_bytes(b"\0\1")
    git("add", "--all")
    git("commit", "--quiet", "--message", "second")
    (repository / "model.bin").write_bytes(b"\0\2")
    (repository / "train.py").write_text("a = 9\n")
    git("config", "diff.noprefix", "true")
    git("config", "diff.relative", "true")
    git("config", "color.ui", "always")
    patch = CodeChanges(code_state()).patch()
    assert "# Left out, binary, too large or not read: model.bin" in patch
    git("checkout", "--", "train.py")
    git("apply", "-", stdin=patch)
    assert (repository / "train.py").read_text() == "a = 9\n"


def test_many_untracked_files_do_not_hide_that_code_was_changed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "train.py").write_text("a = 9\n")
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    real = shutil.which("git")
    fails = 'case "$*" in *untracked-files=no*) ;; *status*) exit 1;; esac'
    slow.write_text(f'#!/bin/sh\n{fails}\nexec {real} "$@"\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    assert code_state().changed == ("train.py",)
