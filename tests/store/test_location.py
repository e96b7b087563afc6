import socket
from pathlib import Path

import pytest

import mlkanban.machine
from mlkanban.machine import Mount, linux
from mlkanban.store import location
from mlkanban.store.location import file_system, is_network, on_network, store_path
from tests.machine.fake import FakeMachine

MOUNTINFO = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /nohome rw,nosuid shared:2 - nfs4 server:/export/home rw,vers=4.2
31 30 0:41 / /nohome/ada/scratch rw - xfs /dev/sdb rw
32 22 0:42 / /nomnt/my\\040disk rw - cifs //server/share rw
33 22 0:43 / /nomnt/a\\134b rw shared:3 master:4 - lustre mgs:/fs rw
34 22 0:44 / /notwice rw - ext4 /dev/sdc rw
35 34 0:45 / /notwice rw - nfs server:/new rw
36 22 0:46 / /nosshfs rw,user_id=0 - fuse.sshfs ada@host: rw
"""
MOUNTS = linux.mounts_in(MOUNTINFO)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/noetc/x", "ext4"),
        ("/nohome", "nfs4"),
        ("/nohome/ada/.local/share", "nfs4"),
        ("/nohomes/ada", "ext4"),
        ("/nohome/ada/scratch/x", "xfs"),
        ("/nomnt/my disk/x", "cifs"),
        ("/nomnt/a\\b", "lustre"),
        ("/notwice/x", "nfs"),
        ("/nosshfs/x", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_a_link_counts_for_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/nohome/ada")
    assert file_system(tmp_path / "link", MOUNTS) == "nfs4"


def test_without_mounts_nothing_is_known(tmp_path: Path) -> None:
    assert file_system(tmp_path, []) == ""
    assert not is_network("")


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "lustre", "9p", "fuse", "fuse.sshfs", "smbfs", "macfuse"]
)
def test_network_file_systems(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "apfs"])
def test_local_file_systems(kind: str) -> None:
    assert not is_network(kind)


@pytest.mark.parametrize(("kind", "store"), [("ext4", "board.db"), ("nfs4", "gpu_1.lab/board.db")])
def test_a_network_home_has_a_store_per_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, store: str
) -> None:
    asked = []

    def answer(path: Path) -> str:
        asked.append(path)
        return kind

    monkeypatch.setattr(location, "file_system", answer)
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu/1.lab")
    assert store_path(tmp_path / "not" / "yet") == tmp_path / "not" / "yet" / store
    assert asked == [tmp_path], "the nearest folder that exists is asked about"


def test_without_mounts_the_store_of_the_host_is_found_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(location, "file_system", lambda _: "")
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu1")
    assert store_path(tmp_path) == tmp_path / "board.db"
    assert not on_network(tmp_path / "board.db")
    here = tmp_path / "gpu1" / "board.db"
    here.parent.mkdir()
    here.touch()
    assert store_path(tmp_path) == here
    assert on_network(here)


def test_a_mount_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    mounts = MOUNTINFO.encode() + b"37 22 0:47 / /mnt/caf\xe9 rw - ext4 /dev/sdd rw\n"
    (tmp_path / "self/mountinfo").write_bytes(mounts)
    assert file_system(Path("/nohome"), linux.LinuxMachine(tmp_path).mounts()) == "nfs4"


def test_a_mac_keeps_its_store_on_a_network_home_when_its_name_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mac = FakeMachine(id="9A3F6C1E", kinds=[Mount("/", "apfs"), Mount(str(tmp_path), "smbfs")])
    monkeypatch.setattr(mlkanban.machine, "_present", mac)
    monkeypatch.setattr(socket, "gethostname", lambda: "macbook.local")
    store = store_path(tmp_path)
    assert store == tmp_path / "9A3F6C1E/board.db"
    monkeypatch.setattr(socket, "gethostname", lambda: "dhcp-17.example.com")
    assert store_path(tmp_path) == store
    assert on_network(store)
