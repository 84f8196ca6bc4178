"""One server of each kind that a contract may name, over what ``spread`` laid out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import asyncssh
import boto3  # type: ignore[import-untyped]
import psycopg
import uvicorn
from fastapi import FastAPI, Header, HTTPException
from psycopg import sql

LOGIN = "renkou"
PAGE = 500
# The offices' own clock and the pipeline's are the same machine's: what changed since then is in the files of those days.
DAY = "%Y%m%d"


# --- files, by SFTP ---------------------------------------------------------------------------------------------


async def listen_sftp(folder: Path, password: str, host: str, port: int) -> tuple[asyncssh.SSHAcceptor, str]:
    """An SFTP server that shows ``folder`` alone; the public key that it answers with."""

    class Office(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, offered: str) -> bool:
            return (username, offered) == (LOGIN, password)

    def shown(channel: Any) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(folder).encode())

    key = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.listen(host, port, server_factory=Office, server_host_keys=[key], sftp_factory=shown)
    return acceptor, key.export_public_key().decode().strip()


@contextmanager
def sftp(folder: Path, password: str) -> Iterator[tuple[int, str]]:
    """An SFTP server in a thread: its port, and its public key."""
    loop = asyncio.new_event_loop()
    acceptor, key = loop.run_until_complete(listen_sftp(folder, password, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield acceptor.get_port(), key
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


# --- items, by HTTP ---------------------------------------------------------------------------------------------


def api(folder: Path, token: str) -> FastAPI:
    """``GET /<path>?since=<time>&cursor=<cursor>`` over the folder of that path, one file a day."""
    app = FastAPI(openapi_url=None)

    @app.get("/{path:path}")
    def page(
        path: str, since: datetime, cursor: int = 0, authorization: Annotated[str, Header()] = ""
    ) -> dict[str, Any]:
        if authorization != f"Bearer {token}":
            raise HTTPException(401)
        register = (folder / path).resolve()
        if not register.is_relative_to(folder.resolve()) or not register.is_dir():
            raise HTTPException(404)
        days = [file for file in sorted(register.glob("*.jsonl")) if file.stem >= since.strftime(DAY)]
        lines = (line for file in days for line in file.open(encoding="utf-8"))
        items = [json.loads(line) for line in islice(lines, cursor, cursor + PAGE)]
        return {"items": items, "next": str(cursor + PAGE) if len(items) == PAGE else None}

    return app


@contextmanager
def http(folder: Path, token: str) -> Iterator[int]:
    """The API in a thread: its port."""
    server = uvicorn.Server(uvicorn.Config(api(folder, token), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the API")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)


# --- objects and rows: other people's servers, filled -----------------------------------------------------------


def fill_store(folder: Path, endpoint: str, login: str, password: str) -> None:
    """One bucket for each folder below ``folder``, its files as objects."""
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=login, aws_secret_access_key=password, region_name="us-east-1"
    )
    kept = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for bucket in sorted(path for path in folder.iterdir() if path.is_dir()):
        if bucket.name not in kept:
            client.create_bucket(Bucket=bucket.name)
        for file in sorted(path for path in bucket.rglob("*") if path.is_file()):
            client.upload_file(str(file), bucket.name, file.relative_to(bucket).as_posix())


def fill_database(folder: Path, url: str) -> None:
    """One view of texts for each CSV file below ``folder``, named after it."""
    with psycopg.connect(url) as database:
        for file in sorted(folder.glob("*.csv")):
            _fill_view(database, file)


def _fill_view(database: psycopg.Connection[Any], file: Path) -> None:
    view, table = sql.Identifier(*file.stem.split(".")), sql.Identifier(f"{file.stem.replace('.', '_')}_rows")
    with file.open(encoding="utf-8", newline="") as rows:
        header = rows.readline().strip().split(",")
        columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in header)
        database.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(table))
        database.execute(sql.SQL("CREATE TABLE {} ({})").format(table, columns))
        with database.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table)) as copy:
            while block := rows.read(1 << 20):
                copy.write(block)
    database.execute(sql.SQL("CREATE VIEW {} AS SELECT * FROM {}").format(view, table))


def wait_until(there: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Raises TimeoutError."""
    waited = threading.Event()
    for _ in range(int(seconds * 10)):
        if there():
            return
        waited.wait(0.1)
    raise TimeoutError(f"{what} did not come up in {seconds:.0f} s")
