"""A writer that is killed when part of its transaction is in the file already."""

import os
import signal
import sys
from pathlib import Path

from mlkanban.store import database

store = database.open_for_writing(Path(sys.argv[1]))
# With room for one page in memory, SQLite writes the others to the file before the commit, as the
# first half of a big commit does.
store.conn.execute("PRAGMA cache_size=1")
store.conn.execute("PRAGMA cache_spill=1")
with store.writing() as conn:
    conn.execute("UPDATE card SET title = 'half done'")
    for number in range(2000):
        conn.execute("INSERT INTO undone VALUES (?, ?)", (f"half-{number}", "done" * 20))
    os.kill(os.getpid(), signal.SIGKILL)
