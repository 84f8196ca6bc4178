"""The API does what its OpenAPI says, also with calls that nobody would think of."""

from __future__ import annotations

from ipaddress import ip_network

import httpx
import schemathesis
from hypothesis import HealthCheck, settings

from api.app import create

ADDRESSES = ip_network("10.0.0.0/8").hosts()
schema = schemathesis.openapi.from_dict(create().openapi())


@schema.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_it_keeps_to_its_openapi(case: schemathesis.Case, served: tuple[str, str]) -> None:
    elsewhere = str(next(ADDRESSES))  # it asks without a key too, more often than one address may
    case.call_and_validate(base_url=served[0], headers={"Authorization": f"Bearer {served[1]}", "X-Forwarded-For": elsewhere})


def test_headers_that_answers_bear_are_named() -> None:
    paths = create().openapi()["paths"]
    prefill = paths["/v1/forms/{form}/prefill"]["post"]["responses"]
    assert set(prefill["200"]["headers"]) == {"Renkou-Release", "Renkou-Access-Entry"}
    answers = [answer for methods in paths.values() for call in methods.values() for answer in call["responses"].items()]
    refusals = [told for status, told in answers if status in {"429", "503"}]
    assert refusals
    assert all("Retry-After" in told["headers"] for told in refusals)


def test_the_calls_are_those_that_were_agreed(served: tuple[str, str]) -> None:
    told = httpx.get(f"{served[0]}/openapi.json").json()
    assert {(path, method) for path, methods in told["paths"].items() for method in methods} == {
        ("/health", "get"),
        ("/v1/forms", "get"),
        ("/v1/forms/{form}", "get"),
        ("/v1/forms/{form}/prefill", "post"),
        ("/v1/forms/{form}/submissions", "post"),
        ("/v1/persons/{person_id}/access-log", "get"),
    }
