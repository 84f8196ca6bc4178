"""Great Expectations on DuckDB. Import this module inside functions only: it costs seconds and much memory.

Three things are mended here by subclassing: results are read before their connection closes; what the
database says about an error is kept out of results, for it quotes values; offending rows are counted and
never fetched.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import duckdb
import sqlalchemy.dialects.postgresql
from duckdb_engine import ConnectionWrapper
from great_expectations.compatibility import pydantic
from great_expectations.datasource.fluent.interfaces import TestConnectionError
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

# What these say speaks of SQL and names of columns, never of a value.
_HARMLESS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_LONE_COLON = re.compile(r"(?<![:\w\\]):(?=\w)")


__all__ = [
    "DuckDBDatasource",
    "ExpectNoOffendingRows",
    "TestConnectionError",
    "connecting",
    "escaped",
]


class CannotEvaluateError(Exception):
    """A query failed; the text never quotes a value."""


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Reads each result in full while its connection is open."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        # DuckDB speaks PostgreSQL; without this GX knows neither its regular expressions nor its types.
        self.dialect_module = sqlalchemy.dialects.postgresql

    def execute_query(self, query: Any) -> Any:
        """As the base class, but with the rows already here."""
        with self.get_connection() as connection:
            try:
                return connection.execute(query).freeze()()
            except (DBAPIError, duckdb.Error) as error:
                raise CannotEvaluateError(_harmless(error)) from None


def _harmless(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {cause}" if isinstance(cause, _HARMLESS) else type(cause).__name__


class DuckDBDatasource(SQLDatasource):
    """A data source of tables and views of one DuckDB connection."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> builtins.type[SqlAlchemyExecutionEngine]:
        return DuckDBExecutionEngine


class ExpectNoOffendingRows(UnexpectedRowsExpectation):
    """A query that must select nothing. Unlike its base it never fetches a row; any table may be named."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    @pydantic.validator("unexpected_rows_query")
    @classmethod
    def _validate_query(cls, query: str) -> str:
        return query.strip().rstrip(";")

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


def escaped(sql: str) -> str:
    """SQL as GX and SQLAlchemy want it: braces and colons that they would take for parameters are escaped."""
    return _LONE_COLON.sub(r"\\:", sql.replace("{", "{{").replace("}", "}}"))


def connecting(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Settings that make SQLAlchemy share an open connection: each of its own is a cursor of it."""
    creator: Callable[[], ConnectionWrapper] = lambda: ConnectionWrapper(connection.cursor())  # noqa: E731
    return {"creator": creator, "poolclass": NullPool}
