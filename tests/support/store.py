"""A real S3 server on which homes lie, each below a prefix of its own, and machines that work on them."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.command import NOT_OURS, ROOT
from tests.support.machines import WorkedOn
from tests.support.servers import TOKEN, s3
from warehouse.at_rest import OPEN
from warehouse.home import SEALED
from warehouse.sealing import Keys, content_of, key_in

BUCKET = "county"
_homes = itertools.count(1)


@dataclass(frozen=True)
class StoreHome(WorkedOn):
    """A home on the store: its URL, and what others see there."""

    client: Any
    endpoint: str
    folder: Path
    prefix: str = field(default_factory=lambda: f"renkou/home-{next(_homes)}")

    @property
    def url(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"

    def environment(self, machine: str) -> dict[str, str]:
        keys = {"RENKOU_KEYS": str(self.keys)} if self.keys.exists() else {}
        return keys | {
            "RENKOU_HOME": self.url,
            "RENKOU_CACHE": str(self.folder / machine),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "renkou",
            "AWS_SECRET_ACCESS_KEY": TOKEN,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def renkou(self, machine: str, *arguments: str, cut: str | None = None) -> subprocess.CompletedProcess[str]:
        """The command in a process of its own; ``cut``: killed just before it puts the object of that name."""
        module = ("tests.support.cut_off_store", cut) if cut else ("cli.main",)
        given = {k: v for k, v in os.environ.items() if k not in NOT_OURS} | self.environment(machine)
        command = [sys.executable, "-m", *module, *arguments]
        return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)

    def objects(self) -> dict[str, str]:
        """The etag of every object below the home, by its name; locks are left out."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{self.prefix}/")
        names = {o["Key"].removeprefix(f"{self.prefix}/"): o["ETag"] for page in pages for o in page.get("Contents", [])}
        return {name: etag for name, etag in names.items() if not name.startswith(".locks/")}

    def read(self, name: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}")["Body"].read())

    def fetched(self, name: str, target: Path) -> Path:
        """An object as a user downloads it, opened with the keys when it is sealed."""
        target.write_bytes(self.read(name))
        keys = Keys.read(self.keys) if self.keys.exists() else None
        target.write_bytes(b"".join(content_of(target, keys)))
        return target

    def sealed_with(self) -> set[str | None]:
        """The names of the keys of all objects that must be sealed; None for one that lies open."""
        closed = [name for name in self.objects() if name.partition("/")[0] not in OPEN and name != SEALED]
        return {key_in(self.read(name)) for name in closed}


@contextmanager
def store(folder: Path) -> Iterator[StoreHome]:
    """The server, with one home that nobody has written to yet."""
    with s3(BUCKET) as (connection, client):
        yield StoreHome(client, str(connection.extra["endpoint_url"]), folder)
