"""The number of a document that a department gives out, from its contract to the history of a child who was adopted."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.model import Column, Contracts, Datum, FormField, Supply
from tests.support.county import DAYS, passing
from tests.support.identity import number
from tests.support.landing import Landing
from tests.support.release import rows
from transforms import road
from transforms.run import run
from warehouse.confirmation import misfits
from warehouse.home import Home
from warehouse.submissions import Answered

DATASET = "health/record"
WAS, IS = number("33010620241105392"), number("33010620241105417")


def with_cards(contracts: Contracts) -> Contracts:
    """The health records as those that bear the number of a card, which begins with that of the person."""
    card = Column(name="card_no", header="card_no", label="残疾人证号", normaliser="document_number", pattern=r"\d{17}[\dX]\d{2}")
    datum = Datum(
        name="card_no", label="残疾人证号", label_en="Card", type="document_number", standard="text", owner=DATASET, sensitivity="sensitive"
    )
    own = contracts.dataset(DATASET)
    subject, *others = own.persons
    told = subject.model_copy(update={"data": subject.data | {"card_no": Supply(column="card_no")}})
    more = own.model_copy(update={"columns": (*own.columns, card), "persons": (told, *others)})
    catalogue = contracts.catalogue.model_copy(update={"data": (*contracts.catalogue.data, datum)})
    datasets = tuple(more if dataset.id == DATASET else dataset for dataset in contracts.datasets)
    return contracts.model_copy(update={"datasets": datasets, "catalogue": catalogue})


def test_a_documents_number_is_published_and_forgotten_with_the_number_that_it_bears(
    tmp_path: Path, own_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts, home = with_cards(own_contracts), Home(tmp_path / "home")
    landing = Landing(tmp_path / "landing", contracts)
    for day, own, cards in ((DAYS[0], WAS, ("43", "")), (DAYS[1], IS, ("43 ", "x"))):
        child = {"name": "上官安", "id_number": own, "sex": "1", "birth_date": "2024-11-05", "updated_at": f"{day} 08:00:00"}
        former = {"former_id_number": WAS} if own == IS else {}
        landing.put("police/resident", [child | former | {"resident_no": "c", "updated_at": f"{day:%Y%m%d}080000"}], day)
        told = [child | {"archive_no": str(at), "card_no": own + more} for at, more in enumerate(cards)]
        landing.put(DATASET, [told[0], told[1] | {"name": "令狐冲", "id_number": None, "birth_date": "1990-01-01"}], day)
    monkeypatch.setattr(road, "_gate_batches", lambda *_: None)
    monkeypatch.setattr(road, "validate", passing)
    assert run(home, contracts, landing.root).status == "published"
    assert rows(home.current, "SELECT id_number, card_no FROM person WHERE card_no IS NOT NULL") == [(IS, f"{IS}43")]
    assert rows(home.current, "SELECT value, valid_to FROM person_history WHERE datum = 'card_no'") == [(f"{IS}43", None)]
    assert rows(home.current, "SELECT standing, batch_date FROM person_datum WHERE datum = 'card_no'") == [("owner", DAYS[1])]


@pytest.mark.parametrize(("written", "fits"), [("XX", False), (f"{IS}4", False), (f"{IS}43", True), (f"{IS.lower()} 43", True)])
def test_a_citizen_cannot_write_a_number_that_the_department_never_gave(own_contracts: Contracts, written: str, fits: bool) -> None:
    contracts = with_cards(own_contracts)
    field = FormField(name="card", label="残疾人证号", label_en="Card", datum="card_no")
    form = contracts.forms[0].model_copy(update={"fields": (field,)})
    told = list(misfits(contracts, form, [Answered("card", written, "added", "card_no", written)]))
    assert [name for name, _ in told] == ([] if fits else ["card"])
    assert written not in str(told)
