"""A command with other parameters: what is replaced, appended and refused."""

import pytest

from mlkanban.errors import UsageProblem
from mlkanban.runs.model.changed_command import changed_command

COMMAND = ["python", "train.py", "--lr", "1e-3", "--epochs=3", "+model.depth=4", "--amp", "data"]


def test_without_changes_it_is_the_same() -> None:
    assert changed_command(COMMAND, []) == COMMAND


@pytest.mark.parametrize("words", [["--lr", "3e-4"], ["--lr=3e-4"], ["lr=3e-4"], ["-lr", "3e-4"]])
def test_a_parameter_is_replaced_by_name_in_the_form_it_has(words: list[str]) -> None:
    assert changed_command(COMMAND, words) == [*COMMAND[:3], "3e-4", *COMMAND[4:]]


def test_several_are_replaced_and_new_ones_appended() -> None:
    made = changed_command(
        COMMAND, ["model.depth=8", "--epochs", "9", "--resume", "--shift", "-0.5", "x=1"]
    )
    assert made == [
        "python", "train.py", "--lr", "1e-3", "--epochs=9", "+model.depth=8", "--amp", "data",
        "--resume", "--shift", "-0.5", "x=1",
    ]  # fmt: skip


def test_several_numbers_of_an_option_are_replaced_together() -> None:
    made = changed_command(["t", "--betas", "0.9", "0.999", "--lr", "1"], ["--betas", ".8", ".99"])
    assert made == ["t", "--betas", ".8", ".99", "--lr", "1"]
    assert changed_command(["t"], ["--betas", ".8", ".99"]) == ["t", "--betas", ".8", ".99"]


def test_a_flag_stays_and_may_get_a_value() -> None:
    flag = ["t", "--amp", "--lr", "1"]
    assert changed_command(flag, ["--amp"]) == flag
    assert changed_command(flag, ["--amp", "bf16"]) == ["t", "--amp", "bf16", "--lr", "1"]


def test_words_without_names_replace_the_last_ones() -> None:
    assert changed_command(["python", "t.py", "a", "3"], ["b", "4"]) == ["python", "t.py", "b", "4"]
    assert changed_command(["./train.sh", "3"], ["4"]) == ["./train.sh", "4"]


@pytest.mark.parametrize(
    ("command", "words", "why"),
    [
        (COMMAND, ["4", "--lr", "1"], "belongs to no parameter"),
        (COMMAND, ["--lr", "1", "2"], "belongs to no parameter"),
        (COMMAND, ["--lr"], "has a value"),
        (["t", "--set", "a", "--set", "b"], ["--set", "c"], "2 times"),
        (["t", "x", "--amp"], ["y"], "name what is to change"),
        (["t"], ["y"], "fewer words"),
        (["sh", "-c", "train --lr 1"], ["--lr", "2"], "script for a shell"),
        (["/bin/bash", "-lc", "train"], ["x"], "script for a shell"),
    ],
)
def test_what_could_mean_two_things_is_refused(
    command: list[str], words: list[str], why: str
) -> None:
    with pytest.raises(UsageProblem, match=why):
        changed_command(command, words)
