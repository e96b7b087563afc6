"""The README says what the program does: its made parts match the code, its commands exist."""

import re

from mlkanban.cli.program import COMMANDS
from mlkanban.core import backup_schedule as schedule
from tests.readme import README, histogram_of, written


def test_the_key_table_and_the_commands_are_those_of_the_program() -> None:
    text = README.read_text()
    assert text == written(text, histogram_of(text)), "run: make readme"


def test_every_command_the_readme_types_exists() -> None:
    typed = re.findall(r"^(?:\$ )?mlkanban (?:--\w+ )*([a-z]+)", README.read_text(), re.MULTILINE)
    assert typed
    assert set(typed) <= set(COMMANDS)


def test_the_picture_of_the_board_is_there() -> None:
    names = re.findall(r"!\[.*?\]\((.*?)\)", README.read_text())
    assert names
    for name in names:
        assert "<svg" in (README.parent / name).read_text()


def test_the_readme_says_which_backups_are_kept() -> None:
    text = " ".join(README.read_text().split())
    assert f"at most every {schedule.INTERVAL_MINUTES} minutes when something changed" in text
    assert (
        f"The newest {schedule.NEWEST} backups are kept, and the last of each of {schedule.DAILY} "
        f"days, {schedule.WEEKLY} weeks and {schedule.MONTHLY} months;"
    ) in text


def test_the_files_that_the_guide_names_exist() -> None:
    guide = (README.parent / "CONTRIBUTING.md").read_text()
    rooms = "core|flow|service|store|charts|cli|tui|runs|exchange"
    named = set(re.findall(rf"`((?:{rooms})/[\w/]+\.py)`", guide))
    assert len(named) > 20
    assert [name for name in named if not (README.parent / "mlkanban" / name).is_file()] == []
