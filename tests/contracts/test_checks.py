"""Each check: silent on sound contracts, and exactly one finding for one mistake."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from contracts.check import CHECKS, Finding
from contracts.checks_base import Agreement
from contracts.load import OWN, load
from tests.contracts.broken import (
    AID,
    CATALOGUE,
    EDUCATION,
    FORM,
    GRADES,
    GUARDIAN,
    OUT,
    PUPIL,
    RULE,
    WALK,
    Slip,
    findings,
    written,
)


@dataclass(frozen=True)
class Case:
    """A mistake, the check that finds it, and what its finding says."""

    check: str
    slips: tuple[Slip, ...]
    where: str
    what: str
    remedy: str = ""
    level: str = "error"


def case(check: str, slip: Slip | tuple[Slip, ...], where: str, what: str, remedy: str = "") -> Case:
    return Case(check, slip if isinstance(slip, tuple) else (slip,), where, what, remedy)


def note(check: str, slip: Slip | tuple[Slip, ...], where: str, what: str, remedy: str = "") -> Case:
    return Case(check, slip if isinstance(slip, tuple) else (slip,), where, what, remedy, "note")


AID_TWICE = (EDUCATION / AID).read_text(encoding="utf-8").replace("education.aid", "education.aids")
GRADE_COLUMN = "          school_grade: {column: school_grade}\n"
HOUSEHOLD = "  - property: household\n    value: {number: %s, relation: %s}\n  - property: events\n"
ROLE = """      - role: reader
        data:
          name: {column: pupil_name}
"""
STRANGE_ROLE = ROLE.replace("role: reader", "role: Reader!").replace("pupil_name", "phone")
SUBSCRIBER = (EDUCATION / OUT).read_text(encoding="utf-8")

FILES = (
    case("odcs_schema", Slip(PUPIL, "status: active", "status: active\ncolour: red"), "(top)", "'colour'"),
    case("every_file_is_read", Slip("inbound/education/x.yaml", "", "a: b\n"), "(name)", "nothing reads"),
    case("files_are_named_after_what_they_hold", Slip(RULE, "id: pupil_dead", "id: pupil_deaf"), "id", "pupil_deaf"),
    case(
        "files_are_named_after_what_they_hold",
        Slip(OUT, "domain: education", "domain: schools"),
        "domain",
        "schools",
        "outbound/schools.odcs.yaml",
    ),
    case(
        "a_later_folder_says_what_it_replaces",
        Slip(CATALOGUE, "    replaces: true\n", ""),
        "data.phone",
        "two owners",
        "replaces: true",
    ),
    case(
        "a_later_folder_says_what_it_replaces",
        Slip(CATALOGUE, "    owner: education/guardian\n", "    owner: education/guardian\n    replaces: true\n"),
        "data.guardian",
        "no earlier folder",
    ),
)
CODES = (
    case("codes_are_distinct", Slip(GRADES, '"23", label: 初中三年级', '"22", label: 初中三年级'), "codes.22", "twice"),
    case(
        "lists_and_crosswalks_have_one_file_each",
        Slip("codes/crosswalks/school_aid.yaml", "id: school_aid\n", "id: school_grade\n"),
        "id",
        "two files",
    ),
    case("crosswalks_lead_to_lists", Slip(WALK, "to: school_grade", "to: schol_grade"), "to", "does not exist", "school_grade"),
    case("crosswalks_lead_to_lists", Slip(WALK, '"初三": "23"', '"初三": "32"'), "map.初三", "no code", "23"),
    case("spellings_can_occur", Slip(WALK, '"初三":', '"初三 ":'), "map", "never"),
    case("placeholders_have_one_reason", Slip("codes/placeholders.yaml", "", "version: '1'\nreasons: {unknown: [无], refused: [无]}\n"), "reasons", "two reasons"),
    case("placeholders_are_trimmed", Slip("codes/placeholders.yaml", "", "version: '1'\nreasons: {unknown: ['无 ']}\n"), "reasons.unknown", "never"),
    case("divisions_have_their_header", Slip("codes/divisions.csv", "", "code,name\n330102,某区\n"), "line 1", "code,name"),
    note("unused_lists_and_crosswalks", Slip("codes/spare.yaml", "", "id: spare\ntitle: t\nstandard: s\nversion: '1'\ncodes: [{code: a, label: b}]\n"), "id", "spare"),
    note("unused_lists_and_crosswalks", Slip("codes/crosswalks/spare.yaml", "", "id: spare\nto: sex\nversion: '1'\nmap: {a: '1'}\n"), "id", "spare"),
)
CATALOGUES = (
    case("data_have_names_that_can_be_columns", Slip(CATALOGUE, "version:", "version:"), "", ""),
)
