"""Where each kind of contract lies, and how folders of contracts are laid over one another."""

from __future__ import annotations

from pathlib import Path

from contracts.parsing import ContractError, Fault

OWN = Path(__file__).parent

INBOUND = "inbound/*/*.odcs.yaml"
OUTBOUND = "outbound/*.odcs.yaml"
CODE_LISTS = "codes/*.yaml"
CROSSWALKS = "codes/crosswalks/*.yaml"
RULES = "rules/*.yaml"
EVENTS = "events/*.yaml"
RULE_VIEWS = "rules/views/*.yaml"
FORMS = "forms/*.yaml"
RELATIVES = "relatives/*.yaml"
DERIVED = "derived/*.yaml"
WORDINGS = "wordings/*.yaml"
PURPOSES = "purposes/*.yaml"
CATALOGUE = Path("catalogue.yaml")
ACCESS = Path("access.yaml")
ORDERS = Path("orders.yaml")
CALENDAR = Path("calendar.yaml")
PLACEHOLDERS = Path("codes/placeholders.yaml")
NORMALISERS = Path("normalisers.yaml")
LINKING = tuple(Path("linking") / f"{part}.yaml" for part in ("contexts", "comparisons", "blocks", "rules", "doubts", "model"))
DIVISIONS = Path("codes/divisions.csv")
INTAKE = {"inbound", "codes", NORMALISERS.name}


def is_leaf(file: str) -> bool:
    """Whether no other contract names what the file holds: a rule, a form, a subscription."""
    return Path(file).parent.name in {Path(kind).parts[0] for kind in (RULES, FORMS, OUTBOUND)}


def overlay(folders: tuple[Path, ...]) -> dict[Path, Path]:
    """Every contract file by its path within its folder; the last folder's is the one that counts."""
    found: dict[Path, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ContractError(Fault(str(folder), "", "no such folder of contracts; see RENKOU_CONTRACTS"))
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".yaml", ".yml", ".csv"}:
                found[path.relative_to(folder)] = path
    return dict(sorted(found.items()))


def matching(files: dict[Path, Path], pattern: str) -> list[Path]:
    """The files of one kind; ``pattern`` has as many parts as their paths within the folder."""
    parts = len(Path(pattern).parts)
    return [p for r, p in files.items() if len(r.parts) == parts and r.match(pattern) and r != PLACEHOLDERS]


def catalogues(folders: tuple[Path, ...]) -> list[Path]:
    """The catalogues of all folders, in order: unlike other files they are laid together, datum by datum."""
    return [path for folder in folders if (path := folder / CATALOGUE).exists()]
