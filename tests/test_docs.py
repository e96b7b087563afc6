"""The documentation says what the program does: its made parts match the code, its commands run."""

import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mlkanban.cli import program
from mlkanban.clock import now
from mlkanban.core import backup_schedule as schedule
from mlkanban.demo import fill
from mlkanban.doc_pages import TOPICS, doc_page, find_page, search_pages
from mlkanban.errors import NotFound
from mlkanban.service import Service
from tests.cli.conftest import PROGRAM
from tests.made_docs import DOCS, README, ROOT, histogram_of, pages, written

PAGES = [pytest.param(page, id=page.stem) for page in pages()]
SETUP = (
    'init "Fraud model"',
    'add "Focal loss #nlp" "metric:val_auc>=0.92"',
    "add Relabel",
    *(f"add card{number}" for number in range(3, 31)),
    "edit g12 --metric val_auc>=0.92",
    "stages limit training 9 --unattended 9",
)
"""The board that a page begins with: g1 to g30, and room for runs."""
BEFORE = {
    "board": ("move g2 ready",),
    "results": ("run g1 -- python3 train.py --lr 1e-3",),
    "runs": ("run g1 -- python3 train.py --lr 1e-2",),
    "models": ("edit g30 --type model", "move g30 training"),
}
"""What else a page takes for granted."""
ENDS = {
    "numbers": {0},
    "models": {0, 1},
    "troubleshooting": {0, 4},
    "backups": {0, 4},
}
"""Pages with commands whose exit code says something of this machine, or of a gate."""
STARTS_BOARD = ("README", "first-hour")
"""Pages that make the board themselves: their own `init` comes first."""


@pytest.mark.parametrize("page", PAGES)
def test_made_parts_are_those_of_the_program(page: Path) -> None:
    text = page.read_text()
    assert text == written(text, histogram_of(text)), "run: make readme"


def _blocks(page: Path, language: str) -> Iterator[str]:
    yield from re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def _typed(page: Path) -> Iterator[list[str]]:
    """What the console blocks of a page type after `$ mlkanban`."""
    for block in _blocks(page, "console"):
        for line in block.splitlines():
            if line.startswith("$ mlkanban"):
                yield shlex.split(line, comments=True)[2:]


@pytest.mark.parametrize("page", [p for p in PAGES if [*_typed(p.values[0])]])  # type: ignore[arg-type]
def test_every_command_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "train.py").write_text('print("mlkanban: val_auc=0.931")\n')
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    setup = () if page.stem in STARTS_BOARD else (*SETUP, *BEFORE.get(page.stem, ()))
    letter = "g"
    for words in (*map(shlex.split, setup), *_typed(page)):
        given = [re.sub(r"\bg(?=\d+\b)", letter, word) for word in words]
        code = program.run(given)
        out, err = capsys.readouterr()
        if added := re.match(r"([a-z]+)\d+ added", out + err):
            letter = added[1]
        assert code in ENDS.get(page.stem, {0}), f"mlkanban {shlex.join(given)}: {out}{err}"


def test_every_question_is_answered_on_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    service = Service.open(tmp_path / "home", actor="ada", clock=now)
    board = fill(service, now(), data=tmp_path / "home")
    faces = service.boards.snapshot(board.id).faces
    service.close()
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "home"))
    text = " ".join((DOCS / "questions.md").read_text().split(" \n"))
    ids = {
        ref: next(face.ref for face in faces if face.title.startswith(" ".join(title.split())))
        for ref, title in re.findall(r'`(v\d+)`\s+(?:stands )?for\s+"([^"]+)"', text)
    }
    rows = re.findall(r"`mlkanban ([^`]+)` \|$", text, re.MULTILINE)
    assert len(rows) > 50
    for row in rows:
        words = [re.sub(r"\bv\d+$", lambda ref: ids[ref[0]], word) for word in shlex.split(row)]
        assert program.run(words) == 0, row
        out, err = capsys.readouterr()
        assert out + err, row
        assert not out.startswith(("No ", "Nothing to ")), row


def _named_commands(text: str) -> Iterator[list[str]]:
    """Every `mlkanban ...` in code, in a line or a block."""
    for code in re.findall(r"`(?!``)([^`\n]+)`", text):
        if code.startswith("mlkanban "):
            yield _words(code)
    for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if (typed := line.removeprefix("$ ")).startswith("mlkanban "):
                yield _words(typed)


def _words(code: str) -> list[str]:
    """A command without comments, what follows it, and the words of a job."""
    words = shlex.split(re.split(r" (?:#|&&|\|) ", code)[0].replace("...", "WORD"))[1:]
    return words[: words.index("--")] if "--" in words else words


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists_with_its_options(page: Path) -> None:
    for words in _named_commands(page.read_text()):
        command: click.Command = program.program
        with program.program.make_context("mlkanban", ["keys"], resilient_parsing=True) as ctx:
            rest = [*words]
            while rest and isinstance(command, click.Group):
                if rest[0].startswith("-"):
                    known = {name for param in command.params for name in param.opts}
                    assert rest[0] in known, words
                    rest.pop(0)
                    continue
                below = command.get_command(ctx, rest[0])
                if below is None:
                    # `runs CARD`, or one of several names: `queue up|down`.
                    assert command is not program.program, words
                    assert "|" not in rest[0] or all(
                        command.get_command(ctx, name) for name in rest[0].split("|")
                    ), words
                    break
                command = below
                rest.pop(0)
            known = {
                name for param in command.params for name in (*param.opts, *param.secondary_opts)
            }
            options = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
            everywhere = {"--json", "--help", "--board", "--home"}
            assert [name for name in options if name not in known | everywhere] == [], words


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


def test_every_page_is_a_topic_with_a_sentence_on_it() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} == {*TOPICS}
    for topic in TOPICS:
        page = doc_page(topic)
        assert page.title
        assert page.about.endswith(".")
        assert len(page.about) < 120, topic
        assert "<!--" not in page.text


def test_the_page_for_agents_is_a_skill(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is printed, it is the SKILL.md that it says it is."""
    assert program.run(["docs", "agents", "--print"]) == 0
    printed = capsys.readouterr().out
    assert printed == (DOCS / "agents.md").read_text()
    front, _, body = printed.removeprefix("---\n").partition("\n---\n")
    keys = dict(line.split(": ", 1) for line in front.splitlines())
    assert keys["name"] == "mlkanban"
    assert 0 < len(keys["description"]) <= 1024
    assert body.startswith("\n# ")
    assert doc_page("agents").text == body.lstrip("\n")
    assert len(body.splitlines()) < 150


def test_search_finds_the_lines_with_all_words() -> None:
    found = [*search_pages("QUEUE gpus")]
    assert {line.topic for line in found} >= {"runs"}
    for line in found:
        assert "queue" in line.text.lower()
        assert "gpus" in line.text.lower()
        assert doc_page(line.topic).text.split("\n")[line.number] == line.text
    assert [*search_pages("  ")] == []


def test_the_picture_of_the_board_is_there() -> None:
    names = re.findall(r"!\[.*?\]\((.*?)\)", README.read_text())
    assert names
    for name in names:
        assert "<svg" in (README.parent / name).read_text()


def test_it_says_which_backups_are_kept() -> None:
    text = " ".join((DOCS / "backups.md").read_text().split())
    assert f"at most every {schedule.INTERVAL_MINUTES} minutes when something changed" in text
    assert (
        f"The newest {schedule.NEWEST} backups are kept, and the last of each of {schedule.DAILY} "
        f"days, {schedule.WEEKLY} weeks and {schedule.MONTHLY} months;"
    ) in text


def test_it_says_who_may_read_the_store(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    subprocess.run([*PROGRAM, "--home", home, "init", "F"], check=True, capture_output=True)
    kept = [path for path in (tmp_path / "home").rglob("*") if not path.is_symlink()]
    assert kept
    for path in kept:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_the_files_that_the_guide_names_exist() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = "core|flow|service|store|charts|cli|tui|runs|exchange"
    named = set(re.findall(rf"`((?:{rooms})/[\w/]+\.py)`", guide))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "mlkanban" / name).is_file()] == []


def test_a_word_that_is_no_page_leads_to_the_lines_with_it() -> None:
    with pytest.raises(NotFound, match=r"docs --search postgresql"):
        find_page("postgresql")
    with pytest.raises(NotFound, match=r"List them: mlkanban docs$"):
        find_page("qqqq")
