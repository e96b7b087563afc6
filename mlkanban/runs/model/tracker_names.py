"""Names of trackers, as the ids of runs begin with them; without what reads their runs."""

KINDS = {
    "mlflow": "MLflow", "optuna": "Optuna", "wandb": "W&B", "tensorboard": "TensorBoard",
    "slurm": "SLURM",
}  # fmt: skip
"""Trackers, and the scheduler, by the word their runs are named with, as people write them."""
BY_FOLDER, SEARCHING = frozenset({"tensorboard"}), frozenset({"optuna"})
"""Trackers that name a run by its folder, and those whose runs are trials of a search."""
