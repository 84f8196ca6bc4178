"""A day that was missed comes after its successor was released: it is as if nothing had been missed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Contracts
from tests.support.county import DAYS, travel_ungated
from tests.support.identity import number
from tests.support.landing import Landing
from tests.support.release import TIMES, contents, files_of, rows
from transforms import road
from transforms.run import run
from warehouse.home import Home
from warehouse.publish import current_release

REGISTER, PERMIT = "police/resident", "police/residence_permit"
PEOPLE = {
    "stays": ("33010619610307111", "孟广田"),
    "leaves": ("33010619620412133", "柳成荫"),
    "comes": ("33010619630518155", "褚遂安"),
}
# What a release tells; since when the warehouse knows it differs, as it should.
NOT_COMPARED = TIMES | {"person_id"}  # ids are given in order of delivery
COMPARED = ("person", "person_record", "person_datum", "quarantine", "relation", "batch")


def resident(who: str, **more: Any) -> dict[str, Any]:
    body, name = PEOPLE[who]
    told = {"person_no": who, "id_number": number(body), "name": name, "birth_date": body[6:14], "hukou_status": "1"}
    return told | {"updated_at": "2026-11-19 08:00:00"} | more


def permit(who: str, at: date, address: str) -> dict[str, Any]:
    body, name = PEOPLE[who]
    told = {"permit_no": who, "change": "I", "id_number": number(body), "name": name, "birth_date": body[6:14]}
    return told | {"residence_address": address, "updated_at": f"{at:%Y-%m-%d} 08:00:00"}


def deliver(landing: Landing, day: date) -> None:
    if day == DAYS[0]:
        landing.put(REGISTER, [resident("stays"), resident("leaves")], day)
        landing.put(PERMIT, [permit("stays", day, "青山路1号"), permit("leaves", day, "青山路2号")], day)
    elif day == DAYS[1]:
        landing.put(REGISTER, [resident("stays"), resident("leaves"), resident("comes")], day)
        changes = [permit("stays", day, "青山路11号"), permit("leaves", day, "青山路22号"), permit("comes", day, "青山路33号")]
        landing.put(PERMIT, changes, day)
    else:
        landing.put(REGISTER, [resident("stays", phone="13900000001"), resident("comes")], day)
        landing.put(PERMIT, [permit("stays", day, "青山路111号")], day)


def built_at_once(home: Home, landing: Landing) -> Home:
    """One build of the last day from everything that was delivered."""
    for reference in road.waiting_batches(home, landing.contracts, landing.root):
        road.take_in(home, landing.contracts, landing.root, reference)
    for stage in (road.prepare, road.link, road.unify, road.reconcile, road.publish):
        stage(home, landing.contracts, DAYS[2])
    return home


def test_a_missed_day_is_folded_in_and_a_second_look_is_none(
    own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road, "_gate_batches", lambda *_: None)
    landing, home = Landing(tmp_path / "landing", own_contracts), Home(tmp_path / "home")
    for day in (DAYS[0], DAYS[2]):
        deliver(landing, day)
    travel_ungated(home, landing.root)
    deliver(landing, DAYS[1])
    travel_ungated(home, landing.root)
    assert current_release(home) == f"{DAYS[2]:%Y%m%d}-02"
    clean = built_at_once(Home(tmp_path / "clean"), landing)
    ours, theirs = (contents(one.current, NOT_COMPARED) for one in (home, clean))
    assert {table for table in COMPARED if ours[table] != theirs[table]} == set()
    permits = "SELECT record_key, batch_date FROM person_record WHERE dataset = 'residence_permit' ORDER BY 1"
    assert rows(home.current, permits) == [("comes", DAYS[1]), ("leaves", DAYS[1]), ("stays", DAYS[2])]

    before = files_of(home.root)
    assert run(home, own_contracts, landing.root).status == "unchanged"
    assert files_of(home.root) == before
