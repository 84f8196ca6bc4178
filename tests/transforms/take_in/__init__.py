"""Files written to a temporary folder, landed, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from contracts.model import Column, Dataset, Delivery, FileLayout
from transforms.take_in.reading import Landed, land_file


def dataset(
    headers: Sequence[str], keys: Sequence[str] = (), not_taken: Sequence[str] = (), **layout: Any
) -> Dataset:
    """A dataset whose columns are named c0, c1, ... in the order of their headers."""
    columns = [
        Column(
            name=f"c{at}",
            header=header,
            label=header,
            key=keys.index(header) + 1 if header in keys else None,
            not_taken="nobody needs it" if header in not_taken else None,
        )
        for at, header in enumerate(headers)
    ]
    return Dataset(
        department="office",
        name="register",
        title="登记",
        version="1.0.0",
        delivery=Delivery(mode="full", cadence="daily", layouts=(FileLayout(**{"files": "*", **layout}),)),
        columns=tuple(columns),
        persons=(),
        source=Path("register.odcs.yaml"),
    )


@dataclass(frozen=True)
class Result:
    """What landed: the answer, and both Parquet files as rows ordered by line."""

    landed: Landed
    rows: list[dict[str, Any]]
    faults: list[dict[str, Any]]

    @property
    def cells(self) -> dict[int, list[str | None]]:
        """The taken cells of each readable row, by line."""
        return {
            row["line"]: [v for name, v in row.items() if name not in {"sheet", "line"}] for row in self.rows
        }

    @property
    def reasons(self) -> dict[int, str]:
        """The code of each fault, by line."""
        return {fault["line"]: fault["reason"].partition(":")[0] for fault in self.faults}


def land(path: Path, agreed: Dataset) -> Result:
    rows_to, faults_to = path.parent / "rows.parquet", path.parent / "faults.parquet"
    landed = land_file(path, agreed, rows_to, faults_to)
    rows, faults = (
        sorted(pq.read_table(file).to_pylist(), key=lambda row: (row["sheet"] or "", row["line"]))
        for file in (rows_to, faults_to)
    )
    assert landed.rows == landed.readable + landed.unreadable
    assert (landed.readable, landed.unreadable) == (len(rows), len(faults))
    return Result(landed, rows, faults)


def land_bytes(folder: Path, content: bytes, agreed: Dataset, name: str = "register") -> Result:
    path = folder / name
    path.write_bytes(content)
    return land(path, agreed)
