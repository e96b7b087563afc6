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
        f"[ ${ID} = 2 ] && LR=3; python t.py --lr $LR",
        f"S=$(({ID} % 4))\npython t.py --seed $S",
        f"#python t.py --lr ${ID}\npython t.py",
        f'python - <<E\nimport os; os.environ["{ID}"]\nE',
        f"echo ${ID} | python pick.py > lr.txt\npython t.py",
        f"echo ${ID} > lr.txt\npython t.py --lr-file lr.txt",
        f"printf -v CFG 'conf_%02d.yaml' ${ID}\npython t.py --config $CFG",
        f"cd runs/${ID}\npython t.py --config ./config.yaml",
        f"mkdir -p runs/${ID} && cd runs/${ID}\npython t.py --config ./config.yaml",
        f"awk -v seed=${ID} 'NR==seed' lrs.txt > lr.txt\npython t.py",
        f'LR=$(sed -n "${{{ID}}}p" lrs.txt)\npython t.py --lr $LR',
        f"python t.py < conf/${ID}.yaml",
        f"python t.py --seed ${{{ID}%2}}",
        f"source conf_${ID}.sh\npython t.py",
    ],
)
def test_what_is_not_seen_to_follow_is_not_known(script: str) -> None:
    assert task_parameters(script)["array_task"] == "{}"
    assert "seed" not in task_parameters(script)


@pytest.mark.parametrize(
    ("script", "parameters"),
    [
        (f"SEED=${ID}\nlet I=SEED%4\npython t.py --seed $SEED --lr $I", {"seed": "{}"}),
        (f"I=${ID}\ndeclare -i J=I%3\npython t.py --seed $I --lr $J", {"seed": "{}"}),
        (f"python t.py --seed ${ID} > logs/${ID}.txt", {"seed": "{}"}),
        (f"python t.py --run-name exp${ID}", {"run-name": "exp{}"}),
        (f"python t.py --output-dir runs/${ID}", {"output-dir": "runs/{}"}),
        (f"python t.py --seed ${ID} | tee x; cp x conf/${ID}.txt", {"seed": "{}"}),
    ],
)
def test_a_number_that_is_used_otherwise_too_is_no_seed_alone(
    script: str, parameters: dict[str, str]
) -> None:
    assert task_parameters(script) == {**parameters, "array_task": "{}"}


@pytest.mark.parametrize(
    "script",
    [
        f"echo task ${ID} >&2\npython t.py --seed ${ID} 2>&1 | tee log",
        f"SEED=${{{ID}:-0}}\npython t.py --seed $SEED",
        f"export OMP=1; python t.py --seed ${ID}",
        f"mkdir -p runs/${ID}; echo ${ID}; python t.py --seed ${ID}",
        f"sleep ${ID}; python t.py --seed ${ID}; test ${ID} != 2",
        f"python t.py --seed ${ID}; exit ${ID}",
    ],
)
def test_what_is_shown_or_made_room_for_is_no_other_use(script: str) -> None:
    assert task_parameters(script) == {"seed": "{}"}


def test_a_number_that_decides_something_else_too_is_no_seed_alone() -> None:
    found = task_parameters(f"I=$(({ID} % 2))\npython t.py --lr ${{R[$I]}} --seed ${ID}")
    assert found == {"array_task": "{}", "seed": "{}"}
