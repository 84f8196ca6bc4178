"""JSON lines: DuckDB parses the good lines a block at a time.

Only lines that it would not give back as they came (fractions, trailing commas) go through Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from contracts.model import Column, Dataset, FileLayout
from transforms.take_in import Drift, Fault, Piece, Reading, rows_table
from transforms.take_in.encoding import SPOKEN, Block, blocks
from warehouse.connection import scratch

# DuckDB rewrites fractions, exponents and minus zero, and lets NaN and a trailing comma pass.
DELICATE = r"[:\[,]\s*-?(?:\d+[.eE]|(?i:nan|inf))|-0\s*[,}\]]|,\s*[}\]]"
NOT_JSON_REASON = "not_json: the line is not one JSON object"
BLANK, NOT_JSON, FOR_PYTHON, PLAIN = range(4)

SORT = f"""
select case
    when regexp_full_match(text, '\\s*') then {BLANK}
    when not json_valid(text) or not starts_with(ltrim(text, e' \\t'), '{{') then {NOT_JSON}
    when regexp_matches(text, $delicate) then {FOR_PYTHON}
    else {PLAIN}
end::utinyint as kind
from lines
"""

KEYS = """
select json_type(text, $path) as type, json_keys(text, $path) as keys, min(line) as line
from lines group by type, keys order by line
"""

Kinds = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass
class Keys:
    """The keys of a file's objects: those agreed, as dotted paths, those met so far, and how they differ."""

    file: str
    dataset: Dataset
    met: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    drift: Drift = field(default_factory=Drift)

    @cached_property
    def agreed(self) -> dict[str, Column]:
        return {c.header: c for c in self.dataset.columns if c.header != "@sheet"}

    @cached_property
    def objects(self) -> tuple[str, ...]:
        """Paths of the objects whose keys the contract names; that of the whole line is empty."""
        steps = [path.split(".") for path in self.agreed]
        return tuple(dict.fromkeys(".".join(s[:n]) for s in steps for n in range(len(s))))

    def meet(self, above: str, keys: list[str], line: int) -> None:
        """Note the keys of the objects that ``line`` is the first of."""
        for key in keys:
            path = f"{above}.{key}" if above else key
            if "." in key or (path not in self.agreed and path not in self.objects):
                self.drift.bring([path], self.file, line)
            else:
                self.met.add(path)

    def check_all_met(self) -> None:
        """Note agreed keys that were in no row (null objects do not speak of theirs).

        Raises BatchRefused when every row needs one of them.
        """
        filled = {path.rpartition(".")[0] for path in self.met}
        nulls = tuple(path + "." for path in self.empty - filled)
        missing = [c for p, c in self.agreed.items() if p not in self.met and not p.startswith(nulls)]
        self.drift.lack(missing, self.dataset, self.file, None, "no line has the key")


def read_json_lines(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Read one JSON object a line; an empty file is a delta without changes.

    While the pieces are taken BatchRefused is raised when no line has a key that every row needs, and for broken gzip.
    """
    encoding = "utf-8"  # RFC 8259, 8.1: JSON that is exchanged is UTF-8
    keys = Keys(path.name, dataset)
    return Reading(encoding, _pieces(blocks(path, layout, encoding), dataset, keys, encoding), keys.drift)


def _pieces(coming: Iterator[Block], dataset: Dataset, keys: Keys, encoding: str) -> Iterator[Piece]:
    number, rows = 1, 0
    with scratch() as engine:
        engine.execute("set preserve_insertion_order = true")
        for block in coming:
            lines = _lines(block.text, number)
            piece = _Piece(engine, dataset, keys, lines).read(block.bad, encoding)
            number += lines.num_rows
            rows += piece.rows.num_rows
            yield piece
    if rows:
        keys.check_all_met()


def _lines(text: bytes, number: int) -> pa.Table:
    """The lines of a block with their numbers; the text is not copied."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 0x0A) + 1
    edges = np.concatenate([[0], ends]).astype(np.int32)
    lines = pa.Array.from_buffers(pa.string(), len(ends), [None, pa.py_buffer(edges), pa.py_buffer(text)])
    return pa.table({"line": pa.array(np.arange(number, number + len(ends)), pa.int32()), "text": lines})


@dataclass
class _Piece:
    """One block on its way from lines to rows and faults."""

    engine: duckdb.DuckDBPyConnection
    dataset: Dataset
    keys: Keys
    lines: pa.Table
    faults: list[Fault] = field(default_factory=list)

    @property
    def taken(self) -> list[Column]:
        return [c for c in self.dataset.taken if c.header != "@sheet"]

    def read(self, bad: tuple[int, ...], encoding: str) -> Piece:
        kinds: Kinds = self._ask(SORT, self.lines, delicate=DELICATE).column("kind").to_numpy().copy()
        kinds[list(bad)] = BLANK
        self._fault(np.array(bad, np.int64), f"bad_bytes: the line is not valid {SPOKEN[encoding]}")
        self._fault(np.flatnonzero(kinds == NOT_JSON), NOT_JSON_REASON)
        self._meet_keys(kinds)
        rows = self._without_nested(pa.concat_tables([self._plain_rows(kinds), self._delicate_rows(kinds)]))
        return Piece(rows, tuple(sorted(self.faults, key=lambda fault: fault.line)))

    def _meet_keys(self, kinds: Kinds) -> None:
        """Check the keys of all good lines; a line without an object where one is agreed is a fault."""
        for path in self.keys.objects:
            pointer = "$" + "".join(f'."{step}"' for step in path.split(".") if step)
            for found in self._ask(KEYS, self._of(kinds, FOR_PYTHON, PLAIN), path=pointer).to_pylist():
                if found["type"] == "OBJECT":
                    self.keys.meet(path, found["keys"], found["line"])
                elif found["type"] == "NULL":
                    self.keys.empty.add(path)
                elif found["type"] is not None:
                    self._refuse_misshapen(path, pointer, kinds)

    def _refuse_misshapen(self, path: str, pointer: str, kinds: Kinds) -> None:
        good = kinds >= FOR_PYTHON
        lines = self.lines.filter(pa.array(good))
        types = self._ask("select json_type(text, $path) as type from lines", lines, path=pointer)
        other = [found not in {None, "NULL", "OBJECT"} for found in types.column("type").to_pylist()]
        at = np.flatnonzero(good)[np.array(other, np.bool_)]
        self._fault(at, f"not_object: {path} is not an object")
        kinds[at] = BLANK

    def _plain_rows(self, kinds: Kinds) -> pa.Table:
        lines = self._of(kinds, PLAIN)
        picked = ", ".join(f"nullif(o.{_quoted(c.header)}, '')" for c in self.taken)
        wanted = json.dumps(_tree([c.header for c in self.taken]), ensure_ascii=False)
        sql = f"select {picked} from (select from_json(text, $wanted) as o from lines)"
        found = self._ask(sql, lines, wanted=wanted)
        columns = {c.name: found.column(at) for at, c in enumerate(self.taken)}
        return rows_table(self.dataset, None, lines.column("line"), columns)

    def _delicate_rows(self, kinds: Kinds) -> pa.Table:
        """Rows of the lines that go through Python, which keeps a number in the digits that it came in."""
        paths = [c.header.split(".") for c in self.taken]
        numbers, rows = list[int](), list[list[str | None]]()
        lines = self._of(kinds, FOR_PYTHON)
        for line, text in zip(*(column.to_pylist() for column in lines.columns), strict=True):
            try:
                row = json.loads(text, parse_float=Number, parse_int=Number, parse_constant=_refuse)
            except (ValueError, RecursionError):
                first = self.lines.column("line")[0].as_py()
                self._fault(np.array([line - first]), NOT_JSON_REASON)
                continue
            numbers.append(line)
            rows.append([_text_at(row, path) for path in paths])
        columns = list(zip(*rows, strict=True)) or [()] * len(self.taken)
        held = {c.name: pa.array(v, pa.string()) for c, v in zip(self.taken, columns, strict=True)}
        return rows_table(self.dataset, None, pa.array(numbers, pa.int32()), held)

    def _without_nested(self, rows: pa.Table) -> pa.Table:
        """Keep out rows with an object or a list where the contract has one name, number or day; as text it is its JSON."""
        single = [c for c in self.taken if c.normaliser not in {"set", "text"}]
        nested: Flags = np.zeros(rows.num_rows, np.bool_)
        for column in single:
            told = rows.column(column.name)
            begins = pc.or_(pc.starts_with(told, "{"), pc.starts_with(told, "["))
            nested |= pc.fill_null(begins, fill_value=False).to_numpy()
        for at in np.flatnonzero(nested).tolist():
            index = rows.column("line")[at].as_py() - self.lines.column("line")[0].as_py()
            try:
                row = json.loads(self._text(index))
            except RecursionError:
                self._fault(np.array([index]), NOT_JSON_REASON)
                continue
            found = next((c for c in single if isinstance(_value_at(row, c.header.split(".")), dict | list)), None)
            nested[at] = found is not None
            if found:
                self._fault(np.array([index]), f"not_single: {found.name} ({found.label}) is an object or a list")
        return rows.filter(pa.array(~nested)) if nested.any() else rows

    def _fault(self, at: npt.NDArray[np.int64], reason: str) -> None:
        for index in at.tolist():
            text = self._text(index).rstrip("\r\n")
            key = _record_key(text, self.dataset)
            self.faults.append(Fault(None, self.lines.column("line")[index].as_py(), key, reason, text))

    def _text(self, at: int) -> str:
        return str(self.lines.column("text")[at].as_py())

    def _of(self, kinds: Kinds, *wanted: int) -> pa.Table:
        chosen = np.isin(kinds, wanted)
        return self.lines if chosen.all() else self.lines.filter(pa.array(chosen))

    def _ask(self, sql: str, lines: pa.Table, **values: str) -> pa.Table:
        self.engine.register("lines", lines)
        try:
            return self.engine.execute(sql, values or None).to_arrow_table()
        finally:
            self.engine.unregister("lines")


class Number(str):
    """A JSON number in the digits that it came in."""

    __slots__ = ()


def _refuse(constant: str) -> str:
    raise ValueError(constant)


def _tree(paths: list[str]) -> dict[str, Any]:
    """Dotted paths as the nested structure that from_json wants."""
    tree: dict[str, Any] = {}
    for path in paths:
        *above, last = path.split(".")
        branch = tree
        for step in above:
            branch = branch.setdefault(step, {})
        branch[last] = "VARCHAR"
    return tree


def _quoted(path: str) -> str:
    return ".".join('"' + step.replace('"', '""') + '"' for step in path.split("."))


def _value_at(row: Any, path: list[str]) -> Any:
    value = row
    for step in path:
        value = value.get(step) if value is not None else None
    return value


def _text_at(row: Any, path: list[str]) -> str | None:
    value = _value_at(row, path)
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    """JSON text without spaces, its numbers as they came."""
    match value:
        case Number():
            return str(value)
        case dict():
            return "{" + ",".join(f"{_compact(str(k))}:{_compact(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_compact, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _record_key(text: str, dataset: Dataset) -> str | None:
    """The key of a line that is no JSON, where its members still stand there whole."""
    parts = [re.search(rf'"{re.escape(k.header)}"\s*:\s*"([^"\\]+)"', text) for k in dataset.keys]
    return "|".join(part[1] for part in parts if part) if all(parts) else None
