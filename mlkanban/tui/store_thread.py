"""The store's own thread: the screen never waits for a disk, a lock or another process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from mlkanban.service import Service

T = TypeVar("T")


class StoreThread:
    """Runs use cases one after the other in one thread, which alone owns the connection."""

    def __init__(self, opening: Callable[[], Service]) -> None:
        self._opening = opening
        self._service: Service | None = None
        self.show_wait: Callable[[str], object] = lambda _: None
        """Shows what an action waits for; it is called in another thread."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    def at_once(self, action: Callable[[Service], T]) -> T:
        """What `action` returns, waiting for it: only before the screen is up."""
        return self.begin(action).result()

    def begin(self, action: Callable[[Service], T]) -> Future[T]:
        """Begin an action: it is done before the store is closed, whoever waits for it."""
        return self._thread.submit(lambda: action(self._open()))

    async def call(self, action: Callable[[Service], T]) -> T:
        """What `action` returns, or raises, after running it in the store's thread."""
        future = self.begin(action)
        # Shielded: what was asked for is done, even if the screen that asked is left meanwhile.
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Finish what is under way and close the store."""
        self._thread.submit(self._shut)
        self._thread.shutdown(wait=True)

    def _open(self) -> Service:
        if self._service is None:
            self._service = self._opening()
        return self._service

    def _shut(self) -> None:
        if self._service is not None:
            self._service.close()
            self._service = None


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
