"""JSON lines: DuckDB parses the good lines a block at a time.

Only lines that it would not give back as they came (fractions, trailing commas) go through Python.
"""

from __future__ import annotations

import json
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
from transforms.take_in.encoding import SPOKEN, Block, blocks, choose_encoding
from transforms.take_in.json_members import (
    Number,
    has_agreed_shape,
    misshapen,
    record_key_of,
    refuse_constant,
    text_at,
    value_at,
    withdrawal_of,
)
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

# An object without members is an empty list to those who write PHP.
TYPE = "case when json_extract(text, $path)::varchar = '[]' then 'NULL' else json_type(text, $path) end"
KEYS = f"""
select {TYPE} as type, json_keys(text, $path) as keys, min(line) as line
from lines group by type, keys order by line
"""

# The same of the objects in a list.
LISTED_KEYS = """
select json_type(one) as type, json_keys(one) as keys, min(line) as line
from (select line, unnest(json_extract(text, $path)::json[]) as one from lines where json_type(text, $path) = 'ARRAY')
group by type, keys order by line
"""

# A list within a list, or an object.
NESTED_IN_LIST = r"^\{|[\[,]\s*[\[{]"

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
        return {c.header: c for c in self.dataset.columns if not c.is_sheet_name}

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
    encoding = choose_encoding(path, layout)
    keys = Keys(path.name, dataset)
    return Reading(encoding, _pieces(blocks(path, layout, encoding), dataset, keys, encoding), keys.drift)


def _pieces(coming: Iterator[Block], dataset: Dataset, keys: Keys, encoding: str) -> Iterator[Piece]:
    number, tell = 1, False
    with scratch() as engine:
        engine.execute("set preserve_insertion_order = true")
        for block in coming:
            lines = _lines(block.text, number)
            piece = _Piece(engine, dataset, keys, lines).read(block.bad, encoding)
            number += lines.num_rows
            tell = tell or _tells_more_than_withdrawals(piece.rows, dataset)
            yield piece
    if tell:
        keys.check_all_met()


def _tells_more_than_withdrawals(rows: pa.Table, dataset: Dataset) -> bool:
    """Whether all agreed keys should be met among these rows: of a withdrawal the key alone is."""
    operation = dataset.delivery.operation
    if not operation or not rows.num_rows:
        return bool(rows.num_rows)
    told = pc.utf8_trim_whitespace(rows.column(operation.column))
    withdraws = pc.is_in(told, pa.array(sorted(dataset.withdrawn_as), pa.string()))
    return not pc.all(withdraws).as_py()


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
    withdrawals: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def taken(self) -> list[Column]:
        return [c for c in self.dataset.taken if not c.is_sheet_name]

    def read(self, bad: tuple[int, ...], encoding: str) -> Piece:
        kinds: Kinds = self._ask(SORT, self.lines, delicate=DELICATE).column("kind").to_numpy().copy()
        kinds[list(bad)] = BLANK
        self._fault(np.array(bad, np.int64), f"bad_bytes: the line is not valid {SPOKEN[encoding]}")
        self._fault(np.flatnonzero(kinds == NOT_JSON), NOT_JSON_REASON)
        self._meet_keys(kinds)
        rows = self._with_single_values(pa.concat_tables([self._plain_rows(kinds), self._delicate_rows(kinds)]))
        return Piece(pa.concat_tables([rows, self._withdrawn_rows()]), tuple(sorted(self.faults, key=lambda fault: fault.line)))

    def _meet_keys(self, kinds: Kinds) -> None:
        """Check the keys of all good lines; a line without an object where one is agreed is a fault."""
        for path in self.keys.objects:
            pointer = "$" + "".join(f'."{step}"' for step in path.split(".") if step)
            for found in self._ask(KEYS, self._of(kinds, FOR_PYTHON, PLAIN), path=pointer).to_pylist():
                if found["type"] == "OBJECT":
                    self.keys.meet(path, found["keys"], found["line"])
                elif found["type"] == "NULL":
                    self.keys.empty.add(path)
                elif found["type"] == "ARRAY" and self._holds_several(path):
                    self._meet_listed_keys(path, pointer, kinds)
                elif found["type"] is not None:
                    self._keep_out(found["type"], path, pointer, kinds)

    def _holds_several(self, path: str) -> bool:
        """Whether all that the contract takes from an object may be several values, so that there may be several of it."""
        return all(c.is_list or c.reads_several for c in self.taken if c.header.startswith(f"{path}."))

    def _meet_listed_keys(self, path: str, pointer: str, kinds: Kinds) -> None:
        """Check the keys of objects in a list; their rows go through Python, which gathers the values out of them."""
        good = self._of(kinds, FOR_PYTHON, PLAIN)
        for found in self._ask(LISTED_KEYS, good, path=pointer).to_pylist():
            if found["type"] == "OBJECT":
                self.keys.meet(path, found["keys"], found["line"])
        kinds[self._of_type("ARRAY", pointer, kinds)] = FOR_PYTHON

    def _keep_out(self, misshapen: str, path: str, pointer: str, kinds: Kinds) -> None:
        at = self._of_type(misshapen, pointer, kinds)
        self._fault(at, f"not_object: {path} is not an object")
        kinds[at] = BLANK

    def _of_type(self, wanted: str, pointer: str, kinds: Kinds) -> npt.NDArray[np.int64]:
        """Indexes of the good lines with a value of this type at the path."""
        good = kinds >= FOR_PYTHON
        lines = self.lines.filter(pa.array(good))
        asked = self._ask(f"select coalesce({TYPE} = $wanted, false) as is_it from lines", lines, path=pointer, wanted=wanted)
        is_it: Flags = asked.column("is_it").to_numpy()
        return np.flatnonzero(good)[is_it]

    def _plain_rows(self, kinds: Kinds) -> pa.Table:
        lines = self._of(kinds, PLAIN)
        picked = ", ".join(_picked(c) for c in self.taken)
        wanted = json.dumps(_tree([c.header for c in self.taken]), ensure_ascii=False)
        sql = f"select {picked} from (select from_json(text, $wanted) as o from lines)"
        found = self._ask(sql, lines, wanted=wanted)
        columns = {c.name: found.column(at) for at, c in enumerate(self.taken)}
        return rows_table(self.dataset, None, lines.column("line"), columns)

    def _delicate_rows(self, kinds: Kinds) -> pa.Table:
        return self._through_python(self._of(kinds, FOR_PYTHON))

    def _through_python(self, lines: pa.Table) -> pa.Table:
        """Rows of lines by way of Python, which keeps a number in the digits that it came in."""
        paths = [c.header.split(".") for c in self.taken]
        numbers, rows = list[int](), list[list[str | None]]()
        for line, text in zip(*(column.to_pylist() for column in lines.columns), strict=True):
            try:
                row = json.loads(text, parse_float=Number, parse_int=Number, parse_constant=refuse_constant)
            except (ValueError, RecursionError):
                first = self.lines.column("line")[0].as_py()
                self._fault(np.array([line - first]), NOT_JSON_REASON)
                continue
            numbers.append(line)
            rows.append([text_at(row, path, column) for path, column in zip(paths, self.taken, strict=True)])
        columns = list(zip(*rows, strict=True)) or [()] * len(self.taken)
        held = {c.name: pa.array(v, pa.string()) for c, v in zip(self.taken, columns, strict=True)}
        return rows_table(self.dataset, None, pa.array(numbers, pa.int32()), held)

    def _with_single_values(self, rows: pa.Table) -> pa.Table:
        """The rows with lists of values in their standard text; kept out are those with an object or a list where the contract has one
        value, or within the list where it has several.
        """
        listed: Flags = np.zeros(rows.num_rows, np.bool_)
        for column in self.taken:
            suspect = NESTED_IN_LIST if column.is_list else r"^[\[{]"
            found = pc.match_substring_regex(rows.column(column.name), suspect)
            listed |= pc.fill_null(found, fill_value=False).to_numpy()
        if not listed.any():
            return rows
        lines = list[int]()
        for line in rows.column("line").filter(pa.array(listed)).to_pylist():
            index = line - self.lines.column("line")[0].as_py()
            try:
                row = json.loads(self._text(index), parse_float=Number, parse_int=Number)
            except RecursionError:
                self._fault(np.array([index]), NOT_JSON_REASON)
                continue
            wrong = next((c for c in self.taken if not has_agreed_shape(value_at(row, c.header.split(".")), c)), None)
            if wrong:
                self._fault(np.array([index]), f"not_single: {wrong.name} ({wrong.label}) {misshapen(wrong)}")
            else:
                lines.append(line)
        mended = self.lines.filter(pc.is_in(self.lines.column("line"), pa.array(lines, pa.int32())))
        return pa.concat_tables([rows.filter(pa.array(~listed)), self._through_python(mended)])

    def _withdrawn_rows(self) -> pa.Table:
        """Withdrawals of which other members cannot be read: they need their key alone."""
        at = pa.array(self.withdrawals, pa.int32())
        told = self.withdrawals.values()
        columns = {c.name: pa.array([row.get(c.name) for row in told], pa.string()) for c in self.taken}
        return rows_table(self.dataset, None, at, columns)

    def _fault(self, at: npt.NDArray[np.int64], reason: str) -> None:
        for index in at.tolist():
            line, text = self.lines.column("line")[index].as_py(), self._text(index).rstrip("\r\n")
            if withdrawal := withdrawal_of(text, self.dataset):
                self.withdrawals[line] = withdrawal
            else:
                self.faults.append(Fault(None, line, record_key_of(text, self.dataset), reason, text))

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


def _picked(column: Column) -> str:
    """SQL: the text of a member of ``o``; an empty list or object where one value is agreed is none."""
    member = ".".join('"' + step.replace('"', '""') + '"' for step in column.header.split("."))
    nothing = "''" if column.is_list else "'', '[]', '{}'"
    return f"case when o.{member} not in ({nothing}) then o.{member} end"
