"""Paths: one folder that the person chose, or the XDG folders; importing this does nothing."""

import contextlib
import os
import pwd
from pathlib import Path

from mlkanban.errors import StoreProblem
from mlkanban.hints import hint
from mlkanban.records import record


@record(frozen=True, slots=True)
class Places:
    """The folders of one person: `data` holds the store, `config` the settings and the person's
    themes."""

    data: Path
    config: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def themes(self) -> Path:
        return self.config / "themes"

    @property
    def crash_log(self) -> Path:
        return self.data / "crash.log"

    @property
    def log(self) -> Path:
        return self.data / "mlkanban.log"

    @property
    def drafts(self) -> Path:
        return self.data / "drafts"


def places(home: str | os.PathLike[str] | None = None) -> Places:
    """The folders in use: `home` (or MLKANBAN_HOME) holds everything, else XDG's two."""
    chosen = home or os.environ.get("MLKANBAN_HOME")
    if chosen:
        tilde, _, rest = os.fspath(chosen).partition("/")
        root = _home() / rest if tilde == "~" else in_full(Path(chosen))
        return Places(data=root, config=root)
    return Places(
        data=_xdg("XDG_DATA_HOME", ".local/share") / "mlkanban",
        config=_xdg("XDG_CONFIG_HOME", ".config") / "mlkanban",
    )


def working_folder() -> Path:
    """The working directory of this process; StoreProblem when it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise StoreProblem(
            "The folder you are in does not exist any more.", "Change to another: cd"
        ) from None


def in_full(path: Path) -> Path:
    """An absolute path, `~` expanded."""
    path = path.expanduser()
    return path if path.is_absolute() else working_folder() / path


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if os.path.isabs(value) else _home() / default


def _home() -> Path:
    """The home folder of this person: HOME, or the system's record where HOME is empty."""
    home = os.environ.get("HOME", "")
    if not os.path.isabs(home):
        with contextlib.suppress(KeyError):
            home = pwd.getpwuid(os.getuid()).pw_dir
    if not os.path.isabs(home):
        raise StoreProblem(
            f"You have no home folder: HOME is not set to one, and the system knows none of user "
            f"{os.getuid()}.",
            hint("Set HOME, or say where everything lies: {--home DIR}"),
        )
    return Path(home)


def user_themes() -> Path:
    """The person's own theme folder (it need not exist)."""
    return places().themes


def bundled_themes() -> Path:
    """The themes that come with the program: in the wheel, or in the checkout it runs from."""
    package = Path(__file__).parent
    shipped = package / "themes"
    return shipped if shipped.is_dir() else package.parent / "themes"
