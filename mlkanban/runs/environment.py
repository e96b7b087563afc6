"""What a job is told of its card, through its environment."""

import json
from collections.abc import Mapping

from mlkanban.core.runs.tracker_run import CARD_TAG, RUN_TAG
from mlkanban.runs.folder import RunFolder


def for_job(environ: Mapping[str, str], card: str, folder: RunFolder) -> dict[str, str]:
    """`environ` with the label of the card, the run and the place for its metrics in it, and what
    links trackers to the card without a line of code: MLflow takes tags from MLFLOW_RUN_CONTEXT,
    Weights & Biases from WANDB_TAGS."""
    made = dict(environ)
    made |= {"MLKANBAN_CARD": card, "MLKANBAN_RUN": folder.id}
    made["MLKANBAN_METRICS"] = str(folder.metrics_file)
    made["MLFLOW_RUN_CONTEXT"] = _context(environ.get("MLFLOW_RUN_CONTEXT", ""), card, folder.id)
    tags = (environ.get("WANDB_TAGS", ""), f"{CARD_TAG}:{card}", f"{RUN_TAG}:{folder.id}")
    made["WANDB_TAGS"] = ",".join(filter(None, tags))
    if not environ.get("WANDB_RUN_GROUP"):
        made["WANDB_RUN_GROUP"] = card
    if "PYTHONUNBUFFERED" not in environ:
        made["PYTHONUNBUFFERED"] = "1"
    return made


def _context(given: str, card: str, run: str) -> str:
    """What is no JSON object is not ours to mend: it stays as it is."""
    try:
        context = json.loads(given) if given.strip() else {}
    except ValueError:
        return given
    if not isinstance(context, dict):
        return given
    return json.dumps({**context, CARD_TAG: card, RUN_TAG: run})
