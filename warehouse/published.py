"""A published release as forms read it: opened once, asked many times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts.model import Contracts, Form
from warehouse.as_of import stand_at
from warehouse.connection import calculator, reader, traveller
from warehouse.dossier import Dossier, Dossiers, lay_out_dossiers
from warehouse.faults import RenkouError
from warehouse.form_plan import FILLED_ON, OF_RELATIVE, REGISTERS, FieldPlan, planned
from warehouse.identity import tidy, with_century
from warehouse.lookup import Release, latest_batch, release_of
from warehouse.quoting import identifier, literal

OWN_TYPES = {FILLED_ON: "DATE", REGISTERS: "VARCHAR[]"}


class Published:
    """One release file. It stays readable for whoever holds it, also when another release takes its place."""

    def __init__(self, path: Path, contracts: Contracts, as_of: date | None = None, before: Published | None = None) -> None:
        """``before``: the release, by the same contracts, whose place this one takes; what was worked out for it holds here too.

        Raises NotFoundError for a day before the history begins, RenkouError for a release without dossiers.
        """
        self.contracts = contracts
        self._connection = reader(path) if as_of is None else traveller(path)
        if as_of is not None:
            stand_at(self._connection, contracts, as_of, laid_out=True)
            lay_out_dossiers(self._connection, contracts)
        elif not self._has_dossiers():
            raise RenkouError(f"{path.name}: was released by an older version; run `renkou run` again")
        self.release: Release = release_of(self._connection)
        self._calculator: Calculator = before._calculator if before else Calculator(contracts)
        self._plans: dict[str, tuple[FieldPlan, ...]] = before._plans if before else {}
        self._latest: dict[str, date | None] = {}
        self._dossiers = Dossiers(self._connection, contracts)
        self._dossiers.warm(tuple(before._dossiers.lately) if before else ())

    def bearers(self, typed: str) -> tuple[Dossier, ...]:
        """Everyone who bears the number now, also as 15 digits; failing that, those who bore it before."""
        return self._dossiers.bearers(with_century(tidy(typed)))

    def dossier(self, person_id: str) -> Dossier | None:
        return self._dossiers.of(person_id)

    def dossiers(self, person_ids: Sequence[str]) -> tuple[Dossier, ...]:
        """Those of several persons, in their order."""
        return self._dossiers.several(person_ids)

    def plan(self, form: Form) -> tuple[FieldPlan, ...]:
        """What the contract says of the form's fields."""
        if form.id not in self._plans:
            self._plans[form.id] = planned(form, self.contracts)
        return self._plans[form.id]

    def latest_batch(self, dataset: str) -> date | None:
        """The day of the newest batch of a dataset that is in the release."""
        if dataset not in self._latest:
            self._latest[dataset] = latest_batch(self._connection, dataset)
        return self._latest[dataset]

    def computed(self, expressions: tuple[str, ...], values: dict[str, Any]) -> tuple[Any, ...]:
        """What expressions of a contract say of the values; a name of another person's datum is ``spouse__name``."""
        return self._calculator.computed(expressions, values)

    def former_ids(self, person_id: str) -> tuple[str, ...]:
        """The person's id and all that were merged into it."""
        sql = (
            "WITH RECURSIVE one(person_id) AS (SELECT ?::VARCHAR UNION SELECT change.person_id FROM person_change AS change"
            " JOIN one ON change.other_person_id = one.person_id WHERE change.kind = 'merged') SELECT person_id FROM one"
        )
        return tuple(str(row[0]) for row in self._connection.execute(sql, [person_id]).fetchall())

    def close(self) -> None:
        self._connection.close()

    def _has_dossiers(self) -> bool:
        sql = "SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('dossier', 'dossier_origin', 'bearer')"
        found = self._connection.execute(sql).fetchone()
        return found is not None and found[0] == 3


class Calculator:
    """Computes a form's expressions over one person's values: each set of them is planned once and run many times."""

    def __init__(self, contracts: Contracts) -> None:
        self._connection = calculator()
        self._types = {datum.name: datum.sql_type for datum in contracts.catalogue.data}
        self._planned: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}

    def computed(self, expressions: tuple[str, ...], values: dict[str, Any]) -> tuple[Any, ...]:
        """One value an expression. Raises duckdb.Error, whose words may quote a value."""
        if not expressions:
            return ()
        plan, names = self._plan(expressions, tuple(values))
        # A parameter of another type than the plan's, also an untyped NULL, makes the engine plan anew at each call.
        given = f"({', '.join(f'{_literal(values[name])}::{self._type(name)}' for name in names)})" if names else ""
        found = self._connection.execute(f"EXECUTE {plan}{given}").fetchone()
        assert found is not None
        return found

    def _plan(self, expressions: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        if expressions not in self._planned:
            plan = f"plan_{len(self._planned)}"
            row = ", ".join(f"CAST(${n} AS {self._type(name)}) AS {identifier(name)}" for n, name in enumerate(names, 1))
            told = ", ".join(f"({expression})" for expression in expressions)
            self._connection.execute(f"PREPARE {plan} AS SELECT {told} FROM (SELECT {row or '1'})")
            self._planned[expressions] = plan, names
        return self._planned[expressions]

    def _type(self, name: str) -> str:
        return OWN_TYPES.get(name) or self._types.get(name.rpartition(OF_RELATIVE)[2], "VARCHAR")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]::VARCHAR[]"
    return literal(f"{value:f}" if isinstance(value, Decimal) else str(value))

