"""How far a run has come: bars on a terminal, one JSON line a stage elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

if TYPE_CHECKING:
    from transforms.run import Listener


class Bars:
    """A bar a stage; a stage that counts nothing gets a spinner."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._now = bars.add_task("", total=None, visible=False, unit="")

    def stage(self, name: str) -> None:
        self._now = self._bars.add_task(name, total=None, unit="")

    def progress(self, done: int, total: int, unit: str) -> None:
        self._bars.update(self._now, completed=done, total=total, unit=unit)

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None:
        told = ", ".join(f"{key} {_figure(value)}" for key, value in figures.items())
        total = self._bars.tasks[self._now].total or 1
        self._bars.update(self._now, description=name, completed=total, total=total, unit=told)


class Lines:
    """A line of JSON on the stream when a stage has ended."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def stage(self, name: str) -> None:
        pass

    def progress(self, done: int, total: int, unit: str) -> None:
        pass

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None:
        told = {"stage": name, "seconds": round(seconds, 3), "figures": dict(figures)}
        with suppress(OSError):  # a log that cannot be written stops no run
            print(json.dumps(told, ensure_ascii=False, default=str), file=self._stream, flush=True)


@contextmanager
def listening(stream: TextIO) -> Iterator[Listener]:
    """A listener that fits the stream."""
    if not stream.isatty():
        yield Lines(stream)
        return
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[unit]}"),
    )
    with Progress(*columns, console=Console(file=stream)) as bars:
        yield Bars(bars)


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
