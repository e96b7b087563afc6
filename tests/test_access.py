"""Why the system refuses a place: what is in the way, whose it is, and what mends it."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from mlkanban import access
from mlkanban.paths import places

ME = 4711


@pytest.fixture
def shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nobody is let into, not even root, who runs the tests at times."""
    folder = tmp_path / "data" / "mlkanban"
    folder.mkdir(parents=True)
    open_to_all = os.access
    monkeypatch.setattr(os, "access", lambda at, how: at != folder and open_to_all(at, how))
    return folder


def test_a_folder_of_somebody_else_is_named_with_its_owner_and_what_mends_it(
    shut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = access._name(os.getuid())
    monkeypatch.setattr(os, "getuid", lambda: ME)
    monkeypatch.setenv("HOME", str(tmp_path))
    for write in (False, True):
        cause, mend = access.refusal(shut / "board.db", write=write)
        assert cause == f"the folder {shut} belongs to {owner}, you are user {ME}"
        assert mend == f"If it is yours: sudo chown -R {ME} {shut}"
    monkeypatch.setenv("HOME", "/elsewhere")
    assert "chown" not in access.refusal(shut)[1], "what is not below one's home is left alone"


def test_ones_own_folder_is_opened(shut: Path) -> None:
    cause, mend = access.refusal(shut / "there" / "is none", write=True)
    assert cause == f"the folder {shut} keeps you out"
    assert mend == f"Repair it: chmod u+rwX {shut}"


def test_where_nothing_is_in_the_way_nothing_is_said(tmp_path: Path) -> None:
    assert access.refusal(tmp_path / "new", write=True) == ("", "")


@pytest.mark.parametrize("home", ["", "relative", None])
def test_without_a_home_the_one_that_the_system_knows_is_taken(home, monkeypatch) -> None:
    monkeypatch.delenv("MLKANBAN_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    if home is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", home)
    known = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert places().data == known / ".local/share/mlkanban"
    assert places().config == known / ".config/mlkanban"
    assert places("~/there").data == known / "there"


def test_somebody_without_any_home_is_told() -> None:
    code = (
        "import pwd, sys\n"
        "def nobody(user): raise KeyError(user)\n"
        "pwd.getpwuid = nobody\n"
        "from mlkanban.cli.program import run\n"
        "sys.exit(run(['list']))"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 4
    assert done.stderr.startswith("mlkanban: You have no home folder: HOME is not set")
    assert done.stderr.count("\n") == 1
