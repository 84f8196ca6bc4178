"""Contracts with one mistake in them: the sound ones of ``education/``, a place in a file written otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from contracts.check import Finding, check
from contracts.load import OWN, load

EDUCATION = Path(__file__).parent / "education"


def written(folder: Path, slips: Iterable[Mapping[str, str]]) -> Path:
    """The sound contracts in a folder of their own, with the slips made."""
    shutil.copytree(EDUCATION, folder)
    for slip in slips:
        path = folder / slip["file"]
        if "copy" in slip:
            shutil.copy(folder / slip["copy"], path)
        elif "old" in slip:
            text = path.read_text(encoding="utf-8")
            assert slip["old"] in text, f"{slip['file']} has no {slip['old']!r}"
            path.write_text(text.replace(slip["old"], slip["new"], 1), encoding="utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(slip["new"], encoding="utf-8")
    return folder


def findings(folder: Path) -> list[Finding]:
    """What a check of the project's contracts with the folder over them finds; files by their place in it."""
    found = check(load(OWN, folder))
    return [replace(f, file=f.file.removeprefix(f"{folder}/")) for f in found]
