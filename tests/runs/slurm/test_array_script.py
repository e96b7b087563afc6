"""What the number of a task of an array decides."""

import pytest

from mlkanban.runs.slurm.array_script import task_parameters

ID = "SLURM_ARRAY_TASK_ID"


@pytest.mark.parametrize(
    ("script", "parameters"),
    [
        (f"#SBATCH --array=0-4\nsrun python t.py --seed ${ID}", {"seed": "{}"}),
        (
            f"python t.py --seed=${{{ID}}} \\\n  --out runs/${ID}/x",
            {"seed": "{}", "out": "runs/{}/x"},
        ),
        (f'SEED=${ID}\npython t.py --seed "$SEED"', {"seed": "{}"}),
        (f"export SEED=${ID}\npython t.py", {"SEED": "{}"}),
        (f"python t.py --config c/${ID}.yaml trainer.seed=${ID}",
         {"config": "c/{}.yaml", "trainer.seed": "{}"}),
        (f"mkdir -p runs/${ID}\necho task ${ID}\npython t.py --seed ${ID}", {"seed": "{}"}),
    ],
)  # fmt: skip
def test_parameters_follow_from_the_number(script: str, parameters: dict[str, str]) -> None:
    assert task_parameters(script) == parameters


@pytest.mark.parametrize(
    "script",
    [
        "",
        "python t.py",
        f"echo ${ID}\npython t.py",
        f"RATES=(1 2)\npython t.py --lr ${{RATES[${ID}]}}",
        f"python t.py --seed $(({ID} + 1))",
        f"S=$(({ID} % 4))\npython t.py --seed $S",
        f"#python t.py --lr ${ID}\npython t.py",
        f'python - <<E\nimport os; os.environ["{ID}"]\nE',
    ],
)
def test_what_is_not_seen_to_follow_is_not_known(script: str) -> None:
    assert task_parameters(script) == {"array_task": "{}"}


def test_a_number_that_decides_something_else_too_is_no_seed_alone() -> None:
    found = task_parameters(f"I=$(({ID} % 2))\npython t.py --lr ${{R[$I]}} --seed ${ID}")
    assert found == {"array_task": "{}", "seed": "{}"}
