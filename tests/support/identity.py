"""A few records by hand, built day by day, and which person each of them is in: situations of identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.support.county import agreed, travel_ungated
from tests.support.landing import DAY, Landing, Row
from tests.support.release import rows
from warehouse.decisions import Decision, Reference, decide, decisions
from warehouse.home import Home

REGISTER, INSURED, RECORD = "police/resident", "hr/insured", "health/record"


def number(body: str) -> str:
    """A made-up number: 17 digits and the check character of GB 11643."""
    total = sum(int(d) * (2 ** (17 - place) % 11) for place, d in enumerate(body))
    return body + "10X98765432"[total % 11]


@dataclass
class Story:
    """A register, an insurance and a health record that change from day to day; every day is delivered whole."""

    home: Home
    day: date = DAY
    held: dict[str, dict[str, Row]] = field(default_factory=lambda: {REGISTER: {}, INSURED: {}, RECORD: {}})

    def resident(self, key: str, **told: Any) -> None:
        """Put or replace a row of the police's register."""
        self.held[REGISTER][key] = {
            "resident_no": key,
            "hukou_status": "1",
            "hukou_region": "330106001",
            "updated_at": "20261101000000",
        } | told

    def insured(self, key: str, **told: Any) -> None:
        """Put or replace a row of the insured; the key is person number|insurance."""
        person_no, insurance = key.split("|")
        self.held[INSURED][key] = {
            "person_no": person_no,
            "insurance": insurance,
            "insured_status": "1",
            "document_type": "01",
        } | told

    def clinic(self, key: str, **told: Any) -> None:
        """Put or replace a health record."""
        self.held[RECORD][key] = {"archive_no": key} | told

    def gone(self, dataset: str, key: str) -> None:
        """The department no longer delivers the row."""
        del self.held[dataset][key]

    def deliver(self) -> None:
        """Deliver everything as it stands now, build and publish; the next delivery is the next day's."""
        landing = Landing(self.home.root / "landing", agreed())
        for dataset, held in self.held.items():
            if held:
                landing.put(dataset, list(held.values()), self.day)
        travel_ungated(self.home, landing.root)
        self.day += timedelta(days=1)

    def build_again(self) -> None:
        """Run with nothing new delivered."""
        travel_ungated(self.home, self.home.root / "landing")

    def person(self, dataset: str, key: str) -> str:
        """The person that a record is in now."""
        query = "SELECT person_id FROM person_record WHERE department || '/' || dataset = '{}' AND record_key = '{}'"
        ((found,),) = rows(self.home.current, query.format(dataset, key))
        return str(found)

    def together(self, *records: tuple[str, str]) -> bool:
        """Whether these records are in one person."""
        return len({self.person(*record) for record in records}) == 1

    def changes(self) -> set[tuple[Any, ...]]:
        """What befell persons after their first day: kind, person, other person."""
        found = rows(
            self.home.current, "SELECT kind, person_id, other_person_id, release_id FROM person_change"
        )
        first = min(release for *_, release in found)
        return {change for *change, release in found if release != first for change in [tuple(change)]}

    def decide(self, verdict: Any, one: tuple[str, str], other: tuple[str, str]) -> Decision:
        """Decide over two records whose role is the subject."""
        return decide(
            self.home, verdict, (reference(*one), reference(*other)), "王科长", "looked at both files"
        )

    def decided(self) -> tuple[Decision, ...]:
        """Every decision so far."""
        return decisions(self.home)


def reference(dataset: str, key: str) -> Reference:
    """The subject of a record."""
    return Reference(*dataset.split("/"), key, "subject")
