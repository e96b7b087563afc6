"""How the demo's models did after they were shipped, and which card retrained which model."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from mlkanban.core.ab_test import COMPARED, FIELD, AbTest, Arm
from mlkanban.core.board import Health, Outcome
from mlkanban.core.events import Change
from mlkanban.core.lineage import LineageKind
from mlkanban.core.look_again import EVERY_DAYS, LookAgain
from mlkanban.core.model_health import (
    ALERTED,
    PREFIX,
    HealthReading,
    after_reading,
    parse_threshold,
    readings,
)
from mlkanban.demo.cards import Alert
from mlkanban.demo.plan import PlannedCard
from mlkanban.demo.schedule import DAY, Calendar

Cards = Mapping[str, tuple[str, PlannedCard]]
"""Id and plan of each card, by its key in cards.toml."""


def models_in_use(cards: Cards, board: str, calendar: Calendar) -> Iterator[tuple[float, Change]]:
    """Alerts, retraining and its results, each with its minute."""
    for key, (card_id, card) in cards.items():
        retrains = [(c, p) for c, p in cards.values() if key and p.spec.retrains == key]
        by_cron = [alert for series in card.spec.series for alert in series.alerts()]
        dated_alerts = [
            (_minute(alert, card, cards, calendar), alert)
            for alert in [*card.spec.alerts, *by_cron]
        ]
        yield from _use(card_id, card, board, calendar)
        yield from _ab_test(card_id, card, board, calendar)
        yield from _alerts(dated_alerts, retrains, board, card_id, card, calendar, by_cron)
        for other_id, other in retrains:
            yield from _retrained(card_id, other_id, other, dated_alerts, board, calendar)


def _minute(alert: Alert, card: PlannedCard, cards: Cards, calendar: Calendar) -> float:
    before = cards[alert.before][1].begun if alert.before else 0.0
    minute = before - alert.days * DAY if alert.before else calendar.days_ago(alert.ago)
    return max(minute, card.end + 60)


def _use(
    card_id: str, card: PlannedCard, board: str, calendar: Calendar
) -> Iterator[tuple[float, Change]]:
    """The coming into use of a model, and when it is looked at again."""
    spec = card.spec
    if not spec.model or spec.end != Outcome.SHIPPED:
        return
    yield card.end, _change(card.end, board, card_id, {"health": Health.OK.value}, calendar)
    if spec.look is not None:
        look = str(LookAgain(calendar.today + timedelta(spec.look), EVERY_DAYS))
        minute = card.end + 30
        yield minute, _change(minute, board, card_id, {"look_again": look}, calendar)


def _ab_test(
    card_id: str, card: PlannedCard, board: str, calendar: Calendar
) -> Iterator[tuple[float, Change]]:
    """The results of an A/B test that runs, recorded each of the last days."""
    ab = card.spec.ab
    for days, counts in enumerate(reversed(ab.told if ab else ()), 1):
        assert ab is not None
        minute = max(calendar.days_ago(days), card.visits[-1].start + 10)
        control = Arm(ab.control, counts[1], successes=counts[0])
        challenger = Arm(ab.challenger, counts[3], successes=counts[2])
        test = AbTest(control, challenger, ab.least, less=True, at=calendar.instant(minute))
        # Those of a weekend come on Friday, in their order.
        minute -= days / 100
        yield minute, _change(minute, board, card_id, {FIELD: test.to_field()}, calendar, COMPARED)


def _alerts(
    dated_alerts: list[tuple[float, Alert]],
    retrains: list[tuple[str, PlannedCard]],
    board: str,
    card_id: str,
    card: PlannedCard,
    calendar: Calendar,
    by_cron: list[Alert],
) -> Iterator[tuple[float, Change]]:
    """The readings of a model; those of cron, `by_cron`, are noted nowhere else."""
    fields: dict[str, Any] = {}
    health: Health | None = Health.OK if card.spec.model else None
    judged = None if card.spec.judged is None else calendar.days_ago(card.spec.judged)
    for minute, alert in sorted(dated_alerts, key=lambda item: item[0]):
        if judged is not None and minute > judged:
            health = Health.OK
            yield judged, _change(judged, board, card_id, {"health": health.value}, calendar)
            judged = None
        if health and any(minute > _taken_up(p, dated_alerts) for _, p in retrains):
            health = Health.RETRAINING
        limit = parse_threshold(alert.threshold)
        reading = HealthReading(
            alert.metric, alert.value, str(limit), limit.passed(alert.value),
            calendar.instant(minute), alert.note,
        )  # fmt: skip
        others = any(other.alert and other.metric != alert.metric for other in readings(fields))
        values: dict[str, Any] = {PREFIX + alert.metric: reading.to_field()}
        now = after_reading(health, reading.alert, others)
        if now != health:
            values["health"] = now.value
        fields, health = {**fields, **values}, now
        yield minute, _change(minute, board, card_id, values, calendar, ALERTED, alert.note)
        noted = now is Health.RETRAINING and reading.alert and alert not in by_cron
        for other_id, _ in retrains if noted else ():
            note = f"Alert on the model in use: {reading.text}"
            yield minute, _change(minute, board, other_id, {}, calendar, "card.noted", note)


def _taken_up(card: PlannedCard, dated_alerts: list[tuple[float, Alert]]) -> float:
    """When a card was linked as the retraining of a model: after the first alert."""
    first = min(
        (at for at, alert in dated_alerts if parse_threshold(alert.threshold).passed(alert.value)),
        default=card.start,
    )
    return max(card.start, first) + 30


def _retrained(
    card_id: str,
    other_id: str,
    other: PlannedCard,
    dated_alerts: list[tuple[float, Alert]],
    board: str,
    calendar: Calendar,
) -> Iterator[tuple[float, Change]]:
    minute = _taken_up(other, dated_alerts)
    tie = {f"lineage:{LineageKind.RETRAIN_OF}:{card_id}": True}
    yield minute, _change(minute, board, other_id, tie, calendar)
    healths = [(minute, card_id, Health.RETRAINING)]
    if other.spec.end == Outcome.SHIPPED:
        healths += [(other.end, other_id, Health.OK), (other.end, card_id, Health.SUPERSEDED)]
    for at, whose, health in healths:
        yield at, _change(at, board, whose, {"health": health.value}, calendar)


def _change(
    minute: float, board: str, card: str, values: Mapping[str, Any], calendar: Calendar,
    kind: str = "card.edited", note: str = "",
) -> Change:  # fmt: skip
    at = calendar.instant(minute)
    return Change(kind, board, card=card, set=values, note=note, at=at)
