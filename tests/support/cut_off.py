"""``python -m tests.support.cut_off STAGE STEP ...``: the command ``renkou ...``, killed within a stage of the road.

The process sends itself SIGKILL at the STEP-th time that it opens or moves a file within the stage, so that the cut
falls at the same place on every machine. A stage that has fewer steps runs to its end. On the way to a cut in
``publish`` the gates are left out: they take long and change nothing of the build.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

STEPS = frozenset({"open", "os.rename", "os.remove"})


class Cut:
    """Counts the steps of one stage; the stage's name is what the listener is told, without the day."""

    def __init__(self, stage: str, step: int) -> None:
        self._stage, self._left, self._is_near = stage, step, False

    def stage(self, name: str) -> None:
        self._is_near = name.split(maxsplit=1)[0] == self._stage

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_near or event not in STEPS or _is_code(arguments):
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _is_code(arguments: tuple[Any, ...]) -> bool:
    """Python's own files: whether they are read depends on what was imported and compiled before."""
    return ".py" in str(arguments[0]) or "site-packages" in str(arguments[0]) or isinstance(arguments[0], int)


def main() -> None:
    stage, step, *arguments = sys.argv[1:]
    cut = Cut(stage, int(step))
    from cli import progress  # noqa: PLC0415 - after the arguments are known
    from tests.support.county import passing  # noqa: PLC0415
    from transforms import road  # noqa: PLC0415

    if stage == "publish":
        road.validate = passing
    tell = progress.Lines.stage

    def told(self: progress.Lines, name: str) -> None:
        cut.stage(name)
        tell(self, name)

    progress.Lines.stage = told  # type: ignore[method-assign]
    sys.addaudithook(cut.audit)
    sys.argv = ["renkou", *arguments]
    from cli.main import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
