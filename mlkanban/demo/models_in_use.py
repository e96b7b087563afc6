"""How the demo's models did after they were shipped, and which card retrained which model."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlkanban.core.events import Change
from mlkanban.core.lineage import LineageKind
from mlkanban.core.model_health import (
    ALERTED,
    PREFIX,
    HealthReading,
    after_reading,
    parse_threshold,
    readings,
)
from mlkanban.core.models import Health, Outcome
from mlkanban.demo.cards import Alert
from mlkanban.demo.plan import PlannedCard
from mlkanban.demo.schedule import DAY, Calendar

Cards = Mapping[str, tuple[str, PlannedCard]]
"""Id and plan of each card, by its key in cards.toml."""


def models_in_use(cards: Cards, board: str, calendar: Calendar) -> Iterator[tuple[float, Change]]:
    """Alerts, retraining and its results, each with its minute."""
    for key, (card_id, card) in cards.items():
        retrains = [(c, p) for c, p in cards.values() if key and p.spec.retrains == key]
        dated_alerts = [
            (_minute(alert, card, cards, calendar), alert) for alert in card.spec.alerts
        ]
        yield from _alerts(dated_alerts, retrains, board, card_id, calendar)
        for other_id, other in retrains:
            yield from _retrained(card_id, other_id, other, dated_alerts, board, calendar)


def _minute(alert: Alert, card: PlannedCard, cards: Cards, calendar: Calendar) -> float:
    before = cards[alert.before][1].begun if alert.before else 0.0
    minute = before - alert.days * DAY if alert.before else calendar.days_ago(alert.ago)
    return max(minute, card.end + 60)


def _alerts(
    dated_alerts: list[tuple[float, Alert]],
    retrains: list[tuple[str, PlannedCard]],
    board: str,
    card_id: str,
    calendar: Calendar,
) -> Iterator[tuple[float, Change]]:
    fields: dict[str, Any] = {}
    health: Health | None = None
    for minute, alert in sorted(dated_alerts, key=lambda item: item[0]):
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
        for other_id, _ in retrains if now is Health.RETRAINING and reading.alert else ():
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
