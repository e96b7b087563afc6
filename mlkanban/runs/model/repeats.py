"""Names of the parameters in which runs of one configuration may differ, such as the seed."""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache
from zlib import crc32

from mlkanban.records import record

_LABELS = (
    "run", "run_name", "run_id", "exp_name", "experiment_name",
    "out", "out_dir", "out_file", "outdir", "outputs",
    "output", "output_dir", "output_file", "output_path",
    "save_dir", "save_path", "log_dir", "log_file", "logdir", "logging_dir",
    "checkpoint_dir", "ckpt_dir", "results_dir", "run.dir", "sweep.dir",
)  # fmt: skip
"""Those that say only what a run is called and where its results go: two runs that differ in
nothing else are one observation."""
DEFAULT_NAMES = (
    "seed",
    "seeds",
    "*_seed",
    "seed_*",
    "*_seed_*",
    "random_state",
    "fold",
    "repeat",
    "rep",
    "replicate",
    *_LABELS,
)
"""In lower case with `_` for `-`. `*` stands for anything; a name with a dot is compared with the
end of a parameter's whole name, any other with its last part."""


_SEVERAL = re.compile(r"[^,]*(?:,[^,]+)+|[a-z]+\(.*\)|\[.*\]", re.DOTALL)


def refusal(names: Iterable[str]) -> str:
    """What is wrong with such names, '' when nothing is."""
    for name in names:
        if not name.strip(" *."):
            return f"{name!r} would fit every parameter." if name.strip() else "a name is empty."
        if any(char.isspace() or char in "=[]?" for char in name):
            return f"{name!r} can be no name of a parameter."
    return ""


class _Patterns:
    """Names, ready to be compared."""

    def __init__(self, names: Iterable[str]) -> None:
        plain = sorted({plain_name(name) for name in names})
        whole = [translate(f"*.{name}") for name in plain if "." in name]
        last = [translate(name) for name in plain if "." not in name]
        self._whole, self._last = (re.compile("|".join(one) or "(?!)") for one in (whole, last))
        self.mark = ""
        if plain != sorted(DEFAULT_NAMES):
            self.mark = f"{crc32(' '.join(plain).encode()):08x}"

    def fit(self, name: str) -> bool:
        plain = plain_name(name)
        last = re.split(r"[./]", plain)[-1]
        return bool(self._last.match(last) or self._whole.match(f".{plain}"))


_compiled = lru_cache(maxsize=3)(_Patterns)
_MOST_NAMED = 5


@record(frozen=True, slots=True)
class Repeats:
    """By which names of parameters runs are repeats of one another: they differ in those alone."""

    names: tuple[str, ...] = DEFAULT_NAMES

    @property
    def mark(self) -> str:
        """What tells these names from others, '' for the default ones."""
        return "" if self.names == DEFAULT_NAMES else _compiled(self.names).mark

    @property
    def sentence(self) -> str:
        """In what repeats differ: in the names of the settings where these are not the default
        ones, those first that are no default."""
        if not self.mark:
            return "repeats are runs that differ only in their seed, as in --seed 3 or seed=3"
        if not self.names:
            return "repeats are runs that differ in no parameter (repeat_parameters is empty)"
        own_first = sorted(self.names, key=lambda name: plain_name(name) in DEFAULT_NAMES)
        more = ["..."] if len(own_first) > _MOST_NAMED else []
        named = ", ".join([*own_first[:_MOST_NAMED], *more])
        return f"repeats are runs that differ only in {named} (repeat_parameters)"

    def made(self, packed: str) -> bool:
        """Whether the runs that a face keeps (brief.py) were told to be repeats by these names: the
        mark is the last text there, behind whether anything is sure."""
        head, _, rest = packed.rpartition('"')
        given = "" if "true" in rest or "false" in rest else head.rpartition('"')[2]
        return given == self.mark

    def may_differ(self, name: str, value: str = "") -> bool:
        """Whether a parameter is one in which repeats may differ: `seed`, `--random-state`,
        `trainer.data_seed`, `hydra.run.dir`. Several seeds are none: a run over `1,2,3` is no
        repeat of one over `1,2`."""
        if not _compiled(self.names).fit(name):
            return False
        return not is_list(value) or _compiled(_LABELS).fit(name)

    def names_one(self, name: str) -> bool:
        """Whether a parameter with this name is one in which repeats may differ, or a list of
        those."""
        return _compiled(self.names).fit(name)

    def is_draw(self, name: str, value: str = "") -> bool:
        """Whether a parameter in which repeats may differ makes another observation of them, as a
        seed does and an output folder does not."""
        return self.may_differ(name, value) and not _compiled(_LABELS).fit(name)


DEFAULT = Repeats()


def is_list(value: str) -> bool:
    """Whether a value of the command line stands for several: `1,2,3`, `[1, 2]`, `range(1,4)`."""
    return bool(_SEVERAL.fullmatch(value))


def plain_name(name: str) -> str:
    """The name of a parameter as names are compared: in lower case with `_` for `-`."""
    return name.strip().lower().replace("-", "_")
