"""Rows of a full register of persons that have one key, and no time by which one of them is the newer.

Where they name different persons, or have different codes, days or amounts (alive and dead), none is taken, since it would be chance
which (domain practice: the last by the source's time, else a conflict). What differs in a text alone may be the same, written otherwise:
the later line counts, and a note says so.
"""

from __future__ import annotations

from contracts.model import Column, Dataset
from transforms.normalising.columns import (
    DAY_NORMALISERS,
    irregular_joins,
    numbers_and_names,
    record_key,
    value,
)

SAME_ROW = "unfit.part = landed.part AND unfit.line = landed.line AND unfit.sheet IS NOT DISTINCT FROM landed.sheet"
FACTS = DAY_NORMALISERS | {"code", "month", "amount", "amount_in_ten_thousands", "amount_in_fen", "number"}
"""Normalisers of what is so or otherwise, however it is written."""


def conflicts(dataset: Dataset) -> list[str]:
    """Statements that add such rows to ``unfit``; none where the dataset can have none."""
    pairs = numbers_and_names(dataset)
    facts = [c for c in _beside_the_key(dataset) if c.normaliser in FACTS]
    if dataset.delivery.mode != "full" or not dataset.persons or not (pairs or facts):
        return []
    told = dict.fromkeys([*(c for pair in pairs for c in pair), *facts])
    persons = " OR ".join(" AND ".join(f"count(DISTINCT value__{c.name}) > 1" for c in pair) for pair in pairs) or "false"
    says = " OR ".join(f"count(DISTINCT value__{c.name}) > 1" for c in facts) or "false"
    updated = dataset.delivery.updated
    time = [dataset.column(updated)] if updated else []
    texts = [f"trim(landed.{c.name}) AS text__{c.name}" for c in _texts(dataset)]
    values = ", ".join([f"{value(c)} AS value__{c.name}" for c in told] + texts)
    joined = irregular_joins(list(dict.fromkeys((*dataset.keys, *told, *time))))
    fit = f"NOT EXISTS (FROM unfit WHERE {SAME_ROW})"
    return [
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT {record_key(dataset)} AS record_key"
        f" FROM landed {irregular_joins(list(dataset.keys))} WHERE {fit} GROUP BY ALL HAVING count(*) > 1",
        f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT landed.part, landed.sheet, landed.line, {record_key(dataset)} AS record_key,"
        f" {value(time[0]) if time else 'NULL'} AS updated, {values} FROM landed {joined}"
        f" WHERE {record_key(dataset)} IN (FROM doubled) AND {fit}"
        " QUALIFY updated IS NOT DISTINCT FROM max(updated) OVER (PARTITION BY record_key)",
        "INSERT INTO unfit SELECT part, sheet, line, reason FROM keyed JOIN ("
        f"SELECT record_key, CASE WHEN {persons} THEN 'conflict: other rows of the batch have this key and name another person'"
        f" WHEN {says} THEN 'conflict: other rows of the batch have this key and say otherwise, at no later time' END AS reason"
        " FROM keyed GROUP BY record_key) AS told USING (record_key) WHERE reason IS NOT NULL",
    ]


def differing(dataset: Dataset) -> str:
    """SQL: part, number of keys, and sheet and line of the first row, of rows that are taken and differ in a text alone; no row where
    there is none. Needs what ``conflicts`` makes.
    """
    differ = " OR ".join(f"count(DISTINCT text__{c.name}) > 1" for c in _texts(dataset)) or "false"
    return (
        "SELECT first.part, keys, first.sheet, first.line FROM (SELECT count(*) AS keys, min(place) AS first FROM ("
        "SELECT min({'part': part, 'sheet': sheet, 'line': line}) AS place FROM keyed AS landed"
        f" WHERE NOT EXISTS (FROM unfit WHERE {SAME_ROW}) GROUP BY record_key HAVING {differ})) WHERE keys > 0"
    )


def _beside_the_key(dataset: Dataset) -> list[Column]:
    """What a row says, beside which record it is of and when it was changed."""
    return [c for c in dataset.taken if c.key is None and c.name != dataset.delivery.updated and not c.is_sheet_name]


def _texts(dataset: Dataset) -> list[Column]:
    return [c for c in _beside_the_key(dataset) if c.normaliser not in FACTS]
