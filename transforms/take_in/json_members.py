"""What stands in one line of JSON lines: the member that a column's header names, its text, and the key of a line that is kept out."""

from __future__ import annotations

import json
import re
from typing import Any

from contracts.model import Column, Dataset


class Number(str):
    """A JSON number in the digits that it came in."""

    __slots__ = ()


def refuse_constant(constant: str) -> str:
    """For ``json.loads``: NaN and Infinity are no JSON. Raises ValueError."""
    raise ValueError(constant)


def has_agreed_shape(value: Any, column: Column) -> bool:
    """Whether a member is one value, or where the contract reads several, a list of such; a list of one is that one."""
    values = _told(value) if isinstance(value, list) else [value]
    is_several = column.is_list or column.reads_several
    return not any(isinstance(each, dict | list) for each in values) and (is_several or len(values) <= 1)


def _told(listed: list[Any]) -> list[Any]:
    return [each for each in listed if each not in (None, "")]


def misshapen(column: Column) -> str:
    """Words for what is wrong where a value has not the agreed shape."""
    if column.is_list or column.reads_several:
        return "has an object or a list among its values"
    return "is an object or a list, where one value is agreed"


def value_at(row: Any, path: list[str]) -> Any:
    """The member at a path, gathered out of a list of objects; of what is no object a list within that, which nothing agreed is."""
    value = row
    for at, step in enumerate(path):
        if isinstance(value, list) and value:
            return [value_at(each, path[at:]) for each in value]
        if value and not isinstance(value, dict):
            return [value]
        value = value.get(step) if value else None
    return value


def text_at(row: Any, path: list[str], column: Column) -> str | None:
    """The text of a member; several values where the contract has no set stand beside each other, as in a cell of a table."""
    value = value_at(row, path)
    if isinstance(value, list) and not column.is_list and has_agreed_shape(value, column):
        return "、".join(map(_one_text, _told(value))) or None
    if value in (None, "") or (value == {} and not column.is_list):
        return None
    return _one_text(value)


def _one_text(value: Any) -> str:
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


def _members(text: str, columns: tuple[Column, ...]) -> list[str | None] | None:
    """Members of a line that is kept out; None of one that is no JSON."""
    try:
        row = json.loads(text, parse_float=Number, parse_int=Number)
        found = [value_at(row, c.header.split(".")) for c in columns]
    except (ValueError, RecursionError):
        return None
    return [part if isinstance(part, str) and part else None for part in found]


def record_key_of(text: str, dataset: Dataset) -> str | None:
    """The key of a line that is kept out: of one that is no JSON, where its members still stand there whole."""
    parts = _members(text, dataset.keys)
    if parts is None:
        found = [re.search(rf'"{re.escape(k.header)}"\s*:\s*"([^"\\]+)"', text) for k in dataset.keys]
        parts = [part and part[1] for part in found]
    return "|".join(filter(None, parts)) if all(parts) else None


def withdrawal_of(text: str, dataset: Dataset) -> dict[str, str] | None:
    """The key and operation of a line that is kept out and withdraws a record; none of any other line, nor of one that was cut off, where
    what looks like the key may be that of something within.
    """
    operation = dataset.delivery.operation
    columns = (dataset.column(operation.column), *dataset.keys) if operation else ()
    told = {c.name: part for c, part in zip(columns, _members(text, columns) or [], strict=False) if part}
    if operation is None or len(told) < len(columns) or told[operation.column].strip() not in dataset.withdrawn_as:
        return None
    return told
