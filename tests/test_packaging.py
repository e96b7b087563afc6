import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import mlkanban

ROOT = Path(__file__).parent.parent
THEMES = {path.name for path in (ROOT / "themes").glob("*.toml")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_and_its_themes_only(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"mlkanban/themes/{theme}" for theme in THEMES} <= names
    info = f"mlkanban-{mlkanban.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"mlkanban", info}
    scripts = zipfile.ZipFile(wheel).read(f"{info}/entry_points.txt").decode()
    assert "mlkanban = mlkanban.cli:main\n" in scripts
    assert "mlk = mlkanban.cli:main\n" in scripts


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
