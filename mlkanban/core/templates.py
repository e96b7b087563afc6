"""Templates of boards. They are data: stages in order, with kind, role, commitment and limits."""

from mlkanban.core.board import StageKind, StageRole
from mlkanban.records import record

_QUEUE, _ACTIVE, _GATE = StageKind.QUEUE, StageKind.ACTIVE, StageKind.GATE


@record(frozen=True, slots=True)
class StageTemplate:
    name: str
    kind: StageKind
    committed: bool = False
    limit: int | None = None
    unattended: int | None = None
    role: StageRole | None = None
    deliverables: tuple[str, ...] = ()
    soft: bool = False


@record(frozen=True, slots=True)
class Template:
    key: str
    title: str
    about: str
    stages: tuple[StageTemplate, ...]
    conwip: int | None = None


TEMPLATES: tuple[Template, ...] = (
    Template(
        "ml",
        "ML project",
        "from idea to production, limits for one person",
        (
            StageTemplate("Ideas", _QUEUE),
            StageTemplate("Ready", _QUEUE, limit=3),
            StageTemplate("Data prep", _ACTIVE, True, 2, role=StageRole.DATA),
            StageTemplate("Features", _ACTIVE, True, 2, role=StageRole.BUILD),
            StageTemplate("Training", _ACTIVE, True, 1, 2, role=StageRole.TRAIN),
            StageTemplate("Evaluation", _GATE, True, 2, role=StageRole.EVALUATE),
            StageTemplate("Deployment", _ACTIVE, True, 1, role=StageRole.DEPLOY),
            StageTemplate("Monitoring", _ACTIVE, role=StageRole.MONITOR),
        ),
    ),
    Template(
        "crisp-dm",
        "CRISP-DM",
        "the six phases of a data-mining project",
        (
            StageTemplate("Backlog", _QUEUE),
            StageTemplate(
                "Business understanding",
                _ACTIVE,
                True,
                2,
                role=StageRole.SCOPE,
                deliverables=(
                    "goal and measure of success agreed with whoever decides",
                    "baseline agreed: what is done today, and how good it is",
                ),
            ),
            StageTemplate(
                "Data understanding",
                _ACTIVE,
                True,
                2,
                role=StageRole.DATA,
                deliverables=(
                    "data reachable, described and allowed for this use",
                    "data quality looked at: gaps, errors, leaks",
                ),
            ),
            StageTemplate(
                "Data preparation",
                _ACTIVE,
                True,
                2,
                role=StageRole.DATA,
                deliverables=("data set fixed: which rows and columns, and why",),
            ),
            StageTemplate(
                "Modeling",
                _ACTIVE,
                True,
                2,
                2,
                role=StageRole.TRAIN,
                deliverables=(
                    "test design written down before the first run",
                    "model beats the baseline",
                ),
            ),
            StageTemplate(
                "Evaluation",
                _GATE,
                True,
                2,
                role=StageRole.EVALUATE,
                deliverables=("the business says yes to the result",),
            ),
            StageTemplate(
                "Deployment",
                _ACTIVE,
                True,
                1,
                role=StageRole.DEPLOY,
                deliverables=("monitoring planned: metric, threshold and owner",),
            ),
            StageTemplate("Done", _QUEUE),
        ),
    ),
    Template(
        "lifecycle",
        "AI life cycle",
        "scope, understand, build, deploy, manage and trust",
        (
            StageTemplate("Scope", _QUEUE, role=StageRole.SCOPE),
            StageTemplate("Understand", _ACTIVE, True, 2, role=StageRole.DATA),
            StageTemplate("Build", _ACTIVE, True, 2, 2, role=StageRole.TRAIN),
            StageTemplate("Deploy", _GATE, True, 1, role=StageRole.DEPLOY),
            StageTemplate("Manage & Trust", _ACTIVE, role=StageRole.MONITOR),
        ),
    ),
    Template(
        "data-driven-scrum",
        "Data Driven Scrum",
        "create, observe, analyze, until there is an answer",
        (
            StageTemplate("Backlog", _QUEUE),
            StageTemplate("Create", _ACTIVE, True, 2, role=StageRole.BUILD),
            StageTemplate("Observe", _ACTIVE, True, 2, 2, role=StageRole.TRAIN),
            StageTemplate("Analyze", _GATE, True, 2, role=StageRole.EVALUATE),
            StageTemplate("Answered", _QUEUE),
        ),
    ),
    Template(
        "plain",
        "Plain",
        "to do, doing, done",
        (
            StageTemplate("To do", _QUEUE),
            StageTemplate("Doing", _ACTIVE, True, 3),
            StageTemplate("Done", _QUEUE),
        ),
    ),
)


def template(key: str) -> Template | None:
    """The template named `key`, or None."""
    return next((t for t in TEMPLATES if t.key == key), None)
