"""What went wrong, in one or two lines without a person in them."""

from __future__ import annotations

import errno
import functools
import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import typer
from typer.core import TyperGroup

from warehouse.faults import ROOMS, has_no_memory, has_no_room, is_damage, place_of
from warehouse.home import Home
from warehouse.identity import masked

P = ParamSpec("P")
T = TypeVar("T")
DAY = re.compile(r"(?<![0-9A-Za-z-])(\d{4}-\d{1,2}-\d{1,2})(?![0-9A-Za-z-])")
NOT_TO_BE_WRITTEN = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS})


class PlainGroup(TyperGroup):
    """Commands whose usage errors, which quote what was typed, show no identity number in full; a plain day is none."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(said := getattr(error, "message", None), str):
                vars(error)["message"] = "".join(part if DAY.fullmatch(part) else masked(part) for part in DAY.split(said))
            raise


def told_plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Turn what a command raises into a message on stderr and an exit status.

    RENKOU_DEBUG=1 shows the whole trace, which may show personal data.
    """

    @functools.wraps(command)
    def plain(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:  # noqa: BLE001 - the outermost boundary
            if os.environ.get("RENKOU_DEBUG") == "1":
                traceback.print_exception(error)
            else:
                print(f"renkou: {in_words(error)}", file=sys.stderr)
            raise typer.Exit(getattr(error, "exit_status", 1)) from None

    return plain


@contextmanager
def told_and_gone_on(what: str) -> Iterator[None]:
    """For what is nice to have: when it fails, that is said, and the command ends as it would have."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - nothing depends on it
        print(f"renkou: {what} could not be written: {in_words(error)}", file=sys.stderr)


def in_words(error: Exception) -> str:
    """The message of an error of our own; of any other its kind and place: its words may quote a value."""
    if type(error).__module__.partition(".")[0] in ROOMS:
        return str(error)
    if has_no_room(error):
        return _no_room()
    if has_no_memory(error):
        return _no_memory(place_of(error))
    if is_damage(error):
        return f"a database file is damaged ({place_of(error)} reads it); renkou doctor, then docs/runbooks/release-broken.md"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'system'}: {error.strerror}{_no_home(error)}"
    return _of_a_library(error)


def _of_a_library(error: Exception) -> str:
    if type(error).__module__.partition(".")[0] == "sqlglot":
        return f"an expression of the contracts cannot be read (at {place_of(error)}); renkou check says which one, and where it stands"
    return f"{type(error).__name__} at {place_of(error)}; set RENKOU_DEBUG=1 to see all of it"


def _no_home(error: OSError) -> str:
    """What to do where the folder that is written to cannot be made or written to."""
    root = Home.from_environment().root
    if error.errno not in NOT_TO_BE_WRITTEN or not Path(error.filename or "").is_relative_to(root):
        return ""
    if root.is_dir() and os.access(root, os.W_OK):
        return ""
    return f"; RENKOU_HOME is {root}: name a folder that this user may make and write to"


def _no_room() -> str:
    folder = Home.from_environment().root
    left = f"{shutil.disk_usage(folder).free >> 20:,} MiB are left" if folder.exists() else "nothing is left"
    return (
        f"{folder}: the disk is full ({left} after the work was given up). What was published stays. Make room as"
        " docs/runbooks/disk-full.md says, then give the same command again"
    )


def _no_memory(place: str) -> str:
    from warehouse.connection import memory_allowed  # noqa: PLC0415 - opens the engine, which help does not wait for

    return (
        f"memory ran out at {place}: DuckDB may use {memory_allowed()} (RENKOU_MEMORY). What was published stays. Allow more, or fewer"
        " threads, as docs/runbooks/run-killed.md says, then give the same command again"
    )
