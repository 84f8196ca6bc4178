"""Several processes that answer on one address."""

from __future__ import annotations

import os

import uvicorn

from warehouse.access_log import AccessLog
from warehouse.at_home import at_home
from warehouse.parts import SERVE


def serve(host: str, port: int, workers: int) -> None:
    """Serve until told to stop (SIGTERM lets calls end that are under way)."""
    with at_home(SERVE) as home:
        AccessLog(home)  # a log that cannot be written is told here, before anybody asks
    uvicorn.run(
        "api.app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # an address may hold a person's id; who looked is in our own log
        log_level="info",
        server_header=False,
        timeout_keep_alive=75,
        backlog=1024,
        timeout_graceful_shutdown=20,
    )


def workers_for(cores: int | None) -> int:
    """A process a core, two at least: one may be restarted while the other answers."""
    return max(2, cores or os.cpu_count() or 2)
