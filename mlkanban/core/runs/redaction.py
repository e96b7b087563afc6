"""Command lines without what must stay secret: they are kept, shown and merged with others."""

import re
from collections.abc import Sequence

HIDDEN = "***"

_SECRET_WORDS = r"(?:token|secret|password|passwd|passphrase|pwd|apikey|credentials?)"
_KEYS = r"(?:api|access|secret|private|auth|account|encryption|wandb|hf|openai)[-_.]?key"
_NAME = rf"(?:[A-Za-z0-9]+[-_.])*(?:{_SECRET_WORDS}|{_KEYS})"
_OPTION = re.compile(rf"--?{_NAME}", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"(?<![A-Za-z0-9])(?P<name>-{{0,2}}\+*(?:{_NAME}|(?-i:[A-Z0-9_]*_KEY)))"
    r"(?P<sign>\s*[=:]\s*)(?P<value>'[^']*'|\"[^\"]*\"|\S+)",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(
    rf"(?<!\S)(?P<name>--?{_NAME})(?P<sign>\s+)(?P<value>'[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE
)
_TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:hf_|sk-|gh[pousr]_|github_pat_|xox[abprs]-|glpat-|AKIA)[A-Za-z0-9_-]{4,}"
)
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<who>[^\s/@]*:[^\s/]*)@")


def redacted(argv: Sequence[str]) -> list[str]:
    """`argv` with what looks like a secret replaced by ***."""
    shown: list[str] = []
    hide_next = False
    for word in argv:
        if hide_next:
            shown.append(HIDDEN)
        else:
            shown.append(_hidden_in(word))
        hide_next = not hide_next and _OPTION.fullmatch(word) is not None
    return shown


def _hidden_in(text: str) -> str:
    text = _URL.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _ASSIGNED.sub(rf"\g<name>\g<sign>{HIDDEN}", text)
    text = _FOLLOWED.sub(rf"\g<name>\g<sign>{HIDDEN}", text)
    return _TOKENS.sub(HIDDEN, text)
