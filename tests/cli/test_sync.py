"""`mlkanban sync` and `resolve`, as a person or a script uses them on two machines."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from mlkanban.cli.program import run
from mlkanban.runs.model.labels import store_name
from tests.tools import needs


@pytest.fixture(autouse=True)
def _homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "nowhere"))


def said(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> tuple[str, str]:
    assert run(args) == code
    out, err = capsys.readouterr()
    return out, err


def test_one_command_sets_up_and_the_same_one_joins(capsys: pytest.CaptureFixture[str]) -> None:
    needs("git")
    subprocess.run(["git", "init", "--quiet", "--bare", "r.git"], check=True)
    said(capsys, "--home", "a", "init", "work")
    said(capsys, "--home", "a", "add", "one")
    said(capsys, "--home", "a", "sync", "init", "r.git")
    out, _ = said(capsys, "--home", "b", "sync", "init", "r.git")
    assert "10 changes from" in out
    said(capsys, "--home", "b", "add", "two")
    assert said(capsys, "--home", "b", "sync")[0] == "1 sent.\n"
    out, _ = said(capsys, "--home", "a", "--json", "sync")
    data = json.loads(out)["data"]
    assert list(data["hosts"].values()) == [1]
    assert "two" in said(capsys, "--home", "a", "list")[0]
    Path("r.git").rename("away.git")
    _, err = said(capsys, "--home", "a", "sync", code=4)
    assert "is no git repository" in err
    assert "the next sync catches up" in err


def test_on_a_terminal_it_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("git")
    subprocess.run(["git", "init", "--quiet", "--bare", "r.git"], check=True)
    said(capsys, "--home", "a", "init", "work")
    said(capsys, "--home", "a", "sync", "init", "r.git")
    said(capsys, "--home", "a", "add", "one")
    assert "Sync:" not in said(capsys, "--home", "b", "sync", "init", "r.git")[1]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    out, err = said(capsys, "--home", "a", "sync")
    assert out == "1 sent.\n"
    assert "Sync: writing 1 change ..." in err
    assert "Sync: sending 100 % ..." in err


@pytest.mark.parametrize("remote", ["-x", " --upload-pack=touch x", "", " ", "a\nb", "a\0b"])
def test_what_is_no_address_is_refused(capsys: pytest.CaptureFixture[str], remote: str) -> None:
    said(capsys, "--home", "a", "init", "work")
    _, err = said(capsys, "--home", "a", "sync", "init", "--", remote, code=2)
    assert "is no repository. Give a path, or HOST:PATH." in err
    [store] = Path("a").rglob("board.db")
    store.with_name("sync").mkdir(exist_ok=True)
    (store.with_name("sync") / "remote").write_text(remote or "-x")
    said(capsys, "--home", "a", "sync", code=2)
    assert not Path("x").exists()


@pytest.mark.parametrize(
    "remote", ["~nobody-of-this-name/x", "x" * 5000, "ssh://-oProxyCommand=x/y"]
)
def test_an_address_that_leads_nowhere_is_told(
    capsys: pytest.CaptureFixture[str], remote: str
) -> None:
    needs("git")
    said(capsys, "--home", "a", "init", "work")
    _, err = said(capsys, "--home", "a", "sync", "init", remote, code=4)
    assert "Nothing is lost" in err


def test_both_values_are_listed_and_one_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    Path("stick").mkdir()
    said(capsys, "--home", "a", "init", "work")
    said(capsys, "--home", "a", "add", "one")
    (card,) = json.loads(said(capsys, "--home", "a", "--json", "list")[0])["data"]
    for home in "ab":
        said(capsys, "--home", home, "sync", "--dir", "stick")
    for home in "ab":
        said(capsys, "--home", home, "edit", card["id"], "--title", f"from {home}")
    for home in "aba":
        out, err = said(capsys, "--home", home, "sync", "--dir", "stick")
    assert "1 conflict to resolve" in out
    assert "mlkanban resolve" in err
    out, _ = said(capsys, "--home", "a", "settle")
    assert f"{card['id']}  title: from b" in out
    assert " wrote, " in out
    assert " UTC: from a" in out
    assert "from a" in said(capsys, "--home", "a", "show", card["id"])[0]
    for command in ([], ["list"]):
        _, err = said(capsys, "--home", "a", *command)
        assert err == "1 conflict to resolve: mlkanban resolve\n"
        assert said(capsys, "--home", "a", "--json", *command)[1] == ""
    said(capsys, "--home", "a", "resolve", card["id"], "title", code=2)
    said(capsys, "--home", "a", "resolve", card["id"], "due", "--keep", code=3)
    said(capsys, "--home", "a", "resolve", card["id"], "title", "--take")
    for home in "ab":
        said(capsys, "--home", home, "sync", "--dir", "stick")
    assert "from a" in said(capsys, "--home", "b", "list")[0]
    assert "There are no conflicts." in said(capsys, "--home", "b", "resolve")[0]
    assert said(capsys, "--home", "b", "list")[1] == ""


def test_a_place_that_cannot_be_kept_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    needs("git")
    subprocess.run(["git", "init", "--quiet", "--bare", "r.git"], check=True)
    said(capsys, "--home", "a", "init", "work")
    [store] = Path("a").rglob("board.db")
    store.with_name("sync").write_text("in the way")
    _, err = said(capsys, "--home", "a", "sync", "init", "r.git", code=4)
    assert "sync cannot be used: File exists" in err


def test_without_a_place_it_says_how_to_choose_one(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = said(capsys, "--home", "a", "sync", code=2)
    assert "mlkanban sync init REMOTE" in err
    assert "There is no folder" in said(capsys, "--home", "a", "sync", "--dir", "x", code=4)[1]


def test_a_store_file_that_was_put_back_is_told_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("stick").mkdir()
    said(capsys, "--home", "a", "init", "work")
    said(capsys, "--home", "a", "add", "one")
    said(capsys, "--home", "a", "sync", "--dir", "stick")
    [store] = Path("a").rglob("board.db")
    old = store.read_bytes()
    said(capsys, "--home", "a", "add", "two")
    said(capsys, "--home", "a", "sync", "--dir", "stick")
    with store.open("r+b") as file:
        file.write(old)
        file.truncate()
    _, err = said(capsys, "--home", "a", "add", "three")
    assert "it goes on as a new replica" in err
    assert "replica" not in said(capsys, "--home", "a", "add", "four")[1]
    for home in "aba":
        said(capsys, "--home", home, "sync", "--dir", "stick")
    cards = [
        {
            (c["id"], c["title"])
            for c in json.loads(said(capsys, *args, "--json", "list")[0])["data"]
        }
        for args in (("--home", "a"), ("--home", "b"))
    ]
    assert cards[0] == cards[1]
    assert sorted(title for _, title in cards[0]) == ["four", "one", "three", "two"]


def test_where_a_card_is_and_how_it_ended_is_named_in_plain_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("stick").mkdir()
    said(capsys, "--home", "a", "init", "work")
    ref = json.loads(said(capsys, "--home", "a", "--json", "add", "one")[0])["data"]["id"]
    for home in "ab":
        said(capsys, "--home", home, "sync", "--dir", "stick")
    said(capsys, "--home", "b", "done", ref, "--outcome", "learned")
    said(capsys, "--home", "a", "move", ref, "Ready")
    for home in "aba":
        said(capsys, "--home", home, "sync", "--dir", "stick")
    out, _ = said(capsys, "--home", "a", "resolve")
    assert f"{ref}  stage and outcome: Ready" in out
    assert f"mlkanban resolve {ref} stage --keep | --take" in out
    page, _ = said(capsys, "--home", "a", "show", ref)
    assert "conflict about the stage and outcome: " in page
    assert "lifecycle" not in out + page
    told, _ = said(capsys, "resolve", "--help")
    assert "called `stage` (or `lifecycle`, as in" in " ".join(told.split())
    (one,) = json.loads(said(capsys, "--home", "a", "--json", "resolve")[0])["data"]
    assert one["field"] == "lifecycle"
    _, err = said(capsys, "--home", "a", "resolve", ref, "due", "--keep", code=3)
    assert f"There is no conflict about the due of {ref}." in err
    said(capsys, "--home", "a", "resolve", ref, "stage", "--take")
    assert "learned" in said(capsys, "--home", "a", "show", ref)[0]


def test_members_are_for_databases(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = said(capsys, "--home", "a", "sync", "init", "r.git", "--member", "bob", code=2)
    assert "--member is for a database." in err


def test_a_password_in_an_address_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    address = "postgresql://ada:secret@h/board"
    _, err = said(capsys, "--home", "a", "sync", "init", address, code=2)
    assert "The address holds a password" in err
    assert "secret" not in err
    assert not [path for path in Path("a").rglob("*") if path.name == "remote"]


def keys(capsys: pytest.CaptureFixture[str], home: str) -> set[str]:
    out, _ = said(capsys, "--home", home, "--json", "boards")
    return {board["key"] for board in json.loads(out)["data"]}


def test_a_second_person_joins_the_same_board(capsys: pytest.CaptureFixture[str]) -> None:
    needs("git")
    subprocess.run(["git", "init", "--quiet", "--bare", "r.git"], check=True)
    said(capsys, "--home", "b", "init", "work")  # older than the one of the others
    _, err = said(capsys, "--home", "b", "sync", "join", "r.git", code=3)
    assert "There are no boards at" in err
    assert keys(capsys, "b") == {"work"}
    said(capsys, "--home", "a", "init", "work")
    said(capsys, "--home", "a", "add", "one")
    said(capsys, "--home", "a", "sync", "init", "r.git")
    _, err = said(capsys, "--home", "b", "sync", "join", "r.git")
    assert "Your board work has no cards: it was archived." in err
    said(capsys, "--home", "b", "add", "two")
    said(capsys, "--home", "b", "sync")
    said(capsys, "--home", "a", "sync")
    for home in "ab":
        assert keys(capsys, home) == {"work"}
        out, _ = said(capsys, "--home", home, "--board", "work", "list")
        assert "one" in out
        assert "two" in out


def test_boards_with_cards_are_shared_only_when_that_is_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    needs("git")
    subprocess.run(["git", "init", "--quiet", "--bare", "r.git"], check=True)
    for home in "ab":
        said(capsys, "--home", home, "init", f"of {home}")
        said(capsys, "--home", home, "add", f"card {home}")
    said(capsys, "--home", "a", "sync", "init", "r.git")
    [card] = json.loads(said(capsys, "--home", "b", "--json", "list")[0])["data"]
    label = f"{store_name(replica_of('b'))}:{card['id']}"
    _, err = said(capsys, "--home", "b", "sync", "join", "r.git", code=1)
    assert "Everybody there would see your own boards, too: of b." in err
    said(capsys, "--home", "a", "sync")
    assert keys(capsys, "a") == {"of-a"}
    assert keys(capsys, "b") == {"of-b"}
    said(capsys, "--home", "b", "sync", code=2)
    said(capsys, "--home", "b", "sync", "join", "r.git", "--share")
    said(capsys, "--home", "a", "sync")
    for home in "ab":
        assert keys(capsys, home) == {"of-a", "of-b"}
        # Jobs that were labelled before find their cards.
        assert "card b" in said(capsys, "--home", home, "show", label)[0]
    assert "Nothing new" in said(capsys, "--home", "b", "sync", "join", "r.git")[0]


def replica_of(home: str) -> str:
    [store] = Path(home).rglob("board.db")
    with closing(sqlite3.connect(store)) as conn:
        [replica] = conn.execute("SELECT replica FROM event ORDER BY seq LIMIT 1").fetchone()
    return str(replica)
