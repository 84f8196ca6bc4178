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
from contracts.load import OWN, ContractError
from contracts.model import Contracts
from contracts.places import line_of

__all__ = ["CHECKS", "Finding", "check", "unreadable", "with_lines"]

CHECKS: tuple[Check, ...] = (
    *checks_files.CHECKS,
    *checks_codes.CHECKS,
    *checks_catalogue.CHECKS,
    *checks_columns.CHECKS,
    *checks_persons.CHECKS,
    *checks_rules.CHECKS,
    *checks_forms.CHECKS,
    *checks_subscriptions.CHECKS,
    *checks_linking.CHECKS,
    *checks_sources.CHECKS,
    *checks_uses.CHECKS,
)


def with_lines(found: Iterable[Finding]) -> list[Finding]:
    """The findings with the lines of their places, where their files tell them."""
    return [replace(finding, line=line_of(OWN.parent / finding.file, finding.where)) for finding in found]


def check(contracts: Contracts) -> list[Finding]:
    """What does not hold between contracts: errors first, then notes; none when all is well."""
    agreed = Agreement(contracts)
    found = dict.fromkeys(finding for holds in CHECKS for finding in holds(agreed))
    return sorted(found, key=lambda finding: (finding.level != "error", finding.file))


def unreadable(error: ContractError) -> list[Finding]:
    """The files that cannot even be read, as findings; the others are checked once these are mended."""
    remedy = "mend it, then check again; contracts/README.md shows each kind of file"
    return [Finding("error", f.file, f.where or "(file)", f.what, remedy) for f in error.faults]
