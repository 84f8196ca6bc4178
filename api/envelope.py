"""What every call must keep to before anything is looked at, and what every answer bears."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import WORDS, problem
from warehouse.faults import NotFoundError

Headers = list[tuple[bytes, bytes]]
RELEASE = "Renkou-Release"  # the header that names the release
LARGEST = 64 * 1024  # bytes of a body: a form with every field full is a tenth of it


class Envelope:
    """Refuses large bodies before they are read; tells browsers to keep nothing and load from here alone, and callers the release."""

    HEADERS = (
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST:
                raise HTTPException(413)
            return message

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.HEADERS, *_release(scope, message)]
            await send(message)

        if _announced(scope) > LARGEST:
            await problem(413, WORDS[413])(scope, receive, headed)
        else:
            await self._app(scope, counted, headed)


def _release(scope: Scope, message: Message) -> Headers:
    """The release that is served, for answers that name none of their own, such as errors."""
    named = RELEASE.lower().encode()
    if not scope["path"].startswith("/v1/") or any(name.lower() == named for name, _ in message["headers"]):
        return []
    try:
        return [(named, scope["app"].state.service.current.release.release.release_id.encode())]
    except NotFoundError:
        return []  # nothing is published yet


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
