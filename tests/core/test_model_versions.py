"""Versions of models: what people type and what is proposed, and what their events say of them."""

from dataclasses import replace
from typing import Any

import pytest

from mlkanban.core.events import Event
from mlkanban.core.model_health import ALERTED
from mlkanban.core.model_versions import (
    ROLLED_BACK,
    RolledBack,
    UseSpan,
    VersionName,
    Waiver,
    life_of,
    next_version,
    parse_version_name,
)
from tests.core.test_events import BLANK


@pytest.mark.parametrize(
    ("versions", "following"),
    [
        ([], "1"),
        (["champion"], "1"),
        (["2", "10", "9"], "11"),
        (["1.10", "2.1"], "2.2"),
        (["v2", "v3-rc1"], "v3-rc2"),
        (["007"], "008"),
        (["2024-11-30"], "2024-11-30.1"),
        (["2024-11-30", "2024-11-30.1"], "2024-11-30.2"),
        (["20241231"], "20241231.1"),
    ],
)
def test_the_version_after_others(versions: list[str], following: str) -> None:
    assert next_version(versions) == following


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("fraud 3", VersionName("fraud", "3")),
        ("  credit   risk  v2.1 ", VersionName("credit risk", "v2.1")),
        ("fraud", VersionName("fraud", "")),
        ("credit risk", VersionName("credit risk", "")),
        ("3", VersionName("3", "")),
        ("fraud 3   owner: risk team", VersionName("fraud", "3", "risk team")),
        ("fraud 3 Owner=risk team", VersionName("fraud", "3", "risk team")),
        ("fraud 3 owner risk team 2", VersionName("fraud", "3", "risk team 2")),
        ("fraud 3 owner:", VersionName("fraud", "3", "")),
        ("credit risk owner: Eva", VersionName("credit risk", "", "Eva")),
        ("site owner 3", VersionName("site owner", "3")),
        ("owner: Eva", VersionName("", "", "Eva")),
        ("", VersionName("", "")),
    ],
)
def test_a_typed_name_has_a_version_where_its_last_word_has_a_digit(
    typed: str, name: VersionName
) -> None:
    assert parse_version_name(typed) == name


@pytest.mark.parametrize(
    "name", [VersionName("fraud", "3", "risk team"), VersionName("credit risk", "2024-11-30", "")]
)
def test_what_is_proposed_is_read_as_proposed(name: VersionName) -> None:
    assert parse_version_name(name.text) == name


def day(number: int) -> str:
    return f"2026-03-{number:02}T09:00:00.000Z"


def event(number: int, values: dict[str, Any], kind: str = "card.edited", **data: Any) -> Event:
    return replace(
        BLANK, id=f"e{number}", at=day(number), actor=data.pop("actor", "ada"), kind=kind,
        data={"set": values, **data},
    )  # fmt: skip


SHIPPED = {"outcome": "shipped", "health": "ok"}
READING = {"alert:psi": {"value": 0.1, "threshold": ">0.2", "alert": False, "at": day(2)}}
BACK = {"health": "rolled-back"}


def test_a_version_is_in_use_from_its_delivery_until_something_takes_its_place() -> None:
    events = [
        event(1, {"title": "x"}),
        event(2, SHIPPED, actor="bo", reason="late", unticked=["runbook"], broken=["p95"]),
        event(5, {"health": "superseded"}),
        event(9, {"health": "watch"}),
    ]
    life = life_of(events, day(2))
    assert life.spans == (UseSpan(day(2), day(5)), UseSpan(day(9)))
    assert (life.actor, life.failed) == ("bo", False)
    assert life.waivers == (Waiver(day(2), "bo", "late", ("runbook", "p95")),)


def test_a_health_that_is_named_later_counts_from_the_delivery() -> None:
    events = [event(2, {"outcome": "shipped"}), event(6, {"health": "ok"})]
    assert life_of(events, day(2)).spans == (UseSpan(day(2)),)
    assert life_of(events, "").spans == (UseSpan(day(6)),)


@pytest.mark.parametrize(
    ("after", "failed"),
    [
        ([], True),
        ([event(6, READING | {"health": "alert"}, ALERTED)], True),
        ([event(6, {"health": "retired"})], True),
        ([event(6, {"health": "ok"})], False),
        ([event(6, {"outcome": None, "health": None}), event(7, SHIPPED)], False),
    ],
)
def test_a_version_that_was_rolled_back_failed_until_somebody_judges_it_fit(
    after: list[Event], failed: bool
) -> None:
    events = [event(2, SHIPPED), event(4, BACK, ROLLED_BACK, actor="eva", reason="false alarms")]
    life = life_of([*events, *after], day(2))
    assert life.failed is failed
    assert life.spans[0] == UseSpan(day(2), day(4))


def test_a_delivery_after_a_rollback_is_of_a_version_that_was_never_rolled_back() -> None:
    events = [event(2, SHIPPED), event(4, BACK, ROLLED_BACK, actor="eva", reason="false alarms")]
    rolled_back = life_of(events, day(2)).rolled_back
    assert rolled_back == RolledBack(day(4), "eva", "false alarms")
    again = [event(5, {"outcome": None, "health": None}), event(7, SHIPPED, actor="bo")]
    life = life_of([*events, *again], day(7))
    assert (life.rolled_back, life.actor) == (None, "bo")


def test_all_readings_are_kept_in_order() -> None:
    events = [event(2, SHIPPED), event(3, READING, ALERTED), event(4, READING)]
    events += [event(5, {"alert:psi": {**READING["alert:psi"], "value": 0.3}}, ALERTED)]
    assert [reading.value for reading in life_of(events, day(2)).readings] == [0.1, 0.3]
