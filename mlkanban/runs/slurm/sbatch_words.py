"""The words after `sbatch`: its options, the script, and what the script takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

_ALONE = frozenset(
    (
        "contiguous", "exclusive", "get-user-env", "help", "hold", "ignore-pbs", "nice", "no-kill",
        "no-requeue", "overcommit", "oversubscribe", "parsable", "propagate", "quiet", "reboot",
        "requeue", "share", "spread-job", "test-only", "usage", "use-min-nodes", "verbose",
        "version", "wait",
    )
)  # fmt: skip
"""Long options that take no word after them; what they take stands behind a `=`."""
_ALONE_SHORT = frozenset("hHIkOQRsvVW")
_LINE = re.compile(r"#SBATCH\s+(.*)")


class OwnComment(NamedTuple):
    """What a person wrote as the comment of a job, '' for nothing, and the words after `sbatch`
    without it."""

    text: str
    words: tuple[str, ...]


def own_comment(words: Sequence[str], read: Callable[[str], str]) -> OwnComment:
    """The comment among the options, or else in the lines `#SBATCH` of the script, which `read`
    reads: as sbatch takes it."""
    options, rest = _split(words)
    comments = [_comment(option) for option in options]
    written = [text for text in comments if text is not None]
    kept = [
        word
        for option, text in zip(options, comments, strict=True)
        if text is None
        for word in option
    ]
    if not written and rest:
        written = list(_in_script(read(rest[0])))
    return OwnComment(written[-1] if written else "", (*kept, *rest))


def _split(words: Sequence[str]) -> tuple[list[tuple[str, ...]], Sequence[str]]:
    """Each option with its word, and what begins with the script."""
    options: list[tuple[str, ...]] = []
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        if word == "--":
            options.append((word,))
            return options, words[at + 1 :]
        size = 1 if _is_whole(word) else 2
        options.append(tuple(words[at : at + size]))
        at += size
    return options, words[at:]


def _is_whole(word: str) -> bool:
    """Whether an option needs no word after it."""
    if word.startswith("--"):
        return "=" in word or any(name.startswith(word[2:]) for name in _ALONE)
    flags = word[1:].lstrip("".join(_ALONE_SHORT))
    return len(flags) != 1


def _comment(option: Sequence[str]) -> str | None:
    name, equals, text = option[0].partition("=")
    if len(name) < len("--comm") or not "--comment".startswith(name):
        return None
    return text if equals else "".join(option[1:])


def _in_script(script: str) -> Iterator[str]:
    """The comments in the lines of a script before its first command."""
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            return
        if match := _LINE.match(line):
            try:
                words = shlex.split(match[1], comments=True)
            except ValueError:
                continue  # sbatch says what is wrong with it
            for option in _split(words)[0]:
                if (text := _comment(option)) is not None:
                    yield text
