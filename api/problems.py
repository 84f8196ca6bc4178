"""Errors as RFC 9457 problem details. None of them repeats what was sent: it may be somebody's number or name."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import duckdb
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from warehouse.access_log import AccessLogBrokenError
from warehouse.faults import NotFoundError, has_no_room, is_damage, place_of

MEDIA_TYPE = "application/problem+json"
LOG = logging.getLogger("renkou.api")


class Misfit(BaseModel):
    """One place of a call that does not fit, and why."""

    where: str = Field(description="Where in the call, such as body.case_no")
    what: str = Field(description="What is wrong there, without the value")


class Problem(BaseModel):
    """RFC 9457: what went wrong, for machines (type, status) and for people (title, detail)."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str
    errors: list[Misfit] | None = None


class RefusedError(Exception):
    """A call that gets no answer but a problem."""

    def __init__(
        self, status: int, detail: str, headers: dict[str, str] | None = None, errors: list[Misfit] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.errors = status, detail, headers, errors


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, errors: list[Misfit] | None = None
) -> JSONResponse:
    """The answer to a call that failed."""
    told = Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return JSONResponse(told.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


PATTERN = "It is blank, or has a character that does not belong there."

WORDS = {
    400: "The body cannot be read as JSON.",
    401: "A valid key is needed: Authorization: Bearer KEY. 密钥无效或已过期",
    403: "The key is not for this purpose. 该密钥不适用于此用途",
    404: "There is no such thing for this key. 没有此项，或不在该密钥的范围内",
    405: "This address does not take that method.",
    409: "The Idempotency-Key was used for another submission.",
    413: "The body is larger than a form needs.",
    415: "The body is to be sent as JSON: Content-Type: application/json.",
    422: "The call does not fit what is agreed; see errors.",
    429: "The key has asked too often; wait as many seconds as Retry-After says. 请求过于频繁",
    500: "Something is broken here; the operator finds it in the log.",
    503: "No release is published yet. 尚未发布数据",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI says of errors."""
    schema = {"$ref": "#/components/schemas/Problem"}
    waits = {"Retry-After": {"description": "Seconds after which to ask again, where that helps", "schema": {"type": "integer"}}}
    return {
        s: {"description": WORDS[s], "content": {MEDIA_TYPE: {"schema": schema}}} | ({"headers": waits} if s in {429, 503} else {})
        for s in statuses
    }


def install(app: FastAPI) -> None:
    """Every error of the app becomes a problem."""

    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> JSONResponse:
        return problem(error.status, error.detail, error.headers, error.errors)

    @app.exception_handler(HTTPException)
    async def of_http(_: Request, error: HTTPException) -> JSONResponse:
        words = WORDS.get(error.status_code, HTTPStatus(error.status_code).phrase)
        return problem(error.status_code, words, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def misfit(request: Request, error: RequestValidationError) -> JSONResponse:
        if any(item["type"] == "json_invalid" for item in error.errors()):
            return problem(400, WORDS[400])
        # FastAPI reads no other body as JSON, and then says that it is no object
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not kind.endswith(("/json", "+json")) and any(item["type"] == "model_attributes_type" for item in error.errors()):
            return problem(415, WORDS[415])
        errors = [
            Misfit(
                where=".".join(str(part) for part in item["loc"][:4]),
                what=PATTERN if item["type"] == "string_pattern_mismatch" else str(item["msg"]),
            )
            for item in error.errors()
        ]
        return problem(422, WORDS[422], errors=errors)

    @app.exception_handler(NotFoundError)
    async def nothing_published(_: Request, error: NotFoundError) -> JSONResponse:
        return problem(503, WORDS[503], {"Retry-After": "30"})

    @app.exception_handler(AccessLogBrokenError)
    async def broken_log(_: Request, error: AccessLogBrokenError) -> JSONResponse:
        LOG.error("%s", error)
        return problem(503, "The access log is damaged; nobody's data are shown. 访问日志异常，暂停服务")

    @app.exception_handler(OSError)
    async def no_room(request: Request, error: OSError) -> JSONResponse:
        if not has_no_room(error):
            return await fault(request, error)
        LOG.error("the disk is full: nobody's data are shown; see docs/runbooks/disk-full.md")
        return problem(503, "The disk is full; nobody's data are shown. 磁盘已满，暂停服务", {"Retry-After": "30"})

    @app.exception_handler(duckdb.Error)
    async def damaged(request: Request, error: duckdb.Error) -> JSONResponse:
        if not is_damage(error):
            return await fault(request, error)
        LOG.error("the file of the release is damaged; see docs/runbooks/release-broken.md")
        return problem(503, "The release is damaged; what it tells here is not shown. 数据文件损坏，暂停服务")

    @app.exception_handler(Exception)
    async def fault(_: Request, error: Exception) -> JSONResponse:
        # The words of an error may quote a value; its kind and place do not.
        LOG.error("%s at %s", type(error).__name__, place_of(error))
        return problem(500, WORDS[500])
