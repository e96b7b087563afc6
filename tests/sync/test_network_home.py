"""A home that two machines share, each seeing its own locks alone: two bindfs mounts."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.network, pytest.mark.slow]


@dataclass(frozen=True)
class Machine:
    """A machine with a name, that reaches the home through a mount of its own."""

    name: str
    home: Path
    env: dict[str, str]

    def says(self, *args: str, code: int = 0) -> tuple[str, str]:
        """What a command prints there, on stdout and on stderr."""
        done = subprocess.run(
            ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name,
             sys.executable, "-m", "mlkanban", *args],
            env={**self.env, "MLKANBAN_HOME": str(self.home)}, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout, done.stderr

    def titles(self) -> set[str]:
        return {card["title"] for card in json.loads(self.says("--json", "list")[0])["data"]}

    def stores(self) -> dict[str, Path]:
        """The stores by the name of their host."""
        return {path.parent.name: path for path in self.home.rglob("board.db")}


@pytest.fixture
def mounts(tmp_path: Path) -> Iterator[list[Path]]:
    if not (shutil.which("bindfs") and os.path.exists("/dev/fuse")):
        pytest.skip("bindfs or FUSE is missing here")
    if subprocess.run(["unshare", "--uts", "true"], capture_output=True).returncode:
        pytest.skip("a machine of another name may not be made here")
    (tmp_path / "server").mkdir()
    made: list[Path] = []
    try:
        for name in ("one", "two"):
            place = tmp_path / name
            place.mkdir()
            done = subprocess.run(
                ["bindfs", tmp_path / "server", place], capture_output=True, text=True
            )
            if done.returncode:
                pytest.skip(f"bindfs cannot mount here: {done.stderr.strip()}")
            made.append(place)
        yield made
    finally:
        for place in made:
            subprocess.run(["umount", "--lazy", place], check=True)


def test_a_lock_of_one_is_not_seen_by_the_other(mounts: list[Path]) -> None:
    one, two = (open(place / "file", "w") for place in mounts)  # noqa: SIM115
    with one, two:
        fcntl.lockf(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(two, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_machines_of_two_names_meet_by_themselves(mounts: list[Path], home: dict[str, str]) -> None:
    gpu1, gpu2 = (Machine(f"gpu{n}", place, home) for n, place in enumerate(mounts, 1))
    gpu1.says("init", "work", "--template", "plain")
    gpu1.says("add", "first")
    assert "mlkanban sync" in gpu2.says("list", code=3)[1]
    gpu2.says("sync")
    assert gpu2.titles() == {"first"}
    gpu2.says("add", "second")
    assert gpu1.titles() == {"first"}, "to look is not to write"
    assert "1 change from gpu2" in gpu1.says("add", "third")[1]
    gpu2.says("note", "g1", "seen")
    assert gpu1.titles() == gpu2.titles() == {"first", "second", "third"}
    assert sorted(gpu1.stores()) == ["gpu1", "gpu2"]


def test_a_store_of_two_machines_of_one_name_is_written_to_by_one(
    mounts: list[Path], home: dict[str, str]
) -> None:
    mine, other = (Machine("gpu", place, home) for place in mounts)
    mine.says("init", "work", "--template", "plain")
    mine.says("add", "first")
    [store] = mine.stores().values()
    before = store.read_bytes()
    said = other.says("add", "second", code=4)[1]
    assert "is written to by gpu, process" in said
    assert "Two machines of one name share this home" in said
    assert store.read_bytes() == before
    assert other.titles() == {"first"}
    mine.says("add", "third")
    old = time.time() - 200
    os.utime(store.with_name("writer"), (old, old))
    other.says("add", "fourth")
    assert "is written to by gpu" in mine.says("add", "fifth", code=4)[1]
    assert other.titles() == {"first", "third", "fourth"}
