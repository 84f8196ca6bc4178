"""A prefix of a bucket on an S3-compatible store: objects, and locks that exclude writers on other machines.

Credentials, endpoint and region are those of the usual ``AWS_*`` variables and profiles. A lock is an object that only one
writer can create (a conditional put, ``If-None-Match: *``) and that its holder renews; one that nobody renewed for
``SILENT`` was left by a machine that died, and may be taken over.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import IO, Any

from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from warehouse.faults import RenkouError
from warehouse.home import S3
from warehouse.sealing import as_file

CHUNK = 1 << 20
AT_ONCE = 8  # transfers under way at the same time
PUT_AT_ONCE = 64 << 20  # bytes; what is put under a condition lies in memory meanwhile
DELETED_AT_ONCE = 1000  # of DeleteObjects
LOCKS = ".locks"
RENEWED_EVERY = timedelta(seconds=30)
SILENT = timedelta(minutes=10)
GONE = {"NoSuchKey", "404"}
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class StoreError(RenkouError):
    """The store does not answer, or not as it should."""


class BusyError(RenkouError):
    """Another process is writing; who it is stands in the message."""


class GoneError(RenkouError):
    """The object is not there, or not any more as it was listed."""


@dataclass(frozen=True)
class Object:
    """An object as a listing tells it; ``etag`` changes with its content, ``size`` is in bytes; only a folder has links."""

    etag: str
    size: int
    is_link: bool = False


class ObjectStore:
    """The objects below ``s3://bucket/prefix``, by their names without the prefix."""

    def __init__(self, url: str) -> None:
        # most homes are folders, and no process for one waits for this
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415
        from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415

        self.url = url
        self.bucket, _, prefix = url.removeprefix(S3).partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        with self._told():
            self._client = boto3.Session().client("s3", config=Config(connect_timeout=10, max_pool_connections=2 * AT_ONCE))

    def listed(self, folder: str) -> dict[str, Object]:
        """The objects below a folder, by name."""
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self._prefix}{folder}/")
            objects = [o for page in pages for o in page.get("Contents", []) if not o["Key"].endswith("/")]
        return {o["Key"].removeprefix(self._prefix): Object(o["ETag"], o["Size"]) for o in objects}

    def told_of(self, name: str) -> dict[str, str]:
        """What was put down with an object. Raises GoneError."""
        with self._told(name):
            head = self._client.head_object(**self._at(name))
        return dict(head["Metadata"])

    @contextmanager
    def reading(self, name: str, expected: Object) -> Iterator[tuple[IO[bytes], dict[str, str]]]:
        """An object's bytes, and what was put down with it. Raises GoneError when it is not there as it was listed."""
        with self._told(name):
            answer = self._client.get_object(**self._at(name), IfMatch=expected.etag)
            with closing(answer["Body"]) as body:
                yield as_file(body.iter_chunks(CHUNK)), dict(answer["Metadata"])

    def put(self, name: str, content: IO[bytes], told: Mapping[str, str], expected: Object | None = None) -> Object | None:
        """Put bytes in the object's place; readers see what was there before until all of it has come.

        Nothing is put, and None answered, when what is there is no longer as ``expected``. For an object that is larger than
        ``PUT_AT_ONCE`` this is looked at only before; whoever puts such a one holds the lock of its part.
        """
        with self._told(name):
            if expected and expected.size <= PUT_AT_ONCE:
                return self._object(name) if self.put_if(name, content.read(), told, IfMatch=expected.etag) else None
            if expected and self.seen(name) != expected:
                return None
            self._client.upload_fileobj(content, self.bucket, self._prefix + name, ExtraArgs={"Metadata": dict(told)})
        return self._object(name)

    def seen(self, name: str) -> Object | None:
        """An object as a listing would tell it; None when it is not there."""
        try:
            return self._object(name)
        except GoneError:
            return None

    def is_arriving(self, _name: str, _there: Object) -> bool:
        """Whether somebody may still be writing it: never, as an object is there once all of it has come."""
        return False

    def remove_unfinished(self, _part: str) -> None:
        """Nothing that is unfinished is put on a store."""

    def put_if(self, name: str, content: bytes, told: Mapping[str, str], **condition: str) -> str | None:
        """Put a few bytes there and answer their etag; None when the condition (IfNoneMatch, IfMatch) does not hold."""
        with self._told(name):
            try:
                answer = self._client.put_object(**self._at(name), Body=content, Metadata=dict(told), **condition)
            except ClientError as error:
                if _code(error) in TAKEN | GONE:
                    return None
                raise
        return str(answer["ETag"])

    def put_once(self, name: str, content: bytes, told: Mapping[str, str]) -> bool:
        """Put a few bytes there unless something is; answers whether they were put."""
        return self.put_if(name, content, told, IfNoneMatch="*") is not None

    def writing(self, part: str, holder: str) -> AbstractContextManager[Lock]:
        """The right to write one part, for one working copy at a time. Raises BusyError."""
        return Lock(self, part, holder).held()

    def looked_at(self, name: str) -> tuple[bytes, str, timedelta]:
        """A small object's bytes, its etag, and how long ago it was put there by the store's own clock. Raises GoneError."""
        with self._told(name):
            answer = self._client.get_object(**self._at(name))
            content = answer["Body"].read()
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return content, str(answer["ETag"]), now - answer["LastModified"]

    def copy(self, source: str, name: str, told: Mapping[str, str]) -> Object:
        """Have the store copy an object; readers see what was there before until the copy is whole."""
        with self._told(source):
            self._client.copy(
                {"Bucket": self.bucket, "Key": self._prefix + source},
                self.bucket,
                self._prefix + name,
                ExtraArgs={"Metadata": dict(told), "MetadataDirective": "REPLACE"},
            )
        return self._object(name)

    def delete(self, names: Iterable[str]) -> None:
        """Take objects away, in order; one that is not there is no error."""
        keys = [{"Key": self._prefix + name} for name in names]
        for place in range(0, len(keys), DELETED_AT_ONCE):
            with self._told():
                answer = self._client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": keys[place : place + DELETED_AT_ONCE], "Quiet": True}
                )
            for left in answer.get("Errors", []):
                raise StoreError(f"{self.url}: {left['Key'].removeprefix(self._prefix)} was not deleted: {left['Code']}")

    def _object(self, name: str) -> Object:
        with self._told(name):
            head = self._client.head_object(**self._at(name))
        return Object(head["ETag"], head["ContentLength"])

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self._prefix + name}

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """Tell the store's errors in words: what, where, what to do."""
        try:
            yield
        except (NoCredentialsError, PartialCredentialsError):
            remedy = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            raise StoreError(f"{self.url}: there are no credentials for the store; {remedy}") from None
        except ClientError as error:
            raise self._refused(_code(error), name) from None
        except BotoCoreError as error:
            raise StoreError(
                f"{self.url}: the store cannot be reached ({type(error).__name__}); look at AWS_ENDPOINT_URL, AWS_REGION and the"
                " network, then do it again: what is published there has not changed"
            ) from None

    def _refused(self, code: str, name: str) -> RenkouError:
        if code == "NoSuchBucket":
            return StoreError(f"{self.url}: there is no bucket {self.bucket}; make it, or correct RENKOU_HOME")
        if code in GONE | TAKEN:
            return GoneError(f"{self.url}/{name}: is not there any more")
        remedy = "the key needs to list, get, put and delete below this prefix (to list and get, for reading)"
        return StoreError(f"{self.url}{'/' * bool(name)}{name}: the store refuses ({code or 'no reason'}); {remedy}")


class Lock:
    """The right to write one part of the home, for one working copy at a time."""

    def __init__(self, store: ObjectStore, part: str, holder: str) -> None:
        self._store, self._name, self._holder = store, f"{LOCKS}/{part}", holder
        self._part = part
        self._began = datetime.now(UTC).isoformat(timespec="seconds")
        self._etag: str | None = None
        self._guard, self._ended = threading.Lock(), threading.Event()

    @contextmanager
    def held(self) -> Iterator[Lock]:
        """Take the lock, renew it until the block ends, and give it back. Raises BusyError."""
        self._take()
        renewing = threading.Thread(target=self._renew_again, daemon=True)
        renewing.start()
        try:
            yield self
        finally:
            self._ended.set()
            renewing.join()
            if self._etag:
                with suppress(RenkouError):  # all is written; who comes next finds a lock that nobody renews
                    self._store.delete([self._name])

    def renew(self) -> None:
        """Say that the holder lives. Raises BusyError when another writer has taken over: nothing more may be written."""
        with self._guard:
            if self._etag:
                self._etag = self._put(IfMatch=self._etag)
        if self._etag is None:
            raise BusyError(
                f"{self._store.url}: another machine took over {self._part}, as nothing was heard from this one for"
                f" {SILENT.seconds // 60} minutes; run again"
            )

    def _take(self) -> None:
        self._etag = self._put(IfNoneMatch="*")
        if self._etag is None:
            self._take_over()
        elif self._put(IfNoneMatch="*") is not None:
            self._store.delete([self._name])
            raise StoreError(
                f"{self._store.url}: this store does not know conditional puts (If-None-Match), so writers could not"
                " exclude one another; use a store that does"
            )

    def _take_over(self) -> None:
        """Take the lock that this copy, or a machine that died, left behind. Raises BusyError when its holder lives."""
        try:
            content, etag, silent = self._store.looked_at(self._name)
        except GoneError:
            raise BusyError(f"{self._store.url}: {self._part} has just been given free; run again") from None
        told = json.loads(content)
        if told["holder"] == self._holder or silent > SILENT:
            self._etag = self._put(IfMatch=etag)
        if self._etag is None:
            raise BusyError(
                f"{self._store.url}: {self._part} is being written by {told['holder']}, process {told['process']}, since"
                f" {told['since']}, last heard of {max(0, int(silent.total_seconds()))} s ago; wait until it has ended"
                f" (after {SILENT.seconds // 60} minutes of silence the next writer takes over)"
            )

    def _put(self, **condition: str) -> str | None:
        mark = {"holder": self._holder, "process": os.getpid(), "since": self._began, "mark": secrets.token_hex(8)}
        return self._store.put_if(self._name, json.dumps(mark).encode(), {}, **condition)

    def _renew_again(self) -> None:
        while not self._ended.wait(RENEWED_EVERY.total_seconds()):
            try:
                self.renew()
            except BusyError:
                return  # told to whoever writes next
            except RenkouError:
                continue  # the store may answer the next time, well before it is taken over


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
