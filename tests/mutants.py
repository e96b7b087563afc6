"""Mutation testing: small changes to rules and numbers, each of which a test should notice.

`make mutants` takes a random sample and lists the survivors. MUTANTS=60 is how many, MUTANTS_SEED
makes the same sample again, MUTANTS_IN="flow core/query" are other places of the package.

What is changed are comparisons, arithmetic, numbers, and/or/not, True/False, loops and their exits;
words are not. A mutant meets the tests of its module: the file of the same name, and of those that
import the module as many as take some seconds. All happens in a copy of the checkout.
"""

import compileall
import importlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec

from tests.visible import Visible

ROOT = Path(__file__).parent.parent
PLACES = "core flow runs/model"
TESTS = ("core", "flow", "runs/model", "service", "store", "sync", "charts", "display", "exchange")
"""Below `tests/`, where tests are that may belong to a module; those of the surfaces are slow."""
MOST_SECONDS = 20
"""Of computing, for each kind of tests but a module's own: nearly all import the models."""
PATIENCE = 8
"""How much longer than computing the waiting may be."""
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0",
           "-m", "not slow and not terminal and not network and not slurm")  # fmt: skip
SAID = "said-by-pytest.txt"
"""In the copy of the checkout: what the last tests printed."""
LOADED = ("hypothesis.strategies", "pydantic", "pytest_asyncio", "scipy.stats", "simpy")
"""What many tests import, and no mutant changes."""
OPERATORS = re.compile(
    r"core/(NumberReplacer|AddNot|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr"
    r"|ReplaceOrWithAnd|ReplaceBreakWithContinue|ReplaceContinueWithBreak|ZeroIterationForLoop"
    # Equality becomes no order, which is mostly the same where one side is the least or a word.
    r"|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|(Lt|LtE|Gt|GtE)_(Lt|LtE|Gt|GtE))"
    r"|ReplaceBinaryOperator_(Add|Sub|Mul|Div|FloorDiv|Mod)_(Add|Sub|Mul|Div|FloorDiv|Mod))"
)


class Mutant(NamedTuple):
    """One change, by the names of cosmic-ray."""

    spec: MutationSpec
    module: Path
    line: int


def mutants_in(module: Path) -> list[list[Mutant]]:
    """All mutants of a file, relative to the folder one is in: a list for each place in it."""
    nodes = list(ast_nodes(get_ast_from_path(module)))
    seen = Visible(module.read_text())
    places: dict[tuple[int, int], list[Mutant]] = {}
    for name in filter(OPERATORS.fullmatch, operator_names()):
        operator = get_operator(name)()
        spans = (span for node in nodes for span in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(spans):
            if seen(start):
                spec = MutationSpec(module, name, occurrence, start, end)
                places.setdefault(start, []).append(Mutant(spec, module, start[0]))
    return list(places.values())


@cache
def tests_of(module: Path) -> tuple[tuple[str, ...], ...]:
    """The test files of a module, in the order in which a mutant meets them: its own, those of the
    same part of the package that import it, others that import it or are of its name. Of these the
    ones that import least come first, for they are about what they import."""
    inside = module.relative_to("mlkanban")
    dotted = ".".join(module.with_suffix("").parts)
    package, _, name = dotted.rpartition(".")
    imports = re.compile(
        rf"{re.escape(dotted)}\b|from {re.escape(package)} import [^\n]*\b{name}\b"
    )
    own = Path("tests", inside.parent, f"test_{name}.py")
    near: list[Path] = []
    far: list[Path] = []
    for found in (Path("tests").glob("*"), *(Path("tests", part).rglob("*") for part in TESTS)):
        for path in sorted(path for path in found if path.match("test_*.py")):
            if path != own and (path.name == own.name or imports.search(path.read_text())):
                (near if path.is_relative_to(Path("tests", inside.parts[0])) else far).append(path)
    for some in near, far:
        some.sort(key=lambda path: (path.read_text().count("import"), path))
    stages = [own] * own.exists(), near, far
    return tuple(tuple(map(str, stage)) for stage in stages if stage)


@cache
def within_time(files: tuple[str, ...]) -> tuple[str, ...]:
    """As many of these files as can be run in MOST_SECONDS, at least one, and none that fails where
    nothing is changed."""
    spent, kept = 0.0, list[str]()
    for path in files:
        seconds = seconds_of(path)
        if seconds is None:
            continue
        spent += seconds
        if kept and spent > MOST_SECONDS:
            break
        kept.append(path)
    return tuple(kept)


def copied(to: Path) -> None:
    """The files of the checkout, as they are now."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name, follow_symlinks=False)
    compileall.compile_dir(to / "mlkanban", quiet=1)


class PlainFirst:
    """A plugin of pytest: tests of single cases before those of properties, which take longer."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))


def passed(tests: tuple[str, ...], seconds: int) -> bool:
    """Whether these tests pass; they are run to the first that fails. A child that has pytest
    loaded already runs them, and ends itself after so many seconds of computing, even if this
    program was ended meanwhile: some mutants never come to an end. A busy machine gets more time,
    or what is only slow there would count as noticed."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(PATIENCE * seconds)
        with open(SAID, "wb") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        sys.dont_write_bytecode = True  # or another mutant of the same second would be taken for it
        code = pytest.main([*OPTIONS, *tests], plugins=[PlainFirst()])
        os._exit(code * (code != pytest.ExitCode.NO_TESTS_COLLECTED))
    finally:
        os._exit(1)


def main() -> int:
    """Try a sample; the exit code is 1 where less than 95 % of it were noticed."""
    size = int(os.environ.get("MUTANTS") or 60)
    seed = int(os.environ.get("MUTANTS_SEED") or random.randrange(10_000))
    places = (os.environ.get("MUTANTS_IN") or PLACES).split()
    with tempfile.TemporaryDirectory(prefix="mlkanban-mutants-") as folder:
        copied(Path(folder))
        os.chdir(folder)
        os.environ["PYTHONPATH"] = sys.path[0] = folder
        for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
            del sys.modules[name]  # those of the copy are to be imported
        for name in LOADED:
            importlib.import_module(name)
        modules = [
            module
            for place in places
            for module in sorted(Path("mlkanban", place).rglob("*.py"))
            or [Path("mlkanban", place).with_suffix(".py")]
        ]
        everywhere = [alike for module in modules for alike in mutants_in(module)]
        chance = random.Random(seed)
        some = chance.sample(everywhere, min(size, len(everywhere)))
        sample = sorted((chance.choice(alike) for alike in some), key=lambda m: (m.module, m.line))
        print(f"{len(sample)} of {len(everywhere)} places, MUTANTS_SEED={seed}", flush=True)
        return report(sample)


def report(sample: list[Mutant]) -> int:
    """Try these, and print what became of them."""
    survivors: list[str] = []
    untested: list[Mutant] = []
    for number, mutant in enumerate(sample, 1):
        if not tests_of(mutant.module):
            untested.append(mutant)
            continue
        place, diff = f"{mutant.module}:{mutant.line}", survived(mutant)
        print(f"{number:4} {'survived' if diff else 'noticed '} {place}", flush=True)
        if diff:
            survivors.append(place)
            print(diff, flush=True)
    for mutant in untested:
        print(f"\nno test imports {mutant.module}, which was to be changed in line {mutant.line}")
    tried = len(sample) - len(untested)
    killed = tried - len(survivors)
    print(f"\nsurvivors: {' '.join(survivors) or 'none'}")
    print(f"{killed} of {tried} were noticed ({killed / max(1, tried):.0%}).")
    return int(killed < 0.95 * tried)


def survived(mutant: Mutant) -> str:
    """The difference that no test of its module noticed; '' where one did."""
    operator = get_operator(mutant.spec.operator_name)()
    before, after = "", ""
    for tests in filter(None, map(within_time, tests_of(mutant.module))):
        limit = 5 + round(2 * sum(seconds_of(path) or 0 for path in tests))
        with use_mutation(mutant.module, operator, mutant.spec.occurrence) as code:
            before, after = code
            if not passed(tests, limit):
                return ""
    diff = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(diff) or "no test of it passes without any change"


@cache
def seconds_of(tests: str) -> float | None:
    """How long a file of tests computes where nothing is changed; None where it fails even so."""
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    if not passed((tests,), 600):
        print(f"{tests} fails without any change and is left out:\n{Path(SAID).read_text()}")
        return None
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before


if __name__ == "__main__":
    sys.exit(main())
