"""Contracts with one mistake in them: the sound ones of ``education/``, a place in a file written otherwise."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.check import Finding, check
from contracts.load import OWN, load

EDUCATION = Path(__file__).parent / "education"
PUPIL = "inbound/education/pupil.odcs.yaml"
GUARDIAN = "inbound/education/guardian.odcs.yaml"
AID = "inbound/education/aid.odcs.yaml"
RULE = "rules/pupil_dead.yaml"
FORM = "forms/school_place.yaml"
OUT = "outbound/education.odcs.yaml"
GRADES = "codes/school_grade.yaml"
WALK = "codes/crosswalks/school_grade.yaml"
CATALOGUE = "catalogue.yaml"


@dataclass(frozen=True)
class Slip:
    """``old`` in ``file`` became ``new``; an empty ``old`` writes the whole file."""

    file: str
    old: str
    new: str

    def made(self, folder: Path) -> None:
        path = folder / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self.old:
            path.write_text(self.new, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        assert self.old in text, f"{self.file} has no {self.old!r}"
        path.write_text(text.replace(self.old, self.new, 1), encoding="utf-8")


def written(folder: Path, *slips: Slip) -> Path:
    """The sound contracts in a folder of their own, with the slips made."""
    shutil.copytree(EDUCATION, folder)
    for slip in slips:
        slip.made(folder)
    return folder


def findings(folder: Path, level: str) -> set[Finding]:
    """What a check of the project's contracts with the folder over them finds; files by their place in it."""
    found = check(load(OWN, folder))
    return {replace(f, file=f.file.removeprefix(f"{folder}/")) for f in found if f.level == level}
