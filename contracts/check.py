"""Hold every contract against every other, before any data is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from contracts import (
    checks_catalogue,
    checks_codes,
    checks_columns,
    checks_files,
    checks_forms,
    checks_linking,
    checks_persons,
    checks_rules,
    checks_sources,
    checks_subscriptions,
    checks_uses,
)
from contracts.checks_base import Agreement, Check, Finding
from contracts.layout import OWN
from contracts.model import Contracts
from contracts.parsing import ContractError
from contracts.places import line_of

__all__ = ["CHECKS", "Finding", "check", "unreadable", "with_lines"]

MODULES = (
    checks_files,
    checks_codes,
    checks_catalogue,
    checks_columns,
    checks_persons,
    checks_rules,
    checks_forms,
    checks_subscriptions,
    checks_linking,
    checks_sources,
)
READ: tuple[Check, ...] = (checks_files.every_file_is_read,)
NAMED: tuple[Check, ...] = (
    *(holds for holds in checks_files.CHECKS if holds not in READ),
    checks_codes.lists_and_crosswalks_have_one_file_each,
    checks_columns.datasets_have_one_file_each,
    checks_rules.rules_have_one_file_each,
    checks_forms.forms_have_one_file_and_fields_one_name,
    checks_subscriptions.one_subscription_a_subscriber,
)
FIT: tuple[Check, ...] = tuple(holds for module in MODULES for holds in module.CHECKS if holds not in READ + NAMED)
STAGES = (READ, NAMED, FIT, checks_uses.CHECKS)
"""Whether each file is read, is what it is called, fits the others, and whether what it collects is used."""
CHECKS = tuple(holds for stage in STAGES for holds in stage)


def with_lines(found: Iterable[Finding]) -> list[Finding]:
    """The findings with the lines of their places, where their files tell them."""
    return [replace(finding, line=line_of(OWN.parent / finding.file, finding.where)) for finding in found]


def found_by(agreed: Agreement) -> dict[str, list[Finding]]:
    """What each check finds. A stage is looked at once those before it found no error: what follows from a mistake is none of its own."""
    found: dict[str, list[Finding]] = {}
    for stage in STAGES:
        found |= {holds.__name__: list(holds(agreed)) for holds in stage}
        if any(finding.level == "error" for findings in found.values() for finding in findings):
            break
    return found


def check(contracts: Contracts) -> list[Finding]:
    """What does not hold between contracts: errors first, then notes; none when all is well."""
    found = dict.fromkeys(finding for findings in found_by(Agreement(contracts)).values() for finding in findings)
    return sorted(found, key=lambda finding: (finding.level != "error", finding.file))


def unreadable(error: ContractError) -> list[Finding]:
    """The files that cannot even be read, as findings; the others are checked once these are mended."""
    remedy = "mend it, then check again; contracts/README.md shows each kind of file"
    return [Finding("error", f.file, f.where or "(file)", f.what, remedy) for f in error.faults]
