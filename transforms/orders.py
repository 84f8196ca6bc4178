"""Work orders (校核工单): who is asked about which disagreements, by when, and what became of it.

The published release is the memory: a build takes the orders over from it, moves each by what was found, answered and
delivered since, and writes them anew. Terms are ``contracts/orders.yaml``; the states, one after the other: opened, sent,
answered, verified, closed; reopened when what was to be corrected is still there, escalated when nobody settles it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from contracts.calendar import add_working_days
from contracts.model import Contracts, Dataset
from transforms.sql_files import sql
from transforms.take_in.ledger import BatchReport
from warehouse.quoting import literal

WHY_NOT = {
    "order_unknown": "no order of this id was ever sent; answer with the workbook that was sent",
    "order_of_another_department": "the order was sent to another department",
    "order_answered_twice": "an earlier line of the same delivery answers the order otherwise; answer it again, once",
    "order_answer_not_on_the_list": "answer with one of the words of the list",
    "order_closed": "the order was closed before the answer came",
    "order_answered_since": "the order was answered otherwise by a later delivery, which counts",
}
"""Why an answer is kept out, and what to do."""


def read_answers(connection: duckdb.DuckDBPyConnection, contracts: Contracts, accepted: Iterable[BatchReport]) -> None:
    """Fill ``order_answer``: one row per line of every accepted delivery of answers."""
    connection.execute(
        "CREATE OR REPLACE TABLE order_answer (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sheet VARCHAR,"
        " line INTEGER, record_key VARCHAR, order_id VARCHAR, answer VARCHAR, missing VARCHAR, remark VARCHAR, written VARCHAR)"
    )
    answering = {dataset.id: dataset for dataset in contracts.datasets if dataset.answers}
    for batch in accepted:
        if dataset := answering.get(batch.dataset_id):
            rows = [str(path) for path in batch.rows_as_landed]
            connection.execute(
                "INSERT INTO order_answer"
                " SELECT ?, ?, ?, list_extract(?, said.part + 1), coalesce(said.sheet, ''), said.line, record_key,"
                f" {_said(dataset)} FROM read_parquet(?) AS said"
                " LEFT JOIN (SELECT file_index::INTEGER AS part, * FROM read_parquet(?)) AS came"
                " ON came.part = said.part AND came.line = said.line AND came.sheet IS NOT DISTINCT FROM said.sheet",
                [batch.department, batch.dataset, batch.batch_date, [f.name for f in batch.files], str(batch.normalised), rows],
            )


def _said(dataset: Dataset) -> str:
    assert dataset.answers is not None
    answers = dataset.answers
    remark = f"said.{answers.remark}" if answers.remark else "NULL"
    return f"said.{answers.order}, said.{answers.answer}, said.{answers.answer}__missing, {remark}, came.{answers.answer}"


def order_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, release_id: str) -> None:
    """Fill ``work_order``, its items, steps and answers. Needs ``reconcile_named``, ``order_answer`` and ``prior_*``."""
    terms = contracts.order_terms
    _terms_tables(connection, contracts, day)
    connection.execute(sql("order/heir"))
    connection.execute(sql("order/answer"))
    words = "MAP {" + ", ".join(f"{literal(verdict)}: {literal(why)}" for verdict, why in WHY_NOT.items()) + "}"
    connection.execute(sql("order/quarantine", words=words))
    connection.execute(sql("order/dispute", within=terms.answer_within))
    today = literal(day.isoformat())
    highest = len(terms.authorities)
    connection.execute(sql("order/move", day=today, highest=highest, reopen_limit=terms.reopen_limit))
    rises = literal(add_working_days(day, terms.escalate_within, contracts.calendar).isoformat())
    connection.execute(sql("order/effect"))
    connection.execute(sql("order/work_order", day=today, highest=highest, escalate_due=rises))
    connection.execute(sql("order/work_order_item", day=today))
    connection.execute(sql("order/work_order_step", day=today, release=literal(release_id)))


def _terms_tables(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date) -> None:
    """When an answer is due by each number of days that is agreed, and what follows from each answer."""
    terms = contracts.order_terms
    connection.execute("CREATE OR REPLACE TEMP TABLE order_due (days INTEGER, due_on DATE)")
    for days in {terms.answer_within, *(rule.answer_within or terms.answer_within for rule in contracts.rules)}:
        connection.execute("INSERT INTO order_due VALUES (?, ?)", [days, add_working_days(day, days, contracts.calendar)])
    connection.execute("CREATE OR REPLACE TEMP TABLE order_terms (code VARCHAR, follows VARCHAR)")
    for answer in terms.answers:
        connection.execute("INSERT INTO order_terms VALUES (?, ?)", [answer.code, answer.then])
