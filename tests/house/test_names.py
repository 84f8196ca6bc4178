"""A new department, dataset, datum or form is a file in contracts/: no code and no generic SQL names one."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.layout import OWN
from contracts.load import load
from tests.house.rooms import ROOT, python_files, sql_files, words_of_python, words_of_sql

# Linking is about these: who somebody is and whose kin.
IDENTITY = frozenset({"id_number", "name", "former_name", "birth_date", "sex", "mother", "father", "spouse"})
# Words of the language that happen to be names of datasets too: a source record, somebody's birth.
PLAIN_WORDS = frozenset({"record", "birth"})
# Airflow's own word for whether it is up.
ALLOWED = {"cli/demo/engine.py": {"health"}}


def agreed_names() -> set[str]:
    contracts = load(OWN)
    names = {*contracts.departments, *(form.id for form in contracts.forms)}
    names |= {name for d in contracts.datasets for name in (d.name, d.table)}
    names |= {datum.name for datum in contracts.catalogue.data}
    return names - IDENTITY - PLAIN_WORDS - set(contracts.normalisers)


def named(path: Path, words: set[str]) -> dict[str, set[str]]:
    """What a file names that it should not."""
    place = str(path.relative_to(ROOT))
    found = words & agreed_names() - ALLOWED.get(place, set())
    return {place: found} if found else {}


@pytest.mark.parametrize("room", ["cli", "dags", "transforms", "expectations", "warehouse"])
def test_python_names_nothing_of_the_contracts(room: str) -> None:
    assert {k: v for path in python_files(room) for k, v in named(path, words_of_python(path)).items()} == {}


def test_generic_sql_names_nothing_of_the_contracts() -> None:
    assert {k: v for path in sql_files() for k, v in named(path, words_of_sql(path)).items()} == {}


def test_the_test_would_find_one() -> None:
    assert {"police", "police__resident", "resident", "hukou_status", "retirement"} <= agreed_names()
