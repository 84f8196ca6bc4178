"""Deliveries of a person or two, and what a build would read of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from contracts.model import Contracts
from tests.support.landing import DAY, Row
from transforms import road
from transforms.prepare import prepare_build
from warehouse.connection import scratch
from warehouse.home import Home

NAME, NUMBER = "欧阳锦绣", "330106199003071236"
PENSION = "hr/pension"
RESIDENT, PERMIT, INSURED, RECORD, FUNERAL = (
    "police/resident",
    "police/residence_permit",
    "hr/insured",
    "health/record",
    "civil_affairs/funeral",
)
NEXT = DAY + timedelta(days=1)


def person(at: int, **more: Any) -> Row:
    """A row that names somebody; every dataset used here has these properties."""
    return {"name": NAME, "id_number": NUMBER, "updated_at": "2026-11-01 08:00:00"} | more | {"at": at}


def pensioners(*keys: int, **more: Any) -> list[Row]:
    return [person(key, person_no=f"3300{key}", pension_amount="100", pension_status="1", **more) for key in keys]


def records(home: Home, contracts: Contracts, dataset_id: str, columns: str, until: date = NEXT) -> list[tuple[Any, ...]]:
    """The newest versions that a build would use."""
    with scratch() as connection:
        prepare_build(connection, contracts, road.batches_known(home, contracts), until)
        table = contracts.dataset(dataset_id).table
        return connection.execute(f"SELECT record_key, {columns} FROM record_{table} ORDER BY record_key").fetchall()
