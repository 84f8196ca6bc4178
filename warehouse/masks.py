"""Pseudonyms: who a person is stays with the key, that it is the same person stays visible (GB/T 37964)."""

from __future__ import annotations

from contextlib import suppress

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import hashes, hmac
from duckdb.func import PythonUDFType

FUNCTION = "pseudonym_of"
BYTES = 16


def add_pseudonyms(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give the connection the function ``pseudonym_of``: HMAC-SM3 (GB/T 32905) under ``key``, its first 16 bytes as hex.

    Two keys make two pseudonyms of one person, so that files of two subscribers cannot be joined.
    """
    keyed = hmac.HMAC(key, hashes.SM3())

    def pseudonyms(values: pa.ChunkedArray) -> pa.Array:
        return pa.array([_pseudonym(keyed, value) for value in values.to_pylist()], pa.string())

    with suppress(duckdb.InvalidInputException):
        connection.remove_function(FUNCTION)  # that of another subscriber, whom the connection served before
    connection.create_function(FUNCTION, pseudonyms, ["varchar"], "varchar", type=PythonUDFType.ARROW)


def _pseudonym(keyed: hmac.HMAC, value: str | None) -> str | None:
    if value is None:
        return None
    one = keyed.copy()
    one.update(value.encode())
    return one.finalize()[:BYTES].hex()
