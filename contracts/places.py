"""Where in a file something stands: a place by the names that people gave, and its line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

# What an entry of a list is called by.
CALLED = ("name", "id", "role", "kind", "code", "property", "files")


def named_place(content: Any, steps: Iterable[str | int]) -> str:
    """A place within what a file holds, its entries by their names: ``data.school_name.type`` and not ``data.3.type``."""
    told = []
    for step in steps:
        content = _within(content, step)
        called = next((content[key] for key in CALLED if isinstance(content, dict) and key in content), step)
        told.append(str(called if isinstance(step, int) else step))
    return ".".join(told) or "(top)"


def _within(content: Any, step: str | int) -> Any:
    try:
        return content[step]
    except (KeyError, IndexError, TypeError):
        return None


def line_of(file: Path, where: str) -> int | None:
    """The line of a place in a YAML file, or of what is nearest around it; None of a file that cannot be read."""
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    line = None
    for step in where.partition(", ")[0].split("."):
        found = _entered(node, step)
        if found is None:
            break
        line, node = found
    return line


def _entered(node: yaml.Node | None, step: str) -> tuple[int, yaml.Node] | None:
    """The line of an entry, and what it holds: a key's, an item's that is called so, or a custom property's of ODCS."""
    if isinstance(node, yaml.SequenceNode):
        called = (item for item in node.value if _called(item) == step)
        found = next(((item.start_mark.line + 1, item) for item in called), None)
        return found or (_entered(node.value[0], step) if len(node.value) == 1 else None)
    if not isinstance(node, yaml.MappingNode):
        return None
    entries = {key.value: (key.start_mark.line + 1, held) for key, held in node.value}
    if step in entries or "customProperties" not in entries:
        return entries.get(step)
    found = _entered(entries["customProperties"][1], step)
    return (found[0], (_entered(found[1], "value") or found)[1]) if found else None


def _called(node: yaml.Node) -> str | None:
    entries = {key.value: held.value for key, held in node.value} if isinstance(node, yaml.MappingNode) else {}
    return next((entries[key] for key in CALLED if key in entries), None)
