"""The workbook that a department opens after a release."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from contracts.model import Contracts
from tests.support.county import Travelled
from tests.support.release import rows
from warehouse.faults import WrongUseError
from warehouse.home import Home
from warehouse.publish import published
from warehouse.report import department_report


@pytest.fixture
def reader(travelled: Travelled, tmp_path: Path) -> Home:
    """A home of its own on the published release: other tests watch the files of the one that was travelled."""
    (tmp_path / "warehouse").symlink_to(travelled.home.warehouse)
    return Home(tmp_path)


def test_a_department_finds_its_batches_its_quarantined_rows_and_its_differences(
    reader: Home, own_contracts: Contracts
) -> None:
    release = published(reader)
    for department in own_contracts.departments:
        workbook = department_report(reader, own_contracts, department)
        batches, quarantined, differences = pd.read_excel(workbook, sheet_name=None, dtype=str, engine="calamine").values()
        mine = f"department = '{department}'"
        assert len(batches) == rows(release, f"SELECT count(*) FROM batch WHERE {mine}")[0][0]
        assert len(quarantined) == rows(release, f"SELECT count(*) FROM quarantine WHERE {mine}")[0][0]
        assert [told for told in (*batches["状态 status"], *quarantined["类别 class"]) if " " not in told] == []
        loaded = batches["状态 status"] == "已入库 accepted"
        assert (batches["行数 rows"].notna() == loaded).all()
        owned = f"SELECT count(*) FROM discrepancy WHERE owner LIKE '{department}/%'"
        assert len(differences) == rows(release, owned)[0][0]
        assert not differences["说明 meaning"].isna().any()


def test_the_workbook_holds_no_value_of_a_person(reader: Home, own_contracts: Contracts) -> None:
    release = published(reader)
    personal = {value for pair in rows(release, "SELECT id_number, name FROM person") for value in pair if value}
    for department in own_contracts.departments:
        sheets = pd.read_excel(department_report(reader, own_contracts, department), sheet_name=None, dtype=str, engine="calamine")
        cells = {cell for sheet in sheets.values() for cell in sheet.to_numpy().ravel()}
        assert not cells & personal


def test_a_department_without_a_contract_is_said_to_be_unknown(reader: Home, own_contracts: Contracts) -> None:
    with pytest.raises(WrongUseError, match="known are"):
        department_report(reader, own_contracts, "nobody")
