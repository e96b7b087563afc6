"""When the program itself fails: a file with the traceback, two lines for the person."""

import os
import traceback
from pathlib import Path

from mlkanban import __version__
from mlkanban.access import refusal
from mlkanban.errors import MlkanbanError
from mlkanban.paths import places


def write_log(error: Exception) -> MlkanbanError:
    """Keep the traceback of `error` in the crash log; the two lines to say."""
    what = f"This should not have happened ({type(error).__name__}: {error})."
    if isinstance(error, OSError):
        what = f"The system refused {error.filename or 'something'}: {error.strerror or error}."
    if isinstance(error, PermissionError) and isinstance(error.filename, str):
        cause, mend = refusal(Path(error.filename), write=True)
        if cause:  # no fault of ours: there is nothing more to tell
            return MlkanbanError(f"The system refused {error.filename}: {cause}.", mend)
    text = f"mlkanban {__version__}\n\n" + "".join(traceback.format_exception(error))
    try:
        kept = f"The details are in {_write(places().crash_log, text)}."
    except (OSError, MlkanbanError) as problem:
        kept = f"The details could not be kept: {problem}."
    whole = "Is the store whole? mlkanban doctor --deep"
    return MlkanbanError(f"{' '.join(what.split())}\n{kept} {whole}")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o600), "a", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path
