"""Hide secrets in command lines and in other text that is kept, shown and merged with others.

A secret is known by the name it is given (`--db-pass x`, `"api_key": "x"`, `X-Api-Key: x`), by its
place in the command line of a known program (`wandb login x`, `curl -u ada:x`), by the form its
issuer gives it (`ghp_...`, `eyJ...`), or by being too random for a word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mlkanban.patterns import pattern

HIDDEN = "***"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names. The last word of a name decides: `--token-file` and `--max-tokens` hold no secret.
_SECRET_WORDS = _words(
    "token secret password passwd passphrase passcode passwort pwd apikey apitoken authtoken"
    " accesstoken accesskey secretkey privatekey credential creds bearer jwt signature"
    " sig auth authorization cookie otp pin pat pw psw pswd"
)
_SECRET_ENDS = ("password", "passwd", "passphrase", "secretkey", "accesskey", "apikey", "authtoken")
_BEFORE_KEY = _words(
    "api access secret private auth account encryption decryption signing master service client"
    " ssh storage deploy license app application subscription license wandb hf openai anthropic"
    " comet neptune mistral groq cohere together replicate gemini google aws azure kaggle roboflow"
    " clearml dagshub huggingface hub s3 minio nvidia ngc deepseek fireworks pinecone qdrant"
    " langchain langsmith serper tavily github gitlab runpod functions"
)
_BEFORE_HARMLESS_TOKEN = _words(
    "pad padding eos bos mask unk unknown sep cls special image start stop end begin per first last"
    " next new decoder target prompt audio video separator each by img mem memory vision visual"
    " text register patch latent query soft max min num n total number train seq context batch"
)
_BEFORE_HARMLESS_PASS = _words(
    "forward backward first second third two one multi single all each per low high band by n num"
    " fast slow"
)
_WEAK = _words("token tokens pass signature sig auth bearer")
"""Words that name other things too: the value decides."""
_PLAIN = pattern(
    r"[+-]?\d{1,3}(?:\.\d+)?|v\d{1,3}(?:\.\d+)*|true|false|yes|no|on|off|none|null|auto|basic|digest"
    r"|oauth2?|kerberos|ldap|ntlm|negotiate|bearer|token|iam|saml|sso|jwt",
    re.IGNORECASE,
)
_AMOUNT = pattern(r"\d[\d_.,]*(?:[kmbt]|e[+-]?\d+)?", re.IGNORECASE)
_SECRET_GROUPS = _words("secret secrets credentials creds passwords")
_OF_GROUPS = _words("path file dir folder backend provider name enabled")
"""What is set of a group of secrets without being one: `secrets.path`."""
_PAIRS = (("auth", "header"), ("secret", "id"))
_AFTER = _words("value plain b64 base64 text str string env")
_SHORT = _words("pin pat sig otp")
"""Short words that are names of other things too: alone they name a secret only in capitals."""
_URL_NAMES = _words("sig signature credential key code policy")
_WORDS = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+")

_BARE_NAME = pattern(r"-{0,2}[A-Za-z_][\w.:/-]*")
_NAMED_VALUE = pattern(
    r"(?<![A-Za-z0-9_.])(?P<name>[A-Za-z_][\w.-]{0,80})\\?[\"']?\]?\s*(?::=|==|=|:(?!//))\s*"
    r"(?:[fFrRbBuU]{1,2}(?=[\"']))?"
)
_VALUE = pattern(r"\\\"(?:(?!\\\").)*\\\"|'[^']*'|\"(?:\\.|[^\"\\])*\"|[^\s\"'&]\S*", re.DOTALL)
_ENDS_IN_TEXT = pattern(r"[;|&)}\]\"'`,]")
_HEADER = pattern(
    r"(?P<name>\b(?:Proxy-)?Authorization\\?[\"']?\s*[:=]\s*(?:[fFrRbBuU]{1,2}(?=[\"']))?"
    r"\\?[\"']?)(?P<value>[^\"'\\\n]+)",
    re.IGNORECASE,
)
_BEARER = pattern(r"(?P<name>\bBearer\s+)(?P<value>[^\s\"',;]+)", re.IGNORECASE)
_COOKIE = pattern(r"(?P<name>\b(?:Set-)?Cookie:\s*)(?P<value>[^\"'\n]+)", re.IGNORECASE)
_LOGIN_CALL = pattern(
    r"(?P<name>\blogin\((?:[^()]{0,200}?\bkey\s*=)?\s*\\?[\"'])(?P<value>[^\"'\\]+)"
)
_SETTING_CALL = pattern(
    r"(?P<start>(?:setdefault|putenv|setenv|set)\(\s*\\?[\"'](?P<name>[\w.-]{1,80})\\?[\"']\s*,"
    r"\s*\\?[\"'])(?P<value>[^\"'\\]+)"
)
_URL = pattern(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)"
    # Without going back, for a line may hold thousands of addresses.
    r"(?P<who>[^\s/@?#:\"']*+(?::[^\s@\"']{0,4000}+)?(?:@[^\s/@?#\"']*+(?=@))*+)@"
)
_QUERY = pattern(r"(?P<start>[?&;])(?P<name>[A-Za-z][\w.-]*)=(?P<value>[^&;\s\"'#]+)")
_PRIVATE = pattern(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)

_ATTRIBUTES = pattern(
    r"(?P<start>\b(?:key|name)\s{0,9}=\s{0,9}[\"'](?P<name>[\w.:-]{1,80})[\"']\s{1,9}value\s{0,9}="
    r"\s{0,9}[\"'])(?P<value>[^\"']+)"
)
_ELEMENT = pattern(r"(?P<start><(?P<name>[\w.:-]{1,80})>)(?P<value>[^<>]+)(?=</)")
_LISTED = pattern(
    r"(?P<start>[\"'](?P<name>--?[A-Za-z][\w-]{1,80})[\"']\s{0,9},\s{0,9}[\"'])(?P<value>[^\"']+)"
)
_NETRC = pattern(
    r"(?P<name>(?:^|\blogin\s{1,9}\S{1,200}\s{1,9})\s{0,40}password\s{1,9})(?P<value>\S+)(?=\s*$)"
)
_OPENED = pattern(
    r"\s*(?P<dash>- )?[{(\s]{0,9}[\"']?(?P<name>[A-Za-z_][\w.-]{0,80})[\"']?\s{0,9}"
    r"(?::=|=|:)\s{0,9}(?P<with>|[(\[\\]|[|>][+-]?\d?[+-]?)\s*"
)
"""A line with a name whose value begins in the next one."""
_TRIPLE = pattern(
    r"(?P<start>(?P<name>[A-Za-z_][\w.-]{0,80})\s{0,9}=\s{0,9}\(?[fFrRbBuU]{0,2}(?P<quote>\"{3}|'{3}))"
)
_QUOTED = pattern(r"(?P<quote>[\"'])(?P<value>(?:\\.|(?!(?P=quote)).)+)(?P=quote)")
_MOST_CONTINUED, _MOST_JOINED = 20, 4000
"""Lines with a backslash at their end, and characters in them, that are taken for one command."""

_ITEM = pattern(r"\s*(?:- )?(?P<quote>[\"']?)(?P<word>[^\s\"',]+)(?P=quote),?\s*")
"""A line with one item of a list, as YAML and JSON have them."""

# Forms that issuers give their secrets, as published for scanners.
_ISSUED = pattern(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{12,}|(?:hf_|api_org_|gh[pousr]_|github_pat_|xox[abeoprs]-|xapp-|gl(?:pat|dt|rt|ptt|oas)-"
    r"|(?:sk|rk|pk)_(?:live|test)_|whsec_|npm_|pypi-|nvapi-|dckr_(?:pat|oat)_|AKIA|ASIA|ABIA|ACCA"
    r"|GOCSPX-|ya29\.|shp(?:at|ca|pa|ss)_|do[opr]_v1_|r8_|gsk_|xai-|pplx-|tvly-|lsv2_|wandb_v1_"
    r"|ATATT3|ATBB|gl(?:c|sa)_|hv[sbr]\.|PMAK-|NRAK-|rubygems_|sntry[su]_|figd_|lin_api_|ntn_"
    r"|CCIPAT_|AGE-SECRET-KEY-|pat-na1-|sq0(?:atp|csp)-|EAAC|SK(?=[0-9a-f]{32})|key-(?=[0-9a-f]{32})"
    r")[A-Za-z0-9_.-]{4,}"
    r"|SG\.[\w-]{16,}(?:\.[\w-]+)?|AIza[\w-]{16,}|dapi[0-9a-f]{32}|\d{8,10}:AA[\w-]{30,}"
    r"|eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*"
    r")"
)
_HOOKS = pattern(
    r"(?P<name>hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/"
    r"|api\.telegram\.org/bot)(?P<value>[^\s\"']+)"
)
_RANDOM = pattern(r"(?<![\w./@*+=-])[A-Za-z0-9_+/=-]{24,}(?![\w./@*+-])")
_BITS = 3.9
"""Entropy per character from which on a mixed word is no name that a person gave."""

# Places in the command lines of known programs.
_LOGINS = _words("wandb vault clearml neptune comet hf huggingface-cli prefect")
_PASSWORD_AFTER_P = _words("sshpass twine mongo mongosh mongodump login")
_JOINED_P = _words("mysql mysqldump mariadb mysqladmin mysqlimport sshpass 7z 7za 7zz rar unrar")
_CODES = {
    "redis-cli": "-a", "ldapsearch": "-w", "sqlcmd": "-P", "anaconda": "-t", "http": "-a",
    "https": "-a", "bcp": "-P", "impala-shell": "-w", "7z": "-p",
    "zip": "-P", "unzip": "-P",
}  # fmt: skip
_SETTERS = _words("set modify add put config configure")
_USER = pattern(r"(?P<who>[^:\s]*):(?P<value>(?!\d+$|//)\S.*)", re.DOTALL)
_USER_OPTIONS = frozenset(
    ("-u", "--user", "--proxy-user", "-U", "-a", "--auth", "--basic-auth", "--login")
)
_CURL_USER = pattern(r"-[A-Za-z]*[uU]")
_USER_ENDS = {"lftp": ",", "smbclient": "%", "rpcclient": "%"}
"""What stands between name and password, where it is no colon."""
_CONTAINERS = _words("docker podman nerdctl")
_CLIENTS = _words("curl wget http https")
_WRITES = _words("write put patch")
_JOINED_USER = pattern(
    r"(?P<option>-[uU]|--(?:(?:proxy-)?user|login)=)(?P<who>[^:\s=-][^:\s]*):(?!\d+$).+", re.DOTALL
)
_NO_SECRET_AFTER = frozenset(("--host", "--base-url", "-method", "--method"))
_BLANKS = pattern(r"(\s+)")


def redacted(argv: Sequence[str]) -> list[str]:
    """`argv` with what looks like a secret replaced by ***."""
    return list(_hidden(argv))


def redacted_text(text: str) -> str:
    """A text, such as a line of a log or of a script, with what looks like a secret replaced."""
    return _in_text(text, script=True)


def redacted_patch(patch: str) -> str:
    """A patch, or a part of one, with what looks like a secret replaced; it has as many lines as
    before, and each keeps its first character."""
    signs = [line[:1] for line in patch.split("\n")]
    text = "\n".join(line[1:] for line in patch.split("\n"))
    text = _PRIVATE.sub(lambda match: "\n".join([HIDDEN] * (match[0].count("\n") + 1)), text)
    lines, before, values = [], "", _OpenedValues()
    for sign, line in zip(signs, text.split("\n"), strict=True):
        if (hidden := values.hidden(sign, line)) is not None:
            lines.append(hidden)
            before = line
            continue
        item, named = _ITEM.fullmatch(line), _ITEM.fullmatch(before)
        if (
            item
            and named
            and _names_next(named["word"])
            and _is_secret(named["word"], item["word"])
        ):
            lines.append(line.replace(item["word"], HIDDEN))
        else:
            lines.append(redacted_text(line))
        before = line
    return "\n".join(sign + line for sign, line in zip(signs, lines, strict=True))


class _OpenedValues:
    """The value of a secret name that goes on in further lines of a patch."""

    def __init__(self) -> None:
        self._name = self._until = ""
        self._indent = 0
        self._command: list[str] = []
        self._replaced = False
        """Whether the line before was an old one, whose new one may follow."""

    def hidden(self, sign: str, line: str) -> str | None:
        """A line that belongs to a value, without it; None for any other."""
        if sign not in ("", " ", "+", "-"):
            self._until, self._command = "", []
            return None
        if self._replaced and sign not in ("+", "-"):
            self._command = []
            self._until = "" if self._until == "next" else self._until
        hidden = self._goes_on(sign, line) if self._until else None
        if hidden is None:
            hidden = self._continued(line) if self._command else None
            hidden = self._opened(line) or hidden
        ends = line.rstrip().endswith("\\") and len(self._command) < _MOST_CONTINUED
        if ends:
            self._command.append(line.rstrip()[:-1].rstrip())
        elif sign != "-":
            self._command = []
        self._replaced = sign == "-" and not ends
        return hidden

    def _opened(self, line: str) -> str | None:
        """The line where a triple quote opens the value of a secret, without the value."""
        if (match := _TRIPLE.search(line)) and names_a_secret(match["name"]):
            start, end, quote = match.start(), match.end(), match["quote"]
            inside, closed, after = line[end:].partition(quote)
            self._until = "" if closed else quote
            shown = redacted_text(line[:start]) + match["start"]
            shown += HIDDEN if inside.strip() else ""
            return f"{shown}{closed}{redacted_text(after)}"
        match = _OPENED.fullmatch(line)
        if match and names_a_secret(match["name"]):
            self._name, begins = match["name"], match["with"][:1]
            ends = {"": "next", "(": ")", "[": "]", "|": "dedent", ">": "dedent"}
            self._until = ends.get(begins, "")
            self._indent = _indent(line) + len(match["dash"] or "")
            return line
        return None

    def _goes_on(self, sign: str, line: str) -> str | None:
        until, blank = self._until, line[: _indent(line)]
        if until in ('"""', "'''"):
            before, closed, after = line.partition(until)
            if closed:
                self._until = ""
            shown = blank + HIDDEN if before.strip() else before
            return f"{shown}{closed}{redacted_text(after)}"
        if until == "dedent":
            if line.strip() and _indent(line) <= self._indent:
                self._until = ""
                return None
            return blank + HIDDEN if line.strip() else line
        if until == "next" and sign != "-":  # the new line follows the old one
            self._until = ""
        elif until in (")", "]") and line.lstrip().startswith(until):
            self._until = ""
            return None
        if _QUOTED.search(line):
            return redacted_text(_QUOTED.sub(self._without, line))
        item = _ITEM.fullmatch(line)
        if until == "next" and item and _is_secret(self._name, item["word"]):
            return line.replace(item["word"], HIDDEN) if self._is_below(line) else None
        return None

    def _is_below(self, line: str) -> bool:
        return _indent(line) > self._indent

    def _without(self, match: re.Match[str]) -> str:
        quote, value = match["quote"], match["value"]
        return f"{quote}{HIDDEN}{quote}" if _is_secret(self._name, value) else match[0]

    def _continued(self, line: str) -> str | None:
        """The next line of a command, without what is secret for the lines before it."""
        own = line.rstrip()
        if own.endswith("\\"):
            own = own[:-1].rstrip()
        end = line[len(own) :]
        whole = "\n".join([*self._command, own])
        if len(whole) > _MOST_JOINED:
            return None
        shown = redacted_text(whole)
        if shown.count("\n") != whole.count("\n"):
            return line[: _indent(line)] + HIDDEN + end
        return shown.rpartition("\n")[2] + end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _names_next(word: str) -> bool:
    """Whether an item of a list may be the name of the next one."""
    return word.startswith("-") or word.endswith(":")


def names_a_secret(name: str) -> bool:
    """Whether what is called `name` is a secret: `dbPassword`, `WANDB_API_KEY`, `--hf-token`."""
    parts = [part for part in re.split(r"[.:/]", name.strip("-+~.")) if part] or [name]
    last = parts[-1]
    words = [word.lower() for word in _WORDS.findall(".".join(parts[-2:]))]
    while words and words[-1] in _AFTER:
        words.pop()
    if not words:
        return False
    if any(part.lower() in _SECRET_GROUPS for part in parts[:-1]):
        return words[-1] not in _OF_GROUPS
    if tuple(words[-2:]) in _PAIRS:
        return True
    word, before = _singular(words[-1]), words[-2] if len(words) > 1 else ""
    capitals = last.upper() == last
    if word == "key":
        return before in _BEFORE_KEY or (capitals and len(words) > 1) or "".join(words) in (
            "secretaccesskey", "accountkey",
        )  # fmt: skip
    if word == "pass":
        return before not in _BEFORE_HARMLESS_PASS
    if word in ("token", "bearer"):
        return before not in _BEFORE_HARMLESS_TOKEN
    if word == "tok":
        return before in _BEFORE_KEY
    if word in _SHORT:
        return capitals
    return word in _SECRET_WORDS or word.endswith(_SECRET_ENDS)


def _singular(word: str) -> str:
    return word if word.endswith("ss") else word.removesuffix("s")


def _is_secret(name: str, value: str) -> bool:
    """Whether `value` is a secret where it is given to `name`: that of `--token 5` is none."""
    if not names_a_secret(name):
        return False
    words = [word.lower() for word in _WORDS.findall(name)]
    if words[-1] not in _WEAK:
        return True
    plain = _AMOUNT if words[-1] == "tokens" else _PLAIN
    return not plain.fullmatch(value.strip("\\'\""))


def _hidden(argv: Sequence[str]) -> Iterator[str]:
    named, logs_in, writes = "", False, False
    for place, word in enumerate(argv):
        before = argv[max(0, place - 6) : place]
        last = before[-1] if before else ""
        if named and word == "--":
            yield word
            continue
        follows = named and (not names_a_secret(named) or _is_secret(named, word))
        if follows or (logs_in and not word.startswith("-") and last not in _NO_SECRET_AFTER):
            named, logs_in = "", False
            yield HIDDEN
            continue
        named = word if _secret_follows(word, before) else ""
        logs_in |= word == "login" and _program(last) in _LOGINS
        # An empty word is what was between two commands of a script.
        writes = bool(word) and (writes or (word in _WRITES and "vault" in map(_program, before)))
        if writes and (
            assignment := re.fullmatch(r"(?P<name>[A-Za-z][\w-]*=)(?!@).+", word, re.DOTALL)
        ):
            yield f"{assignment['name']}{HIDDEN}"
        else:
            yield _by_place(word, argv, place) or _in_text(word, script=bool(_BLANKS.search(word)))


def _secret_follows(word: str, before: Sequence[str]) -> bool:
    """Whether the word after `word` may be a secret."""
    if not _BARE_NAME.fullmatch(word):
        return False
    programs = [_program(before_word) for before_word in before]
    sets = any(before_word in _SETTERS for before_word in before)
    if word.startswith("-"):
        if names_a_secret(word):
            return True
        if word == "-p":
            return any(before_word in _PASSWORD_AFTER_P for before_word in programs)
        if word in ("-v", "--value"):
            return sets and any(
                before_word == "key" or names_a_secret(before_word) for before_word in before
            )
        return any(_CODES.get(before_word) == word for before_word in programs)
    return sets and names_a_secret(word)


def _by_place(word: str, argv: Sequence[str], place: int) -> str:
    """A word that holds a secret for where it stands, without it; '' for any other."""
    before = argv[max(0, place - 6) : place]
    last, programs = before[-1] if before else "", [_program(program) for program in before]
    ends = next((_USER_ENDS[program] for program in programs if program in _USER_ENDS), "")
    if (
        ends
        and ends in word
        and (last in _USER_OPTIONS or word.startswith(("-u", "-U", "--user=")))
    ):
        return f"{word.partition(ends)[0]}{ends}{HIDDEN}"
    names_user = last in _USER_OPTIONS or ("curl" in programs and _CURL_USER.fullmatch(last))
    if names_user and (match := _USER.fullmatch(word)):
        return "" if _in_container(argv[max(0, place - 40) : place]) else f"{match['who']}:{HIDDEN}"
    if match := _JOINED_USER.fullmatch(word):
        held = _in_container(argv[max(0, place - 40) : place])
        return "" if held else f"{match['option']}{match['who']}:{HIDDEN}"
    if re.fullmatch(r"-p[^\s-].*", word, re.DOTALL) and _JOINED_P & set(programs):
        return f"-p{HIDDEN}"
    return ""


def _in_container(before: Sequence[str]) -> bool:
    """Whether an option is one of docker, for which `-u user:group` names nothing secret."""
    known = (
        program for program in map(_program, reversed(before)) if program in _CONTAINERS | _CLIENTS
    )
    return next(known, "") in _CONTAINERS


def _program(word: str) -> str:
    return word.rpartition("/")[2]


def _in_text(text: str, *, script: bool) -> str:
    """A text without its secrets. In a `script` a value ends where a shell ends it; the words of
    it are looked at like those of a command line."""
    text = _PRIVATE.sub(HIDDEN, text)
    text = _HEADER.sub(_value_hidden, text)
    text = _COOKIE.sub(_value_hidden, text)
    text = _BEARER.sub(_value_hidden, text)
    text = _NETRC.sub(_value_hidden, text)
    for setting in (_LISTED, _ATTRIBUTES, _ELEMENT):
        text = setting.sub(_without_setting, text)
    text = _LOGIN_CALL.sub(_value_hidden, text)
    text = _SETTING_CALL.sub(_without_setting, text)
    text = _HOOKS.sub(_value_hidden, text)
    text = _URL.sub(_without_user, text)
    text = _QUERY.sub(_without_parameter, text)
    text = _without_values(text, script=script)
    text = _ISSUED.sub(HIDDEN, text)
    text = _RANDOM.sub(lambda match: HIDDEN if _is_random(match[0]) else match[0], text)
    if not script:
        return text
    parts = _BLANKS.split(text)
    words = [_unquoted(part) for part in parts[::2]]
    for place, shown in enumerate(_hidden(words)):
        if shown != words[place]:
            parts[2 * place] = parts[2 * place].replace(words[place], shown)
    return "".join(parts)


def _unquoted(part: str) -> str:
    """A word of a script without quotes around it and without what ends a command after it."""
    return part.strip("'\"`();|&")


def _value_hidden(match: re.Match[str]) -> str:
    return f"{match['name']}{HIDDEN}"


def _without_setting(match: re.Match[str]) -> str:
    return f"{match['start']}{HIDDEN}" if _is_secret(match["name"], match["value"]) else match[0]


def _without_user(match: re.Match[str]) -> str:
    """A URL without the password, or the token that stands for a name. Over SSH a name is none."""
    user, scheme = match["who"], match["scheme"].lower()
    named = ":" not in user and (not scheme.startswith(("http", "git+http")) or user in ("", "git"))
    return match[0] if named else f"{match['scheme']}{HIDDEN}@"


def _without_parameter(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    hides = _is_secret(name, value) or (
        name.lower().rpartition("-")[2] in _URL_NAMES and (len(value) > 15 or "amz" in name.lower())
    )
    return f"{match['start']}{name}={HIDDEN}" if hides or name.lower() == "sig" else match[0]


def _without_values(text: str, *, script: bool) -> str:
    """A text without what is given to names of secrets. What is given to another name may itself
    be such a pair: `--env=TOKEN=x`."""
    parts, done, place = [], 0, 0
    while named := _NAMED_VALUE.search(text, place):
        place = named.end()
        value = _VALUE.match(text, place) if names_a_secret(named["name"]) else None
        if value is None or value[0].lstrip("\\'\"").startswith(HIDDEN):
            continue
        end, quote = value.end(), re.match(r"\\?[\"']", value[0])
        if not quote and script and (stop := _ENDS_IN_TEXT.search(text, place, end)):
            end = stop.start()
        if not _is_secret(named["name"], text[place:end].rstrip(",;")):
            continue
        around = quote[0] if quote else ""
        parts += [text[done:place], around, HIDDEN, around]
        done = place = end
    return "".join([*parts, text[done:]])


_NAME_PARTS = pattern(
    r"(?=[A-Z]?[a-z]{0,20}[aeiouy])[A-Z]?[a-z]{3,}\d*|(?=[A-Z]?[a-z]{0,20}[aeiouy])[A-Z][a-z]{2}\d*"
    r"|(?i:lr|bs|wd|ep|v|x|fp|bf|int|dim|seed)\d+(?:e-?\d+)?"
)


def _is_random(word: str) -> bool:
    """Whether nobody named anything so: letters of both cases and digits without an order. Hashes,
    which are hexadecimal, paths of words and names made of words and numbers are none."""
    kinds = [
        "a" if c.islower() else "A" if c.isupper() else "0" if c.isdigit() else "-" for c in word
    ]
    changes = sum(a != b for a, b in pairwise(kinds))
    if not {"a", "A", "0"} <= set(kinds) or changes <= len(word) / 2:
        return False
    if sum(len(part[0]) for part in _NAME_PARTS.finditer(word)) > 0.7 * len(word):
        return False
    counts = Counter(word).values()
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts) > _BITS
