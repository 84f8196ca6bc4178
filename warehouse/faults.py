"""What can be said to the person at the keyboard when something cannot be done.

Messages are written here and in the rooms above; none of them holds a personal value.
``exit_status`` is what the command line ends with.
"""

from __future__ import annotations

from typing import ClassVar


class RenkouError(Exception):
    """Something is missing or broken; the message says what, where and what to do."""

    exit_status: ClassVar[int] = 1


class NotFoundError(RenkouError):
    """Nothing is there under that name or number."""


class WrongUseError(RenkouError):
    """The call itself is wrong: an unknown form, a purpose that the form does not have, no case number."""

    exit_status: ClassVar[int] = 2
