"""Work orders as a department gets them: a workbook to answer in, and the same list as Parquet.

``orders/<department>/<release>/`` holds all orders of the department that wait for an answer, the urgent first. The workbook's
second sheet comes back as a delivery of ``<department>/order_answers``. Both name persons: they are for the department alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import xlsxwriter  # type: ignore[import-untyped]

from contracts.model import Contracts
from warehouse.connection import open_read_only
from warehouse.faults import WrongUseError
from warehouse.home import Home
from warehouse.quoting import literal
from warehouse.wording import labels_of
from warehouse.worksheets import Cells, fill, rows

WAITING = ("opened", "sent", "reopened", "escalated")
ROWS_OF_A_SHEET = 1_048_575
COLUMNS = {
    "order_id": ("工单号", 17),
    "due_on": ("办理期限", 11),
    "status": ("状态", 10),
    "severity": ("级别", 8),
    "risen_to": ("已升级至", 14),
    "matters": ("事由", 60),
    "records": ("本部门记录号", 24),
    "own_values": ("本部门所报", 24),
    "reports": ("核对来源所报", 34),
    "laws": ("依据", 34),
    "opened_on": ("发出日期", 11),
}
BEFORE_PERSON = 5
OF_DAYS = "_on"
STATES = {"opened": "新发", "sent": "待答复", "reopened": "重新打开", "escalated": "已升级"}
SEVERITIES = {"stop": "紧急", "review": "须核实", "note": "提示"}
ANSWER_COLUMNS = ("工单号", "答复", "说明")
# What a code stands for, beside it, as explain shows it; of a set beside each.
WORDS = """CASE WHEN c.labels IS NULL THEN {value} ELSE array_to_string(list_transform(
    string_split(trim({value}, '[]'), ', '), lambda code: concat_ws(' ', code, nullif(c.labels[code], code))), '、') END"""
# What an order's disagreements say, each thing once; lists made distinct at the end cost a third of texts put together distinctly.
REASONS = {
    "matters": "w.sentence",
    "records": "r.record_key",
    "own_values": WORDS.format(value="d.owner_value"),
    # of a rule the other value may be of another datum
    "reports": f"coalesce(q.title, d.reporter) || ': ' || CASE d.kind WHEN 'value' THEN {WORDS.format(value='d.reported_value')}"
    " ELSE d.reported_value END || CASE WHEN r.is_named THEN '' ELSE '（记录号 ' || d.record_key || '）' END",
    "laws": "w.law",
}
# Which of the owner's records a disagreement is about: the one that it names, else all that the person has in that register.
OWN_RECORDS = """
    CREATE OR REPLACE TEMP TABLE own_record AS
    SELECT DISTINCT d.discrepancy_id, r.record_key, r.record_key = d.record_key AS is_named
    FROM discrepancy AS d
    JOIN person_record AS r ON r.person_id = d.person_id AND r.department || '/' || r.dataset = d.owner AND r.is_current
    QUALIFY is_named OR NOT bool_or(is_named) OVER (PARTITION BY d.discrepancy_id)
"""
LIST = """
    SELECT o.order_id, o.due_on, o.status, o.severity, list_extract($authorities, o.level) AS risen_to,
           {shown},
           {reasons},
           coalesce(o.reopened_on, o.opened_on) AS opened_on
    FROM work_order AS o
    JOIN work_order_item AS i ON i.order_id = o.order_id AND i.closed_on IS NULL AND NOT i.is_settled
    JOIN discrepancy AS d USING (discrepancy_id)
    LEFT JOIN own_record AS r USING (discrepancy_id)
    JOIN person AS p ON p.person_id = o.person_id
    JOIN matter AS w ON w.kind = d.kind AND w.datum = d.datum
    LEFT JOIN coded AS c ON c.datum = d.datum
    LEFT JOIN titled AS q ON q.dataset = d.reporter
    WHERE o.department = $department AND list_contains($waiting, o.status)
    GROUP BY o.order_id, o.due_on, o.status, o.severity, o.level, o.reopened_on, o.opened_on
    ORDER BY list_position(['stop', 'review', 'note'], o.severity), o.due_on, o.order_id
"""


@dataclass(frozen=True)
class Sent:
    """What lies for a department: how many orders wait for its answer, and how many of them are overdue."""

    department: str
    folder: Path
    orders: int
    overdue: int


def send_orders(database: Path, contracts: Contracts, home: Home, release_id: str, department: str | None = None) -> list[Sent]:
    """Write the lists of a release for every department, or one. Raises WrongUseError for one that nobody knows."""
    if department is not None and department not in contracts.departments:
        known = ", ".join(contracts.departments)
        raise WrongUseError(f"no contract speaks of department {department!r}; known are {known}")
    departments = [department] if department else sorted(contracts.departments)
    with open_read_only(database) as connection:
        _matters(connection, contracts)
        _words(connection, contracts)
        connection.execute(OWN_RECORDS)
        return [_sent(connection, contracts, home.orders / name / release_id, name) for name in departments]


def _matters(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What each kind of disagreement is called before an official, and the law behind it."""
    rows = [(rule.id, rule.datum, rule.sentence, rule.law) for rule in contracts.rules]
    checked = "政务数据共享条例第二十六条（校核纠错）"
    rows += [("value", d.name, f"{d.label}与核对来源不一致，请核实。", checked) for d in contracts.catalogue.data]
    connection.execute("CREATE OR REPLACE TEMP TABLE told (kind VARCHAR, datum VARCHAR, sentence VARCHAR, law VARCHAR)")
    connection.executemany("INSERT INTO told VALUES (?, ?, ?, ?)", rows)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW matter AS SELECT DISTINCT d.kind, d.datum, coalesce(t.sentence, v.sentence) AS sentence,"
        " coalesce(t.law, v.law) AS law FROM (SELECT DISTINCT kind, datum FROM discrepancy) AS d"
        " LEFT JOIN told AS t ON t.kind = d.kind AND t.datum = d.datum JOIN told AS v ON v.kind = 'value' AND v.datum = d.datum"
    )


def _words(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What codes and datasets are called before an official."""
    data = contracts.catalogue.data
    coded = [(datum.name, *zip(*labels.items(), strict=True)) for datum in data if (labels := labels_of(contracts, datum))]
    connection.execute("CREATE OR REPLACE TEMP TABLE coded (datum VARCHAR, labels MAP(VARCHAR, VARCHAR))")
    connection.executemany("INSERT INTO coded VALUES (?, map(?, ?))", coded)
    connection.execute("CREATE OR REPLACE TEMP TABLE titled (dataset VARCHAR, title VARCHAR)")
    connection.executemany("INSERT INTO titled VALUES (?, ?)", [(d.id, f"{d.office} {d.title}") for d in contracts.datasets])


def _sent(connection: duckdb.DuckDBPyConnection, contracts: Contracts, folder: Path, department: str) -> Sent:
    terms = contracts.order_terms
    shown = ", ".join(f"any_value(p.{name}) AS {name}" for name in terms.shows)
    reasons = ", ".join(
        f"nullif(array_to_string(list_sort(list_distinct(list({said}))), chr(10)), '') AS {name}" for name, said in REASONS.items()
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE listed AS {LIST.format(shown=shown, reasons=reasons)}",
        {"department": department, "waiting": list(WAITING), "authorities": list(terms.authorities)},
    )
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write_parquet(connection, partial / "orders.parquet")
    _write_workbook(connection, partial / "orders.xlsx", contracts)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    found = connection.execute(
        "SELECT count(*), count(*) FILTER (due_on < (SELECT max(as_of) FROM release)) FROM listed"
    ).fetchone()
    assert found is not None
    return Sent(department, folder, *found)


def _write_parquet(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """The list block by block; a reader's connection may not write files itself."""
    blocks = connection.execute("FROM listed").to_arrow_reader(100_000)
    with pq.ParquetWriter(target, blocks.schema, compression="zstd") as writer:
        for block in blocks:
            writer.write_batch(block)


def _write_workbook(connection: duckdb.DuckDBPyConnection, target: Path, contracts: Contracts) -> None:
    terms = contracts.order_terms
    shown = {name: (contracts.catalogue.datum(name).label, 21) for name in terms.shows}
    listed = dict(islice(COLUMNS.items(), BEFORE_PERSON)) | shown | dict(islice(COLUMNS.items(), BEFORE_PERSON, None))
    shell = target.with_suffix(".shell")
    ((orders,),) = connection.execute(f"SELECT least(count(*), {ROWS_OF_A_SHEET}) FROM listed").fetchall()
    words = [code.label for code in contracts.code_list(terms.codes).codes]
    day = _write_shell(shell, listed, words, orders)
    answered = [Cells("order_id")]
    fill(shell, target, [rows(connection, "listed", columns, ROWS_OF_A_SHEET) for columns in (_cells(listed, day), answered)])
    shell.unlink()


def _write_shell(target: Path, columns: dict[str, tuple[str, int]], words: list[str], orders: int) -> int:
    """The workbook without its orders; answers the number of the format of days."""
    with xlsxwriter.Workbook(target) as book:
        head, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        listed, replies = book.add_worksheet("工单"), book.add_worksheet("答复")
        answered = {label: (label, 20) for label in ANSWER_COLUMNS}
        for sheet, shown in ((listed, columns), (replies, answered)):
            for place, (name, (label, width)) in enumerate(shown.items()):
                sheet.set_column(place, place, width, day if name.endswith(OF_DAYS) else None)
                sheet.write(0, place, label, head)
            sheet.freeze_panes(1, 1)
        if orders:
            replies.data_validation(1, 1, orders, 1, {"validate": "list", "source": words})
    number: int = day.xf_index
    return number


def _cells(listed: Iterable[str], day: int) -> list[Cells]:
    spoken = {"status": STATES, "severity": SEVERITIES}
    return [Cells(name, day) if name.endswith(OF_DAYS) else Cells(_spoken(name, spoken.get(name, {}))) for name in listed]


def _spoken(column: str, words: dict[str, str]) -> str:
    """SQL: what a column says, in words."""
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(word)}" for code, word in words.items())
    return f"CASE {column} {cases} ELSE {column} END" if cases else column
