"""``python -m bench [NAME] [PERSONS ...]``: measure one benchmark (default ``road``) on counties of these sizes.

A benchmark that has ``SIZES`` of its own is measured on those unless told otherwise.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from rich.console import Console

import bench

SIZES = (100_000, 1_000_000)


def main(arguments: list[str]) -> None:
    """Measure each size in turn. Exits with 2 when there is no such benchmark or a size is no number."""
    named = [argument for argument in arguments if not argument.isdigit()]
    sizes = [int(argument) for argument in arguments if argument.isdigit()]
    known = _benchmarks()
    name = named[0] if named else "road"
    if len(named) > 1 or name not in known:
        print(f"python -m bench [{'|'.join(known)}] [PERSONS ...]", file=sys.stderr)
        raise SystemExit(2)
    console = Console(width=100)
    for persons in sizes or getattr(known[name], "SIZES", SIZES):
        known[name].measure(console, persons)


def _benchmarks() -> dict[str, ModuleType]:
    names = [module.name for module in iter_modules(bench.__path__) if module.name != "__main__"]
    modules = {name: import_module(f"bench.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


if __name__ == "__main__":
    main(sys.argv[1:])
