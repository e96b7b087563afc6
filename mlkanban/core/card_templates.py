"""Templates of cards. They are data: a type, questions, and a checklist with gates.

Shortened, in own words, from CRISP-DM 1.0 (Chapman et al. 2000), Model Cards for Model Reporting
(Mitchell et al. 2019), Datasheets for Datasets (Gebru et al. 2021) and The ML Test Score (Breck et
al. 2017). Gates name the role of a stage, since boards name their stages differently.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from mlkanban.core.board import NO_ROLE, ROLE_WORDS, Board, CardType, Stage, StageRole
from mlkanban.core.card_fields import SETS
from mlkanban.core.templates import template
from mlkanban.records import record

_SCOPE, _DATA, _TRAINING = StageRole.SCOPE, StageRole.DATA, StageRole.TRAIN
_EVALUATION, _DEPLOYMENT = StageRole.EVALUATE, StageRole.DEPLOY

HYPOTHESIS, METRIC, DATASET, NOTE = "hypothesis", "metric", "dataset", "note"
ASKED = (HYPOTHESIS, METRIC, DATASET, NOTE)
"""What a template may ask for, in this order; a note is the first one of the card."""


class TemplateItem(NamedTuple):
    """A checklist item, and the role, or else the name, of the stage that a card cannot leave
    before it is ticked. On a board without a stage of this name it closes none."""

    text: str
    gate: StageRole | None = None
    stage: str = ""


@record(frozen=True, slots=True)
class CardTemplate:
    """A template; `asks` are questions by what answers them: a field of ASKED, or NOTE. `values`
    are further fields of the card, `note` is its first note."""

    key: str
    title: str
    about: str
    type: CardType
    checks: tuple[TemplateItem, ...]
    asks: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def fields(self, board: Board, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The fields that a new card on a board gets from the template, JSON-ready, with those of
        its `own`, which win: of sets it has both."""
        checklist = []
        for check in self.checks:
            # Its id, which it keeps when the stage is renamed.
            gate = stage_for(board, check.gate).id if check.gate else _id_of(board, check.stage)
            checklist.append({"text": check.text, "done": False, "gate": gate})
        start = {**self.values, "type": self.type.value, "checklist": checklist}
        own = own or {}
        sets = {f.name: [*start.get(f.name, ()), *own.get(f.name, ())] for f in SETS}
        return {**start, **own, **{name: members for name, members in sets.items() if members}}


def _id_of(board: Board, name: str) -> str:
    """The id of the stage with a name; '' where there is none."""
    name = name.casefold()
    return next((stage.id for stage in board.stages if stage.name.casefold() == name), "")


CARD_TEMPLATES: tuple[CardTemplate, ...] = (
    CardTemplate(
        "experiment",
        "Experiment",
        "a question with a measure and a baseline",
        CardType.EXPERIMENT,
        (
            TemplateItem("the decision it serves is written down"),
            TemplateItem("data looked at: gaps, leaks, duplicates", _DATA),
            TemplateItem("held-out data set aside before the first run", _DATA),
            TemplateItem("simple baseline measured", _TRAINING),
            TemplateItem("code, data and seed of the run recorded", _TRAINING),
            TemplateItem("beats the baseline", _EVALUATION),
            TemplateItem("three seeds, spread noted", _EVALUATION),
            TemplateItem("weakest subgroup looked at", _EVALUATION),
            TemplateItem("answer written as the verdict"),
        ),
        {HYPOTHESIS: "What do you expect, and why?", METRIC: "What is it measured by?"},
    ),
    CardTemplate(
        "data-issue",
        "Data issue",
        "data that is missing, wrong or not allowed",
        CardType.DATA,
        (
            TemplateItem("rows and days that are hit counted"),
            TemplateItem("origin known: source, transfer or labels", _DATA),
            TemplateItem("how it was collected and labelled written down", _DATA),
            TemplateItem("consent and licence cover the use", _DATA),
            TemplateItem("mended at the source, not in a copy", _DATA),
            TemplateItem("check in place that finds it next time", _EVALUATION),
            TemplateItem("models trained on it named", _EVALUATION),
            TemplateItem("whoever maintains the data told"),
        ),
    ),
    CardTemplate(
        "model-release",
        "Model release",
        "a model on its way to production",
        CardType.MODEL,
        (
            TemplateItem("training repeated from a commit, same result", _TRAINING),
            TemplateItem("beats the model in use and the baseline", _EVALUATION),
            TemplateItem("evaluation data described, not used for training", _EVALUATION),
            TemplateItem("results by subgroup reported", _EVALUATION),
            TemplateItem("intended use and misuse written down", _EVALUATION),
            TemplateItem("known limits written down", _EVALUATION),
            TemplateItem("features the same in training and serving", _DEPLOYMENT),
            TemplateItem("small share of traffic served first", _DEPLOYMENT),
            TemplateItem("rollback tested", _DEPLOYMENT),
            TemplateItem("somebody named who watches it", _DEPLOYMENT),
        ),
        {METRIC: "What has to be reached?"},
    ),
    CardTemplate(
        "monitoring",
        "Monitoring",
        "a watch on data or on a model in use",
        CardType.MONITORING,
        (
            TemplateItem("what must hold for the inputs written as checks", _DATA),
            TemplateItem("inputs compared with the training data", _EVALUATION),
            TemplateItem("training and serving features compared", _EVALUATION),
            TemplateItem("quality measured on fresh labels", _EVALUATION),
            TemplateItem("age of the model, speed and memory watched", _DEPLOYMENT),
            TemplateItem("alert tried: it reaches a person", _DEPLOYMENT),
            TemplateItem("what to do on an alert written down", _DEPLOYMENT),
        ),
        {METRIC: "Which number raises the alert?"},
    ),
    CardTemplate(
        "chore",
        "Chore",
        "upkeep: environment, access, cleaning up",
        CardType.CHORE,
        (
            TemplateItem("what done means is written down"),
            TemplateItem("tried where it is used", _DEPLOYMENT),
            TemplateItem("a way back is known", _DEPLOYMENT),
            TemplateItem("those who depend on it told"),
        ),
    ),
    CardTemplate(
        "scope",
        "Scope",
        "whether an idea is worth the work: before any effort",
        CardType.EXPERIMENT,
        (
            TemplateItem("decision it serves named, and who takes it", _SCOPE),
            TemplateItem("data there and allowed: a sample looked at", _SCOPE),
            TemplateItem("baseline known: what is done today, and how well", _SCOPE),
            TemplateItem("least worthwhile lift agreed with that person", _SCOPE),
            TemplateItem("biggest risk named, with the cheapest test of it", _SCOPE),
            TemplateItem("go or no-go written as the verdict"),
        ),
        {
            HYPOTHESIS: "Which decision does it serve, and whose is it?",
            METRIC: "Which value is the least that is worth the work?",
            DATASET: "Which data does it need, and is it there?",
            NOTE: "What is the biggest risk, and the cheapest test of it?",
        },
    ),
)


def card_template(key: str) -> CardTemplate | None:
    """The template named `key`, or None."""
    return next((template for template in CARD_TEMPLATES if template.key == key), None)


ROLE_ABOUT = {
    StageRole.SCOPE: "what is worth doing is found out",
    StageRole.DATA: "data is collected, labelled and prepared",
    StageRole.BUILD: "features and code are made",
    StageRole.TRAIN: "models are trained",
    StageRole.EVALUATE: "results are judged; broken guards close it",
    StageRole.DEPLOY: "models go into production",
    StageRole.MONITOR: "models in use are watched",
}
"""What happens in a stage with each role."""
_ROLE_NAMES = {
    StageRole.SCOPE: ("scop", "business"),
    StageRole.DATA: ("data", "label", "understand", "create"),
    StageRole.BUILD: ("feature", "build"),
    StageRole.TRAIN: ("train", "model", "fit", "observe", "tune", "tuning"),
    StageRole.EVALUATE: ("eval", "analy", "valid", "test", "review"),
    StageRole.DEPLOY: ("deploy", "release", "ship", "serv"),
    StageRole.MONITOR: ("monitor", "manage", "operate", "in use"),
}
"""Prefixes of words in the names of stages."""


def role_of(board: Board, stage: Stage) -> StageRole | None:
    """The role of a stage: the one it was given, else that of its template, else by its name; None
    where none of these says so."""
    if stage.role in ROLE_WORDS:
        return None if stage.role == NO_ROLE else StageRole[stage.role.upper()]
    made = template(board.template)
    named = (
        {template_stage.name.casefold(): template_stage.role for template_stage in made.stages}
        if made
        else {}
    )
    name = stage.name.casefold()
    if name in named:
        return named[name]
    words = name.replace("-", " ").split()
    return next(
        (role for role, begins in _ROLE_NAMES.items() if any(w.startswith(begins) for w in words)),
        None,
    )


def stage_for(board: Board, role: StageRole) -> Stage:
    """The committed stage in which work of this role is done: the last stage with the role, else
    with the nearest role before it, else the first committed stage."""
    committed = [stage for stage in board.stages if stage.committed] or list(board.stages)
    known = [
        (stage_role, at)
        for at, stage in enumerate(committed)
        if (stage_role := role_of(board, stage)) is not None and stage_role <= role
    ]
    return committed[max(known)[1]] if known else committed[0]
