"""Open the link of a card in the browser of this machine, where there is one to see."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

from mlkanban.text import display

_WORD = re.compile(r"(?<!\S)https?://\S+", re.IGNORECASE)
_IN_NO_ADDRESS = re.compile("[\"'<>\u00ad\u200b-\u200d\u2060]")
_OPENERS = ("open",) if sys.platform == "darwin" else ("xdg-open", "wslview")
_REMOTE = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")


def address_in(link: str) -> str:
    """The web address in a link, such as `runbook https://wiki/fraud`; '' for any other link, which
    no program is started for: also one with characters that would cut or hide the address."""
    match = _WORD.search(link)
    if not match or _IN_NO_ADDRESS.search(match[0]) or display(match[0]) != match[0]:
        return ""
    # Behind an address nobody can see whether a blank ends it: only words before it are a name.
    return match[0] if match.end() == len(link.rstrip()) else ""


def opener(environ: Mapping[str, str]) -> str:
    """The program that opens addresses in front of the person; '' over SSH and without a display,
    where nobody would see it."""
    seen = sys.platform == "darwin" or any(environ.get(name) for name in _DISPLAYS)
    if not seen or any(environ.get(name) for name in _REMOTE):
        return ""
    return next((found for name in _OPENERS if (found := shutil.which(name))), "")


def opened(link: str, environ: Mapping[str, str]) -> str:
    """Open a link and return its address; '' where it cannot be opened here, and is to be copied
    instead."""
    address, program = address_in(link), opener(environ)
    if not address or not program:
        return ""
    try:
        subprocess.Popen(
            [program, address],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    except OSError:
        return ""
    return address


def to_copy(link: str) -> str:
    """What is copied of a link: its address, else all of it."""
    return address_in(link) or link
