"""Models in use as the store has them: their versions, what is silent, when somebody looks at them
again, and what became of each version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mlkanban.core.board import Board, CardFace, Health, in_use
from mlkanban.core.card import Card
from mlkanban.core.lineage import LineageKind, origins
from mlkanban.core.look_again import LookAgain, look_day
from mlkanban.core.model_silence import Silence, silence
from mlkanban.core.model_versions import VersionLife, life_of
from mlkanban.core.timestamps import moment
from mlkanban.store import model_queries, repository
from mlkanban.store.database import Connection
from mlkanban.store.model_queries import NamedCard
from mlkanban.store.rows import repeats_of

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Configuration, Results

_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A delivered card as a version of a model, with what its events say of it. Of a change record
    it has its `configuration`, as its card or its runs have it, the value of its metric `before`
    it (the baseline of its card, else what the version had that it replaced), and the open cards
    that ask why it failed."""

    face: CardFace
    card: Card
    life: VersionLife
    configuration: str = ""
    before: float | None = None
    asks: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The name of the model; that of its card where nobody named it."""
        return self.card.model or self.face.ref

    @property
    def name(self) -> str:
        return f"{self.model} {self.card.version}".strip()

    @property
    def since(self) -> str:
        """Since when it is in use, or was last."""
        return self.life.spans[-1].since if self.life.spans else self.face.finished_at


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """A model in use: its version, what is silent, the next look at it, the open cards that train
    it again or release the next version, and its other versions that are in use too."""

    version: ModelVersion
    silence: Silence | None
    look: LookAgain
    look_due: bool
    next: tuple[CardFace, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """All versions of a model, the newest first, and the model in use, None for none."""

    model: str
    in_use: ModelInUse | None
    versions: tuple[ModelVersion, ...]


def versions_of(conn: Connection, faces: Sequence[CardFace]) -> list[ModelVersion]:
    """Some cards as versions of models, in their order."""
    events = model_queries.life_events(conn, (face.id for face in faces))
    return [
        ModelVersion(face, card, life_of(events[face.id], face.finished_at))
        for face, card in zip(faces, repository.cards(conn, faces), strict=True)
    ]


def version_of(conn: Connection, face: CardFace) -> ModelVersion:
    """A card as a version of a model."""
    [version] = versions_of(conn, [face])
    return version


def models_in_use(conn: Connection, board: Board, now: datetime) -> list[ModelInUse]:
    """The models in use of a board, in the order in which they were delivered."""
    used = [card.face for card in model_queries.versions(conn, board.id) if in_use(card.face)]
    if not used:
        return []
    coming = model_queries.coming(conn, board.id)
    return _used(board, versions_of(conn, used), coming, now)


def _used(
    board: Board, versions: Sequence[ModelVersion], coming: Sequence[NamedCard], now: datetime
) -> list[ModelInUse]:
    """Versions in use, all that there are of their models, with what is `coming` of them."""
    by_model: defaultdict[str, list[ModelVersion]] = defaultdict(list)
    for version in versions:
        by_model[version.model.casefold()].append(version)
    return [
        ModelInUse(
            version,
            silence(version.life.readings, version.life.spans, now),
            (look := look_of(board, version, now)),
            look.day <= board.day_of(now),
            tuple(card.face for card in coming if _replaces(card, version)),
            tuple(
                other.face.ref
                for other in by_model[version.model.casefold()]
                if other is not version
            ),
        )
        for version in versions
    ]


def _replaces(card: NamedCard, version: ModelVersion) -> bool:
    """Whether an open card trains a version again, releases from it, or is to be of its model."""
    kinds = (LineageKind.RETRAIN_OF, LineageKind.RELEASE_OF)
    comes = any(version.face.ref in origins(card.face, kind) for kind in kinds)
    return comes or card.is_of(version.model)


def record_of(
    conn: Connection, board: Board, faces: Sequence[CardFace], now: datetime
) -> ModelRecord:
    """The change record of a model with these versions."""
    coming = model_queries.coming(conn, board.id)
    versions = sorted(versions_of(conn, faces), key=_newest_first, reverse=True)
    versions = [
        _with_past(conn, version, versions[at:], coming) for at, version in enumerate(versions, 1)
    ]
    used = _used(board, [one for one in versions if in_use(one.face)], coming, now)
    return ModelRecord(versions[0].model, next(iter(used), None), tuple(versions))


def looks_due(
    conn: Connection, board: Board, used: Sequence[CardFace], now: datetime
) -> Iterator[tuple[ModelVersion, LookAgain]]:
    """The versions in use that are to be looked at again by now, each with the look."""
    for version in versions_of(conn, used):
        look = look_of(board, version, now)
        if look.day <= board.day_of(now):
            yield version, look


def look_of(board: Board, version: ModelVersion, now: datetime) -> LookAgain:
    """When a version is looked at again, counted from when it came into use last."""
    since = moment(version.since) or now
    return look_day(version.card.look_again, board.day_of(since))


def doubled(
    conn: Connection, used: Sequence[CardFace]
) -> Iterator[tuple[ModelVersion, ModelVersion]]:
    """The versions of a model that are in use beside one that was delivered later, as a merge may
    leave them, each with the later one."""
    by_model: defaultdict[str, list[ModelVersion]] = defaultdict(list)
    for version in versions_of(conn, used):
        if version.card.model:
            by_model[version.model.casefold()].append(version)
    for versions in by_model.values():
        *older, latest = sorted(versions, key=lambda one: (one.face.finished_at, one.face.id))
        for version in older:
            yield version, latest


def silent(
    conn: Connection, used: Sequence[CardFace], now: datetime
) -> Iterator[tuple[CardFace, Silence]]:
    """The models in use of which nothing is heard any more."""
    events = model_queries.life_events(conn, (face.id for face in used))
    for face in used:
        life = life_of(events[face.id], face.finished_at)
        if found := silence(life.readings, life.spans, now):
            yield face, found


def _with_past(
    conn: Connection,
    version: ModelVersion,
    older: Iterable[ModelVersion],
    coming: Iterable[NamedCard],
) -> ModelVersion:
    """A version with what its change record has besides; those delivered `older`, newest first."""
    return replace(
        version,
        configuration=_configuration(conn, version),
        before=_value_before(version, older),
        asks=tuple(card.face.ref for card in coming if asks_why(card.face, version)),
    )


def _configuration(conn: Connection, version: ModelVersion) -> str:
    """What a version was trained with: as its card has it, else as its runs have it."""
    if version.card.configuration:
        return version.card.configuration
    found = results_of(conn, version.face)
    return configuration_text(found.chosen) if found else ""


def _value_before(version: ModelVersion, older: Iterable[ModelVersion]) -> float | None:
    """The value of the metric of a version before it, of those delivered `older`, the newest
    first."""
    metric = version.card.measured
    if metric is None or metric.baseline is not None:
        return metric.baseline if metric else None
    failed = (Health.ROLLED_BACK, Health.RETIRED)
    before = next((one for one in older if one.face.health not in failed), None)
    measured = before and before.card.measured
    return measured.value if measured and measured.name == metric.name else None


def _newest_first(version: ModelVersion) -> tuple[str, str]:
    return version.face.finished_at or version.since, version.face.id


def question_of(version: ModelVersion) -> str:
    """The title of the card that asks why a version failed."""
    return f"Why {version.name} failed"[:_LONGEST_TITLE]


def asks_why(face: CardFace, version: ModelVersion) -> bool:
    """Whether an open card asks why a version failed."""
    follows = version.face.ref in origins(face, LineageKind.FOLLOW_UP_OF)
    return follows and face.title == question_of(version)


def results_of(conn: Connection, face: CardFace) -> Results | None:
    if not face.runs:
        return None
    # With statistics: few cards are released.
    from mlkanban.core.metrics import metrics_in
    from mlkanban.runs.model.results import results
    from mlkanban.runs.use_cases.own_runs import own_runs

    fields, runs = own_runs(conn, face.id)
    metrics = metrics_in(fields)
    return results(runs, metrics.metric, repeats_of(conn), metrics.guards)


def configuration_text(chosen: Configuration) -> str:
    """The commit and the parameters of a configuration: `commit a1b2c3d  python train.py  lr
    3e-4  layers 2`."""
    # As above.
    from mlkanban.runs.model.configurations import configuration_key
    from mlkanban.runs.model.launch_words import launch_names
    from mlkanban.runs.model.parameters import is_word

    run = chosen.runs[-1]
    key, launch = configuration_key(run), launch_names([run])
    shown = [(name, value) for name, value in key.parameters if name not in launch]
    changed = " with uncommitted changes" if key.dirty else ""
    parts = [f"commit {key.commit}{changed}"] if key.commit else []
    words = [value for name, value in shown if is_word(name)]
    parts += [" ".join(words)] if words else []
    parts += [f"{name} {value}" for name, value in shown if not is_word(name)]
    return "  ".join(parts)
