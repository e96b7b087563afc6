"""Models in use: released, watched, looked at again, and rolled back."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mlkanban.core import lineage
from mlkanban.core.board import (
    OUT_OF_USE,
    Board,
    CardFace,
    CardType,
    Health,
    Outcome,
    Work,
    in_use,
)
from mlkanban.core.card import Card, to_json
from mlkanban.core.card_templates import card_template
from mlkanban.core.events import Change
from mlkanban.core.lineage import LineageKind
from mlkanban.core.look_again import LookAgain, look_day, parse_look
from mlkanban.core.metrics import has_direction, number_text, reaches
from mlkanban.core.model_silence import Silence, silence
from mlkanban.core.model_versions import (
    NOT_A_MODEL,
    ROLLED_BACK,
    VersionLife,
    VersionName,
    life_of,
    next_version,
)
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.service.card_writes import write_edit, write_new
from mlkanban.service.enforce import enter
from mlkanban.service.fields import checked, flat
from mlkanban.service.transaction import Context, Done, Transaction, find_face, find_stage_by_id
from mlkanban.store import model_queries, repository
from mlkanban.store.database import Connection
from mlkanban.store.rows import repeats_of
from mlkanban.text import accept, accept_title

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Configuration, Results

_NAMED_RUNS = 5
RELEASE = "model-release"
"""The card template whose gates releases and retrained models have."""


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


class ModelsInUse:
    def __init__(self, context: Context) -> None:
        self._context = context

    # Looking

    def all(self, board: Board) -> list[ModelInUse]:
        """The models in use of a board: silent and alerting ones first, then by name."""
        now = self._context.clock()
        with self._context.store.reading() as conn:
            found = list(_models(conn, board, now))
        urgent = {Health.ALERT: 1, Health.WATCH: 2, Health.RETRAINING: 3}
        return sorted(
            found,
            key=lambda one: (
                0 if one.silence else urgent.get(Health(one.version.face.health), 4),
                one.version.name.casefold(),
                one.version.face.id,
            ),
        )

    def record(self, board: Board, name: str) -> ModelRecord:
        """The change record of a model, by its name, by name and version, or by a card of it."""
        now = self._context.clock()
        with self._context.store.reading() as conn:
            faces = model_queries.versions(conn, board.id)
            wanted = _named(conn, faces, name)
            if not wanted:
                raise _unknown(name)
            named = {key.casefold() for key in [_model_of(conn, wanted[0])] if key}
            line = [f for f in faces if _model_of(conn, f).casefold() in named] or wanted
            versions = sorted((_version(conn, f) for f in line), key=_newest_first, reverse=True)
            versions = [_with_past(conn, one, versions[at:]) for at, one in enumerate(versions, 1)]
            of_all = [one for one in _models(conn, board, now) if one.version.face in line]
        current = max(of_all, key=lambda one: _newest_first(one.version), default=None)
        if current is not None:
            whole = next(one for one in versions if one.face == current.version.face)
            current = replace(current, version=whole)
        return ModelRecord(versions[0].model, current, tuple(versions))

    def ref_of(self, board: Board, name: str) -> str:
        """The card of the version in use of a model, by its name, or a card by its id; NotFound
        when there is none."""
        with self._context.store.reading() as conn:
            return _find(conn, board.id, name).ref

    def proposal(self, ref: str) -> VersionName:
        """What a delivered card is most likely in use as."""
        with self._context.store.reading() as conn:
            face = find_face(conn, ref)
            board_id = repository.board_id(conn, face)
            card = repository.card(conn, face)
            before = _before(conn, board_id, face)
            return _proposed(conn, board_id, card, before, self._context.actor)

    # Changing

    def release(self, ref: str, title: str = "", *, stage_id: str = "") -> Done:
        """A new card that releases what a card found: its metric at the chosen configuration, with
        the model in use as baseline, and the gates of a release. A card has one open release at a
        time: an open one is answered."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            _check_release(tx, face)
            board = tx.board_of(face)
            if present := _open_release(tx.conn, board.id, face):
                message = f"{face.ref} has an open release: {present.ref}."
                return Done(message, (tx.card(present.ref),), changed=False)
            stage = find_stage_by_id(board, stage_id) if stage_id else board.stages[0]
            if board.is_delivered(stage.id):
                raise RuleRefused(
                    f"{stage.name} lies past delivery: a release begins before that.",
                    "Name an earlier stage.",
                )
            warning, _ = enter(tx, board, stage, Work.ATTENDED, None, override="")
            card = tx.card(face.ref)
            champion = _before(tx.conn, board.id, face)
            found = _results(tx.conn, face)
            chosen = found.chosen if found else None
            before = tx.card(champion.ref) if champion else None
            fields = {
                "title": accept_title(title) if title.strip() else f"Release {card.title}",
                "type": CardType.MODEL, "tags": card.tags, "dataset": card.dataset,
                "priority": card.priority, "owner": card.owner,
                "configuration": configuration_text(chosen) if chosen else card.configuration,
                "lineage": [f"{LineageKind.RELEASE_OF}:{face.ref}"],
                **_measures(card, chosen, before),
                **gates(board),
            }  # fmt: skip
            if before is not None:
                fields |= next_use(tx, before)
            set_fields = {name: value for name, value in fields.items() if value}
            made = write_new(tx, board, stage, flat(checked(set_fields)))
            if found and chosen:
                text = (
                    f"From {face.ref}: {found.name} {chosen.summary_by_label}\n{_runs_text(chosen)}"
                )
                tx.write(Change("card.noted", board.id, card=made.id, note=text))
            cards = (tx.card(face.ref), tx.card(made.ref))
            return tx.done(f"{made.ref} releases {face.ref}, in {stage.name}.", cards, warning)

    def use(self, ref: str, named: VersionName) -> Done:
        """Say what a delivered card is in use as; the version before it is superseded."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            if face.outcome != Outcome.SHIPPED:
                raise RuleRefused(
                    f"{face.ref} is not in use: it was not shipped.",
                    "Move it past delivery first.",
                )
            name_use(tx, face, named)
            card = tx.card(face.ref)
            name = f"{card.model} {card.version}"
            message = f"{card.ref} is in use as {name}."
            if card.health in OUT_OF_USE:
                message = f"{card.ref} was in use as {name}; it is {card.health}."
            return tx.done(message, (card,), worse_text(tx, ref))

    def roll_back(self, board: Board, name: str, reason: str) -> Done:
        """Take a version out of use because it failed: the version before it is in use again, and
        a card is added that asks why."""
        reason = accept(reason, "the reason").strip()
        if not reason:
            raise UsageProblem("A rollback needs a reason.", "Say what failed.")
        with self._context.writing() as tx:
            face = _find(tx.conn, board.id, name)
            if not in_use(face):
                raise RuleRefused(
                    f"{face.ref} is not in use{f': it is {face.health}' * bool(face.health)}.",
                    "Only a model in use is rolled back.",
                )
            failed = _version(tx.conn, face)
            before = _predecessor(tx.conn, board.id, failed)
            if before is None:
                raise RuleRefused(
                    f"There is no version before {failed.name} to go back to.",
                    hint("Take it out of use instead: {edit {} --health retired}", face.ref),
                )
            values = {"health": Health.ROLLED_BACK.value}
            tx.write(tx.change(ROLLED_BACK, face, values, reason=reason))
            again: dict[str, Any] = {}
            if before.face.health in OUT_OF_USE:
                again["health"] = Health.OK.value
            if before.face.archived:
                again["archived"] = False
            if again:
                tx.write(tx.change("card.edited", before.face, again))
            # A merge may have left more versions in use than one.
            for one in list(_models(tx.conn, board, tx.now)):
                if before.face.ref in one.others:
                    superseded = {"health": Health.SUPERSEDED.value}
                    tx.write(tx.change("card.edited", one.version.face, superseded))
            asks = _asks_why(tx, board, failed, reason)
            cards = (tx.card(before.face.ref), tx.card(face.ref), tx.card(asks.ref))
            message = (
                f"{failed.name} ({face.ref}) is rolled back: {before.name} ({before.face.ref}) is"
                f" in use again. {asks.ref} asks why."
            )
            return tx.done(message, cards)

    def look_again(self, board: Board, name: str, when: str) -> Done:
        """When a model in use is looked at again: a day, `every 90d`, with `retrain`; none clears
        it."""
        with self._context.writing() as tx:
            face = _find(tx.conn, board.id, name)
            today = _today(board, tx.now)
            look = parse_look(when, today)
            if look is not None and look.day <= today:
                raise UsageProblem(f"{look.day} does not lie ahead.", "Name a later day.")
            write_edit(tx, face, {"look_again": str(look) if look else None})
            card = tx.card(face.ref)
            return tx.done(f"{face.ref}: {look_text(look)}.", (card,))

    def keep(self, ref: str) -> Done:
        """Decide that a model in use stays: the next look at it is one span of time from now."""
        with self._context.writing() as tx:
            message = keep_model(tx, ref)
            return tx.done(message, (tx.card(ref),))


def keep_model(tx: Transaction, ref: str) -> str:
    """Write that a model in use stays; what to say of it."""
    face = tx.face(ref)
    _check_in_use(face)
    today = _today(tx.board_of(face), tx.now)
    kept = (tx.card(face.ref).look_again or LookAgain(today)).kept(today)
    write_edit(tx, face, {"look_again": str(kept)})
    return f"{face.ref} stays: {look_text(kept)}."


def look_text(look: LookAgain | None) -> str:
    """When a model is looked at again, in a sentence."""
    return f"look again {look.text}" if look else "look again 90 days after it came into use"


def gates(board: Board) -> dict[str, Any]:
    """The checklist of a release on a board."""
    template = card_template(RELEASE)
    assert template is not None
    return {"checklist": template.fields(board)["checklist"]}


def next_use(tx: Transaction, champion: Card) -> dict[str, Any]:
    """What a card that replaces a model in use is going to be: its next version."""
    if not champion.model:
        return {}
    versions = _versions_of(tx.conn, champion.board, champion.model)
    return {
        "model": champion.model, "version": next_version(versions), "owner": champion.owner,
    }  # fmt: skip


def name_use(tx: Transaction, face: CardFace, named: VersionName) -> None:
    """Write what a card is in use as, or will be once it is delivered. Its health, and that of the
    version before it, follow (service/consequences.py)."""
    if named == NOT_A_MODEL:
        write_edit(tx, face, {"model": None, "version": None})
        return
    if face.archived:
        raise RuleRefused(
            f"{face.ref} is archived.", hint("Bring it back: {archive {} --restore}", face.ref)
        )
    if not named.model:
        raise UsageProblem("What it is in use as is empty.", "Write name and version: fraud 3.")
    board_id = repository.board_id(tx.conn, face)
    fields = tx.fields(face)
    same = str(fields.get("model") or "").casefold() == named.model.casefold()
    version = named.version or (str(fields.get("version") or "") if same else "")
    version = version or next_version(_versions_of(tx.conn, board_id, named.model))
    for other, model, other_version in _named_versions(tx.conn, board_id):
        taken = (model, other_version.casefold()) == (named.model.casefold(), version.casefold())
        if taken and other.id != face.id:
            raise RuleRefused(
                f"{named.model} {version} is {other.ref} already.", "Name another version."
            )
    values: dict[str, Any] = {"model": named.model, "version": version}
    owner = named.owner
    if owner is None and not fields.get("owner"):
        owner = _owner_before(tx, board_id, face, named.model)
    if owner is not None:
        values["owner"] = owner or None
    write_edit(tx, face, flat(checked(values, partial=True)))


def _owner_before(tx: Transaction, board_id: str, face: CardFace, model: str) -> str:
    """Who owns the version of a model that was delivered last, but for this card; '' for nobody."""
    named = [f for f, name, _ in _named_versions(tx.conn, board_id) if name == model.casefold()]
    others = [other for other in named if other.id != face.id]
    last = max(others, key=lambda other: (other.finished_at, other.id), default=None)
    return tx.card(last.ref).owner if last else ""


def worse_text(tx: Transaction, ref: str) -> str:
    """That a version that was just taken into use measures worse than the one that it replaces, as
    a sentence; '' where it does not, or where that is not known."""
    face = tx.face(ref)
    new = _version(tx.conn, face)
    old = _predecessor(tx.conn, repository.board_id(tx.conn, face), new) if in_use(face) else None
    ours, theirs = new.card.measured, old and old.card.measured
    if not (old and ours and theirs) or ours.name != theirs.name:
        return ""
    if ours.value is None or theirs.value is None or ours.value == theirs.value:
        return ""
    metric = tx.fields(face).get("metric") or {}
    if not has_direction(metric) or reaches({**metric, "target": theirs.value}, ours.value):
        return ""
    return (
        f"{new.name} measures worse than {old.name}, which it replaces: {ours.name}"
        f" {number_text(ours.value)} after {number_text(theirs.value)}."
    )


def _named_versions(conn: Connection, board_id: str) -> list[tuple[CardFace, str, str]]:
    """The versions of models of a board, each with the name of its model, in lower case, and its
    version."""
    return [
        (face, str(fields.get("model") or "").casefold(), str(fields.get("version") or ""))
        for face in model_queries.versions(conn, board_id)
        for fields in [repository.entity(conn, face.id).fields]
    ]


def _versions_of(conn: Connection, board_id: str, model: str) -> Iterator[str]:
    """The versions of a model that there are, and those that open cards are to become."""
    for _, name, version in _named_versions(conn, board_id):
        if name == model.casefold():
            yield version
    for _, name, version in model_queries.coming(conn, board_id):
        if name.casefold() == model.casefold():
            yield version


def _models(conn: Connection, board: Board, now: datetime) -> Iterator[ModelInUse]:
    used = [f for f in model_queries.versions(conn, board.id) if in_use(f)]
    if not used:
        return
    today = _today(board, now)
    versions = [_version(conn, face) for face in used]
    coming = model_queries.coming(conn, board.id)
    for one in versions:
        look = _look_of(board, one, today)
        name = one.model.casefold()
        ties = {
            f"{kind}:{one.face.ref}" for kind in (LineageKind.RETRAIN_OF, LineageKind.RELEASE_OF)
        }
        yield ModelInUse(
            one,
            silence(one.life.readings, one.life.spans, now),
            look,
            look.day <= today,
            tuple(
                face
                for face, model, _ in coming
                if model.casefold() == name or ties & set(face.lineage.split())
            ),
            tuple(
                other.face.ref for other in versions if other is not one
                and other.model.casefold() == name
            ),
        )  # fmt: skip


def looks_due(
    conn: Connection, board: Board, used: Iterable[CardFace], now: datetime
) -> Iterator[tuple[CardFace, str, LookAgain]]:
    """The models in use that are to be looked at again by now, each with its name and the look."""
    today = _today(board, now)
    for face in used:
        version = _version(conn, face)
        look = _look_of(board, version, today)
        if look.day <= today:
            yield face, version.name, look


def doubled(conn: Connection, used: Iterable[CardFace]) -> Iterator[tuple[CardFace, CardFace, str]]:
    """The versions of a model that are in use beside one that was delivered later, as a merge may
    leave them: the version, the later one, and why that is to be decided."""
    by_model: defaultdict[str, list[CardFace]] = defaultdict(list)
    for face in used:
        if model := _model_of(conn, face).casefold():
            by_model[model].append(face)
    for faces in by_model.values():
        *older, latest = sorted(faces, key=lambda face: (face.finished_at, face.id))
        for face in older:
            names = [_version(conn, one).name for one in (face, latest)]
            why = f"{names[0]} is in use beside {names[1]} ({latest.ref}): which one stays?"
            yield face, latest, why


def silent(
    conn: Connection, used: Iterable[CardFace], now: datetime
) -> Iterator[tuple[CardFace, Silence]]:
    """The models in use of which nothing is heard any more."""
    for face in used:
        life = life_of(model_queries.life_events(conn, face.id), face.finished_at)
        if found := silence(life.readings, life.spans, now):
            yield face, found


def _look_of(board: Board, version: ModelVersion, today: date) -> LookAgain:
    """When a version is looked at again, counted from when it came into use last."""
    since = _day(board, version.since) if version.since else today
    return look_day(version.card.look_again, since)


def _version(conn: Connection, face: CardFace) -> ModelVersion:
    life = life_of(model_queries.life_events(conn, face.id), face.finished_at)
    return ModelVersion(face, repository.card(conn, face), life)


def _with_past(
    conn: Connection, version: ModelVersion, older: Iterable[ModelVersion]
) -> ModelVersion:
    """A version with what its change record has besides; those delivered `older`, newest first."""
    return replace(
        version,
        configuration=_configuration(conn, version),
        before=_value_before(version, older),
        asks=tuple(face.ref for face in _asking_why(conn, version)),
    )


def _configuration(conn: Connection, version: ModelVersion) -> str:
    """What a version was trained with: as its card has it, else as its runs have it."""
    if version.card.configuration:
        return version.card.configuration
    found = _results(conn, version.face)
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


def _model_of(conn: Connection, face: CardFace) -> str:
    return str(repository.entity(conn, face.id).fields.get("model") or "")


def _named(conn: Connection, faces: Sequence[CardFace], name: str) -> list[CardFace]:
    """The versions that a name means: all of a model, one version of it, or a card."""
    wanted = " ".join(name.casefold().split())
    named = [
        (face, str(fields.get("model") or "").casefold(), str(fields.get("version") or ""))
        for face in faces
        for fields in [repository.entity(conn, face.id).fields]
    ]
    return (
        [face for face, model, _ in named if model and model == wanted]
        or [face for face, model, version in named
            if model and f"{model} {version.casefold()}" == wanted]
        or [face for face in faces if face.ref == wanted]
    )  # fmt: skip


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no model {name!r}.", hint("List them: {models}"))


def _find(conn: Connection, board_id: str, name: str) -> CardFace:
    """The card of a model: of several versions the one in use that was delivered last."""
    found = _named(conn, model_queries.versions(conn, board_id), name)
    if not found:
        face = repository.face_by_ref(conn, name.strip().lower())
        if face is None:
            raise _unknown(name)
        return face
    return max(found, key=lambda face: (in_use(face), face.finished_at, face.id))


def _predecessor(conn: Connection, board_id: str, failed: ModelVersion) -> ModelVersion | None:
    """The version to go back to: of those before it that were not rolled back or retired, whatever
    a merge made of their health, the one delivered last."""
    origins = lineage.origins(failed.face, LineageKind.RETRAIN_OF)
    model = failed.card.model.casefold()
    before = [
        face
        for face in model_queries.versions(conn, board_id)
        if face.id != failed.face.id
        and face.outcome == Outcome.SHIPPED
        and (face.health == Health.SUPERSEDED or in_use(face))
        and face.finished_at <= failed.face.finished_at
        and (face.ref in origins or (model and _model_of(conn, face).casefold() == model))
    ]
    latest_first = sorted(before, key=lambda face: (face.finished_at, face.id), reverse=True)
    versions = (_version(conn, face) for face in latest_first)
    return next((version for version in versions if not version.life.failed), None)


def _asks_why(tx: Transaction, board: Board, failed: ModelVersion, reason: str) -> CardFace:
    """The card that asks why a version failed; while one is open no second one is made."""
    fields = {
        "title": _question(failed), "tags": failed.card.tags, "dataset": failed.card.dataset,
        "lineage": [f"{LineageKind.FOLLOW_UP_OF}:{failed.face.ref}"],
    }  # fmt: skip
    made = next(iter(_asking_why(tx.conn, failed)), None) or write_new(
        tx, board, board.stages[0],
        flat(checked({name: value for name, value in fields.items() if value})),
    )  # fmt: skip
    alerts = [reading.text for reading in failed.card.readings if reading.alert]
    note = "\n".join([f"Rolled back: {reason}", *(f"Alert: {text}" for text in alerts)])
    tx.write(Change("card.noted", board.id, card=made.id, note=note))
    return made


def _question(failed: ModelVersion) -> str:
    return f"Why {failed.name} failed"[:200]


def _asking_why(conn: Connection, failed: ModelVersion) -> list[CardFace]:
    """The open cards that ask why a version failed: two where machines rolled it back apart."""
    tie = f"{LineageKind.FOLLOW_UP_OF}:{failed.face.ref}"
    tied = repository.tied(conn, repository.board_id(conn, failed.face), tie)
    return [face for face in tied if face.is_open and face.title == _question(failed)]


def _check_release(tx: Transaction, face: CardFace) -> None:
    if face.outcome in (Outcome.ABANDONED, Outcome.DISCARDED):
        raise RuleRefused(
            f"{face.ref} is {face.outcome}: there is nothing to release.", "Name another card."
        )
    if lineage.origins(face, LineageKind.RELEASE_OF) and face.is_open:
        raise RuleRefused(
            f"{face.ref} is a release itself.", "Move it past delivery to take it into use."
        )
    if in_use(face):
        raise RuleRefused(
            f"{face.ref} is a model in use already.",
            hint("Train it again, {retrain {}}, or release another card.", face.ref),
        )


def _check_in_use(face: CardFace) -> None:
    if not in_use(face):
        raise RuleRefused(
            f"{face.ref} is not a model in use.", "Say what it is in use as once it is shipped."
        )


def _open_release(conn: Connection, board_id: str, face: CardFace) -> CardFace | None:
    tie = f"{LineageKind.RELEASE_OF}:{face.ref}"
    return next((card for card in repository.tied(conn, board_id, tie) if card.is_open), None)


def _before(conn: Connection, board_id: str, face: CardFace) -> CardFace | None:
    """The model in use that a card is about to replace: of the model it names, else one that it
    comes from, else the only one with its metric and one of its tags."""
    used = [f for f in model_queries.versions(conn, board_id) if in_use(f) and f.id != face.id]
    if not used:
        return None
    model = _model_of(conn, face).casefold()
    if model:
        same = [f for f in used if _model_of(conn, f).casefold() == model]
        return max(same, key=lambda f: (f.finished_at, f.id), default=None)
    by_ref = {f.ref: f for f in used}
    for ref in _ancestors(conn, face):
        if ref in by_ref:
            return by_ref[ref]
    metric = (repository.entity(conn, face.id).fields.get("metric") or {}).get("name")
    tags = set(face.tags.split())
    alike = [
        f for f in used
        if metric and tags & set(f.tags.split())
        and (repository.entity(conn, f.id).fields.get("metric") or {}).get("name") == metric
    ]  # fmt: skip
    return alike[0] if len(alike) == 1 else None


def _ancestors(conn: Connection, face: CardFace) -> Iterator[str]:
    """The cards that a card comes from, however far back, the nearest first."""
    queue, seen = [face], {face.ref}
    while queue:
        here = queue.pop(0)
        for kind in LineageKind:
            for ref in lineage.origins(here, kind):
                if ref in seen:
                    continue
                seen.add(ref)
                yield ref
                if (other := repository.face_by_ref(conn, ref)) is not None:
                    queue.append(other)


def _proposed(
    conn: Connection, board_id: str, card: Card, before: CardFace | None, actor: str
) -> VersionName:
    """What a card is most likely in use as: what it names itself, else the next version of the
    model before it, else its first tag, else the first word of its title."""
    older = repository.card(conn, before) if before else None
    model = card.model or (older.model if older else "")
    owner = card.owner or (older.owner if older else "") or actor
    if not model:
        words = [*card.tags, *card.title.split(), "model"]
        model = next(word.casefold() for word in words if word.strip())
    taken = {
        version
        for face, name, version in _named_versions(conn, board_id)
        if name == model.casefold() and face.id != card.id
    }
    version = card.version
    if not version or version in taken:
        version = next_version(_versions_of(conn, board_id, model))
    return VersionName(model, version, owner)


def _results(conn: Connection, face: CardFace) -> Results | None:
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


def _runs_text(chosen: Configuration) -> str:
    """The runs of a configuration and the command of the newest: what it takes to repeat them."""
    ids = [run.id for run in chosen.runs]
    many = "" if len(ids) <= _NAMED_RUNS else f" and {len(ids) - _NAMED_RUNS} more"
    text = f"Runs: {', '.join(ids[-_NAMED_RUNS:])}{many}"
    argv = chosen.runs[-1].argv
    return f"{text}\nCommand of the last one: {shlex.join(argv)}" if argv else text


def _measures(card: Card, chosen: Configuration | None, before: Card | None) -> dict[str, Any]:
    """The metric and the guards of a release: at the values of the chosen configuration, with the
    model in use as baseline where it has that metric."""
    fields: dict[str, Any] = {}
    measured: Mapping[str, float | None] = {}
    if chosen is not None:
        measured = {guard.name: guard.mean for guard in chosen.guards}
    fields["guards"] = [
        {**to_json(guard), "value": measured.get(guard.name, guard.value)} for guard in card.guards
    ]
    if card.metric is not None:
        value = chosen.mean if chosen is not None else card.metric.value
        fields["metric"] = {**to_json(card.metric), "value": value}
        reached = before.measured if before else None
        if reached and reached.name == card.metric.name and reached.value is not None:
            fields["metric"]["baseline"] = reached.value
    return fields


def _today(board: Board, now: datetime) -> date:
    return now.astimezone(ZoneInfo(board.timezone)).date()


def _day(board: Board, instant: str) -> date:
    moment = datetime.fromisoformat(instant)
    return moment.astimezone(ZoneInfo(board.timezone)).date()
