import os
from pathlib import Path

import pytest

from mlkanban.paths import places


@pytest.mark.parametrize("way", ["itself", "symlink", "hard link"])
def test_an_export_never_takes_the_place_of_the_store(board, tmp_path: Path, way: str) -> None:
    store = places().data / "board.db"
    out = store if way == "itself" else tmp_path / "out.csv"
    if way == "symlink":
        out.symlink_to(store)
    elif way == "hard link":
        os.link(store, out)
    before = store.read_bytes()
    answer = board("export", "csv", "--out", str(out))
    assert answer.code == 2
    assert f"{out} is the store itself." in answer.err
    assert store.read_bytes() == before


def test_an_export_that_fails_leaves_the_old_file(board, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    out.chmod(0o640)

    def half(service, board, file, progress, excel) -> int:
        file.write("half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mlkanban.cli.export.write_csv", half)
        answer = board("export", "csv", "--out", str(out))
    assert (answer.code, "No space left" in answer.err) == (4, True)
    assert (out.read_text(), [p.name for p in tmp_path.glob("*out.csv*")]) == ("old", ["out.csv"])
    assert board("export", "csv", "--out", str(out)).code == 0
    assert out.read_text().startswith("id,title,stage,")
    assert out.stat().st_mode & 0o777 == 0o640


def test_an_export_goes_through_a_link_and_into_a_device(board, tmp_path: Path) -> None:
    out, link = tmp_path / "out.csv", tmp_path / "link.csv"
    link.symlink_to(out)
    assert board("export", "csv", "--out", str(link)).code == 0
    assert link.is_symlink()
    assert out.read_text().startswith("id,title,stage,")
    assert board("export", "csv", "--out", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()
