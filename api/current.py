"""The release that is served now; a new one takes its place within a second, and no call is dropped for it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from contracts.model import Contracts
from warehouse.faults import NotFoundError, RenkouError
from warehouse.home import Home
from warehouse.parts import SERVE
from warehouse.publish import published
from warehouse.published import Published
from warehouse.working_copy import refresh

EVERY = 0.5  # seconds between two looks at what is published
LOG = logging.getLogger("renkou.api")


class Current:
    """Holds the release open. A call keeps the one that it began with; the last call that has it closes it."""

    def __init__(self, home: Home, contracts: Contracts) -> None:
        self._home, self._contracts = home, contracts
        self._path: Path | None = None
        self._open: Published | None = None

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
            if path != self._path:
                release = Published(path, self._contracts)
                release.warm()
                self._open, self._path = release, path
                LOG.info("serving release %s", self._open.release.release_id)
        except NotFoundError:
            return
        except (RenkouError, OSError) as error:
            LOG.warning("the release before stays served: %s", error)

    async def watch(self) -> None:
        """Look again and again, beside the calls."""
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.look)
