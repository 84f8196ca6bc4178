"""``python -m tests.support.cut_off_store NAME ...``: the command ``renkou ...``, killed just before it puts an object on the store.

NAME is how the object's name begins below the home. The gates are left out, as they change nothing of what is put there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def main() -> None:
    name, *arguments = sys.argv[1:]
    from tests.support.county import passing  # noqa: PLC0415 - after the arguments are known
    from transforms import road  # noqa: PLC0415
    from warehouse.object_store import ObjectStore  # noqa: PLC0415

    def cut(write: Callable[..., Any], place: int) -> Callable[..., Any]:
        def cut_or_written(*given: Any, **more: Any) -> Any:
            if str(given[place]).startswith(name):
                os.kill(os.getpid(), signal.SIGKILL)
            return write(*given, **more)

        return cut_or_written

    road.validate = passing
    ObjectStore.put = cut(ObjectStore.put, 1)  # type: ignore[method-assign]
    ObjectStore.copy = cut(ObjectStore.copy, 2)  # type: ignore[method-assign]
    sys.argv = ["renkou", *arguments]
    from cli.main import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
