"""Prefill under load: a release of so many persons, 300 forms a second for a minute, two releases published meanwhile.

A county of ``MADE`` persons goes the whole road; its dossiers are copied under other ids and numbers until there are as many
persons as asked for, because only dossiers are read. The load generator shares the machine with the server.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from contracts.load import load_all
from generate.county import generate
from warehouse.dossier import BEARER_COLUMNS, DOSSIER_COLUMNS, index_dossiers
from warehouse.home import Home
from warehouse.keys import ALL, FormSystem, KeyRing
from warehouse.publish import publish

MADE = 2_000
RATE, SECONDS, CONNECTIONS, WORKERS, WARM = 300, 60, 32, 2, 5
PORT = 18_080


@dataclass
class Told:
    """What came of the calls: seconds each took, how many failed, which releases answered."""

    seconds: list[float]
    failed: int
    releases: set[str]


def measure(console: Console, persons: int) -> None:
    """Serve and load a release of ``persons``."""
    with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
        home = Home(Path(folder) / "home")
        releases = _releases(Path(folder), persons)
        publish(releases[0], home, "bench-1")
        size = home.current.resolve().stat().st_size
        numbers, form, purpose = _whom(home)
        before, own_before = _used(resource.RUSAGE_CHILDREN), _used(resource.RUSAGE_SELF)
        server = _serve(home)
        try:
            told = asyncio.run(_load(home, releases[1:], numbers, form, purpose))
        finally:
            server.terminate()
            server.wait()
        served = _used(resource.RUSAGE_CHILDREN) - before
        console.print(_shown(persons, size, told, (served, _used(resource.RUSAGE_SELF) - own_before)))


def _used(who: int) -> float:
    """Processor seconds of this process, or of its children that have ended."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _releases(folder: Path, persons: int) -> list[Path]:
    generate(MADE, 7, folder / "county", days=1)
    command = [sys.executable, "-m", "bench.stages", str(folder / "county" / "landing"), str(folder / "made")]
    subprocess.run(command, check=True, capture_output=True)
    made = Home(folder / "made").current.resolve()
    first = folder / "first.duckdb"
    shutil.copy(made, first)
    first.chmod(0o600)
    _multiply(first, persons)
    copies = [first]
    for number in (2, 3):
        copies.append(folder / f"copy_{number}.duckdb")
        shutil.copy(first, copies[-1])
        with duckdb.connect(str(copies[-1])) as connection:
            connection.execute(f"UPDATE release SET release_id = 'bench-{number}'")
            connection.execute("CHECKPOINT")
    return copies


def _multiply(release: Path, persons: int) -> None:
    with duckdb.connect(str(release)) as connection:
        connection.execute("CREATE TABLE one_dossier AS FROM dossier")
        connection.execute("CREATE TABLE one_bearer AS FROM bearer")
        there = connection.execute("SELECT count(*) FROM one_dossier").fetchall()[0][0]
        connection.execute(f"CREATE OR REPLACE TABLE dossier ({DOSSIER_COLUMNS})")
        connection.execute(f"CREATE OR REPLACE TABLE bearer ({BEARER_COLUMNS})")
        copies = max(1, -(-persons // there))
        # An id is P and twelve digits, of which the county needs few: the copy's number takes the place of leading zeros.
        connection.execute(
            "INSERT INTO dossier SELECT 'P' || lpad(c::VARCHAR, 4, '0') || substr(person_id, 6) AS person_id,"
            " number || CASE WHEN c = 0 THEN '' ELSE 'C' || c END AS number,"
            r" regexp_replace(told, 'P0000(\d{8})', 'P' || lpad(c::VARCHAR, 4, '0') || '\1', 'g') AS told"
            f" FROM one_dossier, range({copies}) AS copy (c)"
        )
        connection.execute(
            "INSERT INTO bearer SELECT number || CASE WHEN c = 0 THEN '' ELSE 'C' || c END AS number,"
            f" 'P' || lpad(c::VARCHAR, 4, '0') || substr(person_id, 6) AS person_id FROM one_bearer, range({copies}) AS copy (c)"
        )
        index_dossiers(connection)
        connection.execute("UPDATE release SET release_id = 'bench-1'")
        connection.execute("DROP TABLE one_dossier")
        connection.execute("DROP TABLE one_bearer")
        connection.execute("CHECKPOINT")


def _whom(home: Home) -> tuple[list[str], str, str]:
    with duckdb.connect(str(home.current.resolve()), read_only=True) as connection:
        found = connection.execute("SELECT number FROM dossier WHERE number IS NOT NULL USING SAMPLE 20000").fetchall()
    form = load_all().forms[0]
    return [row[0] for row in found], form.id, form.purposes[0]


def _serve(home: Home) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(PORT), "--workers", str(WORKERS)]
    environment = os.environ | {"RENKOU_HOME": str(home.root)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _key(home: Home) -> str:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    system = FormSystem("", "bench", "", (ALL,), (ALL,), (ALL,), 10_000_000, until, until)
    return KeyRing(home).add(system)[1]


async def _load(home: Home, later: list[Path], numbers: list[str], form: str, purpose: str) -> Told:
    calls = _Calls(_key(home), form, purpose)
    lines: asyncio.Queue[float] = asyncio.Queue()
    told = Told([], 0, set())
    await _ready()
    workers = []
    for _ in range(CONNECTIONS):
        workers.append(asyncio.create_task(_worker(lines, calls, numbers, told)))
        await asyncio.sleep(0.01)  # form systems do not all come at once
    began = time.perf_counter() + 0.5
    publishing = asyncio.create_task(_publish(home, later))
    for number in range(RATE * (SECONDS + WARM)):
        due = began + number / RATE
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if number == RATE * WARM:
            told.seconds.clear()
        lines.put_nowait(due)
    await lines.join()
    await publishing
    for worker in workers:
        worker.cancel()
    return told


async def _publish(home: Home, later: list[Path]) -> None:
    for number, release in enumerate(later, start=2):
        await asyncio.sleep(SECONDS / 3)
        await asyncio.to_thread(publish, release, home, f"bench-{number}")


class _Calls:
    """A call as bytes, and its answer: a client library would take more of the machine than the server."""

    def __init__(self, key: str, form: str, purpose: str) -> None:
        self._purpose = purpose
        self._head = f"POST /v1/forms/{form}/prefill HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"

    def of(self, number: str) -> bytes:
        body = json.dumps({"id_number": number, "purpose": self._purpose, "case_no": "bench"}).encode()
        return f"{self._head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def _worker(lines: asyncio.Queue[float], calls: _Calls, numbers: list[str], told: Told) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    while True:
        due = await lines.get()
        try:
            writer.write(calls.of(random.choice(numbers)))
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            body = await reader.readexactly(int(fields[b"content-length"]))
            told.seconds.append(time.perf_counter() - due)  # from when it was due: waiting for a connection counts
            told.releases.add(fields.get(b"renkou-release", b"").decode())
            told.failed += not head.startswith(b"HTTP/1.1 200") or not body.endswith(b"}")
        except (OSError, asyncio.IncompleteReadError):
            told.failed += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        finally:
            lines.task_done()


async def _ready() -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.close()
            await asyncio.sleep(3)  # every worker process is up
        except OSError:
            await asyncio.sleep(0.2)
        else:
            return
    raise TimeoutError("the server does not come up")


def _shown(persons: int, size: int, told: Told, used: tuple[float, float]) -> Table:
    """``used``: processor seconds of the server, and of the load generator with both publications."""
    taken = sorted(told.seconds)
    table = Table(title=f"{persons:,} persons, release {size / 2**30:.2f} GiB; {RATE} forms a second for {SECONDS} s, {WORKERS} processes")
    for heading in ("answered", "failed", "p50", "p95", "p99", "slowest", "releases served", "server, ms CPU each", "load, ms CPU each"):
        table.add_column(heading, justify="right")
    marks = [f"{taken[min(len(taken) - 1, int(len(taken) * share))] * 1000:.1f} ms" for share in (0.5, 0.95, 0.99, 1)]
    each = (f"{seconds / (RATE * (SECONDS + WARM)) * 1000:.2f}" for seconds in used)
    table.add_row(f"{len(taken):,}", str(told.failed), *marks, ", ".join(sorted(told.releases)), *each)
    return table
