"""Completion for bash: what is offered is data, quoted for the place in the line where it goes.

bash puts a completion into the line as it is, and runs it with Enter; zsh and fish quote it
themselves. Where no quote is open, single quotes are used: neither history expansion nor an older
script of ours that a shell still has loaded changes what stands between them.

In front of a completion that begins with the quote that is open, bash takes that quote away. Such a
completion would turn inside and outside round, so nothing is offered there.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from click.shell_completion import BashComplete, CompletionItem, split_arg_string

_BLANKS = " \t\n"
_PLAIN = re.compile(r"[\w%+=:,./-][\w@%+=:,./-]*", re.ASCII)
"""What bash takes as it is, wherever in a line it stands."""
_LIVE_IN_DOUBLE_QUOTES = re.compile(r'[\\"$`]')

_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' line response
    COMPREPLY=()
    response=$(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
    while IFS= read -r line; do
        case $line in
            plain,*) COMPREPLY+=("${line#plain,}") ;;
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
        esac
    done <<< "$response"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@dataclass(frozen=True, slots=True)
class LastWord:
    """The last word of an unfinished line: the quote it ends in ('' for none, `$'` for one with
    escapes), and what of it bash leaves in front of a completion, for it ends with one of
    $COMP_WORDBREAKS."""

    quote: str
    kept: str

    @classmethod
    def of(cls, line: str, breaks: str) -> "LastWord":
        quote, start, kept, at = "", 0, 0, 0
        while at < len(line):
            char = line[at]
            if char == "\\" and quote != "'":
                at += 1
            elif quote:
                quote = "" if char == quote[-1] else quote
            elif char in "'\"":
                quote = "$" * (at > start and line[at - 1] == "$") + char
            elif char in _BLANKS:
                start = kept = at + 1
            elif char in breaks:
                kept = at + 1
            at += 1
        return cls(quote, "".join(split_arg_string(line[start:kept])))

    def completed(self, value: str, quoted: bool) -> str | None:
        """What is to be put in its place for `value`; None where it does not fit what is kept."""
        if self.kept and not self.quote:
            if not value.casefold().startswith(self.kept.casefold()):
                return None
            value = value[len(self.kept) :]
        if self.quote == '"':
            # History expansion sees a ! there, and \\! would keep its backslash.
            escaped = _LIVE_IN_DOUBLE_QUOTES.sub(r"\\\g<0>", value)
            return None if "!" in value else escaped
        within = value.replace("'", "'\"'\"'")
        if not self.quote:
            return f"'{within}'" if quoted else value
        return None if self.quote != "'" or value.startswith("'") else within


class QuotingBash(BashComplete):
    """bash, with every completion quoted."""

    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        # With one character more the last word is there even where nothing of it was typed.
        words = split_arg_string(os.environ["COMP_WORDS"] + "x")
        return words[1:-1], words[-1][:-1]

    def complete(self) -> str:
        items: list[CompletionItem[str]] = self.get_completions(*self.get_completion_args())
        word = LastWord.of(os.environ["COMP_WORDS"], os.environ.get("COMP_WORDBREAKS", ""))
        # All or none: what they have in common is put into the line, and must not end in a quote.
        quoted = not all(_PLAIN.fullmatch(item.value) for item in items)
        offered = {
            f"{item.type},{value}": value
            for item in items
            if (value := word.completed(item.value, quoted)) is not None
        }
        cut = word.quote == '"' and _ends_in_half_an_escape(list(offered.values()))
        return "" if cut else "\n".join(offered)


def _ends_in_half_an_escape(values: Sequence[str]) -> bool:
    """Whether what `values` have in common, which bash inserts, does."""
    alike = takewhile(lambda chars: len(set(chars)) == 1, zip(*values, strict=False))
    common = "".join(chars[0] for chars in alike)
    return (len(common) - len(common.rstrip("\\"))) % 2 == 1
