"""Who asks: the key of a form system, and how often it may."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import WORDS, RefusedError
from api.service import Service
from warehouse.keys import FormSystem

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
    system = service.keys.bearer(credentials.credentials) if credentials else None
    if system is None:
        raise RefusedError(401, WORDS[401], {"WWW-Authenticate": "Bearer"})
    if wait := service.rates.wait(system.key_id, system.rate):
        raise RefusedError(429, WORDS[429], {"Retry-After": str(ceil(wait))})
    return system


Caller = Annotated[FormSystem, Depends(caller)]
Serving = Annotated[Service, Depends(service_of)]
