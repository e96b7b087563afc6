"""Makes the files that the tests of trackers read, with the real tools; they are kept in
`fixtures/`. Run it by hand, with a folder for virtual environments (it installs what is missing):

    python tests/runs/trackers/make_fixtures.py /tmp/venvs

Every MLflow store holds a finished run tagged with card t1, one that goes on, and a failed one;
every Optuna study three trials, the second of which failed. TensorBoard's files hold three values
of one tag, once as tensors (tb) and once as numbers (tbx), there with a histogram and a long text;
in another file are hyperparameters, with the value of a metric.
What `wandb leet inspect` printed is kept, of a run that finished, of one tagged with card t1 that
failed, and of one that was killed before anything of it was written; and what a wandb says that has
no `leet`.
"""

import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "fixtures"
TOOLS = {
    "m2": "mlflow==2.22.* sqlalchemy<2.1",
    "m3": "mlflow>=3,<4",
    "o4": "optuna>=4,<5",
    "o5": "optuna>=5,<6",
    "tb": "tensorboard>=2.21,<3",
    "tbx": "tensorboardX>=2.6,<3",
    "wandb": "wandb>=0.31,<0.32",
    "wandb-old": "wandb==0.19.*",
}
MLFLOW = """
import mlflow, sys
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("focal loss")
with mlflow.start_run(run_name="seed 1", tags={"mlkanban.card": "t1"}):
    mlflow.log_param("lr", 0.01)
    for step, value in enumerate((0.8, 0.9, 0.917)):
        mlflow.log_metric("val_auc", value, step=step)
    mlflow.log_metric("loss", float("nan"))
client = mlflow.MlflowClient()
experiment = mlflow.get_experiment_by_name("focal loss").experiment_id
client.create_run(experiment, run_name="killed")
failed = client.create_run(experiment, run_name="failed")
client.set_terminated(failed.info.run_id, "FAILED")
"""
OPTUNA = """
import optuna, sys
optuna.logging.set_verbosity(optuna.logging.ERROR)
if sys.argv[1].startswith("sqlite"):
    storage = sys.argv[1]
else:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    storage = JournalStorage(JournalFileBackend(sys.argv[1]))
study = optuna.create_study(storage=storage, study_name="sweep", direction="maximize")
def objective(trial):
    lr = trial.suggest_float("lr", 0.1, 0.2)
    if trial.number == 0:
        trial.set_user_attr("mlkanban.card", "t1")
    if trial.number == 1:
        raise ValueError
    return 0.5 + trial.number / 10
study.optimize(objective, n_trials=3, catch=(ValueError,))
"""
TENSORBOARD = """
import sys
from tensorboard.summary import Writer
from tensorboard.summary._output import DirectoryOutput
writer = Writer(DirectoryOutput(sys.argv[1]))
for step, value in enumerate((0.8, 0.95, 0.917)):
    writer.add_scalar("val/auc", value, step)
writer.close()
"""
TENSORBOARDX = """
import sys, numpy
from tensorboardX import SummaryWriter
writer = SummaryWriter(sys.argv[1])
for step, value in enumerate((0.8, 0.95, 0.917)):
    writer.add_scalar("val/auc", value, step)
writer.add_histogram("weights", numpy.arange(10000) % 77, 0)
writer.add_text("text", "x" * 70000)
writer.add_scalar("loss", float("nan"), 3)
writer.close()
"""
HPARAMS = """
import sys
from tensorboardX import SummaryWriter
writer = SummaryWriter(sys.argv[1])
writer.add_hparams({"lr": .01, "opt": "adam", "seed": 1, "amp": False}, {"hp/val_auc": .9})
writer.close()
"""
WANDB = """
import wandb, os, time
run = wandb.init(project="fraud", name="seed 1", config={"lr": 0.01})
for value in (0.8, 0.9, 0.917):
    run.log({"val_auc": value, "text": "hello", "nan": float("nan")})
run.finish()
time.sleep(1.1)  # their folders are named by the second
run = wandb.init(project="fraud", name="seed 2", tags=["gpu", "mlkanban.card:t1"])
run.define_metric("loss", summary="min")
run.log({"loss": 0.5})
run.log({"loss": 0.7})
run.finish(exit_code=3)
time.sleep(1.1)
run = wandb.init(project="fraud", name="killed")
run.log({"loss": 0.5})
os.kill(os.getpid(), 9)
"""


def python(venvs: Path, tool: str) -> str:
    found = venvs / tool / "bin" / "python"
    if not found.exists():
        subprocess.run([sys.executable, "-m", "venv", venvs / tool], check=True)
        subprocess.run([found, "-m", "pip", "install", "-q", *TOOLS[tool].split()], check=True)
    return str(found)


def weights_and_biases(program: str, old: str) -> None:
    leet = ["leet", "inspect", "--summary", "--json"]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "WANDB_MODE": "offline"}
        subprocess.run([program, "-c", WANDB], cwd=folder, check=False, env=env)
        for run in sorted((Path(folder) / "wandb").glob("offline-run-*")):
            done = subprocess.run(
                [program, "-m", "wandb", *leet, run], capture_output=True, check=True
            )
            text = done.stdout.decode().replace(folder, "/somewhere")
            (HERE / f"{run.name}.json").write_text(text)
    done = subprocess.run([old, "-m", "wandb", *leet, "."], capture_output=True)
    (HERE / "wandb-old.txt").write_bytes(done.stderr)


def main(venvs: Path) -> None:
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    weights_and_biases(python(venvs, "wandb"), python(venvs, "wandb-old"))
    for tool, script in (("tb", TENSORBOARD), ("tbx", TENSORBOARDX)):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([python(venvs, tool), "-c", script, folder], check=True)
            [file] = Path(folder).glob("events.out.tfevents.*")
            (HERE / f"{tool}.tfevents.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python(venvs, "tbx"), "-c", HPARAMS, folder], check=True)
        [file] = Path(folder).glob("*/events.out.tfevents.*")
        kept = HERE / "tbx-hparams.tfevents.gz"
        kept.write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    for tool in ("m2", "m3", "o4", "o5"):
        program = python(venvs, tool)
        script = MLFLOW if tool.startswith("m") else OPTUNA
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "store.db"
            env = {**os.environ, "MLFLOW_ALLOW_FILE_STORE": "true"}
            subprocess.run(
                [program, "-c", script, f"sqlite:///{database}"], cwd=folder, check=True, env=env
            )
            with sqlite3.connect(database) as conn:
                text = "\n".join(conn.iterdump()).replace(folder, "/somewhere")
            (HERE / f"{tool}.sql.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
            other = Path(folder) / (f"{tool}-mlruns" if script is MLFLOW else f"{tool}.log")
            target = other.as_uri() if script is MLFLOW else str(other)
            done = subprocess.run([program, "-c", script, target], cwd=folder, check=False, env=env)
            print(tool, done.returncode)
            if other.is_file():
                shutil.copy(other, HERE)
            elif tool == "m2":  # that of 3.x is the same
                shutil.copytree(other, HERE / other.name)
                for meta in (HERE / other.name).rglob("meta.yaml"):
                    meta.write_text(meta.read_text().replace(folder, "/somewhere"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
