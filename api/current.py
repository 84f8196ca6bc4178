"""The release that is served now; a new one takes its place within a second, and no call is dropped for it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from contracts.model import Contracts
from warehouse.at_home import refresh
from warehouse.durable import one_at_a_time
from warehouse.faults import NotFoundError, RenkouError, is_damage
from warehouse.home import Home
from warehouse.parts import SERVE
from warehouse.publish import published
from warehouse.published import Published

EVERY = 0.5  # seconds between two looks at what is published
LOG = logging.getLogger("renkou.api")


class Current:
    """Holds the release open. A call keeps the one that it began with, also while the next one is served.

    A new release is read for what was asked of late before it is served, by one process at a time.
    """

    def __init__(self, home: Home, contracts: Contracts) -> None:
        self._home, self._contracts = home, contracts
        self._path: Path | None = None
        self._open: Published | None = None
        self._before: Published | None = None  # closed at the next look: a call that lets go of it last would wait long

    @property
    def release(self) -> Published:
        """Raises NotFoundError before the first release."""
        if self._open is None:
            raise NotFoundError("nothing is published yet")
        return self._open

    @property
    def path(self) -> Path | None:
        return self._path

    def look(self) -> None:
        """Open what is published now, if it is another file. What cannot be opened leaves the release before in place."""
        try:
            refresh(self._home, SERVE)
        except (RenkouError, OSError) as error:
            LOG.warning("what lies here stays served: %s", error)
        try:
            path = published(self._home)
            if path == self._path:
                self._before = None
                return
            with one_at_a_time(self._home.turn):
                release = Published(path, self._contracts, before=self._open)
            self._before, self._open, self._path = self._open, release, path
            LOG.info("serving release %s", release.release.release_id)
        except NotFoundError:
            return
        except (RenkouError, OSError) as error:
            LOG.warning("the release before stays served: %s", error)
        except duckdb.Error as error:
            if not is_damage(error):
                raise
            LOG.warning("the release before stays served: %s: the file is damaged; see docs/runbooks/release-broken.md", path)

    async def watch(self) -> None:
        """Look again and again, beside the calls."""
        with ThreadPoolExecutor(1, initializer=_give_way) as beside:
            while True:
                await asyncio.sleep(EVERY)
                await asyncio.get_running_loop().run_in_executor(beside, self.look)


def _give_way() -> None:
    """Let calls go before this thread: reading a new release takes some tenths of a second of a processor."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
