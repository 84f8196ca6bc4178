"""What the demo says at its end: the release, its tables, an extract, a prefilled form, what to open next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.demo.engine import ROOT, EngineError
from contracts.model import Contracts, Form
from warehouse.clock import today
from warehouse.connection import open_read_only
from warehouse.coverage import answer, lay_out
from warehouse.home import Home
from warehouse.lookup import release_of, rows
from warehouse.publish import current_release, published
from warehouse.quoting import identifier

if TYPE_CHECKING:
    import duckdb

TABLES = (
    "person",
    "person_record",
    "person_datum",
    "event",
    "relation",
    "discrepancy",
    "quarantine",
    "batch",
)


def delivered(home: Home, contracts: Contracts) -> bool:
    """Whether every subscriber has an extract; when the next is due, its cadence says."""
    subscribers = {s.subscriber for s in contracts.subscriptions}
    return current_release(home) is None or all((home.extracts / s / "current").exists() for s in subscribers)


def closing(home: Home, contracts: Contracts, page: str) -> str:
    """Everything that a reader wants to see after the run; ``page`` says how Airflow's page is opened."""
    with open_read_only(published(home), beside_others=True) as release:
        told = release_of(release)
        counts = {t: rows(release, f"SELECT count(*) AS n FROM {identifier(t)}")[0]["n"] for t in TABLES}
        form, someone = _applicant(release, contracts)
    parts = [
        f"\nRelease {told.release_id} as of {told.as_of}",
        *(f"  {count:>9,}  {table}" for table, count in counts.items()),
        "\nExtracts",
        *(f"  {home.address(path)}" for path in sorted(home.extracts.glob("*/current"))),
        _form(form, someone["number"]),
        _where(home, someone["person_id"], page),
    ]
    return "\n".join(part for part in parts if part)


def _applicant(release: duckdb.DuckDBPyConnection, contracts: Contracts) -> tuple[Form, dict[str, Any]]:
    """The first form that somebody would hand in, and who of them is known best: ``person_id``, ``number``."""
    lay_out(release, contracts, contracts.forms)
    number = identifier(contracts.catalogue.number.name)
    known_best = (
        f"SELECT person_id, {number} AS number FROM form_user JOIN person_record USING (person_id) "
        f"WHERE {number} IS NOT NULL GROUP BY ALL ORDER BY count(*) DESC, person_id LIMIT 1"
    )
    for form in contracts.forms:
        answer(release, contracts, form, today())
        if found := rows(release, known_best):
            return form, found[0]
    raise EngineError("nobody would hand in any of the forms; see what was taken in: the table batch")


def _form(form: Form, number: str) -> str:
    command = [
        sys.executable,
        "-m",
        "cli.main",
        "prefill",
        form.id,
        number,
        "--purpose",
        form.purposes[0],
        "--case",
        "demo-1",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return f"\nForm {form.id} {form.title}, prefilled\n{(done.stdout or done.stderr).rstrip()}"


def _where(home: Home, person_id: str, page: str) -> str:
    given = {"RENKOU_HOME": home.store or home.root, "RENKOU_KEYS": os.environ.get("RENKOU_KEYS")}
    renkou = " ".join([*(f"{name}={value}" for name, value in given.items() if value), *map(short, _renkou())])
    return f"""
Where everything lies
  warehouse    {home.address(home.current)}
  data docs    {home.address(home.data_docs)}
  logs         {home.address(home.root / "airflow" / "logs")}

What to try next
  one person, every value and where it comes from
    {renkou} explain {person_id}
  Airflow's page, with the runs that were made
    {page}"""


def _renkou() -> list[str]:
    script = Path(sys.executable).with_name("renkou")
    return [str(script)] if script.exists() else [sys.executable, "-m", "cli.main"]


def short(path: str) -> str:
    """Relative to where the reader stands, if it lies there."""
    return str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path
