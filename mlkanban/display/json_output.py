"""What `--json` prints, kind by kind, as pydantic models: for `mlkanban schema`, and for tests that
check every output against its model.

The commands build plain dictionaries, since starting pydantic takes longer than most of them. The
shape of a number is the type that its `to_json` returns.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import BaseModel, ConfigDict, Field, create_model

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.core import field_kinds
from mlkanban.core.board import BlockReason, Health, StageKind, StageRole
from mlkanban.core.card_fields import FIELD, FIELDS, CardField
from mlkanban.core.review import ReviewPart
from mlkanban.display import report_text
from mlkanban.display.number_text import fit, number_view, simulate, suggest_limits
from mlkanban.display.worth_text import MetricWorthJson
from mlkanban.runs.model.state import RunState


class Shape(BaseModel):
    """A part of the output: these keys and no others."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True)


def _field_name(key: str) -> str:
    return f"{key}_" if key in ("from", "class") else key


def _model_of(shape: Any) -> Any:
    """A model for a TypedDict, and for those in it; any other type as it is."""
    if is_typeddict(shape):
        hints = get_type_hints(shape, include_extras=True)
        fields: dict[str, Any] = {
            _field_name(name): (_model_of(hint), Field(alias=name)) for name, hint in hints.items()
        }
        doc = None if shape.__doc__ == dict.__doc__ else shape.__doc__
        return create_model(shape.__name__, __base__=Shape, __doc__=doc, **fields)
    if get_origin(shape) is Annotated:
        # A day, in text.
        return date
    if get_origin(shape) in (Union, UnionType):
        return Union[tuple(_model_of(part) for part in get_args(shape))]  # noqa: UP007
    if get_origin(shape) in (list, dict):
        return get_origin(shape)[tuple(_model_of(part) for part in get_args(shape))]
    return shape


# Cards


class BlockedJson(Shape):
    """`until` is a condition: `card:ID`, `run:ID` or a date."""

    reason: BlockReason
    external: bool
    note: str
    until: str | None
    since: datetime


class MetricJson(Shape):
    name: str
    direction: Literal[">=", "<="]
    target: float | None
    baseline: float | None
    noise: float | None
    value: float | None


class GuardJson(MetricJson):
    """A limit that must hold beside the metric, at the value it stands at, null where nobody
    measured it. It is open where the limit lies within the spread of the runs."""

    state: Literal["held", "broken", "open", "not measured"]


class ChecklistItemJson(Shape):
    """`gate` is the stage that is not to be left while the item is unticked, '' for none."""

    text: str
    done: bool
    gate: str


class RelationJson(Shape):
    kind: str
    card: str


class ReadingJson(Shape):
    metric: str
    value: float
    threshold: str
    alert: bool
    at: str
    note: str


class NoteJson(Shape):
    at: datetime
    actor: str
    text: str


_TYPES: Mapping[type[field_kinds.FieldKind], Any] = {
    field_kinds.FieldKind: str | None,
    field_kinds.TextLine: str,
    field_kinds.Prose: str,
    field_kinds.Place: str,
    field_kinds.Flag: bool,
    field_kinds.Day: date | None,
    field_kinds.Members: list[str],
    field_kinds.Lineage: list[RelationJson],
    field_kinds.Checklist: list[ChecklistItemJson],
    field_kinds.MetricKind: MetricJson | None,
    field_kinds.Guards: list[GuardJson],
    field_kinds.BlockerKind: BlockedJson | None,
}
"""What JSON has for each kind of fields; any other kind is like the one it is derived from."""


def _type_of(field: CardField) -> Any:
    kind = field.kind
    if kind.choices:
        word: Any = Literal.__getitem__(kind.choices)
        return word if kind.blank else word | None
    return next(_TYPES[cls] for cls in type(kind).__mro__ if cls in _TYPES)


def _with_fields(name: str, fields: Iterable[CardField]) -> type[Shape]:
    """A shape with fields of THE table of a card's fields."""
    typed: dict[str, Any] = {
        _field_name(field.json_name): (_type_of(field), Field(alias=field.json_name))
        for field in fields
    }
    return create_model(name, __base__=Shape, **typed)


_ON_FACES = (
    "stage", "title", "key", "type", "priority", "class", "tags", "due", "snoozed", "blocked",
    "work", "outcome", "health", "archived",
)  # fmt: skip


class IdentityJson(Shape):
    """`age_days` counts from commitment until finished, or until now; `person` moved the card last
    into a stage in progress."""

    id: str
    uuid: str
    board: str
    created: datetime
    entered: datetime
    started: datetime | None
    finished: datetime | None
    person: str | None
    age_days: int | None


class FaceJson(IdentityJson, _with_fields("FaceFields", map(FIELD.__getitem__, _ON_FACES))):  # type: ignore[misc]
    """A card as lists show it. `due_chance` is the chance to be finished by the due date, null
    where it is unknown or there is none."""

    due_chance: float | None


_ON_CARDS = (field for field in FIELDS if field.part_of != "metric")


class AbArmJson(Shape):
    """`value` is the share of successes, or the mean."""

    name: str
    n: int
    successes: int | None
    value: float
    sd: float | None


class IntervalJson(Shape):
    """A value with its 95 % interval."""

    value: float
    low: float | None
    high: float | None


class AbJson(Shape):
    """An A/B test: `ratio` is null where a value is not above zero, `planned` without a least
    difference; `more` are still needed, and `verdict` is null before that many are counted."""

    in_use: AbArmJson
    challenger: AbArmJson
    difference: IntervalJson
    ratio: IntervalJson | None
    chance_better: float
    less_is_better: bool
    least: float | None
    n: int
    planned: int | None
    more: int | None
    verdict: Literal["better", "worse", "no difference shown"] | None
    at: datetime


class CardJson(IdentityJson, _with_fields("CardFields", _ON_CARDS)):  # type: ignore[misc]
    """Everything on a card. `needs` are the cards it depends on."""

    readings: list[ReadingJson]
    ab: AbJson | None
    notes: list[NoteJson]


class SpentJson(Shape):
    """What is used of the budget; `share` 1 is all of it."""

    budget: float
    unit: str
    used: float
    share: float
    unknown: int


class CardMarkdownJson(Shape):
    id: str
    markdown: str


class PartsJson(Shape):
    """How many parts of a card are `done` of all, and the day `by` which all of them are with 85 %,
    null where nothing is left, or it is unknown or over a year away."""

    done: int
    total: int
    by: date | None


class ShownCardJson(CardJson):
    """`label` is what job schedulers and trackers may call it by, `due_chance` the chance to be
    finished by the due date, null where it is unknown or there is none. `metric_worth` is null
    where the charter does not say what the metric brings."""

    due_chance: float | None
    parts: PartsJson | None
    label: str
    spent: SpentJson | None
    metric_worth: _model_of(MetricWorthJson) | None  # type: ignore[valid-type]


class SilenceJson(Shape):
    """A metric of which nothing was heard since `last`, and its usual gap between readings."""

    metric: str
    last: datetime
    usual_hours: float


class ModelInUseJson(Shape):
    """A version of a model that is in use; `reading` is the last one, an alert before others, and
    `next` are the open cards that release or retrain it. `also_in_use` are the cards of other
    versions that are in use too."""

    model: str
    version: str
    card: str
    title: str
    owner: str
    health: Health
    since: datetime | None
    reading: ReadingJson | None
    silent: SilenceJson | None
    look_again: date
    look_again_due: bool
    retrain_then: bool
    next: list[str]
    also_in_use: list[str]


class UseSpanJson(Shape):
    since: datetime
    until: datetime | None


class GateJson(Shape):
    text: str
    done: bool


class WaiverJson(Shape):
    """Gates that were passed over, and why."""

    at: datetime
    actor: str
    reason: str
    gates: list[str]


class RolledBackJson(Shape):
    at: datetime
    actor: str
    reason: str


class ModelVersionJson(Shape):
    """A version of a model; `before` is the baseline of its metric and `after` what it reached,
    `alerts` are the readings that began one."""

    model: str
    version: str
    card: str
    title: str
    owner: str
    health: Health
    in_use: list[UseSpanJson]
    delivered_by: str | None
    why: str | None
    metric: str | None
    before: float | None
    after: float | None
    configuration: str | None
    gates: list[GateJson]
    passed_over: list[WaiverJson]
    alerts: list[ReadingJson]
    readings: list[ReadingJson]
    rolled_back: RolledBackJson | None
    rollbacks: list[RolledBackJson]


class ModelRecordJson(Shape):
    """The change record of a model, its newest version first; `in_use` is null where none is."""

    model: str
    in_use: ModelInUseJson | None
    versions: list[ModelVersionJson]


class ModelCardJson(Shape):
    markdown: str


class DoneJson(Shape):
    """What an action did to cards; `warning` is '' for none."""

    cards: list[CardJson]
    message: str
    warning: str


class TriageItemJson(Shape):
    """A card, or an unlinked run, and why it asks for a decision. `person` has the card in
    progress, as on its face."""

    id: str
    why: str
    title: str
    person: str | None


class CameJson(Shape):
    """What came of a promised card; `late_days` after the day that was promised."""

    id: str
    title: str
    result: Literal["done", "open", "late", "dropped", "gone"]
    late_days: int


class ReviewStageJson(Shape):
    stage: str
    days: float


class OverrideJson(Shape):
    """A limit or a gate that was overridden; `passed` are unticked items and broken guards."""

    at: datetime
    stage: str | None
    reason: str
    passed: list[str]


class LostDaysJson(Shape):
    reason: str
    days: float
    external_days: float
    cards: list[str]


class ReviewTopicJson(Shape):
    """One thing of a review: `answers` are those that `review answer KEY` takes, `answered` is the
    one given. `days` are a cycle time above `limit_days`, the upper natural process limit of `n`
    cards; `came` with `until` is of the topic about promises alone, and so on."""

    key: str
    part: Literal[*(part.value for part in ReviewPart)]  # type: ignore[valid-type]
    card: str | None
    title: str | None
    text: str | None
    outcome: str | None
    day: date | None
    win: bool
    came: list[CameJson]
    until: date | None
    days: int | None
    limit_days: float | None
    n: int | None
    stages: list[ReviewStageJson]
    overrides: list[OverrideJson]
    lost: list[LostDaysJson]
    answers: list[str]
    answered: str | None


class CandidateJson(Shape):
    """An open card that may be promised: its `chance` to be finished by the day, null where the
    `reason` says why it is unknown; `promised` by the last review, `proposed` for the next."""

    id: str
    title: str
    chance: float | None
    reason: str | None
    in_progress: bool
    promised: bool
    proposed: bool


class ReviewJson(Shape):
    """What a review goes through now. It is `due` from the day `next` on, `every_days` after the
    `last` one, null where no rhythm is set; cards are promised until the day `until`."""

    number: int
    every_days: int | None
    last: date | None
    next: date | None
    due: bool
    since: datetime
    topics: list[ReviewTopicJson]
    until: date
    candidates: list[CandidateJson]


class ReviewAnswerJson(Shape):
    """An answer as it was given; `text` is what was written, or what stood there."""

    key: str
    part: str
    card: str | None
    title: str | None
    answer: str
    text: str | None
    at: datetime


class HeldReviewJson(Shape):
    """A review that was held: what `came` of the promises before, what was answered in how many
    `seconds` on the screen, and which cards were `promised` until a day."""

    number: int
    began: datetime
    ended: datetime | None
    since: datetime | None
    seconds: int
    came: list[CameJson]
    answers: list[ReviewAnswerJson]
    promised: list[str]
    until: date | None


class PlanRowJson(Shape):
    """`fits` is null for less than even odds, and where the `reason` says why nobody knows."""

    id: str
    title: str
    person: str | None
    worth: str | None
    score: float | None
    unit: str
    fits: str | None
    reason: str | None


class ChangedFieldJson(Shape):
    field: str
    from_: str = Field(alias="from")
    to: str


class HistoryEntryJson(Shape):
    """An event; `changes` are the fields it set, as they are in the log."""

    id: str
    at: datetime
    actor: str
    card: str | None
    kind: str
    changes: dict[str, Any]
    stage: str | None
    note: str | None
    reason: str | None
    unticked: list[str]
    broken: list[str]
    undoes: str | None
    in_force: bool


class UndoableJson(Shape):
    """A change of yours that `undo --action ID` undoes: how many `cards` it was about, the first
    `card` with its title, and the `kind` of the event that names it."""

    id: str
    at: datetime
    kind: str
    cards: int
    card: str | None
    title: str | None


class ConflictJson(Shape):
    """A field that two machines wrote: the value that stands (`kept`) and the other one."""

    name: str
    entity: str
    field: str
    kept: str
    other: str
    actor: str
    host: str
    at: str
    machine: str


# Boards


class StageJson(Shape):
    """`count` are the open cards in the stage, `running` those of them that are unattended."""

    name: str
    kind: StageKind
    role: Literal[*(role.word for role in StageRole)] | None  # type: ignore[valid-type]
    committed: bool
    deliverables: list[str]
    limit: int | None
    unattended: int | None
    soft: bool
    count: int
    running: int
    over_since_merge: bool


class BoardJson(Shape):
    key: str
    uuid: str
    name: str
    timezone: str
    template: str
    conwip: int | None
    team_limits: bool
    archived: bool
    stages: list[StageJson]


class BoardInListJson(BoardJson):
    in_use: bool


class ShownBoardJson(BoardJson):
    cards: list[FaceJson]


class FoundLineJson(Shape):
    """A line of the charter of a board."""

    board: str
    section: str
    title: str
    line: str


class FoundJson(Shape):
    cards: list[FaceJson]
    charter: list[FoundLineJson]


class BoardDoneJson(Shape):
    board: BoardJson
    message: str
    warning: str


class StagesDoneJson(Shape):
    stages: list[StageJson]
    message: str
    warning: str


class CharterSectionJson(Shape):
    section: str
    title: str
    hint: str
    text: str


class GoalReadingJson(Shape):
    metric: str
    value: float
    at: datetime
    note: str


class GoalTargetJson(Shape):
    metric: str
    direction: Literal[">=", "<="]
    target: float
    unit: str


class GoalJson(Shape):
    """`now` is the last reading of the metric of the target; null, as `reached`, where there is
    none. `readings` are all of them, oldest first."""

    board: str
    target: GoalTargetJson | None
    now: GoalReadingJson | None
    reached: bool | None
    readings: list[GoalReadingJson]


class CharterJson(Shape):
    """`readings` are the last ones of each business metric."""

    board: str
    sections: list[CharterSectionJson]
    readings: list[GoalReadingJson]


class OpenedLinkJson(Shape):
    """A `link` of a card, and its `text` that was opened, copied by the terminal, or printed."""

    id: str
    link: str
    done: Literal["opened", "copied", "printed"]
    text: str


class TemplateJson(Shape):
    """`of` says what is made from it; the `file` of one that is not your `own` is null."""

    name: str
    of: Literal["card", "board"]
    title: str
    about: str
    own: bool
    file: str | None


class TemplateFileJson(Shape):
    name: str
    file: str


class TemplateTextJson(Shape):
    """`text` is TOML."""

    name: str
    text: str


class ViewJson(Shape):
    name: str
    query: str


class PortfolioRowJson(Shape):
    """The numbers of a board; `past_sle` open cards are older than `sle_days`."""

    key: str
    name: str
    in_use: bool
    wip: int
    conwip: int | None
    blocked: int
    overdue: int
    at_risk: int
    sle_days: int | None
    past_sle: int | None
    finished: int
    days: int
    per_week: float | None
    next_30_days: int | None


# Runs


class PrunedAtJson(Shape):
    """What a trial that was pruned reported last, and at which step."""

    value: float
    step: float


class TrackerRunJson(Shape):
    ref: str
    says: str | None
    where: str
    pruned_at: PrunedAtJson | None


class LeftOverJson(Shape):
    pid: int
    command: str


class LatestJson(Shape):
    """The newest value of a metric; `unread` is what came after it and is no number, `about` whose
    value it is where a run has those of several: `best of 32 trials; trial 33 runs`."""

    metric: str
    value: float | None
    step: float | None
    epoch: float | None
    unread: str | None
    about: str | None


class TaskJson(Shape):
    """A task of an array; `params` follow from its number."""

    task: int
    state: RunState
    why: str | None
    elapsed: int | None
    params: dict[str, str]
    metrics: dict[str, float]


class TasksJson(Shape):
    """The tasks of an array; `ended` names them once all have."""

    count: int
    over: int
    failed: int
    running: int
    ended: list[TaskJson]


class RunJson(Shape):
    """`latest` is what a run that goes on has reported so far, the metric of the card first;
    `parameters` are the hyper-parameters of its command line and its tracker, `launch` what says
    only how and where it is started (seed, devices, paths, words of the launcher); `differs` and
    `launch_differs` are those in which it is unlike others of its card, what tells most of its
    metric first, `outer` whether others were started in it, so that it is none of its own,
    `left_over` the processes it left running; `log_bytes` is null where its logs are not in its
    folder here."""

    card: str
    id: str
    state: RunState
    evidence: str
    exit: int | None
    why: str | None
    started: str | None
    ended: str | None
    submitted: str | None
    host: str
    command: list[str]
    commit: str | None
    dirty: bool
    gpus: int | None
    elapsed: int | None
    job: str | None
    parent: str | None
    metrics: dict[str, float]
    parameters: dict[str, str]
    launch: dict[str, str]
    tasks: TasksJson | None
    unread_metrics: list[str]
    latest: list[LatestJson]
    tracker: TrackerRunJson | None
    last_lines: list[str]
    differs: dict[str, str]
    launch_differs: dict[str, str]
    outer: bool
    left_over: list[LeftOverJson]
    log_bytes: int | None


class GuardResultJson(Shape):
    """What `n` of the runs of a configuration reported for a guard; it is held only where all
    did, and their mean and standard deviation are within the limit, else open."""

    name: str
    direction: Literal[">=", "<="]
    target: float
    n: int
    mean: float | None
    sd: float | None
    state: Literal["held", "broken", "open", "not measured"]


class RepeatsJson(Shape):
    """Runs that differ in their seed alone, summed up; `sd` and `margin` from two on."""

    n: int
    mean: float
    sd: float | None
    margin: float | None
    values: list[float]
    left_out_same_seed: int
    guards: list[GuardResultJson]


class BasisJson(RepeatsJson):
    label: str | None


class DifferenceJson(Shape):
    """How much more one mean is than another, with its 95 % interval; null where nothing is known
    of chance."""

    value: float
    low: float | None
    high: float | None


class ConfigurationJson(BasisJson):
    """`proposal` is what it says about the target by itself. It is compared with the configuration
    tried `before` it, null for the first one, and with the baseline of the card."""

    runs: list[str]
    proposal: str | None
    before: str | None
    vs_before: DifferenceJson | None
    vs_baseline: DifferenceJson | None


class RunFiguresJson(RepeatsJson):
    """The configuration tried last; `best` is the best run of all, null where nobody knows which
    values are better; `basis` what the proposed verdict rests on. `trials` is how many
    configurations have one run, or only equal ones; from five on they are a `search`."""

    metric: str
    best: str | None
    trials: int
    search: bool
    proposal: str | None
    why: str | None
    basis: BasisJson | None
    configurations: list[ConfigurationJson]


class ImportanceJson(Shape):
    """How much of the metric a hyper-parameter tells, over `n` configurations: the share of the
    variance of the ranks of the means that lies between its values (of numbers between groups of
    neighbours, or on a line through their ranks), less what chance would give, that it adds to what
    those before it in the list tell. `correlation` is the
    rank correlation, null for words; `beyond_chance` is false where what seems to tell most in 5 %
    of shuffles tells as much, of the means and of what stronger parameters leave of them."""

    name: str
    share: float
    correlation: float | None
    n: int
    beyond_chance: bool


class SearchTrialJson(Shape):
    """A trial with a value, and the best value up to it."""

    number: int
    value: float
    best: float


class ParameterAxisJson(Shape):
    """A hyper-parameter with its value in each configuration, null where it has none;
    `best_values` are those of the best configurations: of numbers the least and the greatest."""

    name: str
    scale: Literal["linear", "log", "words"]
    values: list[str | None]
    best_values: list[str]


class SearchJson(Shape):
    """A search: its trials or runs with a value in their order (of five configurations or more) of
    `total` ones, and the `values` of the metric of its `configurations`, of which so many are the
    `best` (a tenth, three at least; 0 where nobody knows which values are better), with their
    hyper-parameters, what tells most first."""

    word: Literal["trial", "run"]
    total: int | None
    history: list[SearchTrialJson]
    configurations: int
    best: int
    parameters: list[ParameterAxisJson]
    values: list[float]


class RunsMetaJson(Shape):
    """What the runs of one card say together; `importances` are empty for fewer than five
    configurations with a value."""

    figures: RunFiguresJson | None
    importances: list[ImportanceJson]
    search: SearchJson | None
    remarks: list[str]
    gpu_hours: float
    runs_of_unknown_gpu_hours: int


class StartedRunJson(Shape):
    """A run that was started, or queued; `place` is its turn, null where it does not wait."""

    id: str
    card: str
    run_folder: str
    state: RunState
    place: int | None


class QueuedRunJson(Shape):
    """A run of the queue of this machine; `place` is its turn, null where it lost its place or is
    held back. `cwd` is the folder in which the command was given."""

    place: int | None
    id: str
    card: str
    state: RunState
    evidence: str
    held_by: str | None
    gpus: int | None
    queued: datetime
    command: list[str]
    cwd: str


class SlotsJson(Shape):
    """How many slots of a stage are taken, of how many, and how many runs wait for one; `held` of
    these are held back."""

    stage: str
    running: int
    unattended: int
    waiting: int
    held: int


class ExecutingRunJson(Shape):
    id: str
    card: str
    state: RunState
    started: datetime | None
    command: list[str]


class QueueMetaJson(Shape):
    """The slots of the board in use, and its runs that execute."""

    stages: list[SlotsJson]
    executing: list[ExecutingRunJson]


class SubmittedRunJson(Shape):
    """Null where sbatch took no job."""

    id: str | None
    card: str
    job: str | None
    run_folder: str | None


class LinkedJobJson(Shape):
    id: str
    card: str
    job: str


class PatchJson(Shape):
    """The uncommitted changes that a run was started with. `exact` is false where the patch holds
    bytes that are no UTF-8: only without --json it is whole then."""

    run: str
    commit: str
    patch: str
    exact: bool


class OldLogJson(Shape):
    """`kept` says why the logs stay, null where they are (to be) shortened."""

    id: str
    card: str
    ended: str | None
    bytes: int
    kept: str | None


class PrunedJson(Shape):
    """`freed` are bytes, those that would be freed where nothing was `done` yet."""

    done: bool
    freed: int
    runs: list[OldLogJson]


class AwaitedRunJson(Shape):
    """`ended` is false where the time was up before; `exit` is null where it is not known."""

    id: str
    card: str
    state: RunState
    evidence: str
    exit: int | None
    ended: bool


class StoppedRunJson(Shape):
    """`stopped` is false until SLURM has ended the job."""

    id: str
    stopped: bool


class CodeDifferenceJson(Shape):
    """Two runs with their commits, and what changed in the code between them."""

    from_: str = Field(alias="from")
    to: str
    before: str
    after: str
    text: str


class LikelyRunJson(Shape):
    """A run in whose folder, and in whose time, a tracker's run was written that names none."""

    run: str
    card: str


class UnlinkedRunJson(Shape):
    ref: str
    name: str
    experiment: str
    says: str | None
    started: str | None
    ended: str | None
    metrics: dict[str, float]
    params: dict[str, Any]
    tagged: str | None
    during: LikelyRunJson | None
    where: str


class RunLinkJson(Shape):
    run: str
    card: str


class SyncedRunsJson(Shape):
    places: list[str]
    problems: list[str]
    runs: int
    linked: list[RunLinkJson]
    changed: list[str]
    unlinked: list[UnlinkedRunJson]
    ignored: list[UnlinkedRunJson]
    of_other_stores: int
    waiting: int


# Stores and files


class WrittenFileJson(Shape):
    file: str
    bytes: int


class BackupJson(WrittenFileJson):
    name: str
    made: datetime
    label: str


class CompactedJson(Shape):
    """Bytes of the store and of all backups before and after; `backup` was made first."""

    store_before: int
    store_after: int
    backups_before: int
    backups_after: int
    backup: str


class BackupRoomJson(Shape):
    """What backups take, the automatic ones of it, and what these may take; null for no limit."""

    bytes: int
    automatic_bytes: int
    room: int | None


class StoreShareJson(Shape):
    events: int
    cards: int


class RestoredJson(Shape):
    """What was lost and won back; `kept` is the backup of what was there before."""

    file: str
    lost: StoreShareJson
    won: StoreShareJson
    kept: str | None


class ExportedRowsJson(Shape):
    file: str
    rows: int


class ExportedAgileJson(ExportedRowsJson):
    left_out: int


class ExportedCardsJson(Shape):
    file: str
    cards: int


class ExportedDatabaseJson(ExportedCardsJson):
    events: int
    search: bool


class RedactedTextJson(Shape):
    event: str
    at: str
    field: str
    characters: int


class RedactedJson(Shape):
    id: str | None
    removed: list[RedactedTextJson]
    events: int
    backups: int
    backups_left: list[str]
    elsewhere: list[str]


class ImportedEventsJson(Shape):
    board: str
    rows: int
    cards: int
    finished: int
    new_events: int
    undone_events: int
    left_out: list[str]
    columns_left_out: list[str]


class ImportedColumnJson(Shape):
    """A column of a list, and the field of a card that it becomes, null where it is left out."""

    column: str
    field: str | None
    cards: int


class ImportedStatusJson(Shape):
    """A status of a list, and where its cards go: to a stage, or to their end; `unknown` where
    nothing says so, and they go to the first stage. `discarded` of its cards were never begun."""

    status: str
    cards: int
    stage: str | None
    outcome: str | None
    discarded: int
    guessed: bool
    unknown: bool
    archived: bool


class ImportedTypeJson(Shape):
    """A type or a label of a list that decides the type of its cards, '' where neither does."""

    type: str
    cards: int
    becomes: str
    guessed: bool


class LeftOutJson(Shape):
    what: str
    count: int


class KeptFieldsJson(Shape):
    """What was changed here and in the list, and stays as it is here."""

    id: str
    fields: list[str]


class ImportedIssuesJson(Shape):
    """`created_to_resolved` finished cards have no history between these two days, `begun_unknown`
    cards are in progress since an unknown day, `ended_unknown` cards were finished on one. What was
    `created` and `updated` would be so where it was not `written`."""

    board: str
    file: str
    kind: str
    cards: int
    columns: list[ImportedColumnJson]
    statuses: list[ImportedStatusJson]
    types: list[ImportedTypeJson]
    left_out: list[LeftOutJson]
    created_to_resolved: int
    begun_unknown: int
    ended_unknown: int
    created: int
    updated: int
    unchanged: int
    kept: list[KeptFieldsJson]
    written: bool
    refused: str | None


class ImportedLogJson(Shape):
    boards: list[str]
    events: int
    new_events: int
    undone_events: int
    kept: list[KeptFieldsJson]


class ImportedCardJson(Shape):
    """`id` is null for a new card; `line` is where it stands in the file."""

    id: str | None
    title: str
    line: int
    changes: list[ChangedFieldJson]
    note: str | None


class ImportedSectionJson(Shape):
    section: str
    from_: str = Field(alias="from")
    to: str


class ImportConflictJson(Shape):
    """A field changed both on the board and in the file."""

    id: str | None
    field: str
    at_export: str
    now: str
    file: str


class RenamedJson(Shape):
    from_: str = Field(alias="from")
    to: str


class ImportedMarkdownJson(Shape):
    """`written` says whether anything was; `refused` is why it could not be."""

    board: str
    compared_with: Literal["export", "now"]
    cards: list[ImportedCardJson]
    charter: list[ImportedSectionJson]
    conflicts: list[ImportConflictJson]
    added_before: list[str]
    noted_before: list[str]
    left_alone: list[str]
    stages_left_alone: list[str]
    name: RenamedJson | None
    edited: bool
    written: bool
    refused: str | None


class SyncJson(Shape):
    """`hosts` are the events taken in by machine. `undecided` and `told` are old names of
    `conflicts` and `notices`."""

    hosts: dict[str, int]
    sent: int
    passed_over: int
    conflicts: int
    notices: list[str]
    undecided: int
    told: list[str]
    message: str


# The program


class CheckJson(Shape):
    what: str
    verdict: Literal["ok", "note", "problem"]
    said: str
    hint: str


class DoctorJson(Shape):
    problems: int
    checks: list[CheckJson]
    mended: list[str]


class KeyJson(Shape):
    name: str
    keys: list[str]
    title: str
    help: str
    group: str
    screens: list[str]


class KeysJson(Shape):
    keys: list[KeyJson]
    problems: list[str]


class RoleContrastJson(Shape):
    role: str
    color: str
    on_ground: float | None
    on_cursor: float | None


class ThemeJson(Shape):
    name: str
    dark: bool
    file: str
    contrasts: list[RoleContrastJson]
    roles_at_16_colours: list[list[str]]


class ThemesJson(Shape):
    themes: list[ThemeJson]
    in_use: str
    problems: list[str]


class SettingJson(Shape):
    name: str
    value: Any
    from_: str = Field(alias="from")
    meaning: str


class ServedJson(Shape):
    address: str
    board: str
    writes: bool


class DocTopicJson(Shape):
    topic: str
    title: str
    about: str


class DocTopicsJson(Shape):
    topics: list[DocTopicJson]


class DocPageJson(DocTopicJson):
    text: str


class DocLineJson(Shape):
    topic: str
    line: int
    text: str


class FoundDocLinesJson(Shape):
    words: str
    lines: list[DocLineJson]


class ConfigJson(Shape):
    file: str
    settings: list[SettingJson]


class CompletionJson(Shape):
    script: str


class VersionJson(Shape):
    version: str


class ErrorJson(Shape):
    """A command that failed; `exit_code` says how (see the README)."""

    message: str
    hint: str
    exit_code: int


class SchemaKindJson(Shape):
    kind: str
    about: str


# The types that `to_json` of numbers return


def _returned(to_json: Any) -> Any:
    return get_type_hints(to_json, include_extras=True)["return"]


@cache
def _number_model(name: str) -> type[Shape]:
    """The number itself, with what is said beside it, and the same of each group with `--by`."""
    number: type[Shape] = _model_of(_returned(number_view(name).to_json))
    group = create_model(f"{number.__name__}Group", __base__=number, name=(str, ...))
    fields: dict[str, Any] = {
        "remarks": (list[str], Field(default_factory=list)),
        "by": (Literal["type", "tag", "stage"] | None, None),
        "groups": (list[group], Field(default_factory=list)),
    }
    return create_model(
        f"{number.__name__}Answer",
        __base__=number,
        __doc__=number.__doc__,
        **fields,
    )


class PlanJson(Shape):
    stage: str
    limit: int | None
    room: int | None
    ready: list[PlanRowJson]
    ideas: list[PlanRowJson]
    fit: _model_of(_returned(fit.to_json))  # type: ignore[valid-type]


class JsonKind(NamedTuple):
    """A kind of output: the shape of its `data` (None for a number of the catalogue), what prints
    it, and the shape of `meta` where it has one."""

    shape: Any
    about: str
    meta: Any = None


_DONE = {
    name: JsonKind(DoneJson, f"the cards that `{name}` changed")
    for name in (
        "ab.told", "archive", "block", "done", "edit", "look-again", "merge", "move",
        "note", "redo", "release", "retrain", "rollback", "snooze", "transfer", "unblock", "undo",
        "unlink",
    )
}  # fmt: skip
_STAGES = {
    f"stages.{name}": JsonKind(StagesDoneJson, f"the stages after `stages {name}`")
    for name in (
        "add", "commit", "conwip", "deliverables", "kind", "limit", "move", "remove", "rename",
        "role", "team-limits", "uncommit",
    )
}  # fmt: skip

KINDS: Mapping[str, JsonKind] = {
    "error": JsonKind(ErrorJson, "a command that failed"),
    "board": JsonKind(ShownBoardJson | None, "`mlkanban` without a terminal; null without a board"),
    "boards": JsonKind(list[BoardInListJson], "`boards`"),
    **{
        f"boards.{name}": JsonKind(BoardDoneJson, f"the board after `boards {name}`")
        for name in ("rename", "archive", "restore")
    },
    "init": JsonKind(BoardJson, "the board that `init` made"),
    "stages": JsonKind(list[StageJson], "`stages`"),
    **_STAGES,
    "charter": JsonKind(CharterJson, "`charter`"),
    "reading": JsonKind(GoalJson, "`reading goal`"),
    "card": JsonKind(
        ShownCardJson | CardJson | list[CardJson],
        "the card of `show` or `add`; the cards of `add -`",
    ),
    "card.markdown": JsonKind(CardMarkdownJson, "`show --markdown`"),
    "cards": JsonKind(list[FaceJson], "`list`"),
    "found": JsonKind(FoundJson, "`find`"),
    "open": JsonKind(OpenedLinkJson, "`open`"),
    "templates": JsonKind(list[TemplateJson], "`templates`"),
    "templates.save": JsonKind(TemplateFileJson, "the file that `templates save` wrote"),
    "templates.show": JsonKind(TemplateTextJson, "`templates show`"),
    "templates.remove": JsonKind(TemplateFileJson, "the file that `templates remove` removed"),
    "views": JsonKind(list[ViewJson], "`views`"),
    **_DONE,
    "link": JsonKind(
        DoneJson | LinkedJobJson, "the cards that `link` changed; a SLURM job it linked"
    ),
    "alert": JsonKind(DoneJson, "the cards that `reading` of a model changed"),
    "settle": JsonKind(DoneJson, "the cards that `resolve` changed"),
    "undecided": JsonKind(list[ConflictJson], "the conflicts that `resolve` lists"),
    "triage": JsonKind(list[TriageItemJson], "`triage` without a terminal"),
    "models": JsonKind(list[ModelInUseJson], "`models`"),
    "model": JsonKind(ModelRecordJson, "`models MODEL`"),
    "model.card": JsonKind(ModelCardJson, "`models MODEL --card`"),
    "review": JsonKind(ReviewJson, "`review` without a terminal"),
    "review.show": JsonKind(HeldReviewJson, "`review --show`"),
    "review.list": JsonKind(list[HeldReviewJson], "`review --list`"),
    "review.answer": JsonKind(DoneJson, "the card that `review answer` was about"),
    "review.promise": JsonKind(DoneJson, "the cards that `review promise` promised"),
    "ab": JsonKind(AbJson, "the A/B test of a card, `ab` without arms"),
    "plan": JsonKind(PlanJson, "`plan`"),
    "history": JsonKind(list[HistoryEntryJson], "`history`"),
    "undo.list": JsonKind(list[UndoableJson], "`undo --list`"),
    "portfolio": JsonKind(list[PortfolioRowJson], "`portfolio`"),
    "runs": JsonKind(list[RunJson], "`runs`", RunsMetaJson | None),
    "run": JsonKind(
        StartedRunJson,
        "the run that `run --detach` or `rerun --detach` started, or `run --queue` queued",
    ),
    "queue": JsonKind(list[QueuedRunJson], "`queue` and its commands", QueueMetaJson),
    "adopt": JsonKind(StartedRunJson, "the run that `adopt` made of a process"),
    "sbatch": JsonKind(SubmittedRunJson, "the job that `sbatch` submitted"),
    "stop": JsonKind(StoppedRunJson, "`stop`"),
    "runs.prune": JsonKind(PrunedJson, "`runs prune`"),
    "wait": JsonKind(list[AwaitedRunJson], "`wait`"),
    "diff": JsonKind(CodeDifferenceJson, "`diff`"),
    "patch": JsonKind(PatchJson, "`diff --patch`"),
    "sync-runs": JsonKind(SyncedRunsJson, "`sync-runs`"),
    "sync": JsonKind(SyncJson, "`sync`"),
    "report": JsonKind(
        _model_of(_returned(report_text.to_json)), "`report`, with the file that it wrote"
    ),
    "backup": JsonKind(WrittenFileJson, "the backup that `backup` made"),
    "backups": JsonKind(list[BackupJson], "`backup list`", meta=BackupRoomJson),
    "compact": JsonKind(CompactedJson, "`compact`"),
    "restore": JsonKind(RestoredJson, "`restore`"),
    "export.csv": JsonKind(ExportedRowsJson, "the file that `export csv` wrote"),
    "export.actionable-agile": JsonKind(
        ExportedAgileJson, "the file that `export actionable-agile` wrote"
    ),
    "export.jsonl": JsonKind(ExportedRowsJson, "the file that `export jsonl` wrote"),
    "export.sqlite": JsonKind(ExportedDatabaseJson, "the database that `export sqlite` wrote"),
    "export.markdown": JsonKind(ExportedCardsJson, "the file that `export markdown` wrote"),
    "redact": JsonKind(RedactedJson, "`redact`"),
    "import.events": JsonKind(ImportedEventsJson, "`import events`"),
    "import.issues": JsonKind(ImportedIssuesJson, "`import issues`"),
    "import.jsonl": JsonKind(ImportedLogJson, "`import jsonl`"),
    "import.markdown": JsonKind(ImportedMarkdownJson, "`import markdown`"),
    "doctor": JsonKind(DoctorJson, "`doctor`"),
    "serve": JsonKind(ServedJson, "where `serve` serves the board"),
    "docs": JsonKind(DocTopicsJson, "`docs`"),
    "docs.page": JsonKind(DocPageJson, "`docs TOPIC`"),
    "docs.search": JsonKind(FoundDocLinesJson, "`docs --search`"),
    "keys": JsonKind(KeysJson, "`keys`"),
    "themes": JsonKind(ThemesJson, "`themes`"),
    "config": JsonKind(ConfigJson, "`config`"),
    "completion": JsonKind(CompletionJson, "`completion`"),
    "schema": JsonKind(
        list[SchemaKindJson] | dict[str, Any], "`schema`; a JSON Schema of `schema KIND`"
    ),
    "version": JsonKind(VersionJson, "`--version`"),
    **{f"flow.{entry.name}": JsonKind(None, f"`flow {entry.name}`") for entry in CATALOGUE},
    "flow.simulate": JsonKind(_model_of(_returned(simulate.to_json)), "`flow simulate`"),
    "flow.suggest-limits": JsonKind(
        _model_of(_returned(suggest_limits.to_json)), "`flow suggest-limits`"
    ),
}


@cache
def output_model(kind: str) -> type[Shape]:
    """The model of all that a command with `--json` prints; KeyError for an unknown kind."""
    shape, about, meta = KINDS[kind]
    if shape is None:
        shape = _number_model(kind.removeprefix("flow."))
    fields: dict[str, Any] = {
        "schema_": (Literal[1], Field(alias="schema")),
        "kind": (Literal[kind], ...),
        "data": (shape, ...),
    }
    if meta is not None:
        fields["meta"] = (meta, None)
    return create_model("Output", __base__=Shape, __doc__=f"{about}.", **fields)


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of output; KeyError for an unknown kind."""
    return output_model(kind).model_json_schema()
