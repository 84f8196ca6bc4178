"""Parquet, as a pull writes it or a department delivers it: every value as text, members of a struct by their dotted path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from contracts.model import Column, Dataset, FileLayout
from transforms.take_in import BatchRefused, Drift, Fault, Piece, Reading, rows_table, squeezed
from transforms.take_in.json_members import (
    has_agreed_shape,
    misshapen,
    record_key_of,
    text_at,
    value_at,
    withdrawal_of,
)

ROWS = 100_000


def read_parquet(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Rows numbered from 1. Raises BatchRefused when the file is no whole Parquet file or lacks columns that every row needs, and while
    the pieces are taken, for damage within the file and for a type that has no text.
    """
    with _whole(path.name):
        file = pq.ParquetFile(path)
        paths = [place for each in file.schema_arrow for place in _places(each)]
    drift = Drift()
    agreed = {squeezed(c.header) for c in dataset.columns}
    drift.meet([squeezed(".".join(p)) for p in paths if _is_told(p, paths, agreed)], dataset, path.name, 1)
    found = {squeezed(".".join(p)): p for p in paths}
    there = [(c, found[squeezed(c.header)]) for c in dataset.taken if squeezed(c.header) in found]
    return Reading("utf-8", _pieces(file, path.name, dataset, there), drift)


def _places(column: pa.Field, *above: str) -> Iterator[tuple[str, ...]]:
    """The paths of a column and of all that is in it."""
    path = (*above, column.name)
    yield path
    kind = column.type.value_type if _is_list(column.type) else column.type
    if pa.types.is_struct(kind):
        for member in kind:
            yield from _places(member, *path)


def _is_told(path: tuple[str, ...], paths: list[tuple[str, ...]], agreed: set[str]) -> bool:
    """Whether a path is held against the contract: what stands around agreed members or within an agreed column is no column more."""
    around = any(len(p) > len(path) and p[: len(path)] == path for p in paths)
    within = any(squeezed(".".join(path[:n])) in agreed for n in range(1, len(path)))
    return squeezed(".".join(path)) in agreed or not (around or within)


def _pieces(file: pq.ParquetFile, name: str, dataset: Dataset, there: list[tuple[Column, tuple[str, ...]]]) -> Iterator[Piece]:
    roots = sorted({path[0] for _, path in there})
    line = 1
    with file, _whole(name):
        for batch in file.iter_batches(ROWS, columns=roots):
            texts = {root: _text(batch.column(root), root, name) for root in roots}
            yield _Nested(dataset, texts, line).piece(there, batch.num_rows)
            line += batch.num_rows


@dataclass
class _Nested:
    """A batch of rows whose values are text; lists and structs among its columns are read as in JSON lines."""

    dataset: Dataset
    texts: dict[str, pa.Array]
    line: int
    faults: list[Fault] = field(default_factory=list)
    withdrawals: dict[int, dict[str, str]] = field(default_factory=dict)

    def piece(self, there: list[tuple[Column, tuple[str, ...]]], rows: int) -> Piece:
        columns, wrong = dict[str, pa.Array](), dict[int, Column]()
        objects = {root: text.to_pylist() for root, text in self.texts.items() if pa.types.is_nested(text.type)}
        for column, (root, *within) in there:
            if root not in objects:
                columns[column.name] = self.texts[root]
                continue
            held = objects[root]
            wrong = {at: column for at, one in enumerate(held) if not has_agreed_shape(value_at(one, within), column)} | wrong
            told = [None if at in wrong else text_at(one, within, column) for at, one in enumerate(held)]
            columns[column.name] = pa.array(told, pa.string())
        for at in sorted(wrong):
            self._keep_out(at, wrong[at], objects)
        return self._sorted_out(columns, rows, set(wrong))

    def _keep_out(self, at: int, column: Column, objects: dict[str, list[Any]]) -> None:
        row = {root: objects[root][at] if root in objects else text[at].as_py() for root, text in self.texts.items()}
        raw = json.dumps(row, ensure_ascii=False)
        if withdrawal := withdrawal_of(raw, self.dataset):
            self.withdrawals[self.line + at] = withdrawal
        else:
            reason = f"not_single: {column.name} ({column.label}) {misshapen(column)}"
            self.faults.append(Fault(None, self.line + at, record_key_of(raw, self.dataset), reason, raw))

    def _sorted_out(self, columns: dict[str, pa.Array], rows: int, wrong: set[int]) -> Piece:
        lines = pa.array(np.arange(self.line, self.line + rows), pa.int32())
        table = rows_table(self.dataset, None, lines, columns)
        if not wrong:
            return Piece(table)
        good = pa.array([at not in wrong for at in range(rows)])
        told = self.withdrawals.values()
        withdrawn = {c.name: pa.array([row.get(c.name) for row in told], pa.string()) for c in self.dataset.taken}
        withdrawals = rows_table(self.dataset, None, pa.array(self.withdrawals, pa.int32()), withdrawn)
        return Piece(pa.concat_tables([table.filter(good), withdrawals]), tuple(self.faults))


def _text(column: pa.Array, header: str, file: str) -> pa.Array:
    """The column as text; an empty text is no value, as in a delimited file. Raises BatchRefused where it has none."""
    try:
        text = column.cast(_of_text(column.type))
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        what = f"what it holds ({column.type}) cannot be read as text"
        remedy = "have it delivered as text, a number, a day, or a list or struct of these, or say notTaken in its contract"
        raise BatchRefused(what, file, column=header, remedy=remedy) from None
    if pa.types.is_nested(text.type):
        return text
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _of_text(kind: pa.DataType) -> pa.DataType:
    """The same lists and structs, of texts."""
    if _is_list(kind):
        return pa.list_(_of_text(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(member.name, _of_text(member.type)) for member in kind])
    return pa.string()


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


@contextmanager
def _whole(file: str) -> Iterator[None]:
    """Damage in a file is its department's to mend."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        raise BatchRefused("not a whole Parquet file", file, remedy="have it pulled or delivered again") from None
