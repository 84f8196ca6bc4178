"""What each normaliser makes of the forms that departments write: ``cases/normalise/*.yaml``, through a whole file."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.model import Column, Contracts, Dataset, Delivery, FileLayout
from tests.support.landing import DAY, Landing, accepted, quarantined
from transforms.normalising.columns import DAY_NORMALISERS
from transforms.normalising.engine import prepare_normalisers
from transforms.prepare import EMPTY_TYPES
from warehouse.connection import scratch
from warehouse.home import Home

CASES = Path(__file__).parent / "cases" / "normalise"
KEY = Column(name="key_no", header="no", label="号", key=1, required=True, normaliser="key")


def register(*columns: Column) -> Dataset:
    """A register of some columns beside its key."""
    return Dataset(
        department="office",
        name="register",
        title="登记",
        version="1",
        delivery=Delivery(mode="full", cadence="daily", layouts=(FileLayout(files="*.jsonl", format="jsonl"),)),
        columns=(KEY, *columns),
        persons=(),
        source=Path("none"),
    )


def standard(folder: Path, contracts: Contracts, dataset: Dataset, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What became of each row, by its key: the row in standard form, or the reason to keep it out."""
    agreed = contracts.model_copy(update={"datasets": (dataset,)})
    landing = Landing(folder / "landing", agreed)
    landing.put(dataset.id, rows)
    report = landing.take_in(Home(folder / "home"), dataset.id)
    assert report.rows == report.accepted + report.quarantined == len(rows), report.reason
    found = {row["key_no"]: row for row in accepted(report)}
    return found | {row["record_key"]: {"reason": row["reason"]} for row in quarantined(report)}


def said(row: dict[str, Any]) -> dict[str, Any]:
    """A row in the words of a case."""
    if "reason" in row:
        return {"quarantined": row["reason"].partition(":")[0]}
    told = {"value": plain(row["value"]), "missing": row["value__missing"], "note": row.get("value__note")}
    return {word: what for word, what in told.items() if what is not None}


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value if isinstance(value, date | datetime | list) or value is None else str(value)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_form_becomes_its_standard_form(path: Path, tmp_path: Path, own_contracts: Contracts) -> None:
    agreed = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = agreed.pop("cases")
    column = Column(name="value", header="value", label="值", normaliser=agreed.pop("column"), **agreed)
    rows = [{"key_no": f"k{at}", "value": case["raw"]} for at, case in enumerate(cases)]
    found = standard(tmp_path, own_contracts, register(column), rows)
    told = [{"raw": case["raw"], **said(found[f"k{at}"])} for at, case in enumerate(cases)]
    assert told == cases


def test_every_normaliser_has_cases(own_contracts: Contracts) -> None:
    covered = {yaml.safe_load(path.read_text(encoding="utf-8"))["column"] for path in CASES.glob("*.yaml")}
    assert covered == set(own_contracts.normalisers)


def test_same_as_above_takes_the_other_address(tmp_path: Path, own_contracts: Contracts) -> None:
    home = Column(name="home", header="home", label="户籍", normaliser="address")
    value = Column(name="value", header="value", label="现住", normaliser="address", same_as="home")
    rows = [
        {"key_no": "1", "home": "西湖区文三路 1号", "value": "同上"},
        {"key_no": "2", "home": "西湖区文三路2号", "value": None},
        {"key_no": "3", "home": "不详", "value": "同户籍"},
    ]
    found = standard(tmp_path, own_contracts, register(home, value), rows)
    assert {key: row["value"] for key, row in found.items()} == {"1": "西湖区文三路1号", "2": None, "3": None}


MORE = {
    "identity_number": ", false",
    "code": ", NULL::VARCHAR",
    "division": ", NULL::VARCHAR",
    "set": ", NULL::MAP(VARCHAR, VARCHAR)",
    "document_number": ", NULL::VARCHAR",
} | dict.fromkeys(DAY_NORMALISERS, ", NULL::INT")


def test_a_register_that_never_came_has_columns_of_the_types_of_one_that_did(own_contracts: Contracts) -> None:
    with scratch() as connection:
        prepare_normalisers(connection, own_contracts)
        differ = [
            name
            for name in own_contracts.normalisers
            for said in [f"normalise_{name}('x', DATE '{DAY}'{MORE.get(name, '')}).value"]
            if connection.execute(f"SELECT typeof({said}) <> typeof(NULL::{EMPTY_TYPES.get(name, 'VARCHAR')})").fetchone() == (True,)
        ]
    assert differ == []


TRICKY = {
    "name": ["".join(part) for n in (2, 3) for part in product("张无名户主已故同上未取命某测试之子女新生儿婴本人配偶空暂待定补", repeat=n)],
    "identity_number": ["111111111111111111", "330106195001017000", "11010519491231002X", "11010519491231002x"],
    "date": [f"{y}{s}{m:02d}{s}{d:02d}" for y in (1, 1899, 1900, 2000, 9999) for s in ("", "-") for m in range(14) for d in (0, 1, 29, 31)],
    "month": [f"{y}{m:02d}" for y in (1799, 1900, 2026) for m in range(14)],
    "number": ["1", "0", "007", "999", "123456789012345678", "-1"],
    "amount": ["1", "999", "0", "12.5", "12.505", "999999999999.99", "1000000000000"],
    "phone": ["13800138000", "13857112233", "12857112233", "13888888888"],
    "address": ["不详不详不详不详不详不", "同户籍地址", "西湖区文三路2号2幢1单元", "a1b2c3d4e5f6"],
    "key": ["00123", "１", "a b", "#1"],
    "timestamp": ["20261103081500", "2026-11-03 08:15:00", "2026-11-03", "2026-11-03T08:15:00+08:00", "x"],
}
TRICKY |= {"birth_date": TRICKY["date"], "event_date": TRICKY["date"]}


@pytest.mark.parametrize("normaliser", sorted(TRICKY))
def test_the_short_way_says_the_same_as_the_long_way(normaliser: str, own_contracts: Contracts) -> None:
    """Texts that are plainly regular skip the normaliser; it would have left them as they are."""
    extra = ", false" if normaliser == "identity_number" else ""
    with scratch() as connection:
        prepare_normalisers(connection, own_contracts)
        differ = connection.execute(
            f"SELECT raw FROM (SELECT unnest($raws) AS raw) WHERE regular_{normaliser}(raw, DATE '{DAY}'{extra})"
            f" AND plain_{normaliser}(raw) IS DISTINCT FROM normalise_{normaliser}(raw, DATE '{DAY}'{MORE.get(normaliser, '')}).value",
            {"raws": [*TRICKY[normaliser], *chain.from_iterable(own_contracts.placeholders.reasons.values())]},
        ).fetchall()
    assert differ == []
