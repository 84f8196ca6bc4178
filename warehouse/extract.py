"""Deliver to a subscriber what its contract says: Parquet of the published release, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from contracts.model import RHYTHMS, Contracts, Subscription, period
from warehouse import changes
from warehouse.as_of import stand_at
from warehouse.changes import MANIFEST
from warehouse.connection import open_read_only
from warehouse.durable import one_at_a_time, put_in_place, remove_folder, sync, write_text
from warehouse.faults import RenkouError, WrongUseError
from warehouse.guide import guide
from warehouse.home import Home
from warehouse.identity import masked
from warehouse.lookup import Release, release_of
from warehouse.masks import add_pseudonyms
from warehouse.parquet import KEY, ColumnMeaning, Part, batches, file_metadata, meanings, part, write
from warehouse.quoting import identifier, literal
from warehouse.selection import Partition, folders_apart, partitions_of, select
from warehouse.subscriber_keys import key_of

GUIDE = "README.md"

Place = tuple[str | None, ...]  # of a row: its folder of each level


@dataclass(frozen=True)
class Delivery:
    """What was delivered: ``delivered`` is False when this release had been delivered already, by ``contract_version``.

    ``changes`` counts I, U, D against the release ``since``; both are None for a first delivery.
    """

    subscriber: str
    release_id: str
    folder: Path
    rows: int
    files: int
    since: str | None
    changes: dict[str, int] | None
    contract_version: str
    delivered: bool


@dataclass(frozen=True)
class _Work:
    connection: duckdb.DuckDBPyConnection
    subscription: Subscription
    release: Release
    columns: dict[str, ColumnMeaning]
    partitions: tuple[Partition, ...]
    folder: Path
    key: bytes | None = None

    @property
    def about(self) -> dict[str, str]:
        return file_metadata(self.subscription, self.release.release_id)


def extract(database: Path, contracts: Contracts, subscriber: str, home: Home, keep: int = 14) -> Delivery:
    """Deliver the release ``database`` to ``subscriber`` under ``extracts/<subscriber>/<release_id>/``.

    The same release again delivers nothing. ``keep`` deliveries stay. Killed at any moment, the folder of the
    release is whole or absent, and the next call ends the work. Raises WrongUseError for an unknown
    subscriber, RenkouError for a contract that asks what the release does not have.
    """
    subscription = _subscription(contracts, subscriber)
    own = home.extracts / subscription.subscriber
    with one_at_a_time(own), open_read_only(database, beside_others=True) as connection:
        _clear_unfinished(own)
        release = release_of(connection)
        folder = own / release.release_id
        is_new = not (folder / MANIFEST).exists()
        if is_new:
            _deliver(connection, contracts, subscription, release, home)
        write_text(own / "current", release.release_id)
        _prune(own, release.release_id, keep, subscription.retention_days)
    return _told(folder, subscription.subscriber, is_new)


def extract_as_of(database: Path, contracts: Contracts, subscriber: str, home: Home, day: date) -> Delivery:
    """Write what ``subscriber`` would have received with what was known on ``day``, under ``as_of/<yyyymmdd>/``.

    It is no delivery: ``current`` and changes go on from the releases delivered. What was written before for the day is
    replaced. Raises as ``extract`` does, and NotFoundError for a day before the history begins.
    """
    subscription = _subscription(contracts, subscriber)
    own = home.extracts / subscription.subscriber / "as_of"
    with one_at_a_time(own), open_read_only(database, beside_others=True) as connection:
        _clear_unfinished(own)
        stand_at(connection, contracts, day)
        folder = own / f"{day:%Y%m%d}"
        if folder.exists():
            remove_folder(folder)
        _deliver(connection, contracts, subscription, Release(release_of(connection).release_id, day), home, day)
    return _told(folder, subscription.subscriber, is_new=True)


def subscribers(contracts: Contracts) -> tuple[str, ...]:
    """Who receives extracts."""
    return tuple(sorted(subscription.subscriber for subscription in contracts.subscriptions))


def _subscription(contracts: Contracts, subscriber: str) -> Subscription:
    found = [s for s in contracts.subscriptions if s.subscriber == subscriber]
    if len(found) == 1:
        return found[0]
    known = ", ".join(subscribers(contracts)) or "none"
    if not found:
        raise WrongUseError(f"outbound/ has no contract for {masked(subscriber)!r}; there are: {known}")
    raise RenkouError(f"{found[1].source}: a second contract for {subscriber}; keep one a subscriber")


def _clear_unfinished(own: Path) -> None:
    for pattern in (".*.partial", ".*.removed"):
        for left in own.glob(pattern):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _deliver(
    connection: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    subscription: Subscription,
    release: Release,
    home: Home,
    day: date | None = None,
) -> None:
    own = home.extracts / subscription.subscriber / ("as_of" if day else "")
    name = f"{day:%Y%m%d}" if day else release.release_id
    partial = own / f".{name}.partial"
    partial.mkdir()
    spill = partial / ".spill"
    connection.execute(f"SET temp_directory = {literal(spill)}")
    partitions = partitions_of(subscription)
    work = _Work(
        connection,
        subscription,
        release,
        meanings(contracts, subscription, {p.name: p.expression for p in partitions}),
        partitions,
        partial,
        key_of(home, subscription.subscriber, "parquet") if subscription.encrypted else None,
    )
    if subscription.pseudonyms:
        add_pseudonyms(connection, key_of(home, subscription.subscriber, "pseudonym"))
    withheld = select(connection, subscription)
    files = list(_write_data(work))
    compared = _write_changes(work, own)
    manifest = _manifest(work, contracts, files, compared) | {"withheld": withheld}
    write_text(partial / GUIDE, guide(subscription, manifest))
    write_text(partial / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1, default=str))
    shutil.rmtree(spill, ignore_errors=True)
    put_in_place(partial, own / name)
    sync(own)


def _write_data(work: _Work) -> Iterator[Part]:
    """One file a folder. A partition's column is in the folder's name and not in the file, as Hive has it."""
    levels = [p.name for p in work.partitions]
    kept = [name for name in work.subscription.columns if name not in levels]
    places = "".join(f", {identifier(name)}::VARCHAR AS {identifier(name)}" for name in levels)
    order = ", ".join(map(identifier, (*levels, KEY)))
    answer = work.connection.execute(f"SELECT {', '.join(map(identifier, kept))}{places} FROM delivered ORDER BY {order}")
    for place, rows in _by_place(batches(answer, work.key), kept, levels):
        path = work.folder.joinpath(*map(_folder_name, levels, place), "part-0.parquet")
        yield part(path, work.folder, write(rows, path, work.columns, work.about, work.key))


def _by_place(rows: pa.RecordBatchReader, kept: list[str], levels: list[str]) -> Iterator[tuple[Place, pa.RecordBatchReader]]:
    """The rows of each folder, one after the other; without folders all rows are of one place, also when there are none."""
    if not levels:
        yield (), rows
        return
    schema = pa.schema([rows.schema.field(name) for name in kept])
    for place, runs in groupby(_runs(rows, levels), itemgetter(0)):
        yield place, pa.RecordBatchReader.from_batches(schema, (run.select(kept) for _, run in runs))


def _runs(rows: pa.RecordBatchReader, levels: list[str]) -> Iterator[tuple[Place, pa.RecordBatch]]:
    """The pieces of each batch in which nothing of a row's place changes."""
    for batch in rows:
        places = [batch.column(name) for name in levels]
        ends = {end for column in places for end in pc.run_end_encode(column).run_ends.to_pylist()}
        for start, end in pairwise(sorted({0, *ends})):
            yield tuple(column[start].as_py() for column in places), batch.slice(start, end - start)


def _folder_name(name: str, value: str | None) -> str:
    return f"{name}={changes.HIVE_NULL if value is None else quote(value, safe='')}"


def _write_changes(work: _Work, own: Path) -> dict[str, Any] | None:
    pointer = own / "current"
    before = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None
    earlier = changes.earlier_delivery(own / before, work.key) if before else None
    if earlier is None:
        return None
    changes.compare(work.connection, earlier, work.key)
    folders = (p.name for p in folders_apart(work.subscription))
    columns = ", ".join(identifier(name) for name in ("op", *work.subscription.columns, *folders))
    path = work.folder / "changes" / "part-0.parquet"
    answer = work.connection.execute(f"SELECT {columns} FROM changes ORDER BY {KEY}")
    written = write(batches(answer, work.key), path, work.columns, work.about, work.key)
    return {
        "since": earlier.release_id,
        "rows": changes.counts(work.connection),
        "columns": changes.columns(work.connection, earlier),
        "files": [asdict(part(path, work.folder, written))],
    }


def _manifest(
    work: _Work, contracts: Contracts, files: list[Part], compared: dict[str, Any] | None
) -> dict[str, Any]:
    kinds = work.connection.execute("DESCRIBE delivered").fetchall()
    subscription = work.subscription
    return {
        "subscriber": subscription.subscriber,
        "title": subscription.title,
        "contract": subscription.id,
        "contract_version": subscription.version,
        "contracts_version": contracts.version,
        "purpose": subscription.purpose,
        "basis": subscription.basis,
        "release": work.release.release_id,
        "as_of": work.release.as_of,
        "delivered_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": sum(file.rows for file in files),
        "partition_by": [p.name for p in work.partitions],
        "schema": [{"name": name, "type": kind, **_meaning(work, name)} for name, kind, *_ in kinds],
        "files": [asdict(file) for file in files],
        "changes": compared,
    }


def _meaning(work: _Work, name: str) -> dict[str, Any]:
    return asdict(work.columns[name]) if name in work.columns else {}


def is_due(database: Path, contracts: Contracts, subscriber: str, home: Home) -> bool:
    """Whether the subscriber is to receive the release by its cadence: every day's, one a week, one a month of the calendar, ...

    Counted by the days of the releases, so that days taken in late are delivered as they would have been.
    """
    subscription = _subscription(contracts, subscriber)
    own = home.extracts / subscription.subscriber
    pointer = own / "current"
    manifest = own / pointer.read_text(encoding="utf-8").strip() / MANIFEST if pointer.exists() else None
    if manifest is None or not manifest.exists():
        return True
    told = json.loads(manifest.read_text(encoding="utf-8"))
    with open_read_only(database) as connection:
        release = release_of(connection)
    if told["release"] == release.release_id or release.as_of is None:
        return bool(told["release"] != release.release_id)
    last = date.fromisoformat(told["as_of"])
    if RHYTHMS[subscription.cadence].months:
        return period(release.as_of, subscription.cadence) > period(last, subscription.cadence)
    return release.as_of - last >= timedelta(days=RHYTHMS[subscription.cadence].days)


def _prune(own: Path, current: str, keep: int, retention_days: int) -> None:
    delivered = [
        folder for folder in own.iterdir() if (folder / MANIFEST).exists() and folder.name != current
    ]
    newest_first = sorted(delivered, key=lambda folder: (folder / MANIFEST).stat().st_mtime_ns, reverse=True)
    oldest = datetime.now(UTC) - timedelta(days=retention_days)
    for place, folder in enumerate(newest_first):
        is_over = datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, UTC) < oldest
        if is_over or place >= max(keep, 2) - 1:
            remove_folder(folder)


def _told(folder: Path, subscriber: str, is_new: bool) -> Delivery:
    told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    compared = told["changes"]
    return Delivery(
        subscriber=subscriber,
        release_id=told["release"],
        folder=folder,
        rows=told["rows"],
        files=len(told["files"]),
        since=compared["since"] if compared else None,
        changes=compared["rows"] if compared else None,
        contract_version=told["contract_version"],
        delivered=is_new,
    )
