"""The runs of cards: taken in from their folders, and what follows for the cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mlkanban.core import rules
from mlkanban.core.board import UNTIL_RUN, Board, CardFace, Stage, Work
from mlkanban.core.events import Change, changes
from mlkanban.core.field_kinds import items_in
from mlkanban.core.metrics import MetricFields, accept_target, metrics_in, parse_metrics
from mlkanban.core.names import ids_alike
from mlkanban.core.rules import Refused
from mlkanban.core.timestamps import instant
from mlkanban.errors import LimitReached, NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint, sentences
from mlkanban.records import record
from mlkanban.runs.model.brief import Brief, executing, weak_guards
from mlkanban.runs.model.effects import Effect, RunContext, on_end, on_start, steps, training_stage
from mlkanban.runs.model.run import PREFIX, Run, places_of, runs_in
from mlkanban.runs.model.state import NOT_ANSWERED, RunState
from mlkanban.runs.model.tracker_run import short
from mlkanban.runs.use_cases.own_runs import held_runs, own_runs, where_runs_went
from mlkanban.service.card_writes import rank_at_end
from mlkanban.service.enforce import may_enter, passed
from mlkanban.service.fields import checked
from mlkanban.service.transaction import Context, Done, Transaction, check_archived, find_face
from mlkanban.store import repository, run_queries
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of, repeats_of

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Results
    from mlkanban.runs.model.usage import Spending

_MOST_SENTENCES = 3


@record(frozen=True, slots=True)
class RunReport:
    """A run as its folder describes it, with its card (a short id or a label, and the id where it
    is known), and the targets of its card from the start of the run (`val_auc>=0.92`)."""

    run: Run
    card: str
    card_id: str = ""
    target: str = ""


class StartWords(NamedTuple):
    """What a refusal says of a job that may not start: that, what an override does, and whether it
    can wait in the queue of this machine."""

    not_done: str
    does: str
    queues: bool = False


STARTS = StartWords("The job was not started", "starts it", queues=True)


class CardRuns(NamedTuple):
    """The runs of a card, newest first, what they say about its metric and its guards, as these
    were written, and what they used of its budget; None where the card has no such field."""

    runs: list[Run]
    results: Results | None
    spending: Spending | None
    metric: Mapping[str, Any] | None
    guards: Sequence[MetricFields]


class Runs:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of_card(self, ref: str) -> list[Run]:
        """The runs of a card, newest first. Runs moved with a duplicate belong to the card they
        went to."""
        with self._context.store.reading() as conn:
            return own_runs(conn, find_face(conn, ref).id)[1]

    def with_results(self, ref: str) -> CardRuns:
        """The runs of a card with what they say about its metric and what they used, from one
        look at them."""
        from mlkanban.runs.model.results import results  # with statistics, which few ask for
        from mlkanban.runs.model.usage import spending  # which the board does without

        with self._context.store.reading() as conn:
            fields, runs = own_runs(conn, find_face(conn, ref).id)
            metrics, repeats = metrics_in(fields), repeats_of(conn)
        return CardRuns(
            runs,
            results(runs, metrics.metric, repeats, metrics.guards),
            spending(fields.get("budget") or "", runs, self._context.clock()),
            fields.get("metric"),
            metrics.guards,
        )

    def of_cards(
        self, card_ids: Sequence[str]
    ) -> dict[str, tuple[Mapping[str, Any] | None, list[Run]]]:
        """The metric and the runs of some cards, newest first, by their ids."""
        with self._context.store.reading() as conn:
            found = {card_id: own_runs(conn, card_id) for card_id in card_ids}
        return {card_id: (fields.get("metric"), runs) for card_id, (fields, runs) in found.items()}

    def beside(self, report: RunReport) -> list[Run]:
        """All runs of the card that this run belongs to, newest first; none where the run is not
        known yet."""
        with self._context.store.reading() as conn:
            face = _face(conn, report)
            held = held_runs(where_runs_went(conn, face.id)) if face else {}
        return next((own for own in held.values() if any(r.id == report.run.id for r in own)), [])

    def card_of(self, report: RunReport) -> str:
        """The short id of the card that a run belongs to; NotFound where there is none."""
        with self._context.store.reading() as conn:
            face = _face(conn, report)
            held = held_runs(where_runs_went(conn, face.id)) if face else {}
            owner = next(
                (card for card, own in held.items() if any(r.id == report.run.id for r in own)),
                face.id if face else "",
            )
            faces = repository.faces_of(conn, (owner,))
        if not faces:
            raise NotFound(
                f"The card {report.card} of run {report.run.id} is not on these boards.",
                hint("Start it for another one: {run CARD}"),
            )
        return faces[0].ref

    def results(self, ref: str) -> Results | None:
        """The results of a card's runs for its metric; None without any."""
        from mlkanban.runs.model.results import results  # with statistics, which few ask for

        with self._context.store.reading() as conn:
            fields, runs = own_runs(conn, find_face(conn, ref).id)
            metrics = metrics_in(fields)
            return results(runs, metrics.metric, repeats_of(conn), metrics.guards)

    def metric(self, ref: str) -> Mapping[str, Any] | None:
        """The metric of a card as it was written; None without one."""
        with self._context.store.reading() as conn:
            return repository.entity(conn, find_face(conn, ref).id).fields.get("metric")

    def spending(self, ref: str) -> Spending | None:
        """What the runs of a card have used of its budget; None without a budget."""
        from mlkanban.runs.model.usage import spending  # which the board does without

        with self._context.store.reading() as conn:
            fields, runs = own_runs(conn, find_face(conn, ref).id)
        return spending(fields.get("budget") or "", runs, self._context.clock())

    def of_board(self, board_id: str) -> list[tuple[str, Run]]:
        """All runs of the cards of a board with the short ids of these, newest first, each followed
        by those started in it. One that was moved with a duplicate is of the card it went to."""
        with self._context.store.reading() as conn:
            of_cards = [(face.ref, run) for face, runs in _by_card(conn, board_id) for run in runs]
        places = places_of([run for _, run in of_cards])
        return sorted(of_cards, key=lambda item: places[item[1].id], reverse=True)

    def going_on(self, board_id: str) -> list[tuple[str, str, Run]]:
        """The runs of a board that have not ended, each with the short id and the title of its
        card."""
        with self._context.store.reading() as conn:
            faces = repository.faces_of(conn, tuple(run_queries.with_runs(conn, board_id)))
            open_faces = [face for face in faces if Brief.read(face.runs).goes_on]
            return [
                (face.ref, face.title, run)
                for face in open_faces
                for run in own_runs(conn, face.id)[1]
                if not run.state.ended
            ]

    def tracked(self, run: str) -> Run | None:
        """The run that only a tracker knows with this id, or with a prefix or suffix that no other
        has."""
        with self._context.store.reading() as conn:
            cards = repository.faces_of(conn, tuple(run_queries.with_links(conn)))
            known = {
                linked.id: linked
                for face in cards
                for linked in runs_in(repository.entity(conn, face.id).fields)
                if linked.state is RunState.TRACKED
            }
        if run in known:
            return known[run]
        matching = [one for name, one in known.items() if ids_alike((name, short(name)), run)]
        return matching[0] if len(matching) == 1 else None

    def label(self, ref: str) -> str:
        """What jobs of a card carry to be found: its short id with the name of this store."""
        with self._context.store.reading() as conn:
            return str(repository.label_of(conn, find_face(conn, ref).ref))

    def store_names(self) -> frozenset[str]:
        """The names by which labels of jobs may call this store."""
        with self._context.store.reading() as conn:
            return repository.store_names(conn)

    def finished(self, reports: Sequence[RunReport]) -> list[str]:
        """Ids of those of these runs that ended and were taken in completely."""
        with self._context.store.reading() as conn:
            return [
                report.run.id
                for report in reports
                if (had := _kept(conn, report)) and had.state.ended
            ]

    def knows(self, report: RunReport) -> bool:
        """Whether this run was taken in before."""
        with self._context.store.reading() as conn:
            return _kept(conn, report) is not None

    def card_called(self, ref: str) -> CardFace | None:
        """The card with this short id, None when there is none."""
        with self._context.store.reading() as conn:
            return repository.face_by_ref(conn, ref)

    def may_start(self, ref: str, override: str, how: StartWords = STARTS) -> CardFace:
        """The card, if a run of it may start: a slot is free for it, and no gate is closed.
        Otherwise an error, unless `override` gives a reason; its hint says `how` it goes on."""
        with self._context.store.reading() as conn:
            return _may_start(conn, ref, override, self._context.clock(), how)

    def start(
        self, ref: str, override: str, make: Callable[[], RunReport], how: StartWords = STARTS
    ) -> None:
        """Give a run that may start its slot, and store it. `make` prepares the run within the
        transaction, so that of several started at once no more begin than there are slots."""
        with self._context.writing() as tx:
            _may_start(tx.conn, ref, override, tx.now, how)
            report = make()
            for _ in _begin(tx, report, report.run.since):
                pass

    def may_queue(self, ref: str, override: str) -> CardFace:
        """The card, if a run of it may wait for a slot: no gate is closed. Otherwise an error,
        unless `override` gives a reason."""
        with self._context.store.reading() as conn:
            return _may_start(conn, ref, override, self._context.clock(), takes_slot=False)

    def queue(self, make: Callable[[], RunReport]) -> None:
        """Store a run that waits for a slot; `make` prepares it within the transaction."""
        with self._context.writing() as tx:
            report = make()
            for _ in _begin(tx, report, report.run.since):
                pass

    def start_queued(
        self, card_id: str, override: str, claim: Callable[[], RunReport | None]
    ) -> None:
        """Give a run of the queue a free slot, and store that it started. `claim` takes the slot
        within the transaction, and returns None where the run cannot start all the same.
        RuleRefused where no slot is free: a slot is one run here, also among those of one card."""
        with self._context.writing() as tx:
            face = next(iter(repository.faces_of(tx.conn, (card_id,))), None)
            if face is None:
                raise RuleRefused("The card of the run is not on these boards any more.")
            _may_start(tx.conn, face.ref, override, tx.now)
            _require_slot(tx, face)
            if (report := claim()) is not None:
                for _ in _begin(tx, report, report.run.since):
                    pass

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes the store, or gives a slot, while the block runs."""
        with self._context.writing():
            yield

    def priorities(self, card_ids: Iterable[str]) -> dict[str, str]:
        """The priority of each of these cards that there is, by its id."""
        with self._context.store.reading() as conn:
            return {
                face.id: face.priority
                for face in repository.faces_of(conn, tuple(dict.fromkeys(card_ids)))
            }

    def stage_of_runs(self, card_id: str) -> tuple[str, bool]:
        """The id of the stage where a card is while a run of it executes, '' where its board counts
        no runs, and whether the card has its place among the unattended ones there already."""
        with self._context.store.reading() as conn:
            face = next(iter(repository.faces_of(conn, (card_id,))), None)
            if face is None:
                return "", False
            stage = training_stage(board_of(conn, repository.board_id(conn, face)), face)
            return (stage.id, _has_place(face, stage)) if stage else ("", False)

    def give_up(self, ref: str, run_id: str) -> None:
        """Undo the start of a run that could not be started."""
        from mlkanban.service.undo import Undoing  # hardly ever

        with self._context.store.reading() as conn:
            board = repository.board_id(conn, find_face(conn, ref))
        Undoing(replace(self._context, actor=PREFIX + run_id)).undo(board)

    def snooze(self, refs: Sequence[str]) -> Done:
        """Hide open cards until the newest of their open runs has ended."""
        with self._context.writing() as tx:
            for face in map(tx.face, refs):
                fields = tx.writer.projector.entity(face.id).fields
                run = next((run for run in runs_in(fields) if not run.state.ended), None)
                if run is None or not face.is_open:
                    raise RuleRefused(
                        f"{face.ref} has no run that goes on.", "Snooze it until a day instead."
                    )
                values = {"snoozed_until": UNTIL_RUN, "snoozed_run": run.id}
                tx.write(tx.change("card.snoozed", face, values))
            cards = [tx.card(ref) for ref in refs]
        return Done(f"{', '.join(refs)} snoozed until the run ends.", tuple(cards))

    def take_in(self, reports: Sequence[RunReport]) -> Done:
        """Store what is new about these runs, and apply the effects on their cards. What is known
        already is not written again."""
        if self._context.store.read_only or not reports:
            return Done("", changed=False)
        if not (news := self.news(reports)):
            return Done("", changed=False)
        effects: list[_RunEffect] = []
        with self._context.writing() as tx:
            faces = [face for report in news if (face := _face(tx.conn, report))]
            board_ids = dict.fromkeys(repository.board_id(tx.conn, face) for face in faces)
            boards = [board_of(tx.conn, board_id) for board_id in board_ids]
            before = [repository.limited_loads(tx.conn, board) for board in boards]
            for step, report, at in _in_order(tx.conn, news):
                tx.writer.begin_action()
                effects += step(tx, report, at)
            over = [
                sentence
                for board, loads in zip(boards, before, strict=True)
                for sentence in rules.outgrown(
                    board, loads, repository.limited_loads(tx.conn, board), further=False
                )
            ]
        return Done(sentences((_effects_text(effects), *over)))

    def ended_since(self, cursor: int) -> list[EndedRun]:
        """The runs whose end came into the log after a place, by whatever process or machine."""
        with self._context.store.reading() as conn:
            ends = run_queries.ends_since(conn, cursor)
            cards = {event.card for event in ends}
            faces = {face.id: face for face in repository.faces_of(conn, tuple(cards))}
        found = []
        for event in ends:
            run = Run.of_field(event.actor.removeprefix(PREFIX), changes(event).get(event.actor))
            if run is not None and (face := faces.get(event.card)):
                found.append(EndedRun(face.ref, face.title, run))
        return found

    def news(self, reports: Iterable[RunReport]) -> list[RunReport]:
        """Those of these runs that have anything to take in."""
        with self._context.store.reading() as conn:
            return [report for report in reports if _news(conn, report)]


class EndedRun(NamedTuple):
    """A run that has ended, with the short id and the title of its card."""

    ref: str
    title: str
    run: Run

    @property
    def text(self) -> str:
        return f"{self.ref}: run {self.run.id} {self.run.ending}."


_STARTED, _BEGUN = "started", ""


class _RunEffect(NamedTuple):
    """What a run of a card did (`started`; '' where it has ended by now), and its effect on the
    card as a sentence."""

    ref: str
    run: str
    what: str
    after: str = ""


def _effects_text(effects: Iterable[_RunEffect]) -> str:
    """What happened to runs in a few words: equal news of one card together, then the effect on the
    card."""
    alike: dict[tuple[str, str], list[_RunEffect]] = {}
    left: dict[str, str] = {}
    for effect in effects:
        if effect.what != _BEGUN:
            alike.setdefault((effect.ref, effect.what), []).append(effect)
        if effect.after or effect.what in (_STARTED, _BEGUN):
            left[effect.ref] = effect.after
    news: list[str] = []
    named = list(alike.items())[:_MOST_SENTENCES]
    last = {ref: what for (ref, what), _ in named}
    for (ref, what), some in named:
        which = f"run {some[0].run} {what}"
        if len(some) > 1:
            which = f"{len(some)} runs {what}".replace(" runs is ", " runs are ")
        news.append(f"{ref}: {which}.{left.get(ref, '') if last[ref] == what else ''}")
    if more := sum(map(len, list(alike.values())[_MOST_SENTENCES:])):
        news.append(hint("{} more about runs: {runs}.", str(more)))
    return sentences(news)


def _require_slot(tx: Transaction, face: CardFace) -> None:
    """Refuse a run of a stage whose slots are all taken, as its head counts them."""
    board = tx.board_of(face)
    stage = training_stage(board, face)
    if stage is None or stage.unattended is None:
        return
    others = repository.limited_loads(tx.conn, board, face.id).get(stage.id, rules.Load())
    taken = others.slots + executing(runs_in(tx.writer.projector.entity(face.id).fields))
    if taken >= stage.unattended:
        raise LimitReached(f"{stage.name}: {taken}/{stage.unattended} running.")


def _has_place(face: CardFace, stage: Stage) -> bool:
    return face.work == Work.UNATTENDED and face.stage == stage.id


def _may_start(
    conn: Connection,
    ref: str,
    override: str,
    now: datetime,
    how: StartWords = STARTS,
    *,
    takes_slot: bool = True,
) -> CardFace:
    face = find_face(conn, ref)
    board = board_of(conn, repository.board_id(conn, face))
    check_archived(conn, board.id)
    stage = training_stage(board, face)
    if stage is None or not face.is_open or board.is_delivered(face.stage):
        return face
    if _has_place(face, stage):
        return face  # limits hold cards: this one has its place, and seeds run side by side
    verdict = gates = _gates(conn, board, stage, face)
    if takes_slot:
        slot = may_enter(conn, board, stage, Work.UNATTENDED, face, now)
        verdict = rules.together([slot, gates])
    if isinstance(verdict, Refused):
        # A closed gate stays closed however long a run waits.
        waits = how.queues and not isinstance(gates, Refused)
        verdict = replace(
            verdict,
            hint=f"{how.not_done}: {'--queue waits for a slot, ' if waits else ''}"
            f"--override REASON {how.does}.",
        )
    passed(verdict, override)
    return face


def newest_runs(conn: Connection, board_id: str) -> dict[str, str]:
    """The state of the newest run of each card of a board that has one, by its id."""
    return {face.id: runs[0].state.value for face, runs in _by_card(conn, board_id) if runs}


def _by_card(conn: Connection, board_id: str) -> Iterator[tuple[CardFace, list[Run]]]:
    """The cards of a board that have runs; runs moved with a duplicate belong to the card they went
    to."""
    faces = repository.faces_of(conn, tuple(run_queries.with_runs(conn, board_id)))
    entities = {face.id: repository.entity(conn, face.id) for face in faces}
    held = held_runs(entities)
    for face in faces:
        yield face, held[face.id]


def _face(conn: Connection, report: RunReport) -> CardFace | None:
    if report.card_id:
        return next(iter(repository.faces_of(conn, (report.card_id,))), None)
    return repository.face_by_label(conn, report.card)


def _kept(conn: Connection, report: RunReport) -> Run | None:
    """The run as its card stores it by now."""
    face = _face(conn, report)
    fields = repository.entity(conn, face.id).fields if face else {}
    return Run.of_field(report.run.id, fields.get(PREFIX + report.run.id))


def _news(conn: Connection, report: RunReport) -> bool:
    """Whether there is anything to write.

    A run that ended stays as it was, and evidence in other words is nothing new, unless it says why
    a run has to wait, or is the first about a run that was just started.
    """
    if _face(conn, report) is None:
        return False
    had = _kept(conn, report)
    if had is None:
        return True
    run = report.run
    if had.state.ended:
        return run.reopens(had)
    if run.state is RunState.QUEUED and not run.job and had.state is not RunState.QUEUED:
        return False  # seen before its turn came: only a scheduler lets a run wait again
    if run.job and run.state is had.state is RunState.UNKNOWN:
        return False  # its log was read when it was gone
    if run.task_count and run.state is had.state is RunState.RUNNING:
        if run.has_news_of_tasks(had):
            return True
        run = run.with_tasks_of(had)
    if run.state is RunState.STARTING and had.state is RunState.RUNNING:
        # Its slot was taken before its processes are there.
        return run.evidence == NOT_ANSWERED
    reason_changed = run.state is RunState.QUEUED or not had.evidence
    if had.state is run.state and reason_changed and had.evidence != run.evidence:
        return True
    same = replace(run, evidence=had.evidence, dataset=had.dataset)
    return had != same


def _in_order(
    conn: Connection, reports: Iterable[RunReport]
) -> list[tuple[Callable[..., Iterator[_RunEffect]], RunReport, str]]:
    """The steps of runs, each start and each end, in order of time, with their instants. If one run
    ends as another starts, the start comes first: the card stays with that run."""
    order = [
        (step.at, step.ends, replace(report, run=step.run))
        for report in reports
        for step in steps(report.run, _kept(conn, report))
    ]
    order.sort(key=lambda step: (step[0], step[1], step[2].run.id))
    return [(_end if ends else _begin, report, at) for at, ends, report in order]


def _begin(tx: Transaction, report: RunReport, at: str) -> Iterator[_RunEffect]:
    """Write that a run is queued, started or changed."""
    run, name = report.run, PREFIX + report.run.id
    if not _news(tx.conn, report):  # any more: others take in too
        return
    had = _kept(tx.conn, report)
    face = _face(tx.conn, report)
    assert face is not None
    run = _with_dataset(tx, face, run, None if _begins(had, run) else had)
    if had is None and run.state is RunState.QUEUED:
        tx.write(_change(tx, "run.queued", face, run, {name: run.to_field()}, at))
        yield _RunEffect(face.ref, run.id, "is queued")
    elif _begins(had, run):
        if targets := _targets(tx, face, report):
            tx.write(_change(tx, "card.edited", face, run, targets, at))
        begun = run.begun
        effect = on_start(_scene(tx, face, run))
        values, kept = _values(tx, face, effect, begun)
        values[name] = begun.to_field()
        tx.write(_change(tx, "run.started", face, run, values, at, kept))
        onward = ""
        if effect.to and "place" in values:
            origin = tx.board_of(face).stage(face.stage).name
            onward = f" It moved from {origin} to {effect.to.name}."
        yield _RunEffect(face.ref, run.id, _STARTED if not run.state.ended else _BEGUN, onward)
    elif had and not run.state.ended:
        values = {name: run.to_field()}
        if had.state.ended and _blocked_by(tx, face) == PREFIX + run.id:
            values["blocker"] = None
        when = at if run.progress > had.progress else ""
        tx.write(_change(tx, "run.changed", face, run, values, when))
        if run.state is not had.state and had.state is not RunState.STARTING:
            yield _RunEffect(face.ref, run.id, f"is {run.state.value}: {run.evidence}")


def _end(tx: Transaction, report: RunReport, at: str) -> Iterator[_RunEffect]:
    """Write how a run ended."""
    run, name = report.run, PREFIX + report.run.id
    if not _news(tx.conn, report):
        return
    face = _face(tx.conn, report)
    assert face is not None
    run = _with_dataset(tx, face, run, _kept(tx.conn, report))
    effect = on_end(_scene(tx, face, run), run)
    values, kept = _values(tx, face, effect, run)
    values[name] = run.to_field()
    waits = tx.writer.projector.entity(face.id).fields.get("snoozed_run") == run.id
    if waits and face.snoozed_until == UNTIL_RUN:
        values |= {"snoozed_until": None, "snoozed_run": None}
    if metric := _metric(tx, face, run):
        values["metric"] = metric
    tx.write(_change(tx, "run.ended", face, run, values, run.ended and at, kept))
    onward = f" It is in {effect.to.name} now." if effect.to and "place" in values else ""
    blocked = " It is blocked." if values.get("blocker") else ""
    yield _RunEffect(face.ref, run.id, run.ending, onward + blocked)


def _with_dataset(tx: Transaction, face: CardFace, run: Run, had: Run | None) -> Run:
    """A run with the dataset that its card named when it began."""
    if had is not None:
        return replace(run, dataset=had.dataset)
    fields = tx.writer.projector.entity(face.id).fields
    return replace(run, dataset=fields.get("dataset") or "")


def _begins(had: Run | None, run: Run) -> bool:
    """Whether the run was not known to execute, and did. A job of a scheduler that was taken out of
    the queue, waits for what never comes, or is not heard of again, never did."""
    if had is not None and had.state is not RunState.QUEUED and not had.state.ended:
        return False
    if run.job and run.state.ended:
        return run.elapsed is not None
    if run.never_started:
        return False
    return had is None or run.state not in (RunState.QUEUED, RunState.UNKNOWN)


def _change(
    tx: Transaction, kind: str, face: CardFace, run: Run, values: Mapping[str, Any], at: str = "",
    kept: Mapping[str, Any] | None = None,
) -> Change:  # fmt: skip
    """A change of a card by a run, that does not wake it. It gets the time at which it happened, as
    far as that is in order with the steps the card took and with what the run did before."""
    board = repository.board_id(tx.conn, face)
    when = ""
    by = PREFIX + run.id
    if at and at <= instant(tx.now):
        last = run_queries.last_of_run(tx.conn, face.id, by)
        when = max(at, last, run_queries.last_step(tx.conn, face.id))
    return Change(kind, board, card=face.id, actor=by, set=values, at=when, **(kept or {}))


def _scene(tx: Transaction, face: CardFace, run: Run) -> RunContext:
    entity = tx.writer.projector.entity(face.id)
    return RunContext(
        board=tx.board_of(face),
        face=face,
        moved=run_queries.moved_by_hand(tx.conn, face.id, run.since),
        moved_meanwhile=run_queries.moved_by_hand(
            tx.conn, face.id, run.since, run.ended or run.since
        ),
        blocked_by_run=_blocked_by(tx, face).startswith(PREFIX),
        others=any(
            other.id != run.id and not other.state.ended for other in runs_in(entity.fields)
        ),
    )


def _blocked_by(tx: Transaction, face: CardFace) -> str:
    """Who blocked a card, '' when it is not blocked."""
    origin = tx.writer.projector.entity(face.id).origins.get("blocker", "")
    return run_queries.actor_of(tx.conn, face.id, origin) if face.block_reason else ""


def _values(
    tx: Transaction, face: CardFace, effect: Effect, run: Run
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that an effect sets on a card, and what its event records: that a limit was
    exceeded, or a gate passed. A closed gate keeps the card, unless the run was forced."""
    values: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    board = tx.board_of(face)
    to = effect.to
    if to is not None:
        gates = _gates(tx.conn, board, to, face)
        if isinstance(gates, Refused):
            if run.force and not run.state.ended:
                kept = {"reason": run.force, **gates.closed_for(face.ref)}
            else:
                to = None
    if to is not None:
        values["place"] = [to.id, rank_at_end(tx, board, to)]
        full = rules.enter(
            board, to, repository.limited_loads(tx.conn, board, face.id),
            effect.work or Work.ATTENDED, from_stage=face.stage,
        )  # fmt: skip
        if isinstance(full, Refused) and not kept:
            kept = {"reason": run.force if not run.state.ended and run.force else f"run {run.id}"}
    work = effect.work and rules.work_in(to or board.stage(face.stage), effect.work)
    if work is not None and work != face.work:
        values["work"] = work.value
    if effect.unblock:
        values["blocker"] = None
    if effect.block is not None:
        values["blocker"] = {**effect.block, "since": run.ended or instant(tx.now)}
    return values, kept


def _gates(conn: Connection, board: Board, to: Stage, face: CardFace) -> rules.Verdict:
    fields = repository.entity(conn, face.id).fields
    checklist = items_in(fields.get("checklist") or ())
    broken, _ = weak_guards(fields, repeats_of(conn))
    return rules.leave(board, face.ref, face.stage, board.position(to.id), checklist, broken)


def _targets(tx: Transaction, face: CardFace, report: RunReport) -> dict[str, Any]:
    """The metrics of the card with the targets that the run was started with, as fields; none when
    these are nothing new, or a person wrote one since."""
    names = ("metric", "guards")
    by_hand = (
        run_queries.edited_by_hand(tx.conn, face.id, name, report.run.since) for name in names
    )
    if not report.target or any(by_hand):
        return {}
    fields = tx.writer.projector.entity(face.id).fields
    try:
        metrics = parse_metrics([accept_target(report.target)], before=metrics_in(fields))
        made = checked(metrics.fields, partial=True)
    except UsageProblem:
        return {}  # a start.json that no program of ours wrote
    return {name: made[name] for name in names if (fields.get(name) or None) != made[name]}


def _metric(tx: Transaction, face: CardFace, run: Run) -> dict[str, Any] | None:
    """The metric of the card with the value that the run reported for it; None when it did not."""
    had = tx.writer.projector.entity(face.id).fields.get("metric")
    values = run.results_for(str(had.get("name", ""))) if had else []
    return {**had, "value": values[-1]} if had and values else None
