"""Which events count: the form of an event, and values of the type of their fields."""

import json
from typing import Any

import pytest

from mlkanban.core.event_validation import MALFORMED, NEWER, fact, inert, subject
from mlkanban.core.events import FORMAT, Event

ID = "0198f0a0-0000-7000-8000-00000000000"


def event(data: str = '{"note": "x"}', **parts: Any) -> Event:
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


LIMIT: Any = (0, 1, 2**31 - 1, None), (-1, 2**31, True, False, 1.0, "2", [])
FLAG: Any = (True, False, None), (0, 1, "", "yes", [])
PART: Any = (True, False, None), (0, 1, "", {})
WRITTEN: Any = ("", "x", None), (0, True, [], {})
NAMED: Any = ("x", " two words "), (None, "", " ", "a\nb", 3)
RANK: Any = ("a0", "a0V"), (None, "", "a", "a00", 3)
READING = {"value": 0.5, "alert": True, "at": "2026-03-02T09:00:00Z"}
VALUES: dict[str, tuple[tuple[object, ...], tuple[object, ...]]] = {
    **dict.fromkeys(("limit", "unattended", "conwip"), LIMIT),
    **dict.fromkeys(("deleted", "committed", "soft"), FLAG),
    **dict.fromkeys(("tag:gpu", "needs:g1", "link:x", "lineage:ablation-of:g1", "ignored:x"), PART),
    **dict.fromkeys(("needs:", "lineage:g1", "link:", "tag:", "ignored:"), ((), (True, None))),
    **dict.fromkeys(("charter:x", "view:x", "note:x"), WRITTEN),
    **dict.fromkeys(("charter:", "view:", "note:"), ((), ("", "x", None))),
    **dict.fromkeys(("key", "name"), NAMED),
    **dict.fromkeys(("rank", f"rank:{ID}1"), RANK),
    "rank:s1": ((), ("a0",)),
    "template": (("", "ml", None), (0, True, [])),
    "kind": (("queue", "active", "gate"), ("odd", "", None, 3, [])),
    "timezone": (
        ("UTC", "Europe/Berlin", "Etc/GMT+3", "a/b/c/d", "Z" * 64),
        ("", "/UTC", "UTC/", "1/2", "a/b/c/d/e", "Z" * 65, None, 3),
    ),
    "run:r1": (({}, {"state": "of a later version"}, None), ("", [], 0)),
    "run:": ((), ({}, None)),
    "reading:eur": (
        (
            {"value": 2, "at": READING["at"], "note": "x"}, {"value": -1.5, "at": READING["at"]},
            None,
        ),
        ({}, 3, {"value": "1", "at": READING["at"]}, {"value": 1}, {"value": 1, "at": "soon"},
         {"value": True, "at": READING["at"]}, {"value": 1, "at": READING["at"], "note": 3}),
    ),
    "reading:": ((), ({"value": 1, "at": READING["at"]}, None)),
    "alert:auc": (
        (READING, None, {**READING, "value": 0}, {**READING, "value": -1.5},
         {**READING, "threshold": "", "note": "x"}, {**READING, "alert": False}),
        ({}, 3, "", {**READING, "value": True}, {**READING, "value": "1"},
         {**READING, "value": None}, {**READING, "alert": 1}, {**READING, "alert": None},
         {**READING, "threshold": 0.5}, {**READING, "note": None}, {**READING, "at": "soon"},
         {**READING, "at": None}, *({k: v for k, v in READING.items() if k != name}
                                    for name in READING)),
    ),
    "alert:": ((), (READING, None)),
    "of_a_later_version": (
        (2**63 - 1, -(2**63), 0.5, None, {"a": [1, "x", None, True]}),
        (2**63, -(2**63) - 1, [2**63], {"a": [{"b": 2**63}]}, [1, 2**63], [2**63, 1],
         float("inf"), float("nan"), [1.0, float("inf")], {"a": 1, "b": float("-inf")}),
    ),
    "a:prefix_of_a_later_version": ((True, 3, "x", None), (2**63,)),
    "title": (("x",), (None, "", " ", "a\nb", 3)),
    "parent": (("g1", f"{ID}1", "", None), ("!", 3, "G1")),
    "due": (("2026-03-02", "", None), ("2026-3-2", "2026-02-30", 3)),
    "archived": FLAG,
    "metric": (
        ({"name": "auc"}, {}, None, {"name": "auc", "target": None, "value": 1}),
        ([], "", "auc", 0, {"name": ""}, {"name": " "}, {"name": "a\nb"}, {"target": 1},
         {"name": "auc", "of": 1}, {"name": "auc", "direction": ">"}),
    ),
    "checklist": (
        ([], None, [{"text": "x"}], [{"text": "x", "done": True, "gate": "g"}]),
        ({}, "", [{}], ["x"], [{"text": "x", "done": 1}], [{"text": "x", "more": 1}]),
    ),
    "blocker": (
        ({"reason": "bug", "external": True, "since": "2026-03-02T09:00:00Z"},
         {"reason": "bug", "external": False, "since": "2026-03-02T09:00:00Z", "until": "card:g1"},
         {}, None),
        ([], "", {"reason": "bug", "external": True},
         {"reason": "bug", "external": True, "since": ""},
         {"reason": "bug", "external": True, "since": "1969-12-31T23:59:59Z"},
         {"reason": "odd", "external": True, "since": "2026-03-02T09:00:00Z"},
         {"reason": "bug", "external": 1, "since": "2026-03-02T09:00:00Z"},
         {"reason": "bug", "external": True, "since": "2026-03-02T09:00:00Z", "until": "card:!"}),
    ),
}  # fmt: skip
"""For each kind of field: values that count, and values that make an event malformed."""


@pytest.mark.parametrize("name", VALUES)
def test_a_value_counts_at_its_limits_and_not_past_them(name: str) -> None:
    for fault, values in zip(("", MALFORMED), VALUES[name], strict=True):
        for value in values:
            data = {"set": {name: value}}
            assert inert(event(json.dumps(data))) == fault, value
            if value is not None:  # What an undo would write back has to be as good.
                before = {"was": {name: [value, ""]}}
                assert inert(event(json.dumps(before))) == fault, value


@pytest.mark.parametrize("name", ["title", "key", "tag:gpu", "limit", "of_a_later_version"])
def test_nothing_may_have_stood_in_any_field(name: str) -> None:
    assert inert(event(json.dumps({"was": {name: [None, ""]}}))) == ""


@pytest.mark.parametrize("before", [[], ["a"], ["a", "", ""], ["a", None], ["a", 3], "a", {}, None])
def test_what_was_replaced_is_a_value_with_its_origin(before: object) -> None:
    assert inert(event(json.dumps({"was": {"title": before}}))) == MALFORMED
    assert inert(event('{"was": {"title": ["a", ""]}}')) == ""


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({}, {"set": []}), ({"set": {}}, {"set": None}), ({"was": {}}, {"was": []}),
        ({"restores": {}}, {"restores": []}),
        ({"restores": {"due": "x"}}, {"restores": {"due": 1}}),
        ({"saw": {}}, {"saw": []}), ({"saw": {"card": ["x"]}}, {"saw": {"card": "x"}}),
        ({"saw": {"card": []}}, {"saw": {"card": ["x", 1]}}),
        ({"settles": {"due": ["x"]}}, {"settles": {"due": [1]}}),
        ({"settles": {"due": []}}, {"settles": {"due": {}}}),
        ({"unticked": ["x"]}, {"unticked": "x"}), ({"passed": ["x"]}, {"passed": [1]}),
        ({"instead": []}, {"instead": {}}), ({"note": ""}, {"note": None}),
        ({"reason": "x"}, {"reason": 1}), ({"note": "x"}, {"note": ["x"]}),
        ({"more": [1, 2.5]}, {"more": [2**63]}),
    ],
)  # fmt: skip
def test_each_part_of_what_an_event_says_has_its_form(good: object, bad: object) -> None:
    assert inert(event(json.dumps(good))) == ""
    assert inert(event(json.dumps(bad))) == MALFORMED


NEEDED: dict[str, dict[str, object]] = {
    "card.created": {"place": [f"{ID}6", "a0"], "title": "x"},
    "card.blocked": {
        "blocker": {"reason": "bug", "external": True, "since": "2026-03-02T09:00:00Z"}
    },
    "card.snoozed": {"snoozed_until": "2026-03-02"},
    "card.finished": {"outcome": "shipped"},
    "board.created": {"key": "x", "name": "x", "timezone": "UTC"},
    "stage.added": {"name": "x", "kind": "gate", "rank": "a0"},
}


@pytest.mark.parametrize("kind", NEEDED)
def test_an_event_sets_what_its_description_reads(kind: str) -> None:
    values = NEEDED[kind]
    assert inert(event(json.dumps({"set": values}), kind=kind)) == ""
    assert inert(event(json.dumps({"set": {**values, "later": 1}}), kind=kind)) == ""
    for name in values:
        fewer = {other: value for other, value in values.items() if other != name}
        assert inert(event(json.dumps({"set": fewer}), kind=kind)) == MALFORMED
        assert inert(event(json.dumps({"set": fewer}), kind="of.later")) == ""


def test_a_block_is_not_empty_and_other_events_may_empty_it() -> None:
    nothing: object
    for nothing in ({}, None):
        data = json.dumps({"set": {"blocker": nothing}})
        assert inert(event(data, kind="card.blocked")) == MALFORMED
        assert inert(event(data, kind="card.unblocked")) == ""
    nowhere = json.dumps({"set": {"snoozed_until": ""}})
    assert inert(event(nowhere, kind="card.snoozed")) == ""


def test_a_note_says_something_and_a_short_id_stays() -> None:
    assert inert(event('{"note": ""}', kind="card.noted")) == MALFORMED
    assert inert(event("{}", kind="card.noted")) == MALFORMED
    assert inert(event('{"note": "x"}', kind="card.noted")) == ""
    created = {**NEEDED["card.created"], "ref": "g1"}
    assert inert(event(json.dumps({"set": created}), kind="card.created")) == ""
    assert inert(event(json.dumps({"set": {"ref": "g1"}}))) == MALFORMED
    wrong = {**created, "ref": "G1"}
    assert inert(event(json.dumps({"set": wrong}), kind="card.created")) == MALFORMED


OTHER = f"{ID}9"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"id": OTHER}, {"id": "e1"}), ({"replica": OTHER}, {"replica": ""}),
        ({"board": OTHER}, {"board": "b1"}), ({"action": OTHER}, {"action": ""}),
        ({"card": ""}, {"card": "g1"}), ({"undoes": OTHER}, {"undoes": "e1"}),
        ({"card": OTHER}, {"card": f"{ID}3"}),  # a card and a board of one id
        ({"undoes": f"{ID}2"}, {"undoes": f"{ID}1"}),  # itself
        ({"rseq": 1}, {"rseq": 0}), ({"rseq": 2}, {"rseq": -1}),
        ({"version": 1}, {"version": 0}), ({"version": 1}, {"version": -1}),
        ({"kind": "card.of_later"}, {"kind": ""}),
        ({"hlc": "253402300799999.999999"}, {"hlc": "253402300800000.000000"}),
        ({"hlc": "000000000000000.000000"}, {"hlc": "00000000000000.000000"}),
        ({"at": "2026-03-02T09:00:00Z"}, {"at": "2026-03-02T09:00:00"}),
        ({"at": "2026-03-02T23:59:59.1Z"}, {"at": "2026-03-02T23:59:60Z"}),
        ({"at": "2026-02-28T00:00:00Z"}, {"at": "2026-02-29T00:00:00Z"}),
    ],
)  # fmt: skip
def test_each_part_of_the_envelope_has_its_form(good: dict[str, str], bad: dict[str, str]) -> None:
    assert inert(event(**good)) == ""
    assert inert(event(**bad)) == MALFORMED


@pytest.mark.parametrize(
    ("stage", "parts", "fault"),
    [
        (OTHER, {"card": ""}, ""), ("", {"card": ""}, ""), ("", {}, ""),
        (OTHER, {}, MALFORMED),  # about a card and a stage
        ("s1", {"card": ""}, MALFORMED), (3, {"card": ""}, MALFORMED),
        (f"{ID}3", {"card": ""}, MALFORMED),  # a stage and a board of one id
    ],
)  # fmt: skip
def test_an_event_is_about_one_thing(stage: object, parts: dict[str, object], fault: str) -> None:
    assert inert(event(json.dumps({"stage": stage}), **parts)) == fault


def test_a_newer_program_begins_with_the_next_version() -> None:
    assert inert(event(version=FORMAT)) == ""
    assert inert(event(version=FORMAT + 1)) == NEWER


SESSION = {
    "view": "all", "began": "2026-03-02T09:00:00Z", "seconds": 0, "queue": 0, "decided": {},
    "skipped": 0, "undone": 0, "overrides": 0, "left": [],
}  # fmt: skip


@pytest.mark.parametrize("name", ["seconds", "queue", "skipped", "undone", "overrides", "again"])
def test_the_numbers_of_a_session_are_counts(name: str) -> None:
    for fault, counts in ("", (0, 1, 2**31 - 1)), (MALFORMED, (-1, 2**31, "1", 1.0, True, None)):
        for count in counts:
            data = json.dumps({"set": {"triage": {**SESSION, name: count}}})
            assert inert(event(data, card="", kind="triage.ended")) == fault, count


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({}, ""), ({"left": ["g1"]}, ""), ({"left": [1]}, MALFORMED), ({"left": "g1"}, MALFORMED),
        ({"decided": {"accepted": -1}}, MALFORMED), ({"began": "soon"}, MALFORMED),
        ({"began": "1969-12-31T23:00:00Z"}, MALFORMED), ({"view": "of later"}, ""),
    ],
)  # fmt: skip
def test_the_other_parts_of_a_session(part: dict[str, object], fault: str) -> None:
    data = json.dumps({"set": {"triage": {**SESSION, **part}}})
    assert inert(event(data, card="", kind="triage.ended")) == fault


def test_what_two_events_of_one_id_are_told_apart_by() -> None:
    of_card, of_board = event(), event(card="")
    of_stage = event(json.dumps({"stage": OTHER}), card="")
    assert [subject(each) for each in (of_card, of_stage, of_board)] == [
        ("card", ""), ("stage", f"{ID}3"), ("board", ""),
    ]  # fmt: skip
    assert [fact(each) for each in (of_card, of_stage, of_board)] == [
        (f"{ID}3", f"{ID}4", "card.edited"),
        (f"{ID}3", OTHER, "card.edited"),
        (f"{ID}3", f"{ID}3", "card.edited"),
    ]
