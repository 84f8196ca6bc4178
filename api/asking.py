"""Who asks: the key of a form system, and how often it may."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import WORDS, RefusedError
from api.service import Service
from warehouse.keys import FormSystem

# Calls a minute that an address may make without a valid key; those that name somebody's key hold up that key at that address alone,
# so that nobody's system is kept out by others behind one proxy.
FAILURES = 60
FAILED = "Too many calls without a valid key; wait as many seconds as Retry-After says. 无效密钥请求过于频繁"

_bearer = HTTPBearer(auto_error=False, description="A key of `renkou keys add`")


async def service_of(request: Request) -> Service:
    """What the process answers with; not a plain function, for which FastAPI would change threads."""
    service: Service = request.app.state.service
    return service


async def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> FormSystem:
    """The form system whose key came with the call. Raises RefusedError (401, 429)."""
    service = await service_of(request)
    key = credentials.credentials if credentials else ""
    address = request.client.host if request.client else ""
    guessed = f"{address} {service.keys.named(key)}"
    if wait := service.failures.wait(guessed, FAILURES, take=0):
        raise _too_often(wait, FAILED)  # a guess that is right would be told from the others
    system = service.keys.bearer(key)
    if system is None:
        if wait := max(service.failures.wait(address, FAILURES), service.failures.wait(guessed, FAILURES)):
            raise _too_often(wait, FAILED)
        raise RefusedError(401, WORDS[401], {"WWW-Authenticate": "Bearer"})
    if wait := service.rates.wait(system.key_id, system.rate):
        raise _too_often(wait, WORDS[429])
    return system


def _too_often(wait: float, detail: str) -> RefusedError:
    return RefusedError(429, detail, {"Retry-After": str(ceil(wait))})


Caller = Annotated[FormSystem, Depends(caller)]
Serving = Annotated[Service, Depends(service_of)]
