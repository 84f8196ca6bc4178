"""The SQL can be carried to Spark; what only DuckDB has is listed here, by file and by name."""

from __future__ import annotations

import logging
from pathlib import Path
from string import Template

import pytest
from sqlglot import ErrorLevel, exp, parse, parse_one

from tests.house.rooms import SQL, sql_files

# Stand-ins for the parts that a statement is filled in with; a name for all others.
PARTS = {
    "told": "SELECT 1 AS person_no",
    "query": "SELECT 1 AS person_no, 'x' AS owner_value",
    "ties": "('x', 'x', 'x', 'x')",
    "levels": "'name': 'same'",
    "highest": "2",
    "escalate_due": "'2026-12-11'",
    "contexts": "",
    "into": "CREATE OR REPLACE TEMP TABLE link_unit AS",
    "parts": "2",
    "part": "1",
    "numbers": "SELECT 0 AS part, 'x' AS number",
    "day": "'2026-11-20'",
    "fresh_from": "'2026-11-01'",
    "due": "'2026-12-04'",
    "built_at": "'2026-11-20'",
}
# Folders and files of macros: functions of our own. Spark has no CREATE MACRO, there each is written anew behind its name.
MACROS = ("normaliser/", "link/names.sql", "link/compare.sql", "link/person_id.sql", "link/birth_told.sql")
# Functions that sqlglot hands through by name, with the reason.
BEHIND_A_NAME = {
    "normalise/divisions.sql": {"read_csv": "reads a file", "regexp_full_match": "RE2, anchored; RLIKE '^(...)$' in Spark"},
    "normalise/file_verdict.sql": {
        "regexp_full_match": "RE2, anchored; RLIKE '^(...)$' in Spark",
        "number_is_sound": "our own macro",
        "suffix": "endswith in Spark",
    },
    "prepare/lost_number.sql": {"regexp_full_match": "RE2, anchored; RLIKE '^(...)$' in Spark"},
    "normalise/crosswalk_key.sql": {"code_key": "our own macro"},
    "event/stays.sql": {"person_id": "our own macro"},
    "event/told.sql": {"person_id": "our own macro"},
    "history/then.sql": {"hash": "xxhash64 in Spark; any print that tells values apart"},
    "history/number_borne.sql": {"are_two_cards": "our own macro"},
    "link/another.sql": dict.fromkeys(("name_key", "name_says", "birth_says", "birth_told"), "our own macro"),
    "link/person.sql": {"name_key": "our own macro"},
    "link/match.sql": {"name_says": "our own macro", "birth_says": "our own macro"},
    "link/alike.sql": {"places_apart": "our own macro"},
    "link/facts.sql": {"kind_of_number": "our own macro", "order_called": "our own macro"},
    "link/seeker.sql": {"kind_of_number": "our own macro"},
    "link/told_pairs.sql": {"to_json": "the same name in Spark"},
    "link/continued.sql": {"name_key": "our own macro", "digits_left": "our own macro", "is_rounded": "our own macro"},
    "link/unit.sql": {"digits_left": "our own macro"},
    "link/person_record.sql": {"person_id": "our own macro"},
    "link/person_origin.sql": {"person_id": "our own macro"},
    "link/person_change.sql": {"person_id": "our own macro"},
    "unify/declared.sql": {"person_id": "our own macro"},
    "reconcile/named.sql": {"person_id": "our own macro"},
    "order/heir.sql": {"person_id": "our own macro"},
    "unify/relation.sql": {"person_id": "our own macro"},
    "reconcile/rule_division.sql": {"read_csv": "the list of divisions is a file"},
}


@pytest.fixture(autouse=True)
def quiet() -> None:
    """sqlglot warns of each CREATE MACRO, which it carries as it is."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)


def filled(path: Path) -> str:
    """The file as it is executed; a file without parts is taken as it stands."""
    text = path.read_text(encoding="utf-8")
    template = Template(text)
    names = template.get_identifiers() if template.is_valid() else []
    return template.substitute({name: PARTS.get(name, "a_part") for name in names}) if names else text


def statements(path: Path) -> list[exp.Expression]:
    return [s for s in parse(filled(path), read="duckdb") if s is not None]


def place(path: Path) -> str:
    return path.relative_to(SQL).as_posix()


def is_table(path: Path) -> bool:
    return not place(path).startswith(MACROS)


every_file = pytest.mark.parametrize("path", sql_files(), ids=place)
every_table = pytest.mark.parametrize("path", [p for p in sql_files() if is_table(p)], ids=place)


@every_file
def test_it_is_duckdbs_sql(path: Path) -> None:
    assert statements(path)


@every_table
def test_it_can_be_carried_to_spark(path: Path) -> None:
    for statement in statements(path):
        if _is_macro(statement):
            continue
        carried = statement.sql("spark", unsupported_level=ErrorLevel.RAISE)
        assert not isinstance(parse_one(carried, read="spark"), exp.Command)


@every_table
def test_what_only_duckdb_has_is_listed(path: Path) -> None:
    calls = [call for s in statements(path) if not _is_macro(s) for call in s.find_all(exp.Func)]
    functions = {name for call in calls if (name := _of_duckdb(call))}
    assert functions == set(BEHIND_A_NAME.get(place(path), {}))


def _of_duckdb(call: exp.Func) -> str | None:
    """The name of a function that Spark does not have; most others sqlglot knows how to say there."""
    if isinstance(call, exp.Anonymous):
        return call.name.lower()
    return "regexp_full_match" if isinstance(call, exp.RegexpFullMatch) else "read_csv" if isinstance(call, exp.ReadCSV) else None


def _is_macro(statement: exp.Expression) -> bool:
    return (isinstance(statement, exp.Create) and statement.kind in {"MACRO", "FUNCTION"}) or isinstance(statement, exp.Command)


def test_files_of_macros_hold_nothing_else() -> None:
    others = [place(p) for p in sql_files() if not is_table(p) and not all(map(_is_macro, statements(p)))]
    assert others == []
