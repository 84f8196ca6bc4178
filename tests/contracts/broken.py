"""Contracts with one mistake in them: the sound ones of ``education/``, a place in a file written otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

EDUCATION = Path(__file__).parent / "education"


def written(folder: Path, slips: Iterable[Mapping[str, str]]) -> Path:
    """The sound contracts in a folder of their own, with the slips made."""
    shutil.copytree(EDUCATION, folder)
    for slip in slips:
        path = folder / slip["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if "copy" in slip:
            shutil.copy(folder / slip["copy"], path)
        elif "moved" in slip:
            (folder / slip["moved"]).rename(path)
        elif "old" in slip:
            text = path.read_text(encoding="utf-8")
            assert slip["old"] in text, f"{slip['file']} has no {slip['old']!r}"
            path.write_text(text.replace(slip["old"], slip["new"], 1), encoding="utf-8")
        else:
            path.write_text(slip["new"], encoding="utf-8")
    return folder
