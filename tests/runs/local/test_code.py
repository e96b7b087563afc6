"""Uncommitted changes are kept with a run: for git, without secrets, up to a limit."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlkanban.runs.local import code
from mlkanban.runs.local.code import CodeChanges, CodeState, code_state
from mlkanban.runs.local.folder import RunFolder
from tests.examples import examples
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


def git(*args: str, stdin: bytes = b"") -> str:
    who = ["-c", "user.name=x", "-c", "user.email=x@y"]
    done = subprocess.run(["git", *who, *args], capture_output=True, input=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def commit(repository: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (repository / name).write_bytes(content)
    git("add", "--all")
    git("commit", "--quiet", "--message", "more")


def applied(repository: Path, patch: bytes) -> dict[str, bytes]:
    """What the tracked files hold once the patch was applied to the commit."""
    git("checkout", "--", ".")
    git("apply", "-", stdin=patch)
    return {name: (repository / name).read_bytes() for name in git("ls-files").split("\n")}


def head(patch: bytes) -> list[str]:
    return patch.partition(b"diff --git")[0].decode().splitlines()[1:]


def test_clean_code_has_a_commit_and_no_patch(repository: Path) -> None:
    assert code_state() == CodeState(git("rev-parse", "HEAD"))
    assert CodeChanges(code_state()).patch() == b""


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
    assert patch.decode().splitlines()[:2] == [
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
    lines = CodeChanges(code_state()).patch().decode().splitlines()
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
    assert head(patch) == ["# Left out, binary, too large or not read: src/net.py"]
    assert b"+a = 9" in patch
    assert len(patch) < 2_500


def test_where_git_fails_the_files_are_named(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "train.py").write_text("a = 9\n")
    state = code_state()
    monkeypatch.setenv("PATH", "/nowhere")
    assert head(CodeChanges(state).patch()) == [
        "# Left out, binary, too large or not read: train.py"
    ]


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
    assert head(patch) == ["# Left out, binary, too large or not read: model.bin"]
    git("checkout", "--", "train.py")
    git("apply", "-", stdin=patch)
    assert (repository / "train.py").read_text() == "a = 9\n"


def test_bytes_that_are_no_text_are_kept_as_they_are(repository: Path) -> None:
    odd = {
        "latin.py": b"# caf\xe9\na = 1\n",
        "feed.py": b"a = 1\n\x0c\nb = 2\n",
        "bidi.py": "a = '\u202e'\nb = '\u2028'\n".encode(),
        "controls.py": b"a = '\x1b[31m\x0b\x07\x7f'\r\nb = '\x9b'\n",
    }
    commit(repository, odd)
    wanted = {name: content + b"c = '\xff\x1b\x0c'\n" for name, content in odd.items()}
    for name, content in wanted.items():
        (repository / name).write_bytes(content)
    assert applied(repository, CodeChanges(code_state()).patch()).items() >= wanted.items()


def test_settings_of_git_do_not_spoil_the_patch(repository: Path) -> None:
    (repository / "train.py").write_text("a = 1\nc = 3\nb = 2\n")
    for name, value in (("context", "0"), ("suppressBlankEmpty", "true"), ("submodule", "log")):
        git("config", f"diff.{name}", value)
    patch = CodeChanges(code_state()).patch()
    assert applied(repository, patch)["train.py"] == b"a = 1\nc = 3\nb = 2\n"


SECRET = "api_key = 'hunter2'"
BESIDE_SECRETS = {
    "above": ([SECRET, "a", "b", "c"], [SECRET, "a", "B", "c"], [SECRET, "a", "B", "c"]),
    "right above": ([SECRET, "a", "b"], [SECRET, "A", "b"], [SECRET, "A", "b"]),
    "below": (["a", "b", SECRET], ["A", "b", SECRET], ["A", "b", SECRET]),
    "between two": (
        ["a", "b", SECRET, "c", "d"], ["A", "b", SECRET, "C", "d"], ["A", "b", SECRET, "C", "d"],
    ),
    "with more lines before": (
        ["a", "b", SECRET, "c", "x", "d"], ["a", "new", "b", SECRET, "c", "X", "d"],
        ["a", "new", "b", SECRET, "c", "X", "d"],
    ),
    "added at the end": (["a", SECRET], ["a", SECRET, "b"], ["a", SECRET, "b"]),
    "without a line end": (["a", SECRET, "b"], ["a", SECRET, "c\\"], ["a", SECRET, "c\\"]),
}  # fmt: skip
"""Lines of a file with a secret, changed ones, and what the patch makes of the first."""
IN_THE_WAY = {
    "right below": (["a", SECRET, "b"], ["A", SECRET, "b"], "train.py"),
    "the only line": ([SECRET], [SECRET, "b"], "train.py"),
    "replaced": ([SECRET, "a"], ["api_key = 'hunter3'", "a"], "train.py"),
    "removed, and a change that can be kept": (
        ["a", "b", SECRET, "c", "d"], ["A", "b", "c", "D"], "train.py (line 3)",
    ),
    "two of them": (
        ["a", SECRET, *"bcdefghijkl", SECRET, "m", "n"],
        ["A", SECRET, *"bcdefGhijkL", SECRET, "m", "N"], "train.py (line 1, 13)",
    ),
}  # fmt: skip
"""Lines of a file with a secret, changed ones, and what the head of the patch names."""


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).replace("\\\n", "").encode()


@pytest.mark.parametrize("case", BESIDE_SECRETS)
def test_a_secret_beside_a_change_does_not_stop_the_patch(repository: Path, case: str) -> None:
    before, after, made = BESIDE_SECRETS[case]
    commit(repository, {"train.py": text(before)})
    (repository / "train.py").write_bytes(text(after))
    (repository / "src/net.py").write_text("a = 9\n")
    patch = CodeChanges(code_state()).patch()
    assert b"hunter" not in patch
    assert head(patch) == []
    files = applied(repository, patch)
    assert (files["train.py"], files["src/net.py"]) == (text(made), b"a = 9\n")


@pytest.mark.parametrize("case", IN_THE_WAY)
def test_what_a_secret_keeps_out_is_named_and_the_rest_applies(repository: Path, case: str) -> None:
    before, after, named = IN_THE_WAY[case]
    commit(repository, {"train.py": text(before)})
    (repository / "train.py").write_bytes(text(after))
    (repository / "src/net.py").write_text("a = 9\n")
    patch = CodeChanges(code_state()).patch()
    assert b"hunter" not in patch
    assert head(patch) == [f"# Left out, beside secrets: {named}"]
    files = applied(repository, patch)
    assert files["src/net.py"] == b"a = 9\n"
    changed = files["train.py"] != text(before)
    assert changed == ("line" in named)


@given(
    before=st.lists(st.sampled_from(["a", "b", "", "password: hunter2"]), max_size=14),
    cuts=st.lists(st.tuples(st.integers(0, 13), st.integers(0, 2), st.booleans()), max_size=4),
)
@settings(
    max_examples=examples(25), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_any_patch_can_be_applied(
    repository: Path, before: list[str], cuts: list[tuple[int, int, bool]]
) -> None:
    after = list(before)
    for at, many, adds in cuts:
        after[at : at + many] = ["new"] if adds else []
    commit(repository, {"cut.yaml": text(before), "train.py": os.urandom(4).hex().encode()})
    (repository / "cut.yaml").write_bytes(text(after))
    patch = CodeChanges(code_state()).patch()
    assert b"hunter" not in patch
    if b"diff --git" not in patch:
        git("checkout", "--", ".")
        return
    made = applied(repository, patch)["cut.yaml"]
    if not head(patch):
        assert made == text(after)


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
