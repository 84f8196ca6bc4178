"""Pull everything that is due from the departments' servers; one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from contracts.model import BucketSource, Contracts, Dataset, FileSource, PagesSource
from transforms.pull import Connection, Lookup, Patience, Pulled, failed
from transforms.pull.arrival import Landing
from transforms.pull.files import pull_files
from transforms.pull.pages import pull_pages
from transforms.pull.stores import opened
from transforms.pull.view import pull_views
from warehouse.durable import one_at_a_time
from warehouse.faults import WrongUseError


def pull(
    landing: Path, contracts: Contracts, lookup: Lookup, department: str | None = None, patience: Patience | None = None
) -> list[Pulled]:
    """Land what is due of one department or of all. Safe to repeat, and to kill at any point. Raises WrongUseError."""
    if department is not None and department not in contracts.departments:
        raise WrongUseError(f"no contract speaks of department {department!r}; known are {', '.join(contracts.departments)}")
    wanted = [d for d in contracts.datasets if d.pulled_from and department in (None, d.department)]
    wanted.sort(key=_server)
    with one_at_a_time(landing / ".pull" / (department or "all")):
        return [
            pulled
            for (_, name), datasets in groupby(wanted, key=_server)
            for pulled in _from_server(landing, name, list(datasets), lookup, patience or Patience())
        ]


def _server(dataset: Dataset) -> tuple[str, str]:
    assert dataset.pulled_from
    return dataset.pulled_from.kind, dataset.pulled_from.connection


def _from_server(landing: Path, name: str, datasets: list[Dataset], lookup: Lookup, patience: Patience) -> Iterator[Pulled]:
    try:
        connection = lookup(name)
    except Exception as error:  # noqa: BLE001 - the others go on
        yield from [failed(d.id, name, error) for d in datasets]
        return
    if connection is None:
        yield from (Pulled(d.id, "unset", f"connection {name} is not set up") for d in datasets)
        return
    yield from _each(landing, connection, datasets, patience)


def _each(landing: Path, connection: Connection, datasets: list[Dataset], patience: Patience) -> Iterator[Pulled]:
    if datasets[0].pulled_from and datasets[0].pulled_from.kind == "postgresql":
        subject = ", ".join(d.id for d in datasets)
        yield from _told(subject, connection, pull_views(connection, [Landing.of(landing, d) for d in datasets], patience))
        return
    for dataset in datasets:
        place = Landing.of(landing, dataset)
        yield from _told(dataset.id, connection, _one(place, connection, patience))


def _one(landing: Landing, connection: Connection, patience: Patience) -> Iterator[Pulled]:
    source = landing.dataset.pulled_from
    if isinstance(source, PagesSource):
        yield pull_pages(connection, landing, source, patience)
    elif isinstance(source, FileSource | BucketSource):
        bucket = source.bucket if isinstance(source, BucketSource) else ""
        with opened(connection, source.kind, bucket, patience) as store:
            found = list(pull_files(store, connection, landing, source, patience))
        yield from found or [Pulled(landing.dataset.id, "up_to_date")]


def _told(subject: str, connection: Connection, work: Iterable[Pulled]) -> Iterator[Pulled]:
    """What the source says when it fails becomes an answer: the other sources go on."""
    try:
        yield from work
    except Exception as error:  # noqa: BLE001 - the others go on
        yield failed(subject, connection.id, error)
