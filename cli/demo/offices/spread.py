"""Lay a county's deliveries out as the departments offer them, each where its contract's source looks for it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from cli.demo.county import SEED
from contracts.model import BucketSource, Contracts, Dataset, FileSource, PagesSource, ViewSource
from generate.county import generate
from warehouse.clock import today

CONTROL = ".ctl"
# A file that is younger than a contract's ``settled`` seconds may still be being written, and is left to wait.
WRITTEN_AT = (6, 0)


def lay_out(out: Path, persons: int, contracts: Contracts) -> None:
    """Make a county of ``persons`` and spread its delivery below ``out``, unless that was done before."""
    made, done = out / ".county", out / ".laid_out"
    if done.exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(made, ignore_errors=True)
    generate(persons, SEED, made, days=1)
    spread(made / "landing", contracts, out, today())
    shutil.rmtree(made)
    done.touch()


def spread(landing: Path, contracts: Contracts, out: Path, day: date) -> None:
    """Write the newest delivery of every dataset with a source below ``out/<connection>/``, dated ``day``."""
    for dataset in contracts.datasets:
        batches = sorted((landing / dataset.department / dataset.name).glob("[0-9]*"))
        if dataset.pulled_from and batches:
            _offer(dataset, batches[-1], out / dataset.pulled_from.connection, day)


def _offer(dataset: Dataset, batch: Path, office: Path, day: date) -> None:
    source = dataset.pulled_from
    if isinstance(source, FileSource | BucketSource):
        bucket = office / source.bucket if isinstance(source, BucketSource) else office
        _files(batch, bucket / source.path.replace("{day}", f"{day:%Y%m%d}"), day)
    elif isinstance(source, PagesSource):
        _lines(batch, office / source.path.strip("/") / f"{day:%Y%m%d}.jsonl")
    elif isinstance(source, ViewSource):
        _table(batch, office / f"{source.view}.csv")


def _files(batch: Path, folder: Path, day: date) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written = datetime(day.year, day.month, day.day, *WRITTEN_AT, tzinfo=UTC).timestamp() - 24 * 3600
    for path in sorted(batch.iterdir()):
        offered = folder / path.name.replace(batch.name, f"{day:%Y%m%d}")
        if path.name.endswith(CONTROL):
            told = json.loads(path.read_text(encoding="utf-8"))
            told |= {"file": offered.name.removesuffix(CONTROL), "extract_date": day.isoformat()}
            offered.write_text(json.dumps(told), encoding="utf-8")
        else:
            shutil.copyfile(path, offered)
        os.utime(offered, (written, written))


def _lines(batch: Path, file: Path) -> None:
    """The items as an API has them; a line that is no JSON object is in no register."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as items:
        items.writelines(line + "\n" for line in _sound_lines(batch) if _is_item(line))


def _table(batch: Path, file: Path) -> None:
    """The rows as a database has them: UTF-8, one header; a broken line of the export is no row of the table."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as table:
        writer, header = csv.writer(table), None
        for line in _sound_lines(batch):
            (row,) = csv.reader([line])
            if header is None:
                header = row
                writer.writerow(header)
            elif row != header and len(row) == len(header) and line.count('"') % 2 == 0:
                writer.writerow(row)


def _sound_lines(batch: Path) -> Iterator[str]:
    for path in sorted(batch.iterdir()):
        if path.name.endswith(CONTROL):
            continue
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rb") as file:
            for number, line in enumerate(file):
                with suppress(UnicodeDecodeError):
                    text = line.decode("utf-8-sig" if number == 0 else "utf-8").rstrip("\r\n")
                    if text:
                        yield text


def _is_item(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
