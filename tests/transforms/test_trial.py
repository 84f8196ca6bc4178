"""SQL of contracts that reads well and that the engine does not run is found before any data is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.check import with_lines
from contracts.model import Contracts
from transforms import road
from transforms.link import prepare_comparisons
from transforms.reconcile import faults_of_rules
from transforms.release import release_beside
from transforms.trial import DAY, tried
from warehouse.connection import open_database
from warehouse.faults import RenkouError
from warehouse.home import Home


def with_first(contracts: Contracts, kind: str, **change: Any) -> Contracts:
    """The contracts with the first of a kind changed."""
    first, *rest = getattr(contracts, kind)
    return contracts.model_copy(update={kind: (first.model_copy(update=change), *rest)})


def test_a_rule_a_derived_value_and_a_relative_that_cannot_be_run_are_all_told(own_contracts: Contracts) -> None:
    rule, derived, relative = own_contracts.rules[0], own_contracts.derived[0], own_contracts.relatives[0]
    contracts = with_first(own_contracts, "rules", sql=f"SELECT * FROM ({rule.sql}) WHERE levenshtien(reported_value, 'x') > 2")
    contracts = with_first(contracts, "derived", expression="birth_date + true")
    contracts = with_first(contracts, "relatives", order="sum(birth_date)")
    told = {finding.file: finding for finding in tried(contracts)}
    assert told.keys() == {f"contracts/{file}.yaml" for file in (f"rules/{rule.id}", f"derived/{derived.id}", f"relatives/{relative.id}")}
    assert "levenshtien does not exist" in told[f"contracts/rules/{rule.id}.yaml"].what
    assert {finding.level for finding in told.values()} == {"error"}


def test_a_view_of_the_rules_and_a_form_that_cannot_be_run_are_told(own_contracts: Contracts) -> None:
    view, form = own_contracts.rule_views[0], own_contracts.forms[0]
    contracts = with_first(own_contracts, "rule_views", sql=f"SELECT *, levenshtien('x') AS y FROM ({view.sql})")
    field = form.fields[0].model_copy(update={"applies_when": "date_sub('year', name, filled_on) > 3"})
    contracts = with_first(contracts, "forms", fields=(field, *form.fields[1:]))
    told = {finding.file for finding in tried(contracts)}
    assert told == {f"contracts/rules/views/{view.id}.yaml", f"contracts/forms/{form.id}.yaml"}


def test_an_extract_that_cannot_be_run_is_told_and_sound_contracts_are_not(own_contracts: Contracts) -> None:
    first, second, third, *_ = own_contracts.subscriptions
    broken = (
        first.model_copy(update={"where": "birth_date > 'no day'::DATE + name"}),
        second.model_copy(update={"where": "sex"}),
        third.model_copy(update={"types": third.types | {"birth_date": "string"}}),
    )
    told = tried(own_contracts.model_copy(update={"subscriptions": broken}))
    assert [finding.file for finding in told] == [f"contracts/outbound/{each.subscriber}.odcs.yaml" for each in broken]
    assert [finding.where for finding in told[1:]] == ["customProperties.where", "schema.properties.birth_date"]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("customProperties.where", {"where": "sex = '1' AND birth_date > 'abc'"}),
        ("customProperties.where", {"where": "pension_amount BETWEEN 100 AND 'many'"}),
        ("customProperties.where", {"where": "coalesce(sex, '1') = '1' OR birth_date IN ('1990-01-01', '1990-13-01')"}),
        ("customProperties.partitionBy", {"partition_by": ("old = birth_date < 'then'",)}),
        ("schema.properties.name.transformLogic", {"expressions": {"name": "CASE WHEN birth_date > 'abc' THEN name END"}}),
    ],
)
def test_a_literal_of_another_type_than_the_column_is_told_at_its_place(own_contracts: Contracts, place: str, change: Any) -> None:
    (finding,) = tried(with_first(own_contracts, "subscriptions", **change))
    assert (finding.file, finding.where) == (f"contracts/outbound/{own_contracts.subscriptions[0].subscriber}.odcs.yaml", place)
    assert "cannot be run: " in finding.what
    (located,) = with_lines([finding])
    assert located.line


def test_literals_of_another_type_in_a_relative_and_in_rules_are_told(own_contracts: Contracts) -> None:
    broken = {
        "birth_date > 'abc'": "birth_date, which is DATE",
        "'1990-02-30' <= birth_date": "birth_date, which is DATE",
        "pension_amount IN (1, 'many')": "pension_amount, which is DECIMAL",
        "sex = 1": "sex, a text, with the number 1",
        "birth_date = name": "birth_date and name, which are DATE and VARCHAR",
    }
    wrong = [f"SELECT * FROM ({rule.sql}) WHERE person_no IN (SELECT person_no FROM rule_person WHERE {text})"
             for rule, text in zip(own_contracts.rules, broken, strict=False)]
    rules = [rule.model_copy(update={"sql": sql}) for rule, sql in zip(own_contracts.rules, wrong, strict=False)]
    contracts = own_contracts.model_copy(update={"rules": (*rules, *own_contracts.rules[len(rules) :])})
    *of_rules, of_relative = tried(with_first(contracts, "relatives", where="birth_date > 'abc'"))
    assert (of_relative.file, of_relative.where) == (f"contracts/relatives/{own_contracts.relatives[0].id}.yaml", "where")
    assert [finding.file for finding in of_rules] == [f"contracts/rules/{rule.id}.yaml" for rule in rules]
    for finding, words in zip(of_rules, broken.values(), strict=True):
        assert words in finding.what


def test_a_second_subscriber_with_pseudonyms_is_sound(own_contracts: Contracts) -> None:
    masked = next(each for each in own_contracts.subscriptions if each.pseudonyms)
    other = masked.model_copy(update={"subscriber": "institute"})  # two with pseudonyms
    assert tried(own_contracts.model_copy(update={"subscriptions": (*own_contracts.subscriptions, other)})) == []


def test_no_rule_joins_by_or_and_one_that_withholds_and_cannot_be_run_ends_the_build(own_contracts: Contracts, tmp_path: Path) -> None:
    """DuckDB joins by OR pair by pair: a second over a thousand persons is eleven days over a million."""
    home = Home(tmp_path)
    for stage in (road.prepare, road.link, road.unify):
        stage(home, own_contracts, DAY)
    with open_database(home.build_file(DAY)) as connection, release_beside(connection, road.release_file_of(home, DAY)):
        prepare_comparisons(connection)
        assert list(faults_of_rules(connection, own_contracts, DAY)) == []
        plans = {rule.id: connection.execute(f"EXPLAIN {rule.sql}").fetchall()[0][1] for rule in own_contracts.rules}
    assert [rule for rule, plan in plans.items() if "BLOCKWISE_NL_JOIN" in plan] == []
    broken = [rule.model_copy(update={"sql": "SELECT levenshtien('x')"}) if rule.withholds else rule for rule in own_contracts.rules]
    with pytest.raises(RenkouError, match=r"rules/death_doubtful\.yaml: sql: cannot be run: .*levenshtien"):
        road.unify(home, own_contracts.model_copy(update={"rules": tuple(broken)}), DAY)  # what it withholds would be published
