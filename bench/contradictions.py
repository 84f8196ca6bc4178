"""What renkou says of sources that disagree, and what it publishes, against the truth of ten harsh counties.

``contradictions.yaml`` says of each class of contradiction of whom it truly holds. Precision counts everybody whom its rules name,
recall everybody of whom it holds, planted or not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml
from rich import box
from rich.console import Console
from rich.table import Table

from contracts.load import load_all
from contracts.model import Contracts, Dataset, Datum
from generate.county import generate
from generate.rates import Rates
from transforms.link import prepare_comparisons
from transforms.normalising.engine import prepare_normalisers
from transforms.run import run
from transforms.sql_files import count, sql
from transforms.unifying.published import agrees
from transforms.unifying.said import known, supplied_value, when_holds
from warehouse.connection import scratch
from warehouse.home import Home
from warehouse.quoting import literal, literals

SIZES = (3_000,)
SEEDS = tuple(range(101, 111))
CLASSES = Path(__file__).with_suffix(".yaml")
TRUTH = ("person", "link", "planted", "reported_error")


@dataclass(frozen=True)
class Class:
    """Persons of one class of contradiction: named by its rules, of whom it holds, both; and of those planted that still hold."""

    name: str
    named: int
    holds: int
    both: int
    planted: int
    planted_named: int


@dataclass(frozen=True)
class Published:
    """One datum of persons of whom its owner said what is true: how many are published, how many rightly.

    ``passed_over``: persons with a value of another source although a record of the owner has one.
    """

    datum: str
    published: int
    right: int
    passed_over: int


def measure(console: Console, persons: int) -> None:
    """Take ten counties down the road and print both tables of all of them."""
    classes: list[Class] = []
    data: list[Published] = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
            root, contracts = Path(folder), load_all()
            generate(persons, seed, root, rates=Rates.harsh())
            home = Home(root / "home")
            run(home, contracts, root / "landing")
            with beside_truth(home, root / "truth") as connection:
                classes += contradictions(connection)
                data += published_values(connection, contracts, home)
    console.width = 140
    console.print(f"{len(SEEDS)} counties of {persons:,} persons, harsh rates, seeds {SEEDS[0]} to {SEEDS[-1]}, three days")
    console.print(_of_classes(classes))
    console.print(_of_data(data))


@contextmanager
def beside_truth(home: Home, truth: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published release of ``home`` as ``published``, the truth tables ``true_*``, and who is whom (``evaluate_shared``)."""
    with scratch() as connection:
        connection.execute(f"ATTACH {literal(home.current.resolve())} AS published (READ_ONLY)")
        for table in TRUTH:
            connection.execute(f"CREATE VIEW true_{table} AS FROM read_parquet({literal(truth / table)} || '.parquet')")
        connection.execute("CREATE VIEW truth_link AS FROM true_link")
        connection.execute("CREATE VIEW as_of AS SELECT max(as_of) AS day FROM published.release")
        prepare_normalisers(connection, load_all())
        prepare_comparisons(connection)
        for step in ("entry", "shared"):
            connection.execute(sql(f"evaluate/{step}"))
        connection.execute(TAKEN_IN)
        yield connection


TAKEN_IN = """
    CREATE TEMP TABLE taken_in AS
    SELECT true_id, department, dataset, record_key, role FROM true_link WHERE expected = 'accepted'
    GROUP BY ALL HAVING max_by(op, (batch_date, line)) NOT IN ('D', 'delete');
    CREATE TEMP TABLE told AS
    SELECT DISTINCT p.true_id, department
    FROM (SELECT true_id, unnest(death_known_to) AS department FROM true_person) AS p
    JOIN taken_in USING (true_id, department)
    WHERE taken_in.dataset IN ('death', 'funeral', 'resident');
    CREATE TEMP VIEW dead AS FROM true_person SEMI JOIN told USING (true_id);
    CREATE TEMP TABLE suspected AS
    WITH strange AS (
        SELECT department, dataset, record_key FROM true_reported_error
        WHERE datum = 'id_number' OR datum = 'name' AND name_key(reported) IS DISTINCT FROM name_key("true")
        UNION
        SELECT department, dataset, record_key FROM true_planted
        WHERE kind IN ('id_missing', 'id_placeholder') OR starts_with(kind, 'sheet_damage_')
    ), named AS (
        SELECT t.true_id FROM told JOIN taken_in AS t USING (true_id, department) ANTI JOIN strange USING (department, dataset, record_key)
        WHERE t.dataset IN ('death', 'funeral', 'resident')
    ), married AS (
        SELECT unnest(true_ids) AS true_id FROM true_planted SEMI JOIN taken_in USING (department, dataset, record_key)
        WHERE kind = 'marriage_after_death'
    )
    SELECT true_id FROM told ANTI JOIN named USING (true_id)
    UNION
    SELECT true_id FROM told SEMI JOIN married USING (true_id) GROUP BY true_id HAVING count(*) = 1;
"""


# --- contradictions -----------------------------------------------------------------------------------------------


def contradictions(connection: duckdb.DuckDBPyConnection) -> list[Class]:
    """Each class of ``contradictions.yaml``, counted in true persons."""
    found = []
    for told in yaml.safe_load(CLASSES.read_text(encoding="utf-8")):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE holds AS SELECT DISTINCT true_id FROM ({told['holds']})")
        of_datum = f" AND d.datum = {literal(told['datum'])}" if "datum" in told else ""
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE named AS SELECT DISTINCT s.true_id FROM published.discrepancy AS d"
            f" JOIN evaluate_shared AS s USING (person_id) WHERE s.is_owner AND d.kind IN ({_listed(told['rules'])}){of_datum}"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE planted AS SELECT DISTINCT unnest(true_ids) AS true_id FROM true_planted"
            f" WHERE kind IN ({_listed(told.get('planted', ()))})"
        )
        ask = ("named", "holds", "named SEMI JOIN holds USING (true_id)", "planted SEMI JOIN holds USING (true_id)",
               "planted SEMI JOIN holds USING (true_id) SEMI JOIN named USING (true_id)")
        found.append(Class(told["class"], *(count(connection, f"SELECT count(*) FROM {part}") for part in ask)))
    return found


def _listed(names: Iterable[str]) -> str:
    return literals(names) or "NULL"


# --- published values ---------------------------------------------------------------------------------------------

# Where the owner has not said what is true, and no truth table of errors tells: nobody reports that a death made a widow or that a
# marriage had ended when no divorce was registered, and not every marriage is registered in this county; of two pensions or files of
# one person either is true.
UNTOLD = """(t.marital_status = '30' OR t.spouse IS NOT NULL AND NOT EXISTS (
    FROM taken_in AS one JOIN taken_in AS other USING (department, dataset, record_key)
    WHERE one.dataset = 'marriage' AND (one.true_id, other.true_id) = (t.true_id, t.spouse)))"""
TWICE = "kind = 'two_pension_schemes'"
ENDED = "kind IN ('marital_contradiction', 'event_not_yet_delivered')"
NOT_SAID = {
    "marital_status": (UNTOLD, ENDED), "spouse": (UNTOLD, ENDED), "marriage_date": (UNTOLD, ENDED),
    "pension_amount": ("false", TWICE), "pension_status": ("false", TWICE), "health_record_no": ("false", "kind = 'several_records'"),
}  # fmt: skip


def published_values(connection: duckdb.DuckDBPyConnection, contracts: Contracts, home: Home) -> list[Published]:
    """Each datum of which there is a truth, over the persons of whom its owner reported nothing else than that."""
    known_truth = {name for name, *_ in connection.execute("DESCRIBE true_person").fetchall()}
    return [
        Published(datum.name, *_counted(connection, datum), _passed_over(connection, datum, contracts, home))
        for datum in contracts.catalogue.data
        if datum.name in known_truth
    ]


def _counted(connection: duckdb.DuckDBPyConnection, datum: Datum) -> tuple[int, int]:
    here, true = f"p.{datum.name}", f"t.{datum.name}"
    same = {
        "person": f"(SELECT b.true_id FROM evaluate_shared AS b WHERE b.is_owner AND b.person_id = {here}) = {true}",
        "set": f"list_sort(list_distinct({here})) = list_sort(list_distinct({true}))",
        "amount": f"{here} = {true}::DECIMAL(14, 2)",
        "address": agrees(datum, here, true),
    }.get(datum.type, f"{here}::VARCHAR = {true}::VARCHAR")
    department, dataset = datum.owner.split("/")
    of_owner = f"e.true_id = t.true_id AND (e.department, e.dataset) = ({literal(department)}, {literal(dataset)})"
    otherwise, planted = NOT_SAID.get(datum.name, ("false", "false"))
    row = connection.execute(f"""
        SELECT count(*), count(*) FILTER (coalesce({same}, false))
        FROM true_person AS t JOIN evaluate_shared AS s ON s.true_id = t.true_id AND s.is_home
        JOIN published.person AS p USING (person_id)
        WHERE {true} IS NOT NULL AND {here} IS NOT NULL AND NOT ({otherwise})
          AND EXISTS (FROM published.person_datum AS o WHERE o.person_id = p.person_id AND o.datum = {literal(datum.name)}
                      AND o.standing = 'owner')
          AND NOT EXISTS (FROM true_reported_error AS e WHERE {of_owner} AND e.datum = {literal(datum.name)})
          AND NOT EXISTS (FROM true_link AS e WHERE {of_owner} AND e.expected = 'quarantined')
          AND NOT EXISTS (FROM true_planted AS e WHERE list_contains(e.true_ids, t.true_id) AND {planted})
        """).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _passed_over(connection: duckdb.DuckDBPyConnection, datum: Datum, contracts: Contracts, home: Home) -> int:
    owner = next((d for d in contracts.datasets if d.id == datum.owner), None)
    said = [] if owner is None else list(_said_by_owner(owner, datum, contracts, home))
    if not said:
        return 0
    return count(
        connection,
        f"SELECT count(DISTINCT person_id) FROM ({' UNION ALL '.join(said)}) JOIN published.person_datum AS d USING (person_id)"
        f" WHERE d.datum = {literal(datum.name)} AND d.standing <> 'owner'",
    )


def _said_by_owner(owner: Dataset, datum: Datum, contracts: Contracts, home: Home) -> Iterator[str]:
    """SQL for the persons of whom a record of the owner that counts has a value."""
    files = home.landed / owner.department / owner.name / "*" / "*" / "normalised.parquet"
    for person in owner.persons:
        supply = person.data.get(datum.name)
        if supply and supply.column:
            value = known(datum, supplied_value(owner, supply, datum), contracts)
            yield (
                f"SELECT w.person_id FROM read_parquet({literal(files)}, filename = true, union_by_name = true) AS r"
                " JOIN published.person_record AS w ON w.record_key = r.record_key AND w.is_current"
                " AND strftime(w.batch_date, '%Y%m%d') = regexp_extract(r.filename, '/(\\d{8})/', 1)"
                f" AND (w.department, w.dataset, w.role) = ({literal(owner.department)}, {literal(owner.name)}, {literal(person.role)})"
                f" WHERE {value} IS NOT NULL AND {when_holds(supply.when, 'r.')}"
            )


# --- tables -------------------------------------------------------------------------------------------------------


def _table(*headings: str) -> Table:
    table = Table(box=box.MARKDOWN)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _of_classes(classes: Sequence[Class]) -> Table:
    table = _table("contradiction", "holds", "named", "precision", "recall", "planted", "found of them")
    for name in dict.fromkeys(one.name for one in classes):
        of = [one for one in classes if one.name == name]
        both = sum(one.both for one in of)
        holds, named = sum(one.holds for one in of), sum(one.named for one in of)
        planted, seen = sum(one.planted for one in of), sum(one.planted_named for one in of)
        scored = (_percent(both, named), _percent(both, holds), f"{planted:,}", _percent(seen, planted))
        table.add_row(name, f"{holds:,}", f"{named:,}", *scored)
    return table


def _of_data(data: Sequence[Published]) -> Table:
    table = _table("datum", "published", "right", "passed over")
    for name in dict.fromkeys(one.datum for one in data):
        of = [one for one in data if one.datum == name]
        table.add_row(name, *_row(of))
    table.add_row("all", *_row(data))
    return table


def _row(of: Sequence[Published]) -> tuple[str, str, str]:
    published = sum(one.published for one in of)
    return f"{published:,}", _percent(sum(one.right for one in of), published), str(sum(one.passed_over for one in of))


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.3%}" if whole else ""
