"""Which deliveries are late, and when a pull asks anew, by the cadence of the contract."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from contracts.model import Cadence, Contracts
from tests.support.landing import Landing
from transforms.freshness import write_freshness
from transforms.pull import arrival
from transforms.take_in.ledger import ledger
from warehouse.connection import scratch
from warehouse.home import Home

DATASET = "hr/pension"
TOLD = date(2026, 7, 2)


def paced(contracts: Contracts, cadence: Cadence) -> Contracts:
    """The register of pensions alone, delivered in another rhythm."""
    dataset = contracts.dataset(DATASET)
    delivery = dataset.delivery.model_copy(update={"cadence": cadence})
    return contracts.model_copy(update={"datasets": (dataset.model_copy(update={"delivery": delivery}),)})


# the last day on which the batch of 2 July is no stale one, and the first on which a pull asks for the next
CASES: list[tuple[Cadence, date, date]] = [
    ("daily", date(2026, 7, 2), date(2026, 7, 3)),
    ("weekly", date(2026, 7, 9), date(2026, 7, 6)),
    ("monthly", date(2026, 8, 2), date(2026, 8, 1)),
    ("quarterly", date(2026, 10, 2), date(2026, 10, 1)),
    ("half_yearly", date(2027, 1, 2), date(2027, 1, 1)),
    ("yearly", date(2027, 7, 3), date(2027, 1, 1)),
]


@pytest.mark.parametrize(("cadence", "fresh_until", "asked_from"), CASES)
def test_a_delivery_is_late_and_asked_for_by_its_cadence(
    tmp_path: Path, own_contracts: Contracts, cadence: Cadence, fresh_until: date, asked_from: date
) -> None:
    agreed, home = paced(own_contracts, cadence), Home(tmp_path / "home")
    landing = Landing(tmp_path / "landing", agreed)
    landing.put(DATASET, [{"person_no": "1", "name": "王小明"}], TOLD)
    landing.take_in(home, DATASET, TOLD)
    with scratch() as connection:
        for day, is_stale in ((fresh_until, False), (date.fromordinal(fresh_until.toordinal() + 1), True)):
            write_freshness(connection, agreed, ledger(home), day)
            assert connection.execute("SELECT is_stale FROM freshness").fetchall() == [(is_stale,)]
    (landing.folder(DATASET, TOLD) / arrival.RECEIPT).write_text(json.dumps({"day": TOLD.isoformat()}))
    pulled = arrival.Landing.of(landing.root, agreed.dataset(DATASET))
    assert [pulled.is_due(date.fromordinal(asked_from.toordinal() - 1)), pulled.is_due(asked_from)] == [False, True]


def test_a_register_that_comes_again_as_it_was_is_not_late_and_an_old_one_sent_again_is(tmp_path: Path, own_contracts: Contracts) -> None:
    agreed, home = paced(own_contracts, "daily"), Home(tmp_path / "home")
    landing = Landing(tmp_path / "landing", agreed)
    days = [date.fromordinal(TOLD.toordinal() + n) for n in range(4)]
    for day, name in zip(days, ("王小明", "王小明", "王晓明", "王小明"), strict=True):
        landing.put(DATASET, [{"person_no": "1", "name": name}], day)
        landing.take_in(home, DATASET, day)
    known = {batch.batch_date: batch.status for batch in ledger(home)}
    assert list(known.values()) == ["accepted", "duplicate", "accepted", "duplicate"]
    with scratch() as connection:
        for day, stands, is_stale in zip(days, (days[0], days[0], days[2], days[2]), (False, False, False, True), strict=True):
            write_freshness(connection, agreed, ledger(home), day)
            assert connection.execute("SELECT batch_date, is_stale FROM freshness").fetchall() == [(stands, is_stale)]
