"""A file of YAML as a typed object, or every reason why it is none, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from contracts.model import Contracts
from contracts.places import named_place

T = TypeVar("T", bound=BaseModel)


class Fault(NamedTuple):
    """Why a contract cannot be read: the file, the place in it, and what is wrong there."""

    file: str
    where: str
    what: str


class ContractError(Exception):
    """Contracts that cannot be read; ``faults`` are all of them.

    ``rest`` are the other contracts, where nothing leads to a file that cannot be read (``layout.is_leaf``).
    """

    def __init__(self, *faults: Fault, rest: Contracts | None = None) -> None:
        super().__init__("\n".join(": ".join(part for part in fault if part) for fault in faults))
        self.faults = faults
        self.rest = rest


class _Loader(yaml.CSafeLoader):
    """YAML in which a key that stands twice in a mapping is an error: the second would silently count alone."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)


def yaml_of(path: Path) -> Any:
    """What the file holds, as plain values. Raises ContractError."""
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContractError(Fault(str(path), where, f"not YAML: {error.problem}")) from error
    except yaml.YAMLError as error:
        raise ContractError(Fault(str(path), "", f"not YAML: {error}")) from error
    except UnicodeDecodeError as error:
        raise ContractError(Fault(str(path), f"byte {error.start + 1}", "not UTF-8: save the file as UTF-8")) from error


def typed(kind: type[T], path: Path) -> T:
    """What the file holds, as ``kind``. Raises ContractError."""
    return validated(kind, yaml_of(path), path)


def validated(kind: type[T], content: Any, path: Path, called: Mapping[str, str] | None = None) -> T:
    """The content as ``kind``; ``called`` are the places where the file says what ``kind`` calls otherwise. Raises ContractError."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ContractError(*(Fault(str(path), place, what) for place, what in _places(error, content, called or {}))) from error


# What is wrong, in words that say what to write, where pydantic has only those of a programmer.
WORDS = {
    "missing": "is missing: write it",
    "extra_forbidden": "nothing reads this: mend its name, or leave it out",
    "string_type": 'a text is needed: put it in double quotes, as "01" and "no", which without them are a number and false',
    "tuple_type": "a list is needed: write [a, b], or a line with - for each",
}


def _places(error: ValidationError, content: Any, called: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for item in error.errors(include_input=False, include_url=False):
        first, dot, rest = named_place(content, item["loc"]).partition(".")
        yield called.get(first, first) + dot + rest, WORDS.get(item["type"], item["msg"])
