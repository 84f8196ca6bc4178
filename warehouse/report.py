"""What a department should look at after a release, as a workbook for people: its batches, rows kept out, differences.

Rows are named by file, line and the department's own key; no value of any person leaves the warehouse with it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from contracts.model import Contracts
from warehouse.connection import open_read_only
from warehouse.faults import WrongUseError
from warehouse.home import Home
from warehouse.publish import published
from warehouse.wording import reasons

# What was not loaded was not counted.
BATCHES = """
    SELECT dataset AS "数据集 dataset", batch_date AS "批次 batch", file AS "文件 file",
           CASE WHEN status = 'accepted' THEN rows END AS "行数 rows", CASE WHEN status = 'accepted' THEN accepted END AS "入库 accepted",
           CASE WHEN status = 'accepted' THEN quarantined END AS "隔离 quarantined", status AS "状态 status", reason AS "原因 reason",
           notes AS "说明 notes"
    FROM batch WHERE department = $department ORDER BY ALL
"""
QUARANTINED = """
    SELECT dataset AS "数据集 dataset", batch_date AS "批次 batch", file AS "文件 file", sheet AS "工作表 sheet", line AS "行号 line",
           record_key AS "记录号 record", split_part(reason, ':', 1) AS "类别 class", reason AS "原因 reason"
    FROM quarantine WHERE department = $department ORDER BY ALL
"""
DIFFERENCES = """
    SELECT kind, datum, reporter AS "核对来源 reporter", record_key AS "记录号 record", severity AS "级别 severity",
           opened_on AS "发现日期 opened", due_on AS "办理期限 due"
    FROM discrepancy WHERE split_part(owner, '/', 1) = $department ORDER BY ALL
"""


def department_report(home: Home, contracts: Contracts, department: str) -> Path:
    """Write ``reports/<release>/<department>.xlsx`` of the published release; answers the file. Raises WrongUseError."""
    if department not in contracts.departments:
        raise WrongUseError(f"no contract speaks of department {department!r}; known are {', '.join(contracts.departments)}")
    release = published(home)
    target = home.reports / release.stem.removeprefix("release_") / f"{department}.xlsx"
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_read_only(release) as connection:
        sheets = {
            "批次 batches": _named(_frame(connection, BATCHES, department), "状态 status"),
            "隔离行 quarantine": _named(_frame(connection, QUARANTINED, department), "类别 class"),
            "差异 differences": _in_words(_frame(connection, DIFFERENCES, department), contracts),
        }
    _write(sheets, target)
    return target


def _frame(connection: duckdb.DuckDBPyConnection, query: str, department: str) -> pd.DataFrame:
    return connection.execute(query, {"department": department}).df()


def _named(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame with a column of codes in Chinese too, as officials read it."""
    return frame.assign(**{column: [f"{words} {code}" if (words := reasons().get(code)) else code for code in frame[column]]})


def _in_words(differences: pd.DataFrame, contracts: Contracts) -> pd.DataFrame:
    """The datum by its label, and for each kind the sentence that an official understands."""
    labels = {datum.name: datum.label for datum in contracts.catalogue.data}
    sentences = {rule.id: rule.sentence for rule in contracts.rules}
    datum = differences.pop("datum").map(labels)
    kind = differences.pop("kind")
    differences.insert(0, "数据项 datum", datum)
    differences.insert(1, "说明 meaning", kind.map(sentences).fillna(datum + "与核对来源不一致，请核实。"))
    return differences


def _write(sheets: dict[str, pd.DataFrame], target: Path) -> None:
    partial = target.with_suffix(".partial.xlsx")
    with pd.ExcelWriter(partial, engine="xlsxwriter", date_format="yyyy-mm-dd", datetime_format="yyyy-mm-dd") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
            sheet = writer.sheets[name]
            sheet.freeze_panes(1, 0)
            sheet.autofit(max_width=480)
    partial.replace(target)
