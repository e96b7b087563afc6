"""Read what trackers have of runs that ended just now: values reported at the very end are there
without another look at all trackers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from mlkanban.core.timestamps import moment
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.likely_runs import local_runs, newest_command_in
from mlkanban.runs.model.inbox import with_likely_run
from mlkanban.runs.trackers.places import read_all, usual
from mlkanban.runs.trackers.tracker import KnownRuns
from mlkanban.service import Service

_BESIDE = ("", "-wal", "-journal")


def take_in_end_values(
    service: Service,
    data: Path,
    ended: Sequence[RunFolder],
    environ: Mapping[str, str],
    trackers: Sequence[str] = (),
) -> int:
    """Link and update the runs of trackers in the folders that runs were started in, at the places
    of the setting `trackers`, and where linked runs are kept, as far as these were written while
    the runs went on; how many were linked or changed."""
    starts = [folder.start() for folder in ended]
    begun = [at.timestamp() for start in starts if (at := moment(str(start.get("started") or "")))]
    folders = dict.fromkeys(Path(str(start["cwd"])) for start in starts if start.get("cwd"))
    if not begun or not folders:
        return 0
    places = dict.fromkeys(
        path
        for folder in folders
        for path in usual(folder, environ, [*trackers, *service.links.places()])
    )
    written = [*_written_since(places, min(begun))]
    if not written:
        return 0
    known = KnownRuns(service.links.ended(), partial(newest_command_in, data), only_news=True)
    runs = with_likely_run(read_all(written, known=known).runs, local_runs(data))
    synced = service.links.sync([*runs])
    return len(synced.linked) + len(synced.changed)


def _written_since(places: Iterable[Path], since: float) -> Iterator[Path]:
    """The files that were written since an instant (seconds since 1970), and all folders."""
    for path in places:
        if path.is_dir():
            yield path
            continue
        for end in _BESIDE:
            with suppress(OSError):
                if Path(f"{path}{end}").stat().st_mtime >= since:
                    yield path
                    break
