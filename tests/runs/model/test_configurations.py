"""Which runs are repeats of one another: by what they computed, not by how that was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.configurations import grouped, labels, observations
from mlkanban.runs.model.parameters import by_value, parameters
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run, Task
from mlkanban.runs.model.state import RunState


def groups(*commands: str, params: list[dict[str, str]] | None = None) -> list[list[str]]:
    """The numbers of the runs with these command lines, by configuration."""
    some = params or [{}] * len(commands)
    runs = [
        Run(str(at), argv=tuple(command.split()), started=f"2026-03-20T09:{at:02}:00Z", params=one)
        for at, (command, one) in enumerate(zip(commands, some, strict=True))
    ]
    return [[run.id for run in group] for group in grouped(runs)]


def test_numbers_are_the_same_however_they_are_written() -> None:
    spellings = [".02", "0.02", "2e-2", "1e-3", "0.001", "0.0010", "1E-3", "1e-4"]
    assert groups(*(f"t.py --lr {one}" for one in spellings)) == [
        ["0", "1", "2"], ["3", "4", "5", "6"], ["7"],
    ]  # fmt: skip
    assert groups("t --n 1", "t --n 1.0", "t --n +1", "t --n 01", "t --n 1x") == [
        ["0", "1", "2"], ["3"], ["4"],
    ]  # fmt: skip
    assert groups("t --amp true", "t --amp True", "t --amp false") == [["0", "1"], ["2"]]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_in_each_notation(number: float) -> None:
    assert by_value(repr(number)) == by_value(f"{number:.17e}") or f"{number:.17e}" != repr(number)
    assert float(by_value(repr(number))) == number


@given(st.integers(min_value=10**15, max_value=10**30))
def test_great_numbers_that_are_nearly_equal_are_two(number: int) -> None:
    assert by_value(str(number)) != by_value(str(number + 1))
    assert by_value(str(number)) == by_value(f"{number}.0")


@pytest.mark.parametrize(
    "commands",
    [
        ("python t.py --seed 1 --device cuda:0", "python t.py --seed 2 --device cuda:1",
         "python t.py --seed 3 --device cuda:1 --num-workers 8"),
        ("env CUDA_VISIBLE_DEVICES=1 python t.py --seed 1",
         "env CUDA_VISIBLE_DEVICES=2 python t.py --seed 2"),
        ("python t.py seed=1 trainer.devices=[0]", "python t.py seed=2 trainer.devices=[1] -v"),
    ],
)  # fmt: skip
def test_the_device_and_its_helpers_split_no_configuration(commands: tuple[str, ...]) -> None:
    numbers = [str(at) for at in range(len(commands))]
    assert groups(*(command.removesuffix(" -v") for command in commands)) == [numbers]


def test_how_many_processes_share_the_work_splits() -> None:
    """Each has a batch of its own."""
    assert len(groups("torchrun --nproc_per_node 2 t.py", "torchrun --nproc_per_node 4 t.py")) == 2


def test_a_seed_without_a_name_is_the_one_of_the_tracker() -> None:
    commands = ["wb.py 1e-3 1", "wb.py 1e-3 2", "wb.py 1e-2 2"]
    params = [{"lr": "0.001", "bs": "32", "seed": "1"}, {"lr": "0.001", "bs": "32", "seed": "2"},
              {"lr": "0.01", "bs": "32", "seed": "2"}]  # fmt: skip
    assert groups(*commands, params=params) == [["0", "1"], ["2"]]
    some = [
        Run(str(at), argv=tuple(command.split()), params=one, started=str(at))
        for at, (command, one) in enumerate(zip(commands, params, strict=True))
    ]
    found = grouped(some)
    assert labels(found) == ["lr 0.001", "lr 0.01"]
    assert [len(observations(group)) for group in found] == [2, 1]


def test_a_word_that_may_be_another_parameter_stays() -> None:
    params = [{"seed": "5"}, {"seed": "3"}]
    assert len(groups("t.py 5 5", "t.py 3 3", params=params)) == 2


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["bash", "-c", "cd . && /v/bin/python t.py --lr 1e-3 --seed 2"],
         {"wrapper": "bash cd .", "python": "/v/bin/python", "script": "t.py", "lr": "1e-3",
          "seed": "2"}),
        (["sh", "-c", "echo mlkanban: val_auc=0.9"],
         {"wrapper": "sh", "program": "echo", "argument 1": "mlkanban:", "val_auc": "0.9"}),
        (["sbatch", "--array=0-3", "--gres=gpu:1", "--wrap", "t.py --lr 1e-2 > a.log; echo x"],
         {"wrapper": "sbatch echo x", "gres": "gpu:1", "script": "t.py", "lr": "1e-2"}),
        (["sbatch", "--wrap=sleep 100"],
         {"wrapper": "sbatch", "program": "sleep", "argument 1": "100"}),
        (["bash", "-euo", "pipefail", "-c", "LR=3 python t.py 'a b' 2>x | tee y"],
         {"wrapper": "bash LR=3 python t.py 'a b' 2>x | tee y", "euo": "pipefail"}),
        (["bash", "-lc", "python t.py --lr 3 2>&1 | tee y"],
         {"wrapper": "bash tee y", "python": "python", "script": "t.py", "lr": "3"}),
        (["bash", "-c", "for s in 1 2; do python t.py --seed $s; done"],
         {"wrapper": "bash for s in 1 2; do python t.py --seed $s; done"}),
        (["bash", "-c", "python t.py 'x"], {"wrapper": "bash python t.py 'x"}),
        (["bash", "-c"], {"program": "bash", "c": "yes"}),
        (["bash", "train.sh", "0.1"],
         {"wrapper": "bash", "script": "train.sh", "argument 1": "0.1"}),
    ],
)  # fmt: skip
def test_the_command_in_a_text_of_a_shell_has_parameters(
    argv: list[str], named: dict[str, str]
) -> None:
    assert parameters(argv) == named


def test_what_a_shell_does_before_the_command_counts() -> None:
    def in_shell(text: str, at: int) -> Run:
        return Run(str(at), argv=("bash", "-c", text), started=str(at))

    texts = ["export A=1; python t.py --seed 1", "export A=1; python t.py --seed 2",
             "export A=2; python t.py --seed 3"]  # fmt: skip
    found = grouped([in_shell(text, at) for at, text in enumerate(texts)])
    assert [len(group) for group in found] == [2, 1]


def test_the_number_of_a_task_is_its_seed_where_the_command_says_so() -> None:
    array = Run(
        "a", RunState.FINISHED, task_count=3, task_params={"seed": "{}"},
        argv=("sbatch", "--array=1-3", "--wrap", "t.py --lr 1e-2 --seed $SLURM_ARRAY_TASK_ID"),
        tasks=tuple(Task(at, RunState.FINISHED, 60, "", {"auc": at / 10}) for at in (1, 2, 3)),
    )  # fmt: skip
    found = results([array], {"name": "auc", "direction": ">="})
    assert found is not None
    [only] = found.configurations
    assert only.n == 3
    assert only.mean == pytest.approx(0.2)


def test_a_run_of_a_tracker_that_knows_no_commit_puts_none_into_the_other_labels() -> None:
    own = [
        Run(str(at), argv=("t", f"--lr={at}"), commit="a" * 40, started=str(at)) for at in (1, 2)
    ]
    others = [
        Run(f"tensorboard:{at}", params={"directory": f"run{at}"}, started=str(at)) for at in (3, 4)
    ]
    assert labels([[run] for run in (*own, *others)]) == [
        "lr 1", "lr 2", "directory run3", "directory run4",
    ]  # fmt: skip
    assert len({*labels([[run] for run in (*own, others[0])])}) == 3
    assert labels([[own[0]], [Run("4", argv=own[0].argv)]]) != ["", ""]
