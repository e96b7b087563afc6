"""Event files that real tools wrote: read as far as they are whole, and left as they are."""

from pathlib import Path

import pytest

from mlkanban.runs.model.configurations import grouped
from mlkanban.runs.model.repeats import DEFAULT_NAMES, Repeats
from mlkanban.runs.trackers import tensorboard
from mlkanban.runs.trackers.event_files import _masked
from mlkanban.runs.trackers.places import count_all, read_all, usual
from mlkanban.runs.trackers.tracker_series import TrackerSeries
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
    assert one.says == ""
    assert one.started <= one.ended, "the first and the last value"
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


def test_event_files_are_found_in_folders_of_any_name(tmp_path: Path) -> None:
    for name in ("tb/run1", "exp", ".git/x", "a/b/too deep"):
        logs(tmp_path / name)
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "mlruns").mkdir()
    assert {place.name for place in usual(tmp_path, {})} == {"tb", "exp"}
    assert {place.name for place in usual(tmp_path / "data", {}, folders=[tmp_path])} == {
        "tb", "exp",
    }  # fmt: skip


def test_a_folder_without_event_files_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "runs" / "deep").mkdir(parents=True)
    assert usual(tmp_path, {}) == []
    assert "holds no runs" in read_all([tmp_path / "runs"]).problems[0]


def test_a_tag_that_became_nan_is_said_with_its_step(tmp_path: Path) -> None:
    [one] = read_all([logs(tmp_path / "runs", "tbx")]).runs
    assert one.unread == ("loss is NaN since step 3",)


HPARAMS = {"lr": "0.01", "opt": "adam", "seed": "1", "amp": "False"}


def test_hyperparameters_belong_to_the_run_above_them(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    logs(root / "a")
    logs(root / "a" / "1796091379.6606145", "tbx-hparams")
    [run] = read_all([root]).runs
    assert run.params == HPARAMS
    assert run.numbers == pytest.approx({**AUC, "hp/val_auc": 0.9})
    assert run.ref == f"tensorboard:{root}/a"
    assert count_all([root]) == ({root: 1}, [])
    series = TrackerSeries(run.ref, root, "hp/val_auc").read().series["hp/val_auc"]
    assert [round(point.value, 6) for point in series.points] == [0.9]


def test_trials_of_a_tuner_are_runs_of_their_own(tmp_path: Path) -> None:
    """Keras writes hyperparameters beside the values, and nothing of its own above."""
    root = tmp_path / "runs"
    for name in ("run-0", "run-1"):
        logs(root / name, "tbx-hparams", "1")
        logs(root / name, "tb", "2")
    found = read_all([root]).runs
    assert [(run.name, run.params) for run in found] == [("run-0", HPARAMS), ("run-1", HPARAMS)]


@pytest.mark.parametrize("inside", ["val/auc/train", "val_auc_train"])
def test_curves_of_add_scalars_belong_to_their_run(tmp_path: Path, inside: str) -> None:
    root = tmp_path / "runs"
    logs(root / "a", "tbx-hparams")
    logs(root / "a" / inside, "tb")
    [run] = read_all([root]).runs
    assert run.numbers == pytest.approx({
        "hp/val_auc": 0.9, "val/auc/train": 0.917, "val/auc/train.min": 0.8,
        "val/auc/train.max": 0.95,
    })  # fmt: skip
    assert count_all([root]) == ({root: 1}, [])
    series = TrackerSeries(run.ref, root, "val/auc/train").read().series["val/auc/train"]
    assert [round(point.value, 3) for point in series.points] == [0.8, 0.95, 0.917]


def test_a_run_inside_the_folder_of_another_stays_one(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    logs(root / "a")
    logs(root / "a" / "retry")
    assert [run.name for run in read_all([root]).runs] == ["a", "a/retry"]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("resnet", {"directory": "resnet"}), ("lr0.1", {"directory": "lr0.1"}),
        ("resnet-s1", {"directory": "resnet", "s": "1"}),
        ("resnet_seed2", {"directory": "resnet", "seed": "2"}),
        ("x.Seed-3", {"directory": "x", "seed": "3"}), ("s1", {"directory": "s1"}),
        ("classes3", {"directory": "classes3"}), ("exp/a-s1", {"directory": "exp/a", "s": "1"}),
    ],
)  # fmt: skip
def test_a_run_without_parameters_is_known_by_its_folder(tmp_path: Path, name, params) -> None:
    root = tmp_path / "runs"
    logs(root / name)
    [run] = read_all([root]).runs
    assert (run.name, run.params) == (name, params)
    [alone] = read_all([root / name]).runs
    assert alone.name == Path(name).name


def test_names_that_end_in_seed_are_repeats_and_any_other_letter_is_for_the_person_to_say(
    tmp_path: Path,
) -> None:
    root = tmp_path / "runs"
    for name in ("a-seed1", "a-seed2", "b-s1", "b-s2", "c-seed1"):
        logs(root / name)
    runs = [tracked.as_run() for tracked in read_all([root]).runs]
    assert sorted(len(group) for group in grouped(runs)) == [1, 1, 1, 2]
    repeats = Repeats((*DEFAULT_NAMES, "s"))
    assert sorted(len(group) for group in grouped(runs, repeats)) == [1, 2, 2]
