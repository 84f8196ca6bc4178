"""The truth about persons and households, one table each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from generate import places
from generate.births import certificates
from generate.households import KIND_NAMES, LOCAL, MIGRANT, OUTSIDER
from generate.marriages import MARRIED
from generate.office import Office
from generate.text import NEVER, Ints, Mask, Text, from_year_month, pick
from generate.work import employer_texts, insurance_lists

LISTS = pa.list_(pa.string())


def _texts(column: Text, known: Mask | None = None) -> object:
    missing = column == "" if known is None else ~known
    return pa.array(column, pa.string(), mask=missing.astype(bool))


def _days(days: Ints) -> object:
    known = days > NEVER
    return pa.array(np.where(known, days, 0).astype(np.int32), pa.int32(), mask=~known).cast(pa.date32())


def _persons(positions: Ints) -> object:
    return pa.array(positions + 1, pa.int64(), mask=positions < 0)


def _json_lists(column: Text) -> object:
    """Lists written as JSON text, read back."""
    distinct, position = np.unique(column.astype(str), return_inverse=True)
    known = [[part.strip('" ') for part in text[1:-1].split(",") if part] for text in distinct.tolist()]
    return pa.array([known[place] for place in position.tolist()], LISTS)


def write_persons(office: Office, folder: Path) -> None:
    """The person table: everybody as of the last day."""
    columns = _who(office) | _registered(office) | _tied(office) | _working(office) | _living(office)
    pq.write_table(pa.table(columns), folder / "person.parquet", compression="zstd")


def _who(office: Office) -> dict[str, object]:
    county, papers, families = office.county, office.county.papers, office.county.families
    return {
        "true_id": pa.array(np.arange(len(county)) + 1, pa.int64()),
        "kind": pa.array(pick(KIND_NAMES, families.kind), pa.string()),
        "id_number": _texts(papers.id_number),
        "id_type": _texts(papers.id_type),
        "old_id_number": _texts(papers.old_number),
        "old_id_reason": _texts(papers.old_reason),
        "name": _texts(papers.name),
        "former_name": _texts(papers.former_name),
        "sex": pa.array(pick(["", "1", "2"], families.sex), pa.string()),
        "birth_date": _days(families.birth),
        "ethnicity": _texts(papers.ethnicity),
    }


def _registered(office: Office) -> dict[str, object]:
    county, homes, families = office.county, office.county.homes, office.county.families
    enrolled = county.hukou_status != ""
    gone = np.isin(county.hukou_status.astype(str), ("2", "3", "4"))
    townships = pick(places.township_codes(), homes.township)
    address = enrolled | np.isin(families.kind, (MIGRANT, OUTSIDER)) & (homes.registered != "")
    return {
        "hukou_region": _texts(townships, enrolled),
        "hukou_address": _texts(homes.registered, address),
        "residence_region": _texts(homes.region),
        "residence_address": _texts(homes.lived_in),
        "household_no": _texts(county.household_no, enrolled),
        "relation_to_head": _texts(families.relation, enrolled),
        "hukou_status": _texts(county.hukou_status),
        "hukou_cancelled_on": _days(np.where(gone, county.cancelled, NEVER)),
    }


def _tied(office: Office) -> dict[str, object]:
    county, ties, families = office.county, office.county.ties, office.county.families
    married, widowed = ties.status == MARRIED, (ties.status == "30") & (families.spouse >= 0)
    row = ties.current
    day = np.where((row >= 0) & (married | widowed), ties.marriages.day[row], NEVER)
    spouse = np.where(married, families.spouse, -1)
    return {
        "marital_status": _texts(ties.status),
        "spouse": _persons(spouse),
        "late_spouse": _persons(np.where(widowed, families.spouse, -1)),
        "marriage_date": _days(day),
        "assistance_type": _texts(office.relief_type),
        "assistance_status": _texts(office.relief_status),
        "funeral_date": _days(np.where(county.deaths.cremated < county.today, county.deaths.cremated, NEVER)),
    }


def _working(office: Office) -> dict[str, object]:
    county, work = office.county, office.county.work
    code, name = employer_texts(work, np.arange(len(county)))
    paid = work.pension != ""
    on_record = (work.insured | work.ended) > 0
    return {
        "employer_code": _texts(code),
        "employer_name": _texts(name),
        "employment_status": _texts(work.status),
        "education": _texts(work.education),
        "insurances": pa.array(insurance_lists(work.insured), LISTS),
        "first_insured": _texts(from_year_month(np.where(on_record, work.first_month, -1))),
        "pension_status": _texts(work.pension),
        "pension_amount": pa.array(work.amount / 100, pa.float64(), mask=~paid),
        "phone": _texts(county.papers.phone),
    }


def _living(office: Office) -> dict[str, object]:
    county, families, care, deaths = (
        office.county,
        office.county.families,
        office.county.care,
        office.county.deaths,
    )
    number, where = certificates(office)
    known = [deaths.funeral_knows, deaths.health_knows, (county.hukou_status == "2") & deaths.dead]
    names = ("civil_affairs", "health", "police")
    sums = known[0] + 2 * known[1] + 4 * known[2]
    table = [[name for bit, name in enumerate(names) if total >> bit & 1] for total in range(8)]
    return {
        "birth_cert_no": _texts(number),
        "birth_institution": _texts(where),
        "mother": _persons(families.mother),
        "father": _persons(families.father),
        "death_date": _days(deaths.day),
        "death_known_to": pa.array([table[total] for total in sums.tolist()], LISTS),
        "blood_abo": _texts(care.abo),
        "blood_rh": _texts(care.rh),
        "chronic_conditions": _json_lists(care.chronic),
        "allergies": _json_lists(care.allergies),
        "health_record_no": _texts(care.record_no),
        "family_doctor": _texts(care.doctor),
    }


def write_households(office: Office, folder: Path) -> None:
    """The household table; households of one kind of people only."""
    county, families = office.county, office.county.families
    order = np.argsort(families.household, kind="stable")
    household = families.household[order]
    first = np.flatnonzero(np.append(True, household[1:] != household[:-1]))
    offsets = np.append(first, len(order))
    head = order[first]
    local = families.kind[head] == LOCAL
    pq.write_table(
        pa.table(
            {
                "household": pa.array(np.arange(len(first)) + 1, pa.int64()),
                "household_no": _texts(county.household_no[head], local),
                "head": pa.array(head + 1, pa.int64()),
                "members": pa.ListArray.from_arrays(
                    pa.array(offsets, pa.int32()), pa.array(order + 1, pa.int64())
                ),
                "hukou_address": _texts(county.homes.registered[head]),
                "residence_address": _texts(county.homes.lived_in[head]),
            }
        ),
        folder / "household.parquet",
        compression="zstd",
    )


def plant_traps(office: Office) -> None:
    """Persons to keep apart, whatever their records say."""
    traps, papers = office.county.traps, office.county.papers
    shared = papers.id_number[traps.same_number[:, 0]] if len(traps.same_number) else None
    truth = office.truth
    truth.planted_apart("father_and_son", traps.fathers_and_sons.tolist(), "not_merged")
    truth.planted_apart("number_issued_twice", traps.same_number.tolist(), "not_merged", shared)
    truth.planted_apart("same_name_same_birth", traps.namesakes.tolist(), "not_merged")
    truth.planted_apart("twins", traps.twins.tolist(), "not_merged")
