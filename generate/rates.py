"""How often each fault and trap is planted."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import yaml

MOST = 0.9
"""The share up to which ``times`` raises one."""


@dataclass(frozen=True)
class Rates:
    """Shares in which each kind is planted, close to those of the sample county.

    Numbers, names, births and codes: share of the records that carry such a value (for the
    insured: share of persons). Lives, copies and people kept apart: share of the persons or
    pairs it can happen to. Rows: share of a file's rows, at least one in a large file.
    Daily changes: share of all persons a day.
    """

    id_15_digits: float = 0.005
    id_fullwidth: float = 0.001
    id_lower_x: float = 0.14
    id_missing: float = 0.007
    id_of_relative: float = 0.0022
    id_placeholder: float = 0.0018
    id_spaces: float = 0.004
    id_transposed: float = 0.0019
    id_typo: float = 0.0036
    id_typo_valid: float = 0.001
    id_old_number: float = 0.4
    id_odd_x: float = 0.01
    id_marked: float = 0.0008
    id_disability_card: float = 0.0004
    id_other_number: float = 0.0004
    id_as_float: float = 0.0006

    merged_cells: float = 0.5
    damaged_workbooks: float = 0.34

    name_child_of: float = 0.25
    name_dot_variant: float = 0.4
    name_former: float = 0.2
    name_homophone: float = 0.0055
    name_lookalike: float = 0.0025
    name_rare_lost: float = 0.55
    name_remark: float = 0.001
    name_reordered: float = 0.4
    name_spaces: float = 0.0038
    name_traditional: float = 0.0016
    name_truncated: float = 0.0008

    name_variant: float = 0.003
    name_radical: float = 0.03
    name_in_letters: float = 0.0005
    name_is_word: float = 0.0006

    address_other_form: float = 0.031
    birth_default_0101: float = 0.001
    birth_future: float = 0.0003
    birth_impossible: float = 0.0005
    birth_day_off: float = 0.001
    birth_lunar: float = 0.0006
    birth_other_form: float = 0.0045
    birth_over_120: float = 0.0002
    birth_swapped: float = 0.0018
    birth_year_off: float = 0.0013
    code_as_label: float = 0.0005
    code_unknown: float = 0.0007
    phone_dummy: float = 0.003
    phone_shared: float = 0.004
    phone_other_form: float = 0.0095
    placeholder: float = 0.009
    sex_contradicts_number: float = 0.0012
    sex_unknown_code: float = 0.0006
    stale_education: float = 0.33
    stale_phone: float = 0.25
    stale_address: float = 0.07

    assistance_to_dead: float = 0.03
    death_known_to_one: float = 0.15
    insured_after_death: float = 0.09
    marital_contradiction: float = 0.4
    marriage_after_death: float = 0.03
    pension_after_death: float = 0.11
    two_pension_schemes: float = 0.004

    child_without_number: float = 0.007
    corrected_at_source: float = 0.0007
    death_amended: float = 0.016
    delta_delete: float = 0.006
    delta_late: float = 0.00015
    delta_out_of_order: float = 0.011
    delta_update: float = 0.018
    duplicate_person: float = 0.0015
    duplicate_row: float = 0.0006
    event_not_yet_delivered: float = 0.0003
    false_death_withdrawn: float = 0.011
    newborn_registered: float = 0.0002
    number_corrected: float = 0.0002
    name_changed: float = 0.00012
    several_records: float = 0.043

    father_and_son: float = 0.0025
    number_issued_twice: float = 0.0004
    same_name_same_birth: float = 0.0008
    twins: float = 0.002

    event_in_future: float = 0.0006
    row_bad_byte: float = 0.00025
    row_empty: float = 0.00025
    row_open_quote: float = 0.00015
    row_short: float = 0.0004
    test_row: float = 1.0

    births_a_day: float = 0.0004
    deaths_a_day: float = 0.0003
    moves_a_day: float = 0.0008
    work_changes_a_day: float = 0.0008
    permits_a_day: float = 0.0002

    @classmethod
    def none(cls) -> Rates:
        """A county without any fault; people still change from day to day."""
        kept = {"births_a_day", "deaths_a_day", "moves_a_day", "work_changes_a_day", "permits_a_day"}
        return replace(cls(), **{field.name: 0.0 for field in fields(cls) if field.name not in kept})

    @classmethod
    def harsh(cls) -> Rates:
        """Faults four times as frequent, for small counties where every kind must occur."""
        return cls().times(4)

    def times(self, factor: float) -> Rates:
        """Every share so many times as large, up to MOST."""
        return replace(self, **{f.name: min(factor * getattr(self, f.name), MOST) for f in fields(self)})


def read_rates(file: Path) -> Rates:
    """Rates out of a YAML file: shares by their name, the rest as usual or ``times`` as frequent.

    Raises ValueError that names the file and what is wrong in it.
    """
    try:
        shares = dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: write YAML, one `name: share` a line") from error
    known = {field.name for field in fields(Rates)}
    for name, share in shares.items():
        if name != "times" and name not in known:
            raise ValueError(f"{file}: {name}: no fault has this name; generate/rates.py lists all")
        if isinstance(share, bool) or not isinstance(share, int | float) or share < 0 or (name != "times" and share > 1):
            raise ValueError(f"{file}: {name}: a share from 0 to 1 is needed (times: a number from 0)")
    plain = Rates().times(shares.pop("times", 1))
    return replace(plain, **shares)
