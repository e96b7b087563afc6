"""What a real bash makes of what Tab puts into its line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.cli.bash_completion import LastWord
from tests.terminal import Terminal
from tests.tools import needs

NAMES = {
    "Ideas": "Zap;touch${IFS}made",
    "Ready": "Blank $(touch made)",
    "Data prep": "It's `touch made`",
    "Features": '*"quoted" ~ !x',
    "Training": "~\\back slash",
    "Evaluation": "Half;one",
    "Deployment": "Half;two",
    "Monitoring": "Co:lon=x",
}


class Bash:
    """Somebody at a prompt, on a board with one card."""

    def __init__(self, home: dict[str, str], folder: Path) -> None:
        needs("bash")
        program = folder / "bin" / "mlkanban"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mlkanban "$@"\n')
        program.chmod(0o755)
        self._folder = folder
        self._env = {
            **home,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "INPUTRC": "/dev/null",
            "PS1": "at your service> ",
        }
        self.mlk("init", "x")
        self.card = str(self.mlk("add", "one")["id"])
        self.terminal = Terminal(
            ["bash", "--norc", "-i"], env=self._env, cwd=folder, size=(200, 24)
        )
        self.terminal.wait_for("service>")
        self.terminal.send('eval "$(mlkanban completion bash)"; echo rea""dy\r')
        self.terminal.wait_for("ready")

    def mlk(self, *args: str) -> Any:
        command = ["mlkanban", "--json", *args]
        done = subprocess.run(
            command, env=self._env, cwd=self._folder, capture_output=True, check=True
        )
        return json.loads(done.stdout)["data"]

    def last_word(self, typed: str) -> str:
        """The last word of a command for bash, after what was typed of it and Tab."""
        written = self._folder / "words"
        # ^A goes to the beginning of the line.
        self.terminal.send(f"mlkanban {typed}\t > new; mv new words\x01printf '%s\\n' \r")
        self.terminal.wait_for(lambda _: written.exists())
        words = written.read_text().split("\n")[:-1]
        written.unlink()
        return words[-1]

    def line(self, typed: str) -> str:
        """The line after `typed`, in which Tab is a tab, with nothing of it run."""
        written = self._folder / "line"
        # ^G writes the line down and empties it.
        self.terminal.send(typed + "\x07")
        self.terminal.wait_for(lambda _: written.exists())
        line = written.read_text()
        written.unlink()
        return line

    def words(self, line: str) -> list[str]:
        """What mlkanban would be given by `line`."""
        done = subprocess.run(
            ["bash", "-c", f"mlkanban() {{ printf '%s\\0' \"$@\"; }}\n{line}"],
            env=self._env, cwd=self._folder, capture_output=True, check=False,
        )  # fmt: skip
        return done.stdout.decode().split("\0")[:-1]


@pytest.fixture
def bash(home: dict[str, str], tmp_path: Path) -> Iterator[Bash]:
    person = Bash(home, tmp_path)
    with person.terminal:
        yield person


@pytest.mark.terminal
def test_a_name_is_one_word_and_nothing_of_it_is_run(bash, tmp_path) -> None:
    for old, new in NAMES.items():
        bash.mlk("stages", "rename", old, new)
    move = f"move {bash.card}"
    assert bash.last_word(f"{move} Za") == "Zap;touch${IFS}made"
    assert bash.last_word(f'{move} "Za') == "Zap;touch${IFS}made"
    assert bash.last_word(f"{move} 'Blank ") == "Blank"
    assert bash.last_word(f"{move} it") == bash.last_word(f'{move} "it') == "It's"
    assert bash.last_word(f"{move} '*") == bash.last_word(f"{move} \\*") == '*"quoted"'
    assert bash.last_word(f"{move} '~") == "~\\back"
    assert bash.last_word(f"{move} Half\\;o") == "Half;one"
    # What several have in common ends within the quote, and is gone on with there.
    assert bash.last_word(f"{move} Ha\ttw") == "Half;two"
    assert bash.last_word(f"{move} Co:") == "Co:lon=x"
    lineage = f"edit {bash.card} --lineage ablation-of:{bash.card[0]}"
    assert bash.last_word(lineage) == f"ablation-of:{bash.card}"
    assert not (tmp_path / "made").exists()


LIVE = "$`\"'\\!"
OPENINGS = ["", "'", '"', "$'"]


@pytest.mark.terminal
def test_in_whatever_quote_tab_is_pressed_the_name_is_one_word(bash, tmp_path) -> None:
    """Or nothing is offered, where it cannot be written in that quote."""
    names = [f"{char};touch${{IFS}}made;y{char}`z" for char in LIVE]
    for name in names:
        bash.mlk("stages", "add", "--", name)
    bind = """bind -x '"\\C-g": printf %s "$READLINE_LINE" > new; mv new line; READLINE_LINE='"""
    bash.terminal.send(f'{bind}; echo bou""nd\r')
    bash.terminal.wait_for("bound")
    before = {file.name for file in tmp_path.iterdir()}
    unlike = {}
    for name in names:
        for opening in OPENINGS:
            if opening[-1:] == "'" == name[0]:
                continue  # it would close the quote
            escape = "\\" if not opening or (opening == '"' and name[0] in '"\\`') else ""
            typed = f"mlkanban move {bash.card} {opening}{escape}{name[0]}"
            line = bash.line(f"{typed}\t")
            if line != typed and bash.words(line) != ["move", bash.card, name]:
                unlike[typed] = line
    assert unlike == {}
    assert {file.name for file in tmp_path.iterdir()} == before


@given(
    name=st.text(st.sampled_from("aZ ;$(){}`'\"\\!*?~#&|<>=:,%\té"), min_size=1, max_size=8),
    quote=st.sampled_from(["", "'", '"']),
)
def test_any_name_is_read_back_as_it_is(name, quote) -> None:
    needs("bash")
    made = LastWord.of(f"mlkanban move {quote}", " \t\n\"'@><=;|&(:").completed(name, quoted=True)
    if made is None:
        return
    assert not quote or not made.startswith(quote)
    printed = subprocess.run(
        ["bash", "-c", f"printf %s {quote}{made}{quote}"], capture_output=True, check=True
    )
    assert printed.stdout.decode() == name
