"""What may no longer be kept goes, what is in use stays, and a proof says what went."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from tests.support.landing import Landing
from transforms import road
from transforms.purge import expired, purge
from transforms.take_in.ledger import ledger
from warehouse.connection import open_database
from warehouse.home import Home

DATASET = "hr/pension"
LATER = date(2026, 11, 21)
TODAY = date(2028, 11, 21)


@pytest.fixture
def landing(tmp_path: Path, own_contracts: Contracts) -> Landing:
    landing = Landing(tmp_path / "landing", own_contracts)
    home = Home(tmp_path / "home")
    for count in (1, 2):  # the second is a correction of the first
        landing.put(DATASET, [{"person_no": str(n), "name": "王小明"} for n in range(count)])
        landing.take_in(home, DATASET)
    landing.put(DATASET, [{"person_no": "9", "name": "王小明"}], LATER)
    landing.take_in(home, DATASET, LATER)
    return landing


def test_what_has_expired_goes_with_a_proof_and_nothing_else(landing: Landing, tmp_path: Path, own_contracts: Contracts) -> None:
    home = Home(tmp_path / "home")
    before = ledger(home)
    digests = {hashlib.sha256(p.read_bytes()).hexdigest() for p in landing.folder(DATASET).iterdir()}
    proof = purge(home, own_contracts, landing.root, TODAY)
    assert proof
    told = json.loads(proof.read_text())
    assert told["is_gone"] is True
    assert {name for entry in told["purged"] for _, _, name in entry["files"]} >= digests
    assert not landing.folder(DATASET).exists()
    assert landing.folder(DATASET, LATER).exists()
    assert ledger(home) == before, "what records are built from stays"
    assert len(list(home.landed.glob("*/*/20261120/*"))) == 1, "the attempt that was corrected is gone"
    assert purge(home, own_contracts, landing.root, TODAY) is None


@pytest.mark.parametrize(
    ("value", "unit", "kept_until"),
    [
        (6, "m", date(2027, 5, 20)),
        (3, "months", date(2027, 2, 20)),
        (0.5, "y", date(2027, 5, 20)),
        (90, "d", date(2027, 2, 18)),
        (36, "h", date(2026, 11, 22)),
    ],
)
def test_a_delivery_is_kept_for_the_days_or_months_of_its_contract(
    landing: Landing, tmp_path: Path, value: float, unit: str, kept_until: date
) -> None:
    """Months are those of the calendar, so that half a year ends on the same day of the month."""
    contract = yaml.safe_load((OWN / "inbound" / f"{DATASET}.odcs.yaml").read_text(encoding="utf-8"))
    contract["slaProperties"] = [{"property": "retention", "value": value, "unit": unit}]
    own = tmp_path / "own" / "inbound" / f"{DATASET}.odcs.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")
    agreed, home = load(OWN, tmp_path / "own"), Home(tmp_path / "home")
    gone = [{told.reference for _, told in expired(home, agreed, landing.root, day)} for day in (kept_until, kept_until + timedelta(1))]
    assert gone == [set(), {f"{DATASET}/20261120"}]


def test_a_batch_that_was_never_taken_in_is_not_deleted(landing: Landing, tmp_path: Path, own_contracts: Contracts) -> None:
    landing.put("hr/employment", [{"certificate_no": "1", "name": "王小明"}])
    gone = {told.reference for _, told in expired(Home(tmp_path / "home"), own_contracts, landing.root, TODAY)}
    assert gone == {"hr/pension/20261120"}


def test_what_a_build_still_reads_stays_until_it_is_published(tmp_path: Path, own_contracts: Contracts) -> None:
    landing, home = Landing(tmp_path / "landing", own_contracts), Home(tmp_path / "home")
    landing.put(DATASET, [{"person_no": "1", "name": "王小明"}])
    landing.take_in(home, DATASET)
    day = ledger(home)[0].batch_date
    road.prepare(home, own_contracts, day)
    landing.put(DATASET, [{"person_no": "2", "name": "王小明"}])  # a correction comes while the build is being made
    landing.take_in(home, DATASET)
    purge(home, own_contracts, landing.root, TODAY)
    assert len(list(home.landed.glob("*/*/20261120/*"))) == 2
    with open_database(home.build_file(day)) as build:
        assert build.execute("SELECT record_key FROM record_hr__pension").fetchall() == [("1",)]
    road.prepare(home, own_contracts, day)
    assert {told.folder for _, told in expired(home, own_contracts, landing.root, TODAY)} == {
        str(folder.relative_to(home.root)) for folder in home.landed.glob("*/*/20261120/*") if folder != ledger(home)[0].folder
    }


def test_proofs_are_a_chain(landing: Landing, tmp_path: Path, own_contracts: Contracts) -> None:
    home = Home(tmp_path / "home")
    first = purge(home, own_contracts, landing.root, TODAY)
    second = purge(home, own_contracts, landing.root, date(2029, 1, 1))
    assert first
    assert second
    assert json.loads(second.read_text())["before"] == hashlib.sha256(first.read_bytes()).hexdigest()
