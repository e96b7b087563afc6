"""The store's own threads: the screen never waits for a disk, a lock or another process, and no
command of a person for what is read or copied at length."""

import asyncio
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from mlkanban.service import Service

T = TypeVar("T")

_PAUSE_SECONDS = 0.01
"""Between two looks whether a write is over."""
_REST_SECONDS = 0.0005
"""So long a reading rests now and then, for the screen to come to its turn: SQLite lets go of
Python for every row, but takes it again at once."""
_END_SECONDS = 0.5
"""So long the end of the program waits for what was read and is given up."""


class StoreThread:
    """Runs use cases one after the other in one thread, through a connection of its own. What takes
    long has threads and connections beside it: `read`, and `copy` for backups."""

    def __init__(self, opening: Callable[[], Service]) -> None:
        self._opening = opening
        self._service: Service | None = None
        self.show_wait: Callable[[str], object] = lambda _: None
        """Shows what an action waits for; it is called in another thread."""
        self._beside_screen = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._reader = _StoreReader(opening, self._writes)
        self._copier = _StoreCopier(opening, self._writes)

    def at_once(self, action: Callable[[Service], T]) -> T:
        """What `action` returns, waiting for it: only before the screen is up."""
        return self.begin(action).result()

    def begin(self, action: Callable[[Service], T]) -> Future[T]:
        """Begin an action: it is done before the store is closed, whoever waits for it."""
        return self._thread.submit(lambda: action(self._open()))

    async def call(self, action: Callable[[Service], T]) -> T:
        """What `action` returns, or raises, after running it in the store's thread."""
        self._beside_screen = True
        return await _result(self.begin(action))

    async def read(self, action: Callable[[Service], T]) -> T:
        """What a long reading returns, or raises. It gives way to every write, to begin again after
        it, and is given up when the program ends."""
        return await _result(self._reader.begin(action))

    async def copy(self, action: Callable[[Service], T]) -> T:
        """What `action` returns or raises, which copies the store: StoreBusy when a write comes
        meanwhile. The end of the program waits for it."""
        return await _result(self._copier.begin(action))

    def end_beside(self) -> None:
        """Give up what is read, and finish a copy that is under way."""
        self._reader.end()
        self._copier.end()

    def close(self) -> None:
        """Finish what is under way and close the store."""
        self.end_beside()
        self._thread.submit(self._shut)
        self._thread.shutdown(wait=True)

    def _writes(self) -> bool:
        return self._service is not None and self._service.writes

    def _open(self) -> Service:
        if self._service is None:
            self._service = self._opening()
            self._service.call_while_working(self._rest)
        return self._service

    def _rest(self) -> bool:
        if self._beside_screen:
            time.sleep(_REST_SECONDS)
        return False

    def _shut(self) -> None:
        if self._service is not None:
            self._service.close()
            self._service = None


class _SideThread:
    """Runs one action after the other in a thread and through a connection of its own, both made
    for the first one."""

    def __init__(self, opening: Callable[[], Service], writes: Callable[[], bool]) -> None:
        self._opening = opening
        self._writes = writes
        self._waiting: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: Thread | None = None
        self._service: Service | None = None
        self._ended = False

    def begin(self, action: Callable[[Service], T]) -> Future[T]:
        """Begin an action; once the thread is to end, nobody gets an answer any more."""
        future: Future[T] = Future()

        def run() -> None:
            if self._ended or not future.set_running_or_notify_cancel():
                return
            try:
                result = self._run(action)
            except BaseException as error:
                if not self._ended:
                    future.set_exception(error)
            else:
                future.set_result(result)

        self._waiting.put(run)
        if self._thread is None and not self._ended:
            self._thread = Thread(target=self._run_all, daemon=True)
            self._thread.start()
        return future

    def end(self, seconds: float | None = None) -> None:
        """End the thread after what is under way; wait for that, or only for so long."""
        self._ended = True
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(seconds)

    def _run_all(self) -> None:
        try:
            while run := self._waiting.get():
                run()
        finally:
            if self._service is not None:
                self._service.close()

    def _open(self) -> Service:
        if self._service is None:
            self._service = self._opening()
        return self._service

    def _run(self, action: Callable[[Service], T]) -> T:
        return action(self._open())


class _StoreReader(_SideThread):
    """Gives up what it reads while somebody writes, to read it again afterwards."""

    _gave_way = False

    def end(self, seconds: float | None = _END_SECONDS) -> None:
        super().end(seconds)

    def _run(self, action: Callable[[Service], T]) -> T:
        service = self._open()
        service.call_while_working(self._gives_way)
        while True:
            while self._writes():
                time.sleep(_PAUSE_SECONDS)
            self._gave_way = False
            try:
                result = action(service)
            except Exception:  # whatever becomes of an interrupted statement
                if self._ended or not self._gave_way:
                    raise
            else:
                # The action may do without what could not be read.
                if self._ended or not self._gave_way:
                    return result

    def _gives_way(self) -> bool:
        time.sleep(_REST_SECONDS)
        self._gave_way |= self._ended or self._writes()
        return self._gave_way


class _StoreCopier(_SideThread):
    """Gives up a copy when somebody writes."""

    def _run(self, action: Callable[[Service], T]) -> T:
        service = self._open()
        service.copy_giving_way(self._writes)
        return action(service)


async def _result(future: Future[T]) -> T:
    # Shielded: what was asked for is done, even if the screen that asked is left meanwhile.
    return await asyncio.shield(asyncio.wrap_future(future))


async def beside(work: Callable[[], T]) -> T:
    """What `work` returns, or raises, after running it in a thread that the program does not wait
    for when it ends: a network may keep one waiting."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(future)
