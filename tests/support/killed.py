"""A process that is killed at a chosen step: it ends itself with SIGKILL just before the n-th call of what is watched."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any


class Killed:
    """``steps`` calls of what is ``watched`` go through, then the process dies."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def watched(self, what: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
            return what(*args, **kwargs)

        return call
