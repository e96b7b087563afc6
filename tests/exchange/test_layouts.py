"""Histories in the layouts of other tools, with small made-up files of each."""

from pathlib import Path

import pytest

from mlkanban.errors import BadInput
from mlkanban.exchange.dates import UnclearDates
from mlkanban.exchange.event_log import EventLog, UnknownStates, read_log
from mlkanban.exchange.event_map import map_text, read_map, with_states

FILES = Path(__file__).parent / "files"


def steps(log: EventLog) -> list[tuple[str, str, str]]:
    return [(row.case, row.at[:16], log.map.stages[row.stage].name) for row in log.rows]


def taken(file: str, map_file: str = "") -> EventLog:
    path = FILES / file
    return read_log(path, read_map(FILES / (map_file or path.with_suffix(".toml").name)))


WAY = [
    ("FRD-1", "2026-01-12T08:00", "To Do"),
    ("FRD-1", "2026-01-15T09:32", "In Progress"),
    ("FRD-1", "2026-01-19T15:05", "Done"),
]


def test_a_change_log_of_all_fields() -> None:
    log = taken("jira-changelog.csv")
    assert [step for step in steps(log) if step[0] == "FRD-1"] == WAY
    assert [step[1:] for step in steps(log) if step[0] == "FRD-2"] == [
        ("2026-01-13T08:00", "To Do"),
        ("2026-01-16T08:00", "In Progress"),
    ]


def test_the_json_of_jira() -> None:
    log = taken("jira-rest.json")
    assert [step for step in steps(log) if step[0] == "FRD-1"] == WAY
    assert [step for step in steps(log) if step[0] == "FRD-2"] == [
        ("FRD-2", "2026-01-13T08:00", "To Do")
    ]
    assert {row.title for row in log.rows} == {"Rebalance classes", "Focal loss"}


def test_a_date_for_each_stage() -> None:
    assert sorted(steps(taken("actionable-agile.csv"))) == [
        ("FRD-1", "2026-01-10T00:00", "To Do"),
        ("FRD-1", "2026-01-15T00:00", "In Progress"),
        ("FRD-1", "2026-01-19T00:00", "Done"),
        ("FRD-2", "2026-01-11T00:00", "To Do"),
        ("FRD-2", "2026-01-16T00:00", "In Progress"),
        ("FRD-3", "2026-01-12T00:00", "Done"),
        ("FRD-3", "2026-01-12T00:00", "To Do"),
    ]
    third = [row.stage for row in taken("actionable-agile.csv").rows if row.case == "FRD-3"]
    assert third == [0, 2], "on one day in the order of the board"


def test_a_date_for_each_stage_with_the_newest_card_first(tmp_path) -> None:
    rows = "1,a,2026-01-20,,", "2,b,2026-01-12,,2026-01-12"
    (tmp_path / "cards.csv").write_text("\n".join(["ID,Title,To Do,In Progress,Done", *rows]))
    log = read_log(tmp_path / "cards.csv", read_map(FILES / "actionable-agile.toml"))
    assert [row.stage for row in log.rows if row.case == "2"] == [0, 2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_tables_of_spreadsheets(tmp_path, encoding, mark) -> None:
    text = (FILES / "actionable-agile.csv").read_text().replace(",", mark)
    (tmp_path / "cards.csv").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    log = read_log(tmp_path / "cards.csv", read_map(FILES / "actionable-agile.toml"))
    assert steps(log) == steps(taken("actionable-agile.csv"))


def test_the_delimiter_of_the_map_wins(tmp_path) -> None:
    (tmp_path / "map.toml").write_text(
        'delimiter = ";"\n' + (FILES / "actionable-agile.toml").read_text()
    )
    (tmp_path / "cards.csv").write_text(
        "ID;Title, a, b, c;To Do;In Progress;Done\n1;x;2026-01-01;;\n"
    )
    with pytest.raises(BadInput, match="no column 'Title'"):
        read_log(tmp_path / "cards.csv", read_map(tmp_path / "map.toml"))


def test_dates_that_can_be_read_in_two_ways_are_refused(tmp_path) -> None:
    text = (FILES / "actionable-agile.csv").read_text().splitlines()[0] + "\n1,,x,02/03/2026,,,\n"
    (tmp_path / "cards.csv").write_text(text)
    with pytest.raises(UnclearDates, match="'02/03/2026' can be read in two ways"):
        read_log(tmp_path / "cards.csv", read_map(FILES / "actionable-agile.toml"))


def test_a_state_that_the_tracker_gained(tmp_path) -> None:
    text = (FILES / "jira-changelog.csv").read_text()
    (tmp_path / "log.csv").write_text(
        text + "FRD-2,x,13/Jan/26,17/Jan/26,status,In Progress,Review\n"
    )
    map = read_map(FILES / "jira-changelog.toml")
    with pytest.raises(UnknownStates, match=r"'Review' \(line 6\)"):
        read_log(tmp_path / "log.csv", map)
    wider = with_states(map, {"Review": "in p"})
    assert read_log(tmp_path / "log.csv", wider).cases == 2
    (tmp_path / "map.toml").write_text(map_text(wider))
    kept = read_map(tmp_path / "map.toml")
    assert (kept.stage_of, kept.stages) == (wider.stage_of, map.stages)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: is not JSON"),
        ('{"cards": []}', "has no issues of Jira"),
        ('[{"key": "A-1", "fields": {}}]', "A-1 has no changelog"),
        ('[{"fields": {}}]', "an issue has no key"),
        ("[" * 100_000, "lies too deep"),
        ("Issue key,To\nA-1,Done\n", "columns must be a table"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path, text, said) -> None:
    (tmp_path / "issues.json").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_log(tmp_path / "issues.json", read_map(FILES / "jira-rest.toml"))
