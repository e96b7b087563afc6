"""Two stores that meet through a real bare repository."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.errors import StoreBusy, StoreProblem
from mlkanban.exchange.transports import chosen
from mlkanban.exchange.transports.git import Git
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
        chosen.exchange(p.service, [chosen.repository(p.service, str(bare))]).message
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

    def slow(self: Git) -> bool:
        if not asked:
            asked.append(True)
            monkeypatch.setattr(Git, "end", end)
            meet(bare, bob)
            monkeypatch.setattr(Git, "end", slow)
        return end(self)

    monkeypatch.setattr(Git, "end", slow)
    meet(bare, ada)
    assert titles(ada) == ["ada's", "bob's"]
    meet(bare, bob)
    assert titles(bob) == ["ada's", "bob's"]


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
    there = chosen.repository(ada, "gpu2:board.git")
    with pytest.raises(StoreProblem, match="lets nobody in"):
        chosen.exchange(ada, [there])
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
    with chosen._alone(folder), pytest.raises(StoreBusy):
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
        chosen.exchange(person.service, chosen.transports(person.service))
    two.board_id = one.board_id
    assert titles(two) == ["one"]
    assert (tmp_path / "data" / "log").is_dir()
    for person in people:
        person.service.close()


def test_without_ssh_that_is_what_is_missing(
    bare: Path, two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = two
    only = tmp_path / "programs"
    only.mkdir()
    (only / "git").symlink_to(str(shutil.which("git")))
    (only / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(only))
    transport = chosen.repository(ada.service, "gpu2:board.git")
    with pytest.raises(StoreProblem, match="ssh is not installed here") as said:
        chosen.exchange(ada.service, [transport])
    assert "next sync" not in str(said.value)
