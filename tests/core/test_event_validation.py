"""Which events count: the form of an event, and values of the type of their fields."""

import json

import pytest

from mlkanban.core.event_validation import MALFORMED, NEWER, inert
from mlkanban.core.events import FORMAT, Event

ID = "0198f0a0-0000-7000-8000-00000000000"


def event(data: str = '{"note": "x"}', **parts: object) -> Event:
    given = {
        "id": f"{ID}1", "replica": f"{ID}2", "rseq": 1, "hlc": "001796019676653.000000",
        "at": "2026-03-02T09:00:00.000000Z", "actor": "ada", "host": "h", "board": f"{ID}3",
        "card": f"{ID}4", "kind": "card.edited", "data": json.loads(data), "action": f"{ID}5",
        "version": 1, "undoes": "",
    }  # fmt: skip
    return Event(**{**given, **parts})


BAD = [
    '{"set": 3}',
    '{"set": {"place": 3}}',
    '{"set": {"title": null}}',
    '{"set": {"blocker": "no"}}',
    '{"note": 1}',
    '{"was": {"title": 3}}',
    '{"was": {"title": ["a", ["b"]]}}',
    '{"saw": {"tag:gpu": [[]]}}',
    '{"settles": {"title": "x"}}',
    '{"restores": {"title": {}}}',
    '{"unticked": [1]}',
    '{"stage": []}',
    '{"set": {"due": "soon"}}',
    '{"set": {"snoozed_until": 5}}',
    '{"set": {"priority": "utmost"}}',
    '{"set": {"type": null, "priority": []}}',
    '{"set": {"outcome": "won"}}',
    '{"set": {"health": {}}}',
    '{"set": {"limit": "2"}}',
    '{"set": {"conwip": -1}}',
    '{"set": {"of_a_later_version": 9223372036854775808}}',
    '{"set": {"tag:gpu": 3}}',
    '{"set": {"kind": "odd"}}',
    '{"set": {"timezone": "../../etc"}}',
    '{"set": {"checklist": [{"text": 1}]}}',
    '{"set": {"blocker": {"reason": "bug"}}}',
    '{"set": {"metric": {"name": "auc", "target": "high"}}}',
    '{"set": {"metric": {"name": "auc", "target": "0.9"}}}',
    '{"set": {"metric": {"name": "auc", "value": 1' + "0" * 400 + "}}}",
    '{"set": {"worth": "a/b"}}',
    '{"set": {"budget": "much"}}',
]


@pytest.mark.parametrize("data", BAD)
def test_a_value_of_another_type_is_malformed(data: str) -> None:
    assert inert(event(data)) == MALFORMED


def test_a_session_of_triage_may_count_verbs_of_another_version() -> None:
    decided: dict[str, object] = {"accepted": 1}
    session = {
        "view": "all", "began": "2026-03-02T09:00:00Z", "seconds": 1, "queue": 2,
        "decided": decided, "skipped": 0, "undone": 0, "overrides": 0,
        "left": [],
    }  # fmt: skip
    for count, fault in ((1, ""), ("x", MALFORMED)):
        decided["postponed"] = count
        stored = json.dumps({"set": {"triage": session}})
        assert inert(event(stored, card="", kind="triage.ended")) == fault


def test_the_kind_of_a_stage_is_one_of_three() -> None:
    for kind, fault in (("queue", ""), ("odd", MALFORMED)):
        stage = {"set": {"kind": kind, "name": "n", "rank": "a1"}, "stage": f"{ID}6"}
        assert inert(event(json.dumps(stage), card="", kind="stage.added")) == fault


def test_the_rule_is_the_same_on_a_machine_that_knows_other_time_zones() -> None:
    for zone, fault in (("Mars/Olympus", ""), ("../../etc", MALFORMED), ("Z" * 5000, MALFORMED)):
        change = event(json.dumps({"set": {"timezone": zone}}), card="", kind="board.edited")
        assert inert(change) == fault


@pytest.mark.parametrize(
    ("at", "fault"),
    [
        ("1970-01-01T00:00:00Z", ""), ("2200-12-31T23:59:59.999999Z", ""),
        ("1969-12-31T23:59:59Z", MALFORMED), ("2201-01-01T00:00:00Z", MALFORMED),
        ("2026-02-30T00:00:00Z", MALFORMED), ("2026-01-01T24:00:00Z", MALFORMED),
    ],
)  # fmt: skip
def test_an_event_is_of_a_time_between_1970_and_2200(at: str, fault: str) -> None:
    assert inert(event(at=at)) == fault


def test_of_a_newer_program_only_the_envelope_is_checked() -> None:
    odd = '{"set": {"priority": "utmost"}}'
    assert inert(event(odd, version=FORMAT + 1)) == NEWER
    assert inert(event(odd, version=FORMAT + 1, at="soon")) == MALFORMED


def test_the_largest_number_that_a_store_can_keep_counts() -> None:
    assert inert(event('{"set": {"of_a_later_version": 9223372036854775807}}')) == ""
