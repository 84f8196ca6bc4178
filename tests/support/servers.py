"""Servers of departments, for tests: real SFTP, S3 and PostgreSQL, and an HTTP API that misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncssh

from cli.demo.offices.connections import LOGIN
from cli.demo.offices.servers import listen_sftp
from cli.demo.stack import postgresql
from transforms.pull import Connection

TOKEN = "a-token-that-nobody-may-read-1f0c"


# --- SFTP -------------------------------------------------------------------------------------------------------


class Moods:
    """How an SFTP server behaves: ``faults`` is what the next readings meet, one each: ``hang``, ``drip``, ``cut``, ``empty``;
    ``lists_slowly``: it does not answer what it has; ``told``: times the true size that it lists.
    """

    def __init__(self) -> None:
        self.faults = list[str]()
        self.lists_slowly, self.told = False, 1.0

    def server(moods) -> type[asyncssh.SFTPServer]:  # noqa: N805
        class Office(asyncssh.SFTPServer):
            async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
                await asyncio.sleep(moods.lists_slowly * 2)
                async for name in super().scandir(path):
                    name.attrs.size = int((name.attrs.size or 0) * moods.told)
                    yield name

            async def read(self, file_obj: object, offset: int, size: int) -> bytes:  # type: ignore[override]
                fault = moods.faults.pop(0) if moods.faults else ""
                if fault == "hang":
                    await asyncio.sleep(2)
                elif fault == "drip":
                    await asyncio.sleep(0.05)
                    size = 10
                elif fault == "cut":
                    self.channel.get_extra_info("connection").abort()
                return b"" if fault == "empty" else super().read(file_obj, offset, size)  # type: ignore[return-value]

        return Office


@contextmanager
def sftp(root: Path, moods: Moods | None = None) -> Iterator[Connection]:
    """An SFTP server on ``root``; the connection knows its key."""
    served_by = (moods or Moods()).server()
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    acceptor = loop.run_until_complete(listen_sftp(root, TOKEN, key, "127.0.0.1", 0, served_by))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    public = key.export_public_key().decode().strip()
    try:
        yield Connection("sftp_test", "sftp", "127.0.0.1", acceptor.get_port(), LOGIN, TOKEN, extra={"host_key": public})
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


# --- S3 ---------------------------------------------------------------------------------------------------------


@contextmanager
def s3(bucket: str) -> Iterator[tuple[Connection, Any]]:
    """moto's S3 server with one bucket, and a client to fill it with."""
    import boto3  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    extra = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
    client = boto3.client("s3", aws_access_key_id="renkou", aws_secret_access_key=TOKEN, **extra)
    client.create_bucket(Bucket=bucket)
    try:
        yield Connection("s3_test", "aws", login="renkou", password=TOKEN, extra=extra), client
    finally:
        server.stop()


@contextmanager
def moody(connection: Connection, faults: list[str]) -> Iterator[Connection]:
    """A store of many moods before another: ``faults`` is what the next objects that are read meet, one each, as of ``Api``."""
    behind = urlsplit(str(connection.extra["endpoint_url"])).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            to = HTTPConnection(behind)
            to.request("GET", self.path, headers=dict(self.headers))
            answer = to.getresponse()
            body, parts = answer.read(), urlsplit(self.path)
            fault = faults.pop(0) if faults and not parts.query else ""
            if fault:
                return _misbehave(self, fault, body)
            return _send(self, answer.status, body, {k: v for k, v in answer.headers.items() if k.lower() != "content-length"})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield replace(connection, extra=connection.extra | {"endpoint_url": f"http://127.0.0.1:{server.server_address[1]}"})
    finally:
        server.shutdown()
        server.server_close()


# --- an HTTP API ------------------------------------------------------------------------------------------------


RETRY_AFTER = {"429": "0", "503": "Thu, 01 Jan 1970 00:00:00 -0000"}
"""When a server that has no time may be asked again: seconds, or a day that has come, of which some do not tell the zone."""


class Api:
    """Pages of items by path. ``faults`` is what the next requests meet instead of an answer, one each:
    ``drip``, ``hang``, ``cut``, ``lie``, ``garbage``, or a status (``429``, ``500``).
    """

    def __init__(self, pages: dict[str, list[list[dict[str, Any]]]]) -> None:
        self.pages, self.faults = pages, list[str]()
        self.asked: list[dict[str, str]] = []
        self.date: str | None = None
        self.next: Callable[[int], Any] = lambda number: None  # what is told as the next cursor in the place of the true one
        self.escaped = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def secured(self, folder: Path, host: str) -> Path:
        """Speak https from now on, with a certificate for ``host`` that nobody but itself vouches for: its file."""
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        named = ["-subj", f"/CN={host}", "-addext", f"subjectAltName={'IP' if host[0].isdigit() else 'DNS'}:{host}"]
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate), *named]
        subprocess.run(made, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        return certificate

    def connection(self, token: str = TOKEN) -> Connection:
        return Connection("api_test", "http", "127.0.0.1", self._server.server_address[1], "", token, schema="http")

    def __enter__(self) -> Api:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(api) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def date_time_string(self, timestamp: float | None = None) -> str:
                return api.date or super().date_time_string(timestamp)

            def do_GET(self) -> None:
                api.answer(self)

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        self.asked.append(asked)
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return _send(request, 401, b"{}")
        pages = self.pages.get(parts.path)
        if pages is None:
            return _send(request, 404, b"{}")
        number = int(asked.get("cursor", "0"))
        following = self.next(number) or (str(number + 1) if number + 1 < len(pages) else None)
        body = json.dumps({"items": pages[number % len(pages)], "next": following}, ensure_ascii=self.escaped).encode()
        fault = self.faults.pop(0) if self.faults else ""
        if fault.isdigit():
            return _send(request, int(fault), b"{}", {"Retry-After": RETRY_AFTER[fault]} if fault in RETRY_AFTER else {})
        if fault == "garbage":
            return _send(request, 200, b"<html>sign in</html>")
        if fault:
            return _misbehave(request, fault, body)
        return _send(request, 200, body)


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    request.send_response(status)
    for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def _misbehave(request: BaseHTTPRequestHandler, fault: str, body: bytes) -> None:
    request.close_connection = True
    if fault == "hang":
        time.sleep(1.5)
        return
    length = {"lie": len(body) // 2, "cut": len(body), "drip": len(body)}[fault]
    request.send_response(200)
    request.send_header("Content-Length", str(length))
    request.end_headers()
    try:
        if fault == "lie":
            request.wfile.write(body)
        elif fault == "cut":
            request.wfile.write(body[: len(body) // 2])
        else:
            for byte in body:
                request.wfile.write(bytes([byte]))
                time.sleep(0.1)
    except OSError:
        pass


# --- PostgreSQL -------------------------------------------------------------------------------------------------


@contextmanager
def postgres() -> Iterator[Connection]:
    """A PostgreSQL server of its own, in no folder of pytest's: any pytest that starts closes those to PostgreSQL's user."""
    with (
        tempfile.TemporaryDirectory(prefix="renkou-postgresql-", ignore_cleanup_errors=True) as folder,
        postgresql(Path(folder) / "data") as host,
    ):
        yield Connection("pg_test", "postgres", host, None, "postgres", "", schema="postgres")
