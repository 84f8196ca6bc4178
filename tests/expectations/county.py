"""A small county of invented departments: contracts, normalised batches and a build."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from contracts.layout import OWN
from contracts.load import load
from contracts.model import (
    Catalogue,
    Code,
    CodeList,
    Column,
    Contracts,
    Crosswalk,
    Dataset,
    Datum,
    Delivery,
    FileLayout,
    PersonOfRow,
    Placeholders,
    Supply,
)
from expectations.gates import BatchFile

DAY = date(2026, 11, 20)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

PLANTED_NAME = "欧阳锦绣"
PLANTED_NUMBER = "330106199003071234"  # its check digit is wrong, so rules that look at numbers fail


def number(serial: int) -> str:
    """An identity number with the right check digit."""
    body = f"330106{19500101 + serial % 28:08d}{serial % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def _code_list(list_id: str, *codes: str) -> CodeList:
    listed = tuple(Code(code=code, label=code) for code in codes)
    return CodeList(id=list_id, title=list_id, standard="county", version="1", codes=listed)


def _crosswalk(list_id: str, codes: CodeList) -> Crosswalk:
    return Crosswalk(id=list_id, to=codes.id, version="1", map={c.code: c.code for c in codes.codes})


def _column(name: str, normaliser: str, **more: Any) -> Column:
    return Column(name=name, header=name, label=f"{name}列", normaliser=normaliser, **more)


def _datum(name: str, kind: Any, *, codes: str | None = None, fallback: bool = False) -> Datum:
    return Datum(
        name=name,
        label=f"{name}项",
        label_en=name,
        type=kind,
        standard="county",
        codes=codes,
        owner="north/roll",
        fallbacks=("south/permit",) if fallback else (),
        sensitivity="personal",
    )


def _dataset(department: str, name: str, mode: Any, columns: tuple[Column, ...]) -> Dataset:
    return Dataset(
        department=department,
        name=name,
        title=name,
        version="1",
        delivery=Delivery(
            mode=mode, layouts=(FileLayout(files="*", format="csv"),), cadence="daily", quarantine_bound=0.05
        ),
        columns=columns,
        persons=(PersonOfRow(role="subject", data={"name": Supply(column="name")}),),
        source=Path("none"),
    )


def contracts() -> Contracts:
    """Two departments, one with a full register, one that sends changes."""
    sexes, schemes = _code_list("sex", "0", "1", "2", "9"), _code_list("scheme", "110", "120", "170")
    key = _column("roll_no", "key", key=1, required=True)
    roll = (
        key,
        _column("id_number", "identity_number"),
        _column("name", "name"),
        _column("sex", "code", crosswalk="sex"),
        _column("born_on", "birth_date"),
        _column("married_on", "event_date"),
        _column("expires_on", "date"),
        _column("insured_since", "month"),
        _column("pension", "amount"),
        _column("schemes", "set", crosswalk="scheme"),
        _column("region", "division"),
        _column("changed_at", "timestamp"),
        _column("remark", "text", not_taken="nobody uses it"),
    )
    permit = (key.model_copy(update={"name": "permit_no"}), _column("name", "name"))
    own = load(OWN)
    return Contracts(
        catalogue=Catalogue(
            version="1",
            data=(
                _datum("id_number", "identity_number", fallback=True),
                _datum("name", "name"),
                _datum("sex", "code", codes="sex"),
                _datum("birth_date", "date"),
                _datum("death_date", "date"),
                _datum("first_insured", "month"),
                _datum("insurances", "set", codes="scheme"),
                _datum("pension_amount", "amount"),
                _datum("spouse", "person"),
                _datum("mother", "person"),
                _datum("father", "person"),
            ),
        ),
        datasets=(_dataset("north", "roll", "full", roll), _dataset("south", "permit", "delta", permit)),
        code_lists=(sexes, schemes),
        crosswalks=(_crosswalk("sex", sexes), _crosswalk("scheme", schemes)),
        placeholders=Placeholders(version="1", reasons={}),
        normalisers={},
        access=own.access,
        order_terms=own.order_terms,
        calendar=own.calendar,
        linking=own.linking,
        version="test",
        intake_version="test",
        divisions=Path("none"),
    )


def write_batch(
    folder: Path, *, day: date = DAY, spoil: str = "", rows: int = 300, dataset: str = "north/roll"
) -> BatchFile:
    """A sound batch in Parquet; ``spoil`` is SQL on its table ``rows`` before it is written."""
    path = folder / f"{dataset.replace('/', '__')}_{day:%Y%m%d}.parquet"
    with duckdb.connect() as connection:
        connection.execute(_ROLL if dataset == "north/roll" else _PERMIT, {"day": day, "rows": rows})
        connection.execute(spoil)
        connection.execute(f"copy rows to '{path}' (format parquet)")
    return BatchFile(dataset, day, (path,), rows=rows + 1, accepted=rows, quarantined=1)


def counted(batch: BatchFile, **counts: int) -> BatchFile:
    """The same batch with other counts said of it."""
    return replace(batch, **counts)


_ROLL = f"""
create table rows as select
  'N' || i as record_key, 'upsert' as operation, $day::timestamp as updated_at, $day::date as batch_date,
  'f.csv' as file, null::varchar as sheet, i as line,
  'N' || i as roll_no, null::varchar as roll_no__missing,
  case when i = 0 then null else '{number(1)}' end as id_number,
  case when i = 0 then 'blank' end as id_number__missing,
  '{PLANTED_NAME}' as name, null::varchar as name__missing,
  (i % 3)::varchar as sex, null::varchar as sex__missing,
  case when i = 0 then null else date '1990-03-07' end as born_on,
  case when i = 0 then 'blank' end as born_on__missing,
  $day::date as married_on, null::varchar as married_on__missing,
  date '2036-01-01' as expires_on, null::varchar as expires_on__missing,
  '201803' as insured_since, null::varchar as insured_since__missing,
  1250.50::decimal(12, 2) as pension, null::varchar as pension__missing,
  case when i = 0 then null else ['110', '170'] end as schemes, null::varchar as schemes__missing,
  '330106001' as region, null::varchar as region__missing,
  $day::timestamp as changed_at, null::varchar as changed_at__missing
from range($rows) as t(i)
"""

_PERMIT = """
create table rows as select
  'S' || i as record_key, case when i = 1 then 'delete' else 'upsert' end as operation,
  $day::timestamp as updated_at, $day::date as batch_date, 'f.csv' as file, null::varchar as sheet, i as line,
  case when i = 1 then null else 'S' || i end as permit_no, null::varchar as permit_no__missing,
  'n' as name, null::varchar as name__missing
from range($rows) as t(i)
"""


def write_build(path: Path, *, persons: int = 200) -> Path:
    """A sound build: couples, children of the first couple, one record a person."""
    with duckdb.connect(str(path)) as connection:
        connection.create_function("number", number, [int], str)  # type: ignore[list-item, arg-type]
        connection.execute(_BUILD.replace("$persons", str(persons)).replace("$day", f"date '{DAY}'"))
    return path


_BUILD = f"""
create table person as select
  'p' || i as person_id, number(i) as id_number, '{PLANTED_NAME}' || i as name, (1 + i % 2)::varchar as sex,
  date '1950-01-01' + i::int as birth_date, case when i % 100 = 7 then $day - 30 end as death_date,
  '201803' as first_insured, case when i % 2 = 0 then ['110'] end as insurances,
  1000.00::decimal(12, 2) as pension_amount,
  case when i < 100 then 'p' || xor(i, 1) end as spouse,
  case when i > 110 then 'p0' end as mother, case when i > 110 then 'p1' end as father
from range($persons) as t(i);
create table person_record as select
  'north' as department, 'roll' as dataset, 'N' || i as record_key, 'subject' as role, 'p' || i as person_id,
  'number' as method, 1.0::double as probability, $day as batch_date
from range($persons) as t(i);
create table person_datum as
unpivot (from (select columns(*)::varchar from person))
on columns(* exclude (person_id)) into name datum value value;
alter table person_datum add column department varchar default 'north';
alter table person_datum add column dataset varchar default 'roll';
alter table person_datum add column standing varchar default 'owner';
create table relation as
select person_id, 'spouse' as kind, spouse as other_person_id from person where spouse is not null;
create table event as select person_id, 'birth' as kind, birth_date as occurred_on from person;
create table discrepancy as select 'd' || i as discrepancy_id, 'p' || i as person_id,
  $day as opened_on, $day + 20 as due_on from range(5) as t(i);
create table quarantine as select 'north' as department, 'roll' as dataset, 'k' || i as record_key, $day as batch_date, i as line,
  'impossible' as reason from range(3) as t(i);
create table batch as select 'north' as department, 'roll' as dataset, $day as batch_date,
  $persons + 3 as rows, $persons as accepted, 3 as quarantined, 'accepted' as status
"""


def spoil(database: Path, sql: str) -> Path:
    """Damage a build."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql)
    return database
