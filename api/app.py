"""The calls of the API, and nothing else: what they do is in ``service``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter

from api import models, problems
from api.asking import Caller, Serving
from api.envelope import RELEASE, Envelope
from api.service import Service
from contracts.load import load_all
from contracts.model import Contracts, Form, FormField
from warehouse.at_home import write_back
from warehouse.home import Home
from warehouse.keys import FormSystem
from warehouse.parts import SERVE
from warehouse.prefilled import Prefilled
from warehouse.wording import labels_of, pattern_of, words_of

PAGE = Path(__file__).parent / "page"
PREFILLED = TypeAdapter(Prefilled)
ENTRY = "Renkou-Access-Entry"

FormId = Annotated[str, InPath(min_length=1, max_length=100, description="A form of GET /v1/forms")]
PersonId = Annotated[str, InPath(min_length=1, max_length=64, pattern=models.PLAIN, description="As a prefilled form names it")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key and body again is answered as before, and kept once",
    ),
]
HEADERS = {RELEASE: {"description": "The release that was read", "schema": {"type": "string"}}}
NAMED: dict[int | str, dict[str, Any]] = {200: {"headers": HEADERS}}
ENTERED = {ENTRY: {"description": "The number of the look's entry in the access log", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
LOOKED: dict[int | str, dict[str, Any]] = {200: {"headers": HEADERS | ENTERED}}


def create(home: Home | None = None) -> FastAPI:
    """The app over ``home``, by default that of the environment."""
    where = home or Home.from_environment()

    @asynccontextmanager
    async def serving(app: FastAPI) -> AsyncIterator[None]:
        service = Service(where, load_all())
        app.state.service = service
        gc.freeze()  # contracts and libraries stay for good: looking through them for garbage is a tenth of an answer
        watching = asyncio.create_task(service.current.watch())
        yield
        watching.cancel()
        await asyncio.to_thread(write_back, where, SERVE)

    app = FastAPI(
        title="renkou 统一人口库",
        version="1",
        summary="Forms filled in with what the departments hold. 表单预填",
        lifespan=serving,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(Envelope)
    problems.install(app)
    _health(app)
    _forms(app)
    _persons(app)
    _page(app)
    _schema(app)
    return app


def _health(app: FastAPI) -> None:
    @app.get("/health", responses=problems.documented(405, 503))
    async def health(service: Serving) -> models.Health:
        """The release served, and its age."""
        release = service.current.release.release
        path = service.current.path
        assert path is not None
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return models.Health(
            status="ok",
            release_id=release.release_id,
            as_of=release.as_of,
            published_at=at.isoformat(timespec="seconds"),
            age_seconds=max(0, int((datetime.now(UTC) - at).total_seconds())),
        )


def _forms(app: FastAPI) -> None:
    always = problems.documented(401, 405, 413, 429, 500)

    @app.get("/v1/forms", responses=NAMED | always | problems.documented(503))
    async def forms(system: Caller, service: Serving, response: Response) -> models.Forms:
        """The forms that this key may use."""
        response.headers[RELEASE] = service.current.release.release.release_id
        return models.Forms(forms=[_summary(form, service, system) for form in service.forms(system)])

    @app.get("/v1/forms/{form}", responses=NAMED | always | problems.documented(404, 422, 503))
    async def form(form: FormId, system: Caller, service: Serving, response: Response) -> models.FormDetail:
        """What one form asks."""
        response.headers[RELEASE] = service.current.release.release.release_id
        return _detail(service.form(form, system), service, system)

    @app.post(
        "/v1/forms/{form}/prefill",
        response_model=Prefilled,
        responses=LOOKED | always | problems.documented(400, 403, 404, 415, 422, 503),
    )
    async def prefill(form: FormId, asked: models.PrefillRequest, system: Caller, service: Serving) -> Response:
        """The form filled in for one applicant, for the applicant to see and confirm before it is used.

        Each field has a value with its source, or why it is missing. A number that more than one person bears is answered
        with "cannot_say"; a person outside the key's regions as one whom nobody knows.
        """
        answer = await service.prefill(form, asked, system)
        headers = {RELEASE: answer.prefilled.release.release_id, ENTRY: str(answer.entry)}
        return Response(PREFILLED.dump_json(answer.prefilled), 200, headers, "application/json")

    @app.post(
        "/v1/forms/{form}/submissions",
        status_code=201,
        responses={201: {"headers": HEADERS}} | always | problems.documented(400, 403, 404, 409, 415, 422, 503),
    )
    async def submissions(
        form: FormId,
        asked: models.SubmissionRequest,
        system: Caller,
        service: Serving,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Receipt:
        """What the applicant confirmed, corrected or added: on the disk before the answer, in the next build after it."""
        kept = await service.submit(form, asked, system, idempotency_key)
        response.headers[RELEASE] = kept.release_id
        return models.Receipt(
            submission_id=kept.submission_id,
            received_at=kept.received_at,
            form=kept.form,
            case_no=kept.case_no,
            release_id=kept.release_id,
            fields=[models.FieldReceipt(name=f.name, outcome=f.outcome) for f in kept.fields],
        )


def _persons(app: FastAPI) -> None:
    refusals = problems.documented(401, 404, 405, 413, 422, 429, 500, 503)

    @app.get("/v1/persons/{person_id}/access-log", responses=NAMED | refusals)
    async def access_log(
        person_id: PersonId, system: Caller, service: Serving, response: Response
    ) -> models.AccessLogAnswer:
        """Who looked at this person's data, when and why."""
        answer = await service.looks_at(person_id, system)
        response.headers[RELEASE] = service.current.release.release.release_id
        return answer


def _page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/page", StaticFiles(directory=PAGE), name="page")


def _summary(form: Form, service: Service, system: FormSystem) -> models.FormSummary:
    return models.FormSummary(**_said(form, service, system))


def _said(form: Form, service: Service, system: FormSystem) -> dict[str, Any]:
    names = ("id", "title", "title_en", "matter", "basis")
    return {name: getattr(form, name) for name in names} | {"purposes": service.purposes(form, system)}


def _detail(form: Form, service: Service, system: FormSystem) -> models.FormDetail:
    return models.FormDetail(
        **_said(form, service, system),
        fields=[_asked(field, service.contracts) for field in form.fields],
        attachments=[models.AttachmentAsked.model_validate(a, from_attributes=True) for a in form.attachments],
    )


def _asked(field: FormField, contracts: Contracts) -> models.FieldAsked:
    asked = models.FieldAsked.model_validate(field, from_attributes=True)
    if datum := contracts.datum(field.datum):
        asked.words = list(words_of(field, datum, labels_of(contracts, datum)))
        asked.pattern = pattern_of(field, datum)
    return asked


def _schema(app: FastAPI) -> None:
    """The OpenAPI, in which every error is a problem and none is FastAPI's own kind."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = made()
            parts = schema.setdefault("components", {}).setdefault("schemas", {})
            problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            parts |= problem.pop("$defs", {}) | {"Problem": problem}
            for unused in ("HTTPValidationError", "ValidationError"):
                parts.pop(unused, None)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
