"""The access log as the calls of one process write it: those that come together wait for the disk together."""

from __future__ import annotations

import asyncio

from warehouse.access_log import Access, AccessLog

AT_ONCE = 2  # waits for the disk that overlap


class Journal:
    """Writes looks into ``log``, several at a time; whoever wrote one waits until it is on the disk."""

    def __init__(self, log: AccessLog) -> None:
        self.log = log
        self._waiting: list[tuple[Access, asyncio.Future[int]]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def write(self, access: Access) -> int:
        """Return when the access is on the disk; answers its number. Raises AccessLogBrokenError."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((access, done))
        if len(self._writing) < AT_ONCE:
            task = asyncio.create_task(self._flush())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return await done

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                last = await asyncio.to_thread(self.log.write, [access for access, _ in batch])
            except Exception as error:  # noqa: BLE001 - it is the callers' error, each of them gets it
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for place, (_, done) in enumerate(batch):
                    if not done.done():
                        done.set_result(last - len(batch) + 1 + place)
