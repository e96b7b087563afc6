"""Cards to start from. They are data: a type, what to ask for, and a checklist with gates.

Shortened, in own words, from CRISP-DM 1.0 (Chapman et al. 2000), Model Cards for Model Reporting
(Mitchell et al. 2019), Datasheets for Datasets (Gebru et al. 2021) and The ML Test Score (Breck et
al. 2017). Gates name the role of a stage, for boards call their stages differently.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from mlkanban.core.models import Board, CardType, StageRole
from mlkanban.core.stage_roles import stage_for

_DATA, _TRAINING = StageRole.DATA, StageRole.TRAIN
_EVALUATION, _DEPLOYMENT = StageRole.EVALUATE, StageRole.DEPLOY


class Check(NamedTuple):
    """An item to tick, and the role of the stage that is not to be left before."""

    text: str
    gate: StageRole | None = None


@dataclass(frozen=True, slots=True)
class CardTemplate:
    """`hypothesis` and `metric` are what to ask for, '' where there is none."""

    key: str
    title: str
    about: str
    type: CardType
    checks: tuple[Check, ...]
    hypothesis: str = ""
    metric: str = ""

    def fields(self, board: Board) -> dict[str, Any]:
        """What a new card on a board has from the template, JSON-ready."""
        checklist = []
        for check in self.checks:
            # Its id, which it keeps when the stage is renamed.
            gate = stage_for(board, check.gate).id if check.gate else ""
            checklist.append({"text": check.text, "done": False, "gate": gate})
        return {"type": self.type.value, "checklist": checklist}


CARD_TEMPLATES: tuple[CardTemplate, ...] = (
    CardTemplate(
        "experiment",
        "Experiment",
        "a question with a measure and a baseline",
        CardType.EXPERIMENT,
        (
            Check("the decision it serves is written down"),
            Check("data looked at: gaps, leaks, duplicates", _DATA),
            Check("held-out data set aside before the first run", _DATA),
            Check("simple baseline measured", _TRAINING),
            Check("code, data and seed of the run recorded", _TRAINING),
            Check("beats the baseline", _EVALUATION),
            Check("three seeds, spread noted", _EVALUATION),
            Check("weakest subgroup looked at", _EVALUATION),
            Check("answer written as the verdict"),
        ),
        hypothesis="What do you expect, and why?",
        metric="What is it measured by?",
    ),
    CardTemplate(
        "data-issue",
        "Data issue",
        "data that is missing, wrong or not allowed",
        CardType.DATA,
        (
            Check("rows and days that are hit counted"),
            Check("origin known: source, transfer or labels", _DATA),
            Check("how it was collected and labelled written down", _DATA),
            Check("consent and licence cover the use", _DATA),
            Check("mended at the source, not in a copy", _DATA),
            Check("check in place that finds it next time", _EVALUATION),
            Check("models trained on it named", _EVALUATION),
            Check("whoever maintains the data told"),
        ),
    ),
    CardTemplate(
        "model-release",
        "Model release",
        "a model on its way to production",
        CardType.MODEL,
        (
            Check("training repeated from a commit, same result", _TRAINING),
            Check("beats the model in use and the baseline", _EVALUATION),
            Check("evaluation data described, not used for training", _EVALUATION),
            Check("results by subgroup reported", _EVALUATION),
            Check("intended use and misuse written down", _EVALUATION),
            Check("known limits written down", _EVALUATION),
            Check("features the same in training and serving", _DEPLOYMENT),
            Check("small share of traffic served first", _DEPLOYMENT),
            Check("rollback tested", _DEPLOYMENT),
            Check("somebody named who watches it", _DEPLOYMENT),
        ),
        metric="What has to be reached?",
    ),
    CardTemplate(
        "monitoring",
        "Monitoring",
        "a watch on data or on a model in use",
        CardType.MONITORING,
        (
            Check("what must hold for the inputs written as checks", _DATA),
            Check("inputs compared with the training data", _EVALUATION),
            Check("training and serving features compared", _EVALUATION),
            Check("quality measured on fresh labels", _EVALUATION),
            Check("age of the model, speed and memory watched", _DEPLOYMENT),
            Check("alert tried: it reaches a person", _DEPLOYMENT),
            Check("what to do on an alert written down", _DEPLOYMENT),
        ),
        metric="Which number raises the alert?",
    ),
    CardTemplate(
        "chore",
        "Chore",
        "upkeep: environment, access, cleaning up",
        CardType.CHORE,
        (
            Check("what done means is written down"),
            Check("tried where it is used", _DEPLOYMENT),
            Check("a way back is known", _DEPLOYMENT),
            Check("those who depend on it told"),
        ),
    ),
)


def card_template(key: str) -> CardTemplate | None:
    """The template named `key`, or None."""
    return next((template for template in CARD_TEMPLATES if template.key == key), None)
