"""Columns of text and of whole numbers, handled a column at a time."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

Text: TypeAlias = npt.NDArray[np.object_]
Ints: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Rng: TypeAlias = np.random.Generator

NEVER = -100_000
"""The day that stands for "no such day" in a column of days."""
EPOCH = datetime.date(1970, 1, 1)


def day_number(date: datetime.date) -> int:
    """Days since 1970-01-01, the way every date is held here."""
    return (date - EPOCH).days


def objects(values: Sequence[Any]) -> Text:
    """The values as an object array, also when they are tuples or lists."""
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column


def same(value: str, length: int) -> Text:
    """A column of one repeated value."""
    return np.full(length, value, dtype=object)


def pick(pool: Sequence[str] | Text, index: npt.NDArray[Any]) -> Text:
    """The pool's entries at the index, one shared string per entry."""
    return cast(Text, np.asarray(pool, dtype=object)[index])


def draw(rng: Rng, pool: Sequence[str] | Text, length: int, weights: Sequence[float] | None = None) -> Text:
    """Random entries of the pool."""
    if weights is None:
        return pick(pool, rng.integers(0, len(pool), length))
    edges = np.cumsum(np.asarray(weights, dtype=float))
    return pick(pool, np.searchsorted(edges, rng.random(length) * edges[-1], side="right"))


def join(*parts: Text | str, between: str = "") -> Text:
    """The parts put together, row by row."""
    arrays = [part if isinstance(part, str) else pa.array(part, pa.string()) for part in parts]
    joined = pc.binary_join_element_wise(*arrays, between)
    return cast(Text, joined.to_numpy(zero_copy_only=False))


def digits(values: npt.NDArray[Any], width: int = 0) -> Text:
    """Whole numbers written out, with leading zeros up to the width."""
    written = pc.cast(pa.array(np.asarray(values, dtype=np.int64)), pa.string())
    if width:
        written = pc.utf8_lpad(written, width, "0")
    return cast(Text, written.to_numpy(zero_copy_only=False))


def tail(values: Text, start: int, stop: int | None = None) -> Text:
    """The same slice of every value."""
    cut = pc.utf8_slice_codeunits(pa.array(values, pa.string()), start, stop)
    return cast(Text, cut.to_numpy(zero_copy_only=False))


def dates(days: npt.NDArray[Any], pattern: str = "%Y%m%d") -> Text:
    """The days written as yyyymmdd or in the forms of ISO 8601; NEVER becomes an empty text."""
    distinct, position = np.unique(days, return_inverse=True)
    iso = np.datetime_as_string(distinct.astype("datetime64[D]")).astype(object)
    forms = {"%Y-%m-%d": iso, "%Y-%m-%dT": iso + "T"}
    written = forms.get(pattern, digits(yyyymmdd(distinct)))
    written[distinct <= NEVER] = ""
    return pick(written, position)


@functools.cache
def _times(pattern: str, start: int, stop: int) -> Text:
    midnight = datetime.datetime(2000, 1, 1)
    seconds = range(start * 3600, stop * 3600)
    return objects([(midnight + datetime.timedelta(seconds=second)).strftime(pattern) for second in seconds])


def clock(rng: Rng, length: int, pattern: str = "%H%M%S", start: int = 8, stop: int = 18) -> Text:
    """Random times of day, in office hours unless told otherwise."""
    return draw(rng, _times(pattern, start, stop), length)


def year_month(days: npt.NDArray[Any]) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of the month of every day."""
    stamps = np.asarray(days, dtype="datetime64[D]")
    months = stamps.astype("datetime64[M]")
    years = stamps.astype("datetime64[Y]").astype(np.int64) + 1970
    return (
        years,
        months.astype(np.int64) % 12 + 1,
        (stamps - months.astype("datetime64[D]")).astype(np.int64) + 1,
    )


def yyyymmdd(days: npt.NDArray[Any]) -> Ints:
    """The days as eight-digit numbers."""
    year, month, day = year_month(days)
    return year * 10_000 + month * 100 + day


def from_year_month(months: npt.NDArray[Any]) -> Text:
    """Months counted from year 0 (year * 12 + month - 1), written yyyymm; negative becomes empty."""
    written = digits((months // 12) * 100 + months % 12 + 1)
    return cast(Text, np.where(months < 0, "", written))


def month_number(days: npt.NDArray[Any]) -> Ints:
    """The month of every day, counted from year 0."""
    year, month, _ = year_month(days)
    return year * 12 + month - 1
