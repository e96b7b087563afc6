"""Event files that real tools wrote: read as far as they are whole, and left as they are."""

from pathlib import Path

import pytest

from mlkanban.runs.trackers import tensorboard
from mlkanban.runs.trackers.event_files import _masked
from mlkanban.runs.trackers.places import count_all, read_all, usual
from tests.runs.trackers.files import logs, state

AUC = {"val/auc": 0.917, "val/auc.min": 0.8, "val/auc.max": 0.95}


@pytest.mark.parametrize("tool", ["tb", "tbx"])
def test_the_last_and_the_extreme_values_of_every_tag(tool: str, tmp_path: Path) -> None:
    root = logs(tmp_path / "runs" / "a" / "seed 1", tool).parent
    before = state(tmp_path)
    found = read_all([root])
    assert not found.problems
    [one] = found.runs
    assert (one.ref, one.name, one.experiment) == (f"tensorboard:{root}/seed 1", "seed 1", "a")
    assert one.numbers == pytest.approx(AUC), "a histogram, a long text and NaN are none"
    assert one.started.startswith("2026-11-")
    assert (one.says, one.ended) == ("", "")
    assert count_all([root]) == ({root: 1}, [])
    assert state(tmp_path) == before


def test_several_files_of_a_run_are_one_run(tmp_path: Path) -> None:
    for end in ("1", "2"):
        logs(tmp_path / "runs" / "x", "tbx", end)
    logs(tmp_path / "runs" / "y")
    (tmp_path / "runs" / "y" / "note.txt").write_text("none of it")
    found = read_all(usual(tmp_path, {}))
    assert [one.name for one in found.runs] == ["x", "y"]


def test_a_file_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    [file] = logs(tmp_path / "runs").iterdir()
    whole = file.read_bytes()
    lengths = set()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        found = read_all([file.parent])
        assert not found.problems
        assert set(found.runs[0].metrics) <= set(AUC)
        lengths.add(len(found.runs[0].metrics))
    assert lengths == {0, 1, 2}
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1 :])
        [one] = read_all([file.parent]).runs
        assert {round(value, 6) for value in one.numbers.values()} <= set(AUC.values()), at


def test_records_that_are_whole_but_foreign_are_passed_over(tmp_path: Path) -> None:
    def record(data: bytes) -> bytes:
        length = len(data).to_bytes(8, "little")
        checks = [_masked(part).to_bytes(4, "little") for part in (length, data)]
        return length + checks[0] + data + checks[1]

    [file] = logs(tmp_path / "runs").iterdir()
    foreign = (b"", b"\xff", b"\x2a\x05\x0a", b"\x09abc", b"\x2a\x04\x0a\x02\x0a\xff", b"\x7f" * 9)
    file.write_bytes(b"".join(map(record, foreign)) + file.read_bytes())
    [one] = read_all([file.parent]).runs
    assert one.numbers == pytest.approx(AUC)


def test_a_length_that_no_record_has_ends_the_file(tmp_path: Path) -> None:
    [file] = logs(tmp_path / "runs").iterdir()
    whole = file.read_bytes()
    for length in (2**64 - 1, 2**63 - 8, 2**50):
        head = length.to_bytes(8, "little")
        file.write_bytes(whole + head + _masked(head).to_bytes(4, "little") + whole)
        found = read_all([file.parent])
        assert not found.problems
        assert found.runs[0].numbers == pytest.approx(AUC)


def test_what_is_not_read_of_a_long_run_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorboard, "_MOST_SCALARS", 3)
    for name in ("x", "y"):
        logs(tmp_path / "runs" / name)
    found = read_all([tmp_path / "runs"])
    assert [len(one.metrics) for one in found.runs] == [2, 2]
    [said] = found.problems
    assert f"{tmp_path}/runs/x holds more than 3 scalars" in said


def test_what_is_not_looked_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard, "_MOST_FOLDERS", 3)
    root = tmp_path / "runs"
    for name in ("x", "y", "z"):
        logs(root / name)
    found = read_all([root])
    assert [one.name for one in found.runs] == ["x", "y"]
    assert found.problems == (f"{root} has more folders than the 3 looked into.",)
    logs(tmp_path / "deep" / "/".join("abcdefghij"))
    assert "holds no runs" in read_all([tmp_path / "deep"]).problems[0]


def test_a_folder_without_event_files_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "runs" / "deep").mkdir(parents=True)
    assert usual(tmp_path, {}) == []
    assert "holds no runs" in read_all([tmp_path / "runs"]).problems[0]


def test_a_tag_that_became_nan_is_said_with_its_step(tmp_path: Path) -> None:
    [one] = read_all([logs(tmp_path / "runs", "tbx")]).runs
    assert one.unread == ("loss is NaN since step 3",)
