"""Twenty-four nights in a row, each with faults drawn by a seed: the warehouse at the end is that of all the bytes that arrived."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from contracts.model import Contracts
from tests.support.county import DAYS, made
from tests.support.night import FAILED, begin, ended
from transforms import road
from warehouse.home import Home
from warehouse.publish import current_release

DELIVERED = DAYS[:2]
NIGHTS_A_DAY = 12
SEED = 20261123
# Tables, and what of them is compared: a person is named by its first record, as ids are given in order of delivery.
COMPARED = {
    "person": "SELECT who(person_id), * EXCLUDE (person_id, spouse, mother, father), who(spouse), who(mother), who(father) FROM d.person",
    "person_record": "SELECT who(person_id), department, dataset, role, record_key, batch_date FROM d.person_record",
    "person_datum": "SELECT who(person_id), datum, department, dataset, record_key, batch_date, standing FROM d.person_datum",
    "relation": "SELECT who(person_id), kind, who(other_person_id), department, dataset, record_key FROM d.relation",
    "event_log": "SELECT who(person_id), kind, occurred_on, department, dataset, record_key FROM d.event_log"
    " WHERE is_current",
    "quarantine": "FROM d.quarantine",
    "batch": "SELECT department, dataset, batch_date, file, sha256, rows, accepted, quarantined, status FROM d.batch",
    "freshness": "FROM d.freshness",
}


class County:
    """A county whose deliveries arrive piece by piece, some of them broken at first."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.whole, self.landing, self.chance = root / "county" / "landing", root / "landing", chance
        self.mend: list[Path] = []

    def batches(self, day: str) -> list[Path]:
        return sorted(self.whole.glob(f"*/*/{day}"))

    def arrive(self, day: str) -> None:
        """The day's deliveries: one is late, one cut off, one without its control file, one is last week's again."""
        arriving = self.batches(day)
        self.chance.shuffle(arriving)
        faults = [self._late, self._cut, self._without_control, self._again]
        for folder in arriving:
            fault = faults.pop() if faults and list(folder.glob("*.ctl")) else self._put
            fault(folder)
            if fault != self._put:
                self.mend.append(folder)

    def arrive_whole(self) -> None:
        for folder in self.mend:
            shutil.rmtree(self._place(folder), ignore_errors=True)
            self._put(folder)
        self.mend.clear()

    def _place(self, folder: Path) -> Path:
        return self.landing / folder.relative_to(self.whole)

    def _put(self, folder: Path) -> None:
        shutil.copytree(folder, self._place(folder))

    def _late(self, folder: Path) -> None: ...

    def _cut(self, folder: Path) -> None:
        self._put(folder)
        data = self._data(folder)
        data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])

    def _without_control(self, folder: Path) -> None:
        self._put(folder)
        for control in self._place(folder).glob("*.ctl"):
            control.unlink()

    def _again(self, folder: Path) -> None:
        """The bytes of the batch before, under this day's name and with a control file that is in order."""
        before = [f for f in sorted(folder.parent.iterdir()) if f.name < folder.name]
        if not before:
            return self._put(folder)
        self._put(folder)
        data = self._data(folder)
        data.write_bytes(next(f for f in before[-1].iterdir() if f.suffix != ".ctl").read_bytes())
        control = data.with_name(data.name + ".ctl")
        told = json.loads(control.read_text()) | {"sha256": hashlib.sha256(data.read_bytes()).hexdigest()}
        told["rows"] = json.loads(next(before[-1].glob("*.ctl")).read_text())["rows"]
        control.write_text(json.dumps(told))

    def _data(self, folder: Path) -> Path:
        return next(f for f in sorted(self._place(folder).iterdir()) if f.suffix != ".ctl")


def released(home: Home) -> bytes | None:
    return home.current.resolve().read_bytes() if current_release(home) else None


@pytest.mark.timeout(1800)
def test_twenty_four_nights_end_like_a_clean_build_of_each_day(
    tmp_path: Path, own_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    made(tmp_path / "county", 300, seed=11, days=len(DELIVERED))
    county, home = County(tmp_path, chance), Home(tmp_path / "home")
    nights = 0
    for day in DELIVERED:
        county.arrive(f"{day:%Y%m%d}")
        before = released(home)
        assert ended(begin(home, county.landing, "killed", chance.randrange(30, 90))) == -signal.SIGKILL
        assert ended(begin(home, county.landing, "disk_full", chance.randrange(20_000, 200_000))) == FAILED
        assert ended(begin(home, county.landing, "killed", chance.randrange(5, 30))) == -signal.SIGKILL
        assert released(home) == before, "nothing half published"
        both = [begin(home, county.landing, "none"), begin(home, county.landing, "none")]
        assert [ended(process) for process in both] == [0, 0]
        assert current_release(home) == f"{day:%Y%m%d}-01"
        assert ended(begin(home, county.landing, "log_full")) == 0
        county.arrive_whole()
        assert ended(begin(home, county.landing, "disk_full", 2_000_000)) == FAILED
        assert ended(begin(home, county.landing, "killed", chance.randrange(5, 30))) == -signal.SIGKILL
        assert ended(begin(home, county.landing, "clock_back")) == 0
        assert current_release(home) == f"{day:%Y%m%d}-02"
        settled = released(home)
        for _ in range(4):  # quiet nights
            assert ended(begin(home, county.landing, "none")) == 0
        assert released(home) == settled
        nights += NIGHTS_A_DAY
    assert nights == 24
    clean = built_day_by_day(Home(tmp_path / "clean"), county.landing, own_contracts, monkeypatch)
    assert differing(home, clean) == {}
    assert list(home.landed.rglob("*.partial")) == []
    assert sorted(p.name for p in home.builds.iterdir()) == [".lock"]


def built_day_by_day(home: Home, landing: Path, contracts: Contracts, monkeypatch: pytest.MonkeyPatch) -> Home:
    """One build of each day from everything that lies in the landing folder."""
    monkeypatch.setattr(road, "_gate_batches", lambda *_: None)
    for reference in road.waiting_batches(home, contracts, landing):
        road.take_in(home, contracts, landing, reference)
    for day in DELIVERED:
        for stage in (road.prepare, road.link, road.unify, road.reconcile, road.publish):
            stage(home, contracts, day)
    return home


def differing(one: Home, other: Home) -> dict[str, int]:
    """Rows that are in one of both only, by table."""
    differ = {}
    with named(one) as here, named(other) as there:
        for table, query in COMPARED.items():
            rows = [sorted(map(str, connection.execute(query).fetchall())) for connection in (here, there)]
            if rows[0] != rows[1]:
                differ[table] = len(set(rows[0]) ^ set(rows[1]))
        assert len(rows[0]) > 0
    return differ


@contextmanager
def named(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{home.current.resolve()}' AS d (READ_ONLY)")
        connection.execute("""
            CREATE TABLE first AS SELECT person_id, min(concat_ws('/', department, dataset, role, record_key)) AS who
            FROM d.person_record GROUP BY person_id""")
        connection.execute("CREATE TABLE names AS SELECT map_from_entries(list((person_id, who))) AS m FROM first")
        connection.execute("CREATE MACRO who(id) AS ((SELECT m FROM names)[id])")
        yield connection
