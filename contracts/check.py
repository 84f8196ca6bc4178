"""Hold every contract against every other, before any data is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from contracts.checks import (
    catalogue,
    codes,
    columns,
    files,
    form_parts,
    forms,
    linking,
    literals,
    persons,
    rules,
    several,
    sources,
    subscriptions,
    uses,
)
from contracts.checks.base import Agreement, Check, Finding
from contracts.layout import OWN, is_leaf
from contracts.model import Contracts
from contracts.parsing import ContractError
from contracts.places import line_of

__all__ = ["CHECKS", "Finding", "check", "unreadable", "with_lines"]

MODULES = (files, codes, catalogue, columns, persons, several, rules, forms, form_parts, subscriptions, literals, linking, sources)
READ: tuple[Check, ...] = (files.every_file_is_read,)
NAMED: tuple[Check, ...] = (
    *(holds for holds in files.CHECKS if holds not in READ),
    codes.lists_and_crosswalks_have_one_file_each,
    columns.datasets_have_one_file_each,
    rules.rules_have_one_file_each,
    forms.forms_have_one_file_and_fields_one_name,
    subscriptions.one_subscription_a_subscriber,
)
FIT: tuple[Check, ...] = tuple(holds for module in MODULES for holds in module.CHECKS if holds not in READ + NAMED)
STAGES = (READ, NAMED, FIT, uses.CHECKS)
"""Whether each file is read, is what it is called, fits the others, and whether what it collects is used."""
CHECKS = tuple(holds for stage in STAGES for holds in stage)


def with_lines(found: Iterable[Finding]) -> list[Finding]:
    """The findings with the lines of their places, where their files tell them."""
    return [replace(finding, line=line_of(OWN.parent / finding.file, finding.where)) for finding in found]


def found_by(agreed: Agreement, stages: tuple[tuple[Check, ...], ...] = STAGES) -> dict[str, list[Finding]]:
    """What each check finds. A stage is looked at once those before it found no error: what follows from a mistake is none of its own."""
    found: dict[str, list[Finding]] = {}
    for stage in stages:
        found |= {holds.__name__: list(holds(agreed)) for holds in stage}
        if any(finding.level == "error" for findings in found.values() for finding in findings):
            break
    return found


def check(contracts: Contracts) -> list[Finding]:
    """What does not hold between contracts: errors first, then notes; none when all is well.

    Where a file cannot be read, nobody can say what is not used.
    """
    stages = STAGES[:-1] if contracts.unread else STAGES
    return in_order(finding for findings in found_by(Agreement(contracts), stages).values() for finding in findings)


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Each finding once, errors first."""
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.level != "error", finding.file))


def sound_part(contracts: Contracts) -> Contracts | None:
    """The contracts without the rules, forms and subscriptions in whose files an error stands; None where one stands elsewhere,
    from which more would follow. That something is not used hinders nothing.
    """
    agreed = Agreement(contracts)
    found = found_by(agreed, STAGES[:-1]).values()
    broken = {finding.file for findings in found for finding in findings if finding.level == "error"}
    if not all(map(is_leaf, broken)):
        return None
    return contracts.model_copy(
        update={
            "rules": tuple(rule for rule in contracts.rules if agreed.file_of("rules", rule.id) not in broken),
            "forms": tuple(form for form in contracts.forms if agreed.file_of("forms", form.id) not in broken),
            "subscriptions": tuple(each for each in contracts.subscriptions if agreed.shown(each.source) not in broken),
        }
    )


def unreadable(error: ContractError) -> list[Finding]:
    """The files that cannot even be read, as findings."""
    remedy = "mend it, then check again; contracts/README.md shows each kind of file"
    return [Finding("error", f.file, f.where or "(file)", f.what, remedy) for f in error.faults]
