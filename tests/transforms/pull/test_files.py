"""Files from a mounted folder, an SFTP server and an object store."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from cli.plainly import in_words
from contracts.model import Contracts
from tests.support.disk import disk
from tests.support.landing import Landing
from tests.support.servers import TOKEN
from tests.transforms.pull.conftest import Pull
from transforms.pull import Connection
from transforms.pull.arrival import RECEIPT, sha256
from transforms.pull.stores import Sftp

DATASET = "police/resident"
DAY = "20261120"


@pytest.fixture
def source(offered: Path, own_contracts: Contracts) -> Iterator[Path]:
    """Two days of a register on the server, long finished."""
    landing = Landing(offered, own_contracts)
    for day in (20, 21):
        path = landing.put(DATASET, [{"resident_no": str(n), "name": "某某"} for n in range(5_000)], _day(day))
        for file in (path, path.with_name(path.name + ".ctl")):
            os.utime(file, (1_790_000_000, 1_790_000_000))
    yield offered / DATASET
    shutil.rmtree(offered / "police")


def _day(number: int) -> Any:
    from datetime import date  # noqa: PLC0415

    return date(2026, 11, number)


def folder(offered: Path) -> Connection:
    return Connection("share", "fs", extra={"path": str(offered)})


def files(landing: Path) -> dict[str, str]:
    return {
        p.relative_to(landing).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(landing.rglob("*"))
        if p.is_file() and not p.name.startswith(".") and not any(x.startswith(".") for x in p.relative_to(landing).parts)
    }


@pytest.mark.parametrize("kind", ["folder", "sftp"])
def test_every_day_lands_whole_and_once(
    kind: str, source: Path, offered: Path, sftp_server: Connection, bring: Pull, tmp_path: Path
) -> None:
    connection = sftp_server if kind == "sftp" else folder(offered)
    told = {"kind": kind, "path": f"{DATASET}/{{day}}"}
    landed = bring(DATASET, told, connection)
    assert [(p.subject, p.status) for p in landed] == [(f"{DATASET}/{d}", "landed") for d in ("20261120", "20261121")]
    assert files(tmp_path / "landing") == files(offered)
    place = tmp_path / "landing" / DATASET / DAY
    receipt = json.loads((place / RECEIPT).read_text())
    assert {f["name"]: f["sha256"] for f in receipt["files"]} == {path.name: sha256(path) for path in place.glob("[!.]*")}
    assert TOKEN not in (place / RECEIPT).read_text()
    assert {p.status for p in bring(DATASET, told, connection)} == {"up_to_date"}


def test_objects_of_a_store_land_and_are_held_against_their_digest(
    store: tuple[Connection, Any], source: Path, bring: Pull, tmp_path: Path
) -> None:
    connection, client = store
    for path in sorted((source / DAY).iterdir()):
        client.put_object(Bucket="deliveries", Key=f"ga/{DAY}/{path.name}", Body=path.read_bytes(), ChecksumAlgorithm="SHA256")
    told = {"kind": "s3", "bucket": "deliveries", "path": "ga/{day}"}
    assert [p.status for p in bring(DATASET, told, connection)] == ["landed"]
    assert files(tmp_path / "landing" / DATASET) == {k: v for k, v in files(source).items() if k.startswith(DAY)}
    (refused,) = bring(DATASET, told | {"bucket": "nobody"}, connection)
    assert refused.status == "failed"
    assert "NoSuchBucket" in refused.reason


def test_a_day_in_the_files_name_is_enough(source: Path, offered: Path, bring: Pull, tmp_path: Path) -> None:
    flat = offered / "police" / "out"
    flat.mkdir()
    for path in source.glob("*/*"):
        shutil.copy2(path, flat)
    landed = bring(DATASET, {"kind": "folder", "path": "police/out"}, folder(offered))
    assert [p.subject for p in landed] == [f"{DATASET}/20261120", f"{DATASET}/20261121"]


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("ending", [".csv.zip", ".zip"])
def test_an_archive_called_after_the_agreed_file_is_fetched_as_it_is(ending: str, offered: Path, bring: Pull, tmp_path: Path) -> None:
    (day,) = (offered / DATASET).glob(DAY)
    for path in [*day.iterdir()]:
        path.rename(day / path.name.replace(".csv", ending))
    (day / "说明.zip").write_bytes(b"x")
    landed = bring(DATASET, {"kind": "folder", "path": f"{DATASET}/{{day}}"}, folder(offered))
    assert [p.status for p in landed] == ["landed", "landed"]
    fetched = {path.name for path in (tmp_path / "landing" / DATASET / DAY).iterdir() if not path.name.startswith(".")}
    assert fetched == {path.name for path in day.iterdir()} - {"说明.zip"}


def test_a_batch_whose_control_file_has_not_come_waits(source: Path, offered: Path, bring: Pull) -> None:
    next((source / DAY).glob("*.ctl")).unlink()
    waiting, landed = bring(DATASET, {"kind": "folder", "path": f"{DATASET}/{{day}}"}, folder(offered))
    assert (waiting.status, landed.status) == ("waiting", "landed")
    assert "control file has not come" in waiting.reason


def test_endings_in_capitals_are_fetched(source: Path, offered: Path, bring: Pull, tmp_path: Path) -> None:
    for path in [*(source / DAY).iterdir()]:
        path.rename(path.with_name(path.name.replace(".csv", ".CSV").replace(".ctl", ".CTL")))
    pulled = bring(DATASET, {"kind": "folder", "path": f"{DATASET}/{{day}}"}, folder(offered))
    assert [p.status for p in pulled] == ["landed", "landed"]
    assert len(list((tmp_path / "landing" / DATASET / DAY).glob("*.C*"))) == 2


def test_a_file_that_is_still_young_waits(source: Path, offered: Path, bring: Pull) -> None:
    for path in (source / DAY).iterdir():
        os.utime(path)
    waiting, _ = bring(DATASET, {"kind": "folder", "path": f"{DATASET}/{{day}}"}, folder(offered))
    assert "less than 60 s ago" in waiting.reason


def test_a_cut_goes_on_where_it_stopped(
    source: Path, sftp_server: Connection, bring: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's connection breaks after the first piece of a file, as often as it is tried."""
    told = {"kind": "sftp", "path": f"{DATASET}/{{day}}"}
    largest = max(path.stat().st_size for path in source.rglob("*") if path.is_file())
    monkeypatch.setattr("transforms.pull.stores.PIECE", largest // 4)
    read, offsets = Sftp.read, []

    def broken(self: Sftp, remote: Any, offset: int) -> Iterator[bytes]:
        offsets.append(offset)
        chunks = read(self, remote, offset)
        yield next(chunks)
        assert self._ssh
        self._ssh.abort()
        yield from chunks

    with monkeypatch.context() as patch:
        patch.setattr(Sftp, "read", broken)
        bring(DATASET, told, sftp_server)
    assert offsets[:3] == sorted(set(offsets[:3])), "each try began where the one before was cut off"
    assert {p.status for p in bring(DATASET, told, sftp_server)} <= {"landed", "up_to_date"}
    assert files(tmp_path / "landing" / DATASET) == files(source)


def test_a_full_disk_lands_nothing_by_half_is_told_and_once_there_is_room_the_day_lands_whole(
    source: Path, offered: Path, bring: Pull, tmp_path: Path
) -> None:
    told = {"kind": "folder", "path": f"{DATASET}/{{day}}"}
    with disk(tmp_path / "landing", "64k") as small:
        with pytest.raises(OSError) as fault:
            bring(DATASET, told, folder(offered))
        assert "the disk is full" in in_words(fault.value)
        assert not list((tmp_path / "landing" / DATASET).glob("[0-9]*"))
        small.grow("16m")
        assert [p.status for p in bring(DATASET, told, folder(offered))] == ["landed"] * 2
        assert files(tmp_path / "landing") == files(offered)
        assert not list((tmp_path / "landing").rglob("*.partial"))


def test_a_correction_lands_beside_the_bytes_before(
    source: Path, offered: Path, bring: Pull, tmp_path: Path, own_contracts: Contracts
) -> None:
    told = {"kind": "folder", "path": f"{DATASET}/{{day}}", "settled": 0}
    bring(DATASET, told, folder(offered))
    first = files(tmp_path / "landing" / DATASET)
    Landing(offered, own_contracts).put(DATASET, [{"resident_no": "1"}], _day(20))
    assert [p.subject for p in bring(DATASET, told, folder(offered))] == [f"{DATASET}/{DAY}"]
    place = tmp_path / "landing" / DATASET
    assert files(place) != first
    kept = {f"{DAY}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in (place / f".{DAY}.1").glob("GA_*")}
    assert kept == {k: v for k, v in first.items() if k.startswith(DAY)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong-secret"}, "refuses the login"),
        ({"extra": {}}, "names no host_key"),
        ({"extra": {"host_key": asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()}}, "not the agreed one"),
        ({"port": 1}, "the connection broke"),
    ],
)
def test_what_cannot_be_entered_is_said_without_the_secret(
    change: dict[str, Any], words: str, sftp_server: Connection, bring: Pull
) -> None:
    (failed,) = bring(DATASET, {"kind": "sftp", "path": "{day}"}, replace(sftp_server, **change))
    assert failed.status == "failed"
    assert words in failed.reason
    assert TOKEN not in failed.reason
    assert "wrong-secret" not in failed.reason


def test_a_connection_that_is_not_set_up_is_no_fault(bring: Pull) -> None:
    (unset,) = bring(DATASET, {"kind": "sftp", "path": "{day}"}, None)
    assert unset.status == "unset"


def test_a_share_that_is_not_mounted_is_said(tmp_path: Path, bring: Pull) -> None:
    (failed,) = bring(DATASET, {"kind": "folder", "path": "{day}"}, folder(tmp_path / "nowhere"))
    assert "is the share mounted?" in failed.reason
