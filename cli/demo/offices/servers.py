"""One server of each kind that a contract may name, over what ``spread`` laid out."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import asyncssh
import boto3  # type: ignore[import-untyped]
import psycopg
from fastapi import FastAPI, Header, HTTPException
from psycopg import sql

from cli.demo.offices.connections import LOGIN, host_key_file, read_connection

PAGE = 500
# The offices' own clock and the pipeline's are the same machine's: what changed since then is in the files of those days.
DAY = "%Y%m%d"


async def serve_sftp(folder: Path, name: str, host: str, port: int) -> None:
    """Show ``folder/name`` alone by SFTP, until the process ends."""
    password, key = read_connection(folder, name)["password"], asyncssh.read_private_key(str(host_key_file(folder)))
    acceptor = await listen_sftp(folder / name, password, key, host, port)
    await acceptor.wait_closed()


async def listen_sftp(
    folder: Path, password: str, key: asyncssh.SSHKey, host: str, port: int, served_by: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
) -> asyncssh.SSHAcceptor:
    """An SFTP server that shows ``folder`` alone and answers with ``key``."""

    class Office(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, offered: str) -> bool:
            return (username, offered) == (LOGIN, password)

    def shown(channel: Any) -> asyncssh.SFTPServer:
        return served_by(channel, chroot=str(folder).encode())

    return await asyncssh.listen(host, port, server_factory=Office, server_host_keys=[key], sftp_factory=shown)


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


def fill_store(folder: Path, name: str) -> None:
    """One bucket for each folder below ``folder/name``, its files as objects."""
    told = read_connection(folder, name)
    client = boto3.client(
        "s3", aws_access_key_id=told["login"], aws_secret_access_key=told["password"], **told["extra"]
    )
    kept = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for bucket in sorted(path for path in (folder / name).iterdir() if path.is_dir()):
        if bucket.name not in kept:
            client.create_bucket(Bucket=bucket.name)
        for file in sorted(path for path in bucket.rglob("*") if path.is_file()):
            client.upload_file(str(file), bucket.name, file.relative_to(bucket).as_posix())


def fill_database(folder: Path, name: str) -> None:
    """One view of texts for each CSV file below ``folder/name``, named after it."""
    told = read_connection(folder, name)
    where = {"host": told["host"], "port": told["port"], "user": told["login"], "password": told["password"]}
    with psycopg.connect(dbname=told["schema"], **where) as database:
        for file in sorted((folder / name).glob("*.csv")):
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
