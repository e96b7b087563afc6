"""The demo board is the first thing people see: it must be true to its own rules."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core import rules
from mlkanban.core.board import BlockReason, Board, Outcome, Work, waits
from mlkanban.core.card_templates import card_template
from mlkanban.core.event_validation import inert
from mlkanban.core.events import Event, fold
from mlkanban.core.review import Result, ReviewPart
from mlkanban.core.rules import Load
from mlkanban.core.timestamps import instant
from mlkanban.core.triage_session import TriageSession
from mlkanban.demo import changes, fill
from mlkanban.errors import RuleRefused
from mlkanban.flow.retraining import retraining
from mlkanban.flow.sample import follow
from mlkanban.flow.simulation.whatif import what_if
from mlkanban.flow.window import Window
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service import Service
from tests.demo.demos import NOW, Demo


def test_about_120_cards_are_finished_and_25_are_open(demo: Demo) -> None:
    times = demo.times()
    assert 110 <= times.n <= 130
    assert times.never_worked == 0
    assert sum(not face.outcome and not face.archived for face in demo.faces) == 25


def test_an_idea_is_scoped_and_a_ready_card_waits_for_open_ones(demo: Demo) -> None:
    cards = [demo.service.cards.get(face.ref) for face in demo.faces if face.is_open]
    template = card_template("scope")
    assert template is not None
    scope = {item.text for item in template.checks}
    scoped = [card for card in cards if {item.text for item in card.checklist} == scope]
    assert len(scoped) == 1
    assert sum(bool(item.gate) for item in scoped[0].checklist) == 5
    assert any(len(card.links) > 1 for card in cards)  # opening asks which
    waiting = waits(demo.faces)
    assert any(face.id in waiting for face in demo.faces if demo.stage_name[face.stage] == "Ready")


def test_cycle_times_are_skewed_as_in_real_life(demo: Demo) -> None:
    days = sorted(card.days for card in demo.times().cards)
    assert 4 <= days[len(days) // 2] <= 9
    assert days[0] == 1
    assert days[-1] >= 20
    assert sum(days) / len(days) > days[len(days) // 2]


def test_every_outcome_and_every_reason_to_be_blocked_is_there(demo: Demo) -> None:
    assert {face.outcome for face in demo.faces if face.outcome} == set(Outcome)
    reasons = {e.data["set"]["blocker"]["reason"] for e in of_kind(demo, "card.blocked")}
    assert reasons == set(BlockReason)
    flows = [card.flow for card in demo.sample().cards]
    assert sum(flow.reopened for flow in flows) >= 2
    assert sum(flow.passes[4] > 1 for flow in flows) >= 8


def test_now_the_board_is_as_full_as_a_real_one(demo: Demo) -> None:
    loads = demo.service.boards.loads(demo.board.id)
    shown = {
        stage.name: " ".join(map(str, rules.meters(stage, loads.get(stage.id, Load()))))
        for stage in demo.board.stages
    }
    assert shown == {
        "Ideas": "12",
        "Ready": "3/3",
        "Data prep": "3/2!",
        "Features": "1/2",
        "Training": "1/1 2/2 running",
        "Evaluation": "2/2",
        "Deployment": "1/1",
        "Monitoring": "0",
    }
    blocked = [face for face in demo.faces if face.block_reason]
    assert all(not face.outcome for face in blocked)
    waiting = [demo.service.cards.get(face.ref).blocker for face in blocked]
    failed = [b for b in waiting if b and ", run " in b.note]
    assert len(failed) == 1
    assert 3 <= len(blocked) - len(failed) <= 4
    assert any(b and b.external and demo.now - b.since >= timedelta(days=8) for b in waiting)


def test_no_limit_is_passed_but_by_the_three_overrides(demo: Demo) -> None:
    overridden = 0
    for event, verdict in entries(demo.board, demo.events):
        if event.data.get("reason"):
            assert isinstance(verdict, rules.Refused)
            assert verdict.by_limit
            overridden += 1
        else:
            assert verdict == rules.Allowed(), (event.at, event.data["set"])
    assert overridden == 3


def test_some_open_cards_have_gates_and_none_went_past_one(demo: Demo) -> None:
    cards = [demo.service.cards.get(face.ref) for face in demo.faces]
    gated = [card for card in cards if any(item.gate for item in card.checklist)]
    assert len([card for card in gated if not card.outcome]) >= 6
    stages = {stage.id for stage in demo.board.stages}
    for card in gated:
        assert {item.gate for item in card.checklist} <= stages | {""}
        at = demo.board.position(card.stage)
        left = [stage.id for stage in demo.board.stages[:at]]
        for item in card.checklist:
            gate = rules.gate(demo.board, item.gate)
            assert gate is None or gate.id not in left, (card.title, item.text)


def test_nothing_happens_in_the_future_or_at_the_weekend(demo: Demo) -> None:
    instants = [datetime.fromisoformat(event.at) for event in demo.events]
    assert max(instants) <= demo.now
    assert min(instants) >= demo.now - timedelta(days=190)
    zone = demo.service.history.for_flow(demo.board)[0].timezone
    by_hand = [e.at for e in demo.events if not e.actor.startswith("run:")]
    local = [datetime.fromisoformat(at).astimezone(zone) for at in by_hand]
    assert all(at.weekday() < 5 and 8 <= at.hour <= 18 for at in local)
    ends = [datetime.fromisoformat(e.at).astimezone(zone) for e in of_kind(demo, "run.ended")]
    assert sum(not 8 <= at.hour <= 18 for at in ends) > 20


def test_the_board_shows_what_the_log_says(demo: Demo) -> None:
    state = fold(demo.events)
    refs = {face.ref for face in demo.faces}
    for face in demo.faces:
        card, fields = demo.service.cards.get(face.ref), state[face.id].fields
        assert [card.stage, card.rank] == fields["place"]
        assert card.work == (fields.get("work") or Work.ATTENDED)
        assert card.outcome == fields.get("outcome")
        assert {*card.needs, card.parent} - {""} <= refs
        if card.blocker and card.blocker.until:
            assert card.blocker.until.removeprefix("card:") in refs


def test_refs_count_up_in_the_order_the_cards_were_made(demo: Demo) -> None:
    refs = [e.data["set"]["ref"] for e in of_kind(demo, "card.created")]
    assert [int(ref.lstrip("abcdefghijklmnopqrstuvwxyz")) for ref in refs] == list(
        range(1, len(refs) + 1)
    )


def test_events_look_like_those_of_the_service(demo: Demo, tmp_path: Path) -> None:
    known = shapes(by_hand(tmp_path / "hand"))
    for field, shape in shapes(demo.events).items():
        assert shape <= known[field], field


def test_triage_was_held_on_most_mondays(demo: Demo) -> None:
    sessions = demo.service.triage.sessions(demo.board.id, demo.now)
    assert 12 <= len(sessions) <= 26
    assert {session.began.astimezone(zone_of(demo)).weekday() for session in sessions} == {0}
    assert all(session.decisions + session.skipped == session.queue for session in sessions)
    assert not demo.service.triage.queue(demo.board).resumed


def zone_of(demo: Demo) -> tzinfo:
    return demo.service.history.for_flow(demo.board)[0].timezone


def test_titles_are_short_and_differ(demo: Demo) -> None:
    titles = [face.title for face in demo.faces]
    assert max(Counter(titles).values()) == 1
    assert max(map(len, titles)) <= 64


def test_the_same_seed_and_moment_tell_the_same_story() -> None:
    first = list(changes(NOW, 7, "UTC"))
    assert first == list(changes(NOW, 7, "UTC"))
    assert first != list(changes(NOW, 8, "UTC"))


def test_it_is_written_at_once_as_one_action_and_only_once(tmp_path: Path) -> None:
    demo = Demo(tmp_path, NOW, 7, "UTC")
    assert len({event.action for event in demo.events}) == 1
    with pytest.raises(RuleRefused):
        fill(demo.service, NOW)
    with pytest.raises(RuleRefused):
        demo.service.undoing.undo(demo.board.id)
    demo.service.close()


def of_kind(demo: Demo, kind: str) -> list[Event]:
    return [event for event in demo.events if event.kind == kind]


def entries(board: Board, events: list[Event]) -> Iterator[tuple[Event, rules.Verdict]]:
    """Every entry of an open card into a stage or into other work, judged by the core rules."""
    cards: dict[str, tuple[str, Work, bool]] = {}
    for event in events:
        fields = event.data.get("set", {})
        if not event.card or not fields.keys() & {"place", "work", "outcome", "archived"}:
            continue
        stage, work, is_open = cards.pop(event.card, ("", Work.ATTENDED, False))
        loads: dict[str, Load] = {}
        for other, doing, counted in cards.values():
            if counted:
                loads[other] = loads.get(other, Load()).plus(doing)
        now_in = fields["place"][0] if "place" in fields else stage
        now_work = Work(fields.get("work") or work)
        finished = fields.get("outcome", bool(stage) and not is_open)
        now_open = not finished and not fields.get("archived")
        if now_open and (now_in, now_work, True) != (stage, work, is_open):
            came_from = stage if is_open else ""
            target = board.stage(now_in)
            yield event, rules.enter(board, target, loads, now_work, from_stage=came_from)
        cards[event.card] = (now_in, now_work, now_open)


def test_another_machine_takes_all_of_it_in(demo: Demo) -> None:
    assert [event for event in demo.events if inert(event)] == []


def test_one_model_was_retrained_and_one_is_being_retrained(demo: Demo) -> None:
    found = retraining(demo.sample())
    assert [(loop.state, bool(loop.retrain)) for loop in found.loops if loop.retrain] == [
        ("redeployed", True), ("open: retraining", True),
    ]  # fmt: skip
    closed = next(loop for loop in found.loops if loop.alert_to_redeploy)
    assert closed.alert_to_retrain
    assert closed.alert_to_redeploy
    assert 2 <= closed.alert_to_retrain < closed.alert_to_redeploy
    healths = Counter(face.health for face in demo.faces if face.health)
    assert healths == {"ok": 2, "alert": 1, "retraining": 1, "superseded": 1}
    assert all(f.outcome == Outcome.SHIPPED and not f.archived for f in demo.faces if f.health)
    queue = demo.service.triage.queue(demo.board).items
    assert queue[0].why.startswith("SILENT: no reading of psi for ")
    assert "qini 0.06, alert at <0.08" in queue[1].why


def test_models_are_healthy_at_alert_and_silent(demo: Demo) -> None:
    models = {one.version.name: one for one in demo.service.models.all(demo.board)}
    assert list(models) == ["churn 1", "voucher uplift 1", "fraud 2", "demand 1"]
    assert [name for name, one in models.items() if one.silence] == ["churn 1"]
    assert not any(one.look_due or one.others for one in models.values())
    assert all(one.version.card.owner for one in models.values())
    assert [face.title[:8] for face in models["fraud 2"].next] == ["Fraud v3"]


def test_an_ab_test_runs(demo: Demo) -> None:
    [face] = [face for face in demo.faces if face.ab]
    test = demo.service.cards.get(face.ref).ab
    assert test is not None
    assert face.is_open
    assert (test.n, test.early, test.less) == (36_420, True, True)


def test_alerts_are_of_models_in_use(demo: Demo) -> None:
    shipped: set[str] = set()
    for event in demo.events:
        if "outcome" in event.data.get("set", {}):
            change = shipped.add if event.data["set"]["outcome"] == "shipped" else shipped.discard
            change(event.card)
        if event.kind == "card.alerted":
            assert event.card in shipped


def by_hand(data: Path) -> list[Event]:
    """The log of somebody who did one of everything."""
    service = Service.open(data, actor="ada", clock=lambda: NOW)
    board = service.boards.create("By hand", "ml", "UTC")
    stages = {stage.name: stage.id for stage in board.stages}
    metric = {"name": "auc", "target": 0.9, "baseline": 0.8, "noise": 0.01}
    fields = {
        "type": "data", "tags": ["a"], "priority": "high", "class": "expedite",
        "hypothesis": "h", "dataset": "d", "metric": metric, "links": ["l"],
        "checklist": [{"text": "t"}], "due": "2026-03-20", "worth": "5/2",
        "model": "m", "version": "1", "owner": "o",
    }  # fmt: skip
    first = service.cards.add(board.id, "first").cards[0].ref
    card = service.cards.add(board.id, "second", fields=fields).cards[0].ref
    cards = service.cards
    cards.edit([card], {"metric": {**metric, "value": 0.85}})
    cards.snooze([card], date(2026, 3, 21))
    cards.edit([card], {"checklist": [{"text": "t", "done": True}]})
    cards.edit([card], {"parent": first}, add={"needs": [first]})
    for name in ("Ready", "Training"):
        cards.move([card], stages[name])
    cards.edit([card], {"work": "unattended"})
    cards.block([card], BlockReason.BUG, note="n", until=f"card:{first}")
    cards.unblock([card])
    at = instant(NOW)
    for state in (RunState.FINISHED, RunState.FAILED, RunState.FINISHED, RunState.QUEUED):
        run = Run(f"r{len(service.runs.of_card(first))}", state, metrics={"auc": 0.9}, started=at)
        service.runs.take_in([RunReport(run, first)])
    cards.note([card], "n")
    cards.move([card], stages["Monitoring"])
    cards.move([card], stages["Training"])
    cards.finish([card], Outcome.SHIPPED, "v")
    service.ab_tests.record(first, ["a=1/20", "b=2/20"], least="5%")
    service.models.look_again(board, "m", "every 90d")
    service.retraining.record_readings(card, ["psi=1"], ">0", "n")
    again = service.retraining.retrain(card).cards[0].ref
    cards.finish([again], Outcome.SHIPPED, override="so")
    cards.archive([card])
    service.charter.set(board.id, "scope", "s")
    service.charter.set(board.id, "risks", "r")
    cards.edit([card], {"win": True})
    third = cards.add(board.id, "third").cards[0].ref
    for promised in (first, third):
        for topic in service.reviews.agenda(board).left:
            line = "line" if any(a.word == "line" for a in topic.answers) else ""
            service.reviews.answer(board, topic.key, line or topic.answers[0].word, line)
        service.reviews.end(board, [promised])
    service.charter.measure(board.id, ["eur_saved=18200"], "by hand")
    service.triage.end(board.id, TriageSession("all", NOW, 60, 1, {"archived": 1}, 0, 0, 0))
    events = [*service.exports.events(board.id)]
    service.close()
    return events


def shapes(events: list[Event]) -> dict[tuple[str, str], set[str]]:
    """The shapes of the values by kind of event and field; the same for every member of a set."""
    found: dict[tuple[str, str], set[str]] = {}
    for event in events:
        for name, value in event.data.get("set", {}).items():
            kind = "card.edited" if ":" in name else event.kind
            field = name.partition(":")[0]
            if field == "run":
                run = Run.of_field("r", value)
                assert run
                assert run.to_field() == value
                value, kind = "a run", event.kind
            if field in ("work", "metric"):
                kind = "card"
            found.setdefault((kind, field), set()).add(shape(value))
    return found


def shape(value: Any) -> str:
    if isinstance(value, dict):
        return str(sorted(value))
    if isinstance(value, list):
        return str(sorted({shape(one) for one in value}))
    return type(value).__name__


def test_what_if_is_trusted_on_every_day_of_the_week(tmp_path: Path) -> None:
    off = {}
    for days in range(7):
        now = NOW + timedelta(days=days)
        demo = Demo(tmp_path / str(days), now, 7, "UTC")
        workflow, histories = demo.service.history.for_flow(demo.board)
        window = Window.back(90, workflow.day(now))
        off[f"{now:%A}"] = what_if(follow(workflow, histories, now, window), {}).refused
        demo.service.close()
    assert not any(off.values()), off


def test_reviews_say_what_came_of_promises_and_the_next_one_is_due(demo: Demo) -> None:
    held = demo.service.reviews.ended(demo.board.id)
    assert len(held) >= 3
    assert demo.service.reviews.state(demo.board).is_due
    zone = demo.service.history.for_flow(demo.board)[0].timezone
    faces = {face.ref: face for face in demo.faces}
    results = Counter[Result]()
    for before, review in pairwise(held):
        assert review.after == (before.id,)
        assert [came.card for came in review.came] == [*before.promised]
        assert review.ended is not None
        assert before.until is not None
        for came in review.came:
            face = faces[came.card]
            assert came.title == face.title
            results[came.result] += 1
            ended = datetime.fromisoformat(face.finished_at) if face.finished_at else None
            done = ended is not None and ended <= review.ended
            if came.result is Result.DONE and ended is not None and done:
                late = (ended.astimezone(zone).date() - before.until).days
                assert came.late_days == max(0, late)
            assert done or came.result is not Result.DROPPED
            assert done or face.outcome or came.result in (Result.OPEN, Result.LATE)
        for answer in review.answers:
            if answer.part == ReviewPart.LEARNED:
                assert answer.text == demo.service.cards.get(answer.card).verdict
    assert results[Result.DONE] > sum(results.values()) / 2
    assert results[Result.DONE] < sum(results.values())
    promised = {face.ref for face in demo.faces if face.is_open and promised_day(demo, face.ref)}
    assert promised == {ref for ref in held[-1].promised if faces[ref].is_open}
    assert any(demo.service.cards.get(face.ref).values["win"] for face in demo.faces)


def promised_day(demo: Demo, ref: str) -> date | None:
    return demo.service.cards.get(ref).values["promised"]


def test_a_due_date_is_at_risk_and_a_goal_has_parts(demo: Demo) -> None:
    prospects = demo.service.planning.prospects(demo.board, demo.faces)
    open_ = {face.id: face for face in demo.faces if face.is_open}
    assert {card for card in prospects.chances if open_[card].due >= str(demo.now.date())}
    if demo.now == NOW:  # on other days chances are others
        assert any(open_[card].due >= str(demo.now.date()) for card in prospects.doubtful)
    assert any(0 < parts.done < parts.total and parts.by for parts in prospects.parts.values())


def test_the_demo_is_the_same_one_all_day() -> None:
    """Two people who opened it at other hours talk of the same cards, ids and days; one run alone
    has gone on for some hours whenever it is opened."""
    of_day = []
    for hour, minute in ((1, 5), (10, 0), (14, 28), (14, 36), (22, 55)):
        made = changes(datetime(2026, 12, 1, hour, minute, tzinfo=UTC), 7, "Europe/Berlin")
        of_day.append([repr(c) for c in made if not c.kind.startswith("run.")])
    assert all(told == of_day[0] for told in of_day)
