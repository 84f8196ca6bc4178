"""What can be said to the person at the keyboard when something cannot be done.

Messages are written here and in the rooms above; none of them holds a personal value.
``exit_status`` is what the command line ends with.
"""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path
from typing import ClassVar

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DAMAGED_WORDS = "Corrupt database file"
NO_ROOM_WORDS = tuple(os.strerror(number) for number in NO_ROOM)
ROOMS = frozenset({"api", "cli", "contracts", "expectations", "generate", "transforms", "warehouse"})
CHECKOUT = Path(__file__).resolve().parents[1]


class RenkouError(Exception):
    """Something is missing or broken; the message says what, where and what to do."""

    exit_status: ClassVar[int] = 1


class NotFoundError(RenkouError):
    """Nothing is there under that name or number."""


class WrongUseError(RenkouError):
    """The call itself is wrong: an unknown form, a purpose that the form does not have, no case number."""

    exit_status: ClassVar[int] = 2


def has_no_room(error: BaseException | None) -> bool:
    """Whether the disk was full, which DuckDB and Arrow tell in words alone, and sometimes as the cause of another fault."""
    if error is None:
        return False
    told = getattr(error, "errno", None) in NO_ROOM or any(words in str(error) for words in NO_ROOM_WORDS)
    return told or has_no_room(error.__cause__ or error.__context__)


def has_no_memory(error: BaseException | None) -> bool:
    """Whether DuckDB needed more than ``RENKOU_MEMORY`` allows it, or the program more than the machine has."""
    if error is None:
        return False
    told = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"  # DuckDB's, which help does not wait for
    return told or has_no_memory(error.__cause__ or error.__context__)


def is_damage(error: BaseException) -> bool:
    """Whether a block of a database file is not as it was written, which DuckDB tells by its checksum, in words alone."""
    return DAMAGED_WORDS in str(error)


def place_of(error: BaseException) -> str:
    """File and line of ours where a fault of a library, or of our own making, came up."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_ours(Path(frame.filename))] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "an unknown place"


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(CHECKOUT) and file.relative_to(CHECKOUT).parts[0] in ROOMS
