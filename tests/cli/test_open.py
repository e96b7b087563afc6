"""Links of cards: opened where the person sees it, else copied by the terminal or printed."""

import base64
import time
from pathlib import Path

import pytest

from mlkanban.machine import links


@pytest.fixture
def browser(tmp_path, monkeypatch) -> Path:
    """A program in the place of xdg-open that writes down what it is given."""
    log, folder = tmp_path / "opened.txt", tmp_path / "bin"
    folder.mkdir()
    for name in ("xdg-open", "open"):
        (folder / name).write_text(f'#!/bin/sh\nprintf "%s" "$*" > {log}.new; mv {log}.new {log}\n')
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    return log


def opened(log: Path) -> str:
    for _ in range(500):
        if log.exists():
            return log.read_text()
        time.sleep(0.02)
    raise AssertionError("nothing was opened")


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://wiki/fraud", "https://wiki/fraud"),
        ("runbook HTTP://wiki/a?b=1&c=2#d", "HTTP://wiki/a?b=1&c=2#d"),
        ("file:///etc/passwd", ""),
        ("optuna:gbm", ""),
        ("--help", ""),
        ("javascript:alert(1)", ""),
        ("https://wiki/\x1b]52;c;eA==\x07", ""),
        ("https://wiki/my page", ""),
        ("runbook https://wiki b/c", ""),
        ('https://wiki/"a"', ""),
        ("<https://wiki/a>", ""),
        ("https://wiki\u202e/a", ""),
        ("https://wi\u200bki/a", ""),
        ("  https://wiki/ä模 ", "https://wiki/ä模"),
    ],
)
def test_only_web_addresses_are_given_to_a_program(link: str, address: str) -> None:
    assert links.address_in(link) == address


def test_a_web_address_is_opened(board, browser) -> None:
    ref = board.card("x", "--link", "runbook https://wiki/fraud?a=1&b=2")
    answer = board.data("open", ref)
    assert answer == {
        "id": ref, "link": "runbook https://wiki/fraud?a=1&b=2", "done": "opened",
        "text": "https://wiki/fraud?a=1&b=2",
    }  # fmt: skip
    assert opened(browser) == "https://wiki/fraud?a=1&b=2"
    assert "Opened in the browser: https://wiki/fraud" in board("open", ref).err


@pytest.mark.parametrize("remote", ["SSH_CONNECTION", "SSH_TTY", "no display", "no program"])
def test_elsewhere_it_is_printed_for_a_script(board, browser, monkeypatch, remote) -> None:
    if remote == "no display":
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
    elif remote == "no program":
        monkeypatch.setenv("PATH", "/nowhere")
    else:
        monkeypatch.setenv(remote, "1")
    ref = board.card("x", "--link", "runbook https://wiki/fraud")
    answer = board("open", ref)
    assert (answer.out, answer.err) == ("https://wiki/fraud\n", "")
    assert board.data("open", ref)["done"] == "printed"
    assert not browser.exists()


def test_over_ssh_the_terminal_copies_it(board, browser, monkeypatch) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    monkeypatch.setenv("TERM", "xterm-256color")
    ref = board.card("x", "--link", "https://wiki/fraud")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    answer = board("open", ref)
    code = base64.b64encode(b"https://wiki/fraud").decode()
    assert f"\x1b]52;c;{code}\x07" in answer.err
    assert "Copied to the clipboard of the terminal (OSC 52):" in answer.err
    assert answer.out == "https://wiki/fraud\n"


def test_of_several_links_one_is_named(board, browser) -> None:
    ref = board.card("x", "--link", "https://a", "--link", "optuna:gbm")
    asked = board("open", ref)
    assert asked.code == 2
    assert "has 2 links: 1 https://a; 2 optuna:gbm." in asked.err
    assert board("open", ref, "2").out == "optuna:gbm\n"
    assert board("open", ref, "3").code == 3
    assert not browser.exists()
    none = board("open", board.card("y"))
    assert none.code == 3
    assert "has no link. Add one: mlkanban edit" in none.err


def test_a_link_that_is_not_there_is_counted_in_good_words(board) -> None:
    ref = board.card("x", "--link", "https://wiki/fraud")
    assert f"{ref} has 1 link, no link 2." in board("open", ref, "2").err
