"""Three servers of files behind one face: a mounted folder, SFTP, an S3-compatible store."""

from __future__ import annotations

import asyncio
import base64
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import asyncssh
import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from transforms.pull import Connection, InterruptedPullError, Patience, PullError, certificate_refused
from transforms.pull.files import Remote, Store

CHUNK = 1 << 20
PIECE = 1 << 16  # bytes that also a line of little more than a thousand bytes a second brings within the patience of a minute
QUICK = 1.0  # seconds
REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "403", "404"}


# --- a mounted folder -------------------------------------------------------------------------------------------


class Folder:
    """A folder of this machine; ``path`` of the connection's extra is where it is mounted."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._root = connection.folder

    def listed(self, folder: str) -> list[Remote]:
        if not self._root.is_dir():
            raise InterruptedPullError(f"connection {self._connection.id}: {self._root} is not there; is the share mounted?")
        found = []
        for path in sorted((self._root / folder.strip("/")).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                told = path.stat()
                relative = path.relative_to(self._root).as_posix()
                found.append(Remote(relative, told.st_size, str(told.st_mtime_ns), told.st_mtime))
        return found

    def read(self, remote: Remote, offset: int) -> Iterator[bytes]:
        try:
            with (self._root / remote.path).open("rb") as file:
                file.seek(offset)
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise InterruptedPullError(f"connection {self._connection.id}: {remote.name}: {error.strerror}") from None


# --- SFTP -------------------------------------------------------------------------------------------------------


class Sftp:
    """An SFTP server. ``host_key`` of the extra is its public key; a server that nobody vouches for is refused, unless
    ``no_host_key_check`` says otherwise. Enters by password, or by ``private_key`` or ``key_file`` of the extra.
    """

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._connection, self._patience = connection, patience
        self._runner = asyncio.Runner()
        self._ssh: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def close(self) -> None:
        self._hang_up()
        self._runner.close()

    def listed(self, folder: str) -> list[Remote]:
        found: list[Remote] = self._run(self._listed("/".join(filter(None, (self._root, folder.strip("/")))) or "."))
        return found

    def read(self, remote: Remote, offset: int) -> Iterator[bytes]:
        path, size = "/".join(filter(None, (self._root, remote.path))), PIECE
        began = time.monotonic()
        while chunk := self._run(self._chunk(path, offset, size)):
            offset += len(chunk)
            yield chunk
            # what a slow line cannot bring in time is asked for again from where it stands, so the pieces fit the line
            quick, began = time.monotonic() - began < QUICK, time.monotonic()
            size = min(size * 2, CHUNK) if quick else PIECE

    @property
    def _root(self) -> str:
        return str(self._connection.extra.get("path") or "").rstrip("/")

    async def _listed(self, folder: str) -> list[Remote]:
        sftp, found = await self._entered(), []
        waiting = [folder]
        while waiting:
            above = waiting.pop()
            for entry in await sftp.readdir(above):
                name = str(entry.filename)
                if name.startswith("."):
                    continue
                path = f"{above}/{name}"
                if stat.S_ISDIR(entry.attrs.permissions or 0):
                    waiting.append(path)
                else:
                    relative = path.removeprefix(f"{self._root}/" if self._root else "./")
                    modified = entry.attrs.mtime or 0
                    found.append(Remote(relative, entry.attrs.size or 0, str(modified), modified))
        return found

    async def _chunk(self, path: str, offset: int, size: int) -> bytes:
        sftp = await self._entered()
        async with sftp.open(path, "rb") as file:
            return bytes(await file.read(size, offset))  # type: ignore[arg-type]

    async def _entered(self) -> asyncssh.SFTPClient:
        if self._sftp is None:
            self._ssh = await asyncssh.connect(self._connection.host, self._connection.port or 22, **self._entry())
            self._sftp = await self._ssh.start_sftp_client()
        return self._sftp

    def _entry(self) -> dict[str, Any]:
        extra = self._connection.extra
        entry: dict[str, Any] = {"username": self._connection.login, "config": [], "agent_path": None}
        entry["login_timeout"] = entry["connect_timeout"] = self._patience.silence
        if key := extra.get("host_key"):
            entry["known_hosts"] = ([self._key("host_key", asyncssh.import_public_key, str(key))], [], [])
        elif str(extra.get("no_host_key_check", "")).lower() == "true":
            entry["known_hosts"] = None
        else:
            raise PullError(f"connection {self._connection.id}: its extra names no host_key; ask the department for the server's key")
        if key := extra.get("private_key"):
            secret = extra.get("private_key_passphrase")
            entry["client_keys"] = [self._key("private_key", asyncssh.import_private_key, str(key), secret)]
        elif key := extra.get("key_file"):
            entry["client_keys"] = [self._key("key_file", asyncssh.read_private_key, str(key))]
        else:
            entry |= {"client_keys": None, "password": self._connection.password}
        return entry

    def _key(self, name: str, read: Callable[..., Any], *told: str | None) -> Any:
        try:
            return read(*told)
        except (OSError, ValueError) as error:
            what = f"its {name} is no key that can be read ({type(error).__name__}); mend its setting"
            raise PullError(f"connection {self._connection.id}: {what}") from None

    def _run(self, work: Any) -> Any:
        try:
            return self._runner.run(asyncio.wait_for(work, self._patience.silence))
        except asyncssh.HostKeyNotVerifiable:
            raise PullError(f"connection {self._connection.id}: the server's key is not the agreed one; ask the department") from None
        except asyncssh.PermissionDenied:
            raise PullError(f"connection {self._connection.id}: the server refuses the login; renew the connection's secret") from None
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied) as error:
            raise PullError(f"connection {self._connection.id}: {error.reason}; see the contract's path") from None
        except TimeoutError:
            self._hang_up()
            raise InterruptedPullError(f"connection {self._connection.id}: no more came within {self._patience.silence:.0f} s") from None
        except (OSError, asyncssh.Error) as error:
            self._hang_up()
            raise InterruptedPullError(f"connection {self._connection.id}: {type(error).__name__}: the connection broke") from None

    def _hang_up(self) -> None:
        if self._ssh is not None:
            self._ssh.abort()
        self._ssh = self._sftp = None


# --- an S3-compatible store --------------------------------------------------------------------------------------


class Bucket:
    """A bucket; ``endpoint_url``, ``region_name`` and ``ca`` stand in the connection's extra, login and password are the key."""

    def __init__(self, connection: Connection, bucket: str, patience: Patience) -> None:
        extra = connection.extra
        self._connection, self._bucket = connection, bucket
        self._client = boto3.client(
            "s3",
            endpoint_url=extra.get("endpoint_url"),
            region_name=extra.get("region_name", "us-east-1"),
            aws_access_key_id=connection.login or None,
            aws_secret_access_key=connection.password or None,
            verify=extra.get("ca"),
            config=Config(
                connect_timeout=patience.silence, read_timeout=patience.silence, retries={"max_attempts": 1}, proxies={}
            ),
        )

    def listed(self, folder: str) -> list[Remote]:
        with self._told():
            prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [
                Remote(o["Key"], o["Size"], self._version(o), o["LastModified"].timestamp())
                for page in pages
                for o in page.get("Contents", [])
                if not o["Key"].endswith("/")
            ]
        raise AssertionError("what is told of a fault is raised again")

    def _version(self, entry: dict[str, Any]) -> str:
        """The SHA-256 that the store itself keeps, where it keeps one; else the etag."""
        if "SHA256" in entry.get("ChecksumAlgorithm", []):
            head = self._client.head_object(Bucket=self._bucket, Key=entry["Key"], ChecksumMode="ENABLED")
            if "ChecksumSHA256" in head and "-" not in head["ChecksumSHA256"]:
                return "sha256:" + base64.b64decode(head["ChecksumSHA256"]).hex()
        return str(entry["ETag"])

    def read(self, remote: Remote, offset: int) -> Iterator[bytes]:
        with self._told():
            answer = self._client.get_object(Bucket=self._bucket, Key=remote.path, Range=f"bytes={offset}-")
            # read1 gives what has come, where read waits for the whole piece, for hours when a store drips
            yield from iter(partial(answer["Body"]._raw_stream.read1, CHUNK), b"")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            kind = PullError if code in REFUSED else InterruptedPullError
            raise kind(f"connection {self._connection.id}: the store answers {code} for bucket {self._bucket}") from None
        except (BotoCoreError, HTTPError) as error:
            if refused := certificate_refused(self._connection, error):
                raise refused from None
            what = "the store cannot be reached, or the connection broke"
            raise InterruptedPullError(f"connection {self._connection.id}: {type(error).__name__}: {what}") from None


@contextmanager
def opened(connection: Connection, kind: str, bucket: str, patience: Patience) -> Iterator[Store]:
    """The store of a source, closed afterwards."""
    if kind == "folder":
        yield Folder(connection)
    elif kind == "s3":
        yield Bucket(connection, bucket, patience)
    else:
        store = Sftp(connection, patience)
        try:
            yield store
        finally:
            store.close()
