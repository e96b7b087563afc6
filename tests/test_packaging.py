import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import click
import pytest

import mlkanban
from mlkanban.cli.program import COMMANDS, program
from tests.packaging import share
from tests.tools import needs

ROOT = Path(__file__).parent.parent
FRONT = ("README.md", "LICENSE")
THEMES = {path.name for path in (ROOT / "themes").glob("*.toml")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make dist` makes by way of the sdist, with the files for the system."""
    folder, source = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("source") / "tree"
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for name in (*(place.removeprefix("/") for place in named), "pyproject.toml", *FRONT):
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "share", "golden")
            shutil.copytree(ROOT / name, source / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, source / name)
    share.write(source / "mlkanban" / "share")
    build = ["-m", "build", "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_its_themes_and_files_for_the_system(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"mlkanban/themes/{theme}" for theme in THEMES} <= names
    assert "mlkanban/docs/agents.md" in names
    release = f"mlkanban-{mlkanban.__version__}"
    info, data = f"{release}.dist-info", f"{release}.data"
    assert {name.split("/")[0] for name in names} == {"mlkanban", info, data}
    assert {name for name in names if name.startswith(data)} == {
        f"{data}/data/share/{place}"
        for place in (
            "man/man1/mlkanban.1", "man/man1/mlk.1",
            "bash-completion/completions/mlkanban", "bash-completion/completions/mlk",
            "zsh/site-functions/_mlkanban", "zsh/site-functions/_mlk",
            "fish/vendor_completions.d/mlkanban.fish", "fish/vendor_completions.d/mlk.fish",
        )
    }  # fmt: skip
    assert not any(name.startswith("mlkanban/share") for name in names)
    scripts = zipfile.ZipFile(wheel).read(f"{info}/entry_points.txt").decode()
    assert "mlkanban = mlkanban.cli:main\n" in scripts
    assert "mlk = mlkanban.cli:main\n" in scripts


def test_the_manual_page_has_every_command_and_option(tmp_path: Path) -> None:
    share.write(tmp_path)
    page = tmp_path / "man" / "man1" / "mlkanban.1"
    needs("groff")
    printed = subprocess.run(
        ["groff", "-ww", "-man", "-Tascii", "-P-c", "-rLL=200n", str(page)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert printed.stderr == ""
    text = re.sub(".\b", "", printed.stdout)
    for name in COMMANDS:
        assert re.search(rf"^ +mlkanban {name}\b", text, re.MULTILINE), name
    for words in ("--outcome", "stages limit", "--override REASON", "config.toml", "--home DIR"):
        assert words in text
    with click.Context(program, info_name="mlkanban") as ctx:
        listed = program.get_command(ctx, "list")
        assert listed is not None
        for param in listed.params:
            assert all(name in text for name in param.opts)


def test_the_recipe_asks_for_what_the_package_asks_for() -> None:
    recipe = (ROOT / "tests" / "packaging" / "recipe.yaml").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f'version: "{mlkanban.__version__}"' in recipe
    assert f'python_min: "{project["requires-python"].removeprefix(">=")}"' in recipe
    run = recipe.split("  run:\n")[1].split("\n\n")[0]
    asked = {line.strip()[2:] for line in run.splitlines() if line.strip().startswith("- ")}
    wanted = {
        re.sub(r"^([a-z-]+)", r"\1 ", dependency.split(";")[0]).replace("tzdata ", "python-tzdata ")
        for dependency in project["dependencies"]
    }
    assert asked == wanted | {"python >=${{ python_min }}"}
    for name, place in project["scripts"].items():
        assert f"      - {name} = {place}\n" in recipe


def test_an_installed_wheel_finds_its_themes(
    wheel: Path, tmp_path: Path, home: dict[str, str]
) -> None:
    target = tmp_path / "site"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([sys.executable, *install, str(target), str(wheel)], check=True)
    code = (
        "from mlkanban.paths import bundled_themes\n"
        "for path in bundled_themes().iterdir(): print(path)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=home | {"PYTHONPATH": str(target)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")[:-1]
    assert {Path(path).name for path in found} == THEMES
    assert {Path(path).parent for path in found} == {target / "mlkanban" / "themes"}


def test_the_lock_knows_only_the_public_index() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    sources = {str(package["source"]) for package in packages if package["name"] != "mlkanban"}
    assert sources == {str({"registry": "https://pypi.org/simple"})}


def test_what_a_source_distribution_is_to_hold_is_there() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for place in settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]:
        assert (ROOT / place.removeprefix("/")).exists(), place
