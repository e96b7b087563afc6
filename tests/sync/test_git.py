"""Two stores that meet through a real bare repository."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlkanban.errors import StoreBusy, StoreProblem
from mlkanban.runs.local.processes import alive, process
from mlkanban.store import log
from mlkanban.sync.transports import external_program, remotes
from mlkanban.sync.transports.git import ATTRIBUTES, Git, environment
from tests.service.people import Clock, Person
from tests.tools import needs


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    needs("git")
    made = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(made)], check=True)
    return made


@pytest.fixture
def two(tmp_path: Path, bare: Path) -> Iterator[tuple[Person, Person]]:
    ada, bob = (Person(tmp_path / name, name, Clock()) for name in ("ada", "bob"))
    ada.starts()
    bob.board_id = ada.board_id
    yield ada, bob
    ada.service.close()
    bob.service.close()


def meet(bare: Path, *people: Person) -> list[str]:
    return [
        remotes.exchange(p.service, [remotes.repository(p.service, str(bare))]).message
        for p in people
    ]


def titles(person: Person) -> list[str]:
    return sorted(face.title for face in person.boards.snapshot(person.board_id).faces)


def test_an_empty_repository_gets_its_first_commit_and_a_second_store_joins(
    bare: Path, two: tuple[Person, Person]
) -> None:
    ada, bob = two
    ada.adds("one")
    meet(bare, ada, bob)
    assert titles(bob) == ["one"]
    bob.adds("two")
    meet(bare, bob, ada)
    assert titles(ada) == ["one", "two"]
    assert meet(bare, ada, bob) == ["Nothing new.", "Nothing new."]


def test_one_who_was_slower_begins_again(
    bare: Path, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    meet(bare, ada, bob)
    ada.adds("ada's")
    bob.adds("bob's")
    end = Git.end
    asked: list[bool] = []

    def slow(self: Git, *about: Any) -> bool:
        if not asked:
            asked.append(True)
            monkeypatch.setattr(Git, "end", end)
            meet(bare, bob)
            monkeypatch.setattr(Git, "end", slow)
        return end(self, *about)

    monkeypatch.setattr(Git, "end", slow)
    meet(bare, ada)
    assert titles(ada) == ["ada's", "bob's"]
    meet(bare, bob)
    assert titles(bob) == ["ada's", "bob's"]


def test_files_that_both_sides_know_are_not_read_again(
    bare: Path, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    meet(bare, ada, bob, ada)
    files: list[tuple[str, int]] = []
    read = Git.read

    def noted(self: Git, replica: str, first: int) -> bytes:
        files.append((replica, first))
        return read(self, replica, first)

    monkeypatch.setattr(Git, "read", noted)
    assert meet(bare, ada) == ["Nothing new."]
    assert files == []
    bob.adds("bob's")
    meet(bare, bob)
    assert files == []  # what bob added lies beside nothing that he does not know
    meet(bare, ada)
    assert len({replica for replica, _ in files}) == 1
    assert titles(ada) == ["bob's"]


def test_a_repository_that_is_away_is_told_and_caught_up_with(
    bare: Path, two: tuple[Person, Person]
) -> None:
    ada, bob = two
    meet(bare, ada, bob)
    ada.adds("meanwhile")
    away = bare.rename(bare.with_name("away"))
    with pytest.raises(StoreProblem, match=r"is no git repository \(git: fatal: "):
        meet(bare, ada)
    away.rename(bare)
    meet(bare, ada, bob)
    assert titles(bob) == ["meanwhile"]


def test_what_a_killed_sync_left_is_no_obstacle(bare: Path, two: tuple[Person, Person]) -> None:
    ada, bob = two
    meet(bare, ada)
    clone = ada.service.path.parent / "sync" / "clone"
    (clone / ".git" / "index.lock").touch()
    (clone / "log" / "rubbish").write_text("half a file")
    ada.adds("one")
    meet(bare, ada, bob)
    assert titles(bob) == ["one"]


def test_nothing_is_asked_when_nobody_is_let_in(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh is told not to ask; what it says is passed on."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\necho "$@" > "$0.args"\necho "Permission denied (publickey)." >&2\nexit 255\n'
    )
    ssh.chmod(0o700)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    ada = two[0].service
    there = remotes.repository(ada, "gpu2:board.git")
    with pytest.raises(StoreProblem, match="lets nobody in"):
        remotes.exchange(ada, [there])
    assert "BatchMode=yes" in Path(f"{ssh}.args").read_text()
    assert not (tmp_path / "elsewhere").exists()


def test_a_symbolic_link_in_the_repository_leads_nowhere(
    bare: Path, two: tuple[Person, Person], tmp_path: Path
) -> None:
    ada, bob = two
    meet(bare, ada)
    outside, work = tmp_path / "outside", tmp_path / "work"
    outside.mkdir()
    run = ["git", "-C", str(work), "-c", "user.name=m", "-c", "user.email=m"]
    subprocess.run(["git", "clone", "-q", "-b", "mlkanban", str(bare), str(work)], check=True)
    os.rename(work / "log", work / "kept")
    (work / "log").symlink_to(outside)
    subprocess.run([*run, "add", "-A"], check=True)
    subprocess.run([*run, "commit", "-qm", "x"], check=True)
    subprocess.run([*run, "push", "-q"], check=True)
    bob.starts()
    with pytest.raises(StoreProblem):
        meet(bare, bob)
    assert list(outside.iterdir()) == []


def test_two_at_once_do_not_get_into_each_others_way(
    bare: Path, two: tuple[Person, Person]
) -> None:
    ada, _ = two
    folder = ada.service.path.parent / "sync"
    folder.mkdir()
    with remotes._alone(folder), pytest.raises(StoreBusy):
        meet(bare, ada)


def test_several_hosts_of_one_home_meet_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlkanban.store.location.file_system", lambda path, mountinfo=None: "nfs4")
    monkeypatch.setattr("mlkanban.service.file_system", lambda path: "nfs4")
    people = []
    for host in ("gpu1", "gpu2"):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        people.append(Person(tmp_path / "data", host, Clock()))
    one, two = people
    one.starts()
    one.adds("one")
    for person in (*people, *people):
        remotes.exchange(person.service, remotes.transports(person.service))
    two.board_id = one.board_id
    assert titles(two) == ["one"]
    assert (tmp_path / "data" / "log").is_dir()
    for person in people:
        person.service.close()


def git(place: Path, *args: str) -> str:
    return subprocess.run(
        ["git", "-C", str(place), *args], capture_output=True, text=True, check=True
    ).stdout.strip()


def clone_of(person: Person) -> Path:
    return person.service.path.parent / "sync" / "clone"


def by_ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """What git calls in place of ssh."""
    ssh = folder / "ssh"
    ssh.write_text(f"#!/bin/sh\n{script}\n")
    ssh.chmod(0o700)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    return ssh


def runs(pid: str) -> bool:
    """Whether a process is there, and not only what waits for its parent to ask."""
    return alive(process(int(pid)))


def test_a_machine_that_goes_on_may_take_longer_than_one_may_be_silent(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten words in three seconds, where more than two of silence are too many."""
    monkeypatch.setattr("mlkanban.sync.transports.git.SILENCE_SECONDS", 2)
    by_ssh(
        tmp_path, monkeypatch,
        "for n in 1 2 3 4 5 6 7 8 9 10; do echo at work >&2; sleep 0.3; done\n"
        "echo 'Permission denied (publickey).' >&2; exit 255",
    )  # fmt: skip
    ada = two[0].service
    with pytest.raises(StoreProblem, match="lets nobody in"):
        remotes.exchange(ada, [remotes.repository(ada, "gpu2:board.git")])


def test_a_machine_that_falls_silent_is_given_up_and_nothing_goes_on_for_it(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlkanban.sync.transports.git.SILENCE_SECONDS", 1)
    ssh = by_ssh(tmp_path, monkeypatch, 'echo $$ >> "$0.pids"; exec sleep 1000')
    ada = two[0].service
    with pytest.raises(StoreProblem, match="said nothing for 1 seconds") as said:
        remotes.exchange(ada, [remotes.repository(ada, "gpu2:board.git")])
    assert "the next sync catches up" in str(said.value)
    pids = Path(f"{ssh}.pids").read_text().split()
    tries = 200
    while any(runs(pid) for pid in pids) and (tries := tries - 1):
        time.sleep(0.05)
    assert tries


def test_a_program_left_behind_is_not_waited_for(tmp_path: Path) -> None:
    """As ssh leaves one that keeps the connection, with the streams it was given."""
    script = "sleep 1000 & echo $! > left; echo answer"
    done = external_program.run(["sh", "-c", f"cd {tmp_path}; {script}"], dict(os.environ))
    assert (done.code, done.output) == (0, "answer\n")
    os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)


def test_how_the_person_calls_ssh_stays() -> None:
    mine = environment({"GIT_SSH_COMMAND": "ssh -i key -o ServerAliveInterval=5"})
    given = mine["GIT_SSH_COMMAND"]
    assert given.startswith("ssh -i key -o ServerAliveInterval=5 -o ")
    assert "ServerAliveCountMax=4" in given
    assert environment({}, "ssh -i other")["GIT_SSH_COMMAND"].startswith("ssh -i other -o ")
    assert environment({"GIT_SSH": "/my ssh"})["GIT_SSH_COMMAND"].startswith("'/my ssh' -o ")
    assert environment({}, "plink -batch")["GIT_SSH_COMMAND"] == "plink -batch"
    simple = environment({"GIT_SSH_COMMAND": "tunnel", "GIT_SSH_VARIANT": "simple"})
    assert (simple["GIT_SSH_COMMAND"], simple["GIT_SSH_VARIANT"]) == ("tunnel", "simple")
    assert environment({})["GIT_HTTP_LOW_SPEED_TIME"] == "60"
    assert environment({"GIT_HTTP_LOW_SPEED_TIME": "9"})["GIT_HTTP_LOW_SPEED_TIME"] == "9"


def test_ssh_of_the_persons_git_settings_is_called(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = by_ssh(tmp_path, monkeypatch, 'touch "$0.called"; exit 255')
    monkeypatch.delenv("GIT_SSH_COMMAND")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".gitconfig").write_text(f"[core]\n\tsshCommand = {ssh}\n")
    ada = two[0].service
    with pytest.raises(StoreProblem):
        remotes.exchange(ada, [remotes.repository(ada, "gpu2:board.git")])
    assert Path(f"{ssh}.called").exists()


def test_it_says_how_much_was_sent_and_received(bare: Path, two: tuple[Person, Person]) -> None:
    told: list[list[str]] = []
    for person in two:
        steps: list[str] = []
        way = remotes.repository(person.service, str(bare))
        remotes.exchange(person.service, [way], steps.append)
        told.append(steps)
    assert "sending 100 %" in told[0]
    assert "writing 9 changes" in told[0]


def test_what_many_syncs_left_loose_is_packed(
    bare: Path, two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    meet(bare, ada)
    clone = clone_of(ada)
    for number in range(1100):
        path = clone / "log" / f"{number}"
        path.write_text(f"{number}\n")
    git(clone, "add", "--all", "--force", ".")
    git(clone, "-c", "user.name=m", "-c", "user.email=m", "commit", "--quiet", "--message", "x")
    git(clone, "push", "--quiet", "origin", "HEAD:mlkanban")
    assert int(git(clone, "count-objects").split()[0]) > 1000
    meet(bare, ada)
    assert int(git(clone, "count-objects").split()[0]) < 20
    ada.adds("one")
    meet(bare, ada, bob)
    assert titles(bob) == ["one"]


def test_sync_files_are_packed_without_deltas_and_lists_of_them_with(
    bare: Path, two: tuple[Person, Person]
) -> None:
    ada, _ = two
    for number in range(8):
        ada.adds(f"card {number}")
        meet(bare, ada)
    clone = clone_of(ada)
    git(clone, "-c", "gc.auto=1", "gc", "--quiet")
    [index] = clone.glob(".git/objects/pack/*.idx")
    packed = [line.split() for line in git(clone, "verify-pack", "-v", str(index)).splitlines()]
    deltas = {fields[1] for fields in packed if len(fields) == 7 and fields[1] in {"blob", "tree"}}
    assert "blob" not in deltas


def test_a_repository_on_a_disk_here_gives_files_without_deltas(
    bare: Path, two: tuple[Person, Person]
) -> None:
    ada, bob = two
    meet(bare, ada)
    clone = clone_of(ada)
    for number in range(150):
        (clone / "log" / f"{number}").write_text("the same in all files\n" * 100 + f"{number}\n")
    git(clone, "add", "--all", "--force", ".")
    git(clone, "-c", "user.name=m", "-c", "user.email=m", "commit", "--quiet", "--message", "x")
    git(bare, "config", "receive.unpackLimit", "10000")
    git(clone, "push", "--quiet", "origin", "HEAD:mlkanban")
    meet(bare, bob)
    [index] = clone_of(bob).glob(".git/objects/pack/*.idx")
    packed = [line.split() for line in git(bare, "verify-pack", "-v", str(index)).splitlines()]
    assert len([fields for fields in packed if fields[1] == "blob"]) > 150
    assert not [fields for fields in packed if len(fields) == 7 and fields[1] == "blob"]


def test_nothing_that_others_settle_converts_a_sync_file(
    bare: Path, two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither attributes on the branch nor the git settings of the person."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[core]\n\tautocrlf = true\n\teol = crlf\n")
    ada, bob = two
    ada.adds("one")
    meet(bare, ada)
    work = tmp_path / "work"
    git(tmp_path, "clone", "--quiet", "--branch", "mlkanban", str(bare), str(work))
    assert (work / ".gitattributes").read_bytes().decode() == ATTRIBUTES
    [mine] = work.glob("log/*/*.jsonl")
    assert b"\r" not in mine.read_bytes()
    (work / ".gitattributes").write_text(
        "*.jsonl text eol=crlf ident working-tree-encoding=UTF-16\n"
    )
    git(work, "add", ".gitattributes")
    git(work, "-c", "user.name=m", "-c", "user.email=m", "commit", "--quiet", "--message", "x")
    git(work, "push", "--quiet")
    meet(bare, bob)
    assert titles(bob) == ["one"]
    assert git(bare, "show", "mlkanban:.gitattributes") == ATTRIBUTES.strip()


def test_a_lock_that_a_killed_git_left_is_no_obstacle(
    bare: Path, two: tuple[Person, Person]
) -> None:
    ada, bob = two
    meet(bare, ada)
    for left in ("HEAD.lock", "refs/heads/mlkanban.lock", "refs/remotes/origin/mlkanban.lock"):
        (clone_of(ada) / ".git" / left).touch()
    ada.adds("one")
    meet(bare, ada, bob)
    assert titles(bob) == ["one"]


def test_without_ssh_that_is_what_is_missing(
    bare: Path, two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = two
    only = tmp_path / "programs"
    only.mkdir()
    (only / "git").symlink_to(str(shutil.which("git")))
    (only / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(only))
    transport = remotes.repository(ada.service, "gpu2:board.git")
    with pytest.raises(StoreProblem, match="ssh is not installed here") as said:
        remotes.exchange(ada.service, [transport])
    assert "next sync" not in str(said.value)


def history(repository: Path) -> str:
    command = ["git", "-C", str(repository), "log", "--all", "--patch"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_redacted_text_is_gone_from_the_present_files_and_a_new_repository_has_none_of_it(
    bare: Path, two: tuple[Person, Person], tmp_path: Path
) -> None:
    ada, bob = two
    secret = "hf_SeCrEt12345"
    [ref] = ada.adds(f"train with {secret}")
    meet(bare, ada, bob)
    ada.adds("unsent")
    ada.cards.edit([ref], {"title": "train"})  # keeps the text as what was before
    bob.service.redacting.redact(bob.service.redacting.plan(ref, containing=secret))
    meet(bare, bob, ada, bob)
    for person in two:
        assert titles(person) == ["train", "unsent"]
        assert not log.broken_link(person.service._context.store.conn)
        for file in person.service.path.parent.rglob("*"):
            if file.is_file() and ".git" not in file.parts:
                assert secret.encode() not in file.read_bytes(), file
    present = ["git", "-C", str(bare), "grep", "-c", secret, "mlkanban"]
    assert subprocess.run(present, check=False).returncode == 1
    assert secret in history(bare), "as the command says"
    fresh = tmp_path / "fresh.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(fresh)], check=True)
    meet(fresh, ada, bob)
    assert secret not in history(fresh)
    for person in two:
        assert secret not in history(person.service.path.parent / "sync" / "clone")
        assert titles(person) == ["train", "unsent"]
