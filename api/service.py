"""What the calls do, apart from HTTP: look, write down that one looked, answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from api.current import Current
from api.journal import Journal
from api.models import AccessLogAnswer, LookShown, PrefillRequest, SubmissionRequest
from api.problems import WORDS, Misfit, RefusedError
from contracts.model import Contracts, Form
from warehouse.access_log import Access, AccessLog
from warehouse.confirmation import answered, misfits
from warehouse.digests import sm3
from warehouse.dossier import Dossier
from warehouse.home import Home
from warehouse.keys import FormSystem, KeyRing
from warehouse.prefill import divisions_of, fill
from warehouse.prefilled import Filled, Inquiry, Prefilled
from warehouse.published import Published
from warehouse.rates import Rates
from warehouse.submissions import Submission, SubmissionConflictError, Submissions

# "Nobody" and "not yours to see" are answered after the same time, some times what a look takes; where the machine is so busy that
# it takes longer, at the next step. In seconds.
LEVEL, STEP = 0.015, 0.005


@dataclass(frozen=True)
class Answer:
    """A prefilled form, and the number of its entry in the access log."""

    prefilled: Prefilled
    entry: int


class Service:
    """One process's share of the work; everything that processes share lies in files below ``home``."""

    def __init__(self, home: Home, contracts: Contracts) -> None:
        self.contracts = contracts
        self.keys = KeyRing(home)
        self.rates, self.failures = Rates(home.rates), Rates(home.failures)
        self.current = Current(home, contracts)
        self.current.look()
        self.journal = Journal(AccessLog(home))
        self.submissions = Submissions(home)
        self._forms = {form.id: form for form in contracts.forms}

    # --- forms --------------------------------------------------------------------------------------------------

    def forms(self, system: FormSystem) -> list[Form]:
        """The forms that the key is for."""
        return [form for form in self.contracts.forms if system.may_use(form.id) and self.purposes(form, system)]

    def purposes(self, form: Form, system: FormSystem) -> list[str]:
        return [purpose for purpose in form.purposes if system.may_ask_for(purpose)]

    def form(self, form_id: str, system: FormSystem) -> Form:
        """What ``forms`` lists. Raises RefusedError (404), the same for a form that is not there and one that the key is not for."""
        form = self._forms.get(form_id)
        if form is None or form not in self.forms(system):
            raise RefusedError(404, WORDS[404])
        return form

    # --- looks --------------------------------------------------------------------------------------------------

    async def prefill(self, form_id: str, asked: PrefillRequest, system: FormSystem) -> Answer:
        """Fill the form. The look is on the disk before anything is answered."""
        began = time.monotonic()
        filled, entry = await self._look(form_id, asked, system, "prefill")
        if filled.prefilled.status == "not_found":
            await _level(began)
        return Answer(filled.prefilled, entry)

    async def submit(
        self, form_id: str, asked: SubmissionRequest, system: FormSystem, idempotency_key: str | None
    ) -> Submission:
        """Keep what the applicant confirmed. Raises RefusedError (403, 404, 409, 422)."""
        began = time.monotonic()
        content = sm3(json.dumps([form_id, asked.model_dump()], sort_keys=True).encode())
        submission_id = self.submissions.name(system.key_id, idempotency_key)
        try:
            if kept := self.submissions.kept(submission_id, content):
                return kept
            filled, _ = await self._look(form_id, asked, system, "submission", set(asked.fields))
            form = self._forms[form_id]
            fields = answered(self.contracts, form, filled.prefilled, asked.fields)
            if strange := [Misfit(where=f"body.fields.{name}", what=what) for name, what in misfits(self.contracts, form, fields)]:
                raise RefusedError(422, WORDS[422], errors=strange)
            submission = Submission(
                submission_id=submission_id,
                received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                key=system.key_id,
                system=system.name,
                form=form_id,
                purpose=asked.purpose,
                case_no=asked.case_no,
                person_id=filled.prefilled.person_id,
                release_id=filled.prefilled.release.release_id,
                content=content,
                fields=fields,
            )
            kept = await asyncio.to_thread(self.submissions.keep, submission)
        except SubmissionConflictError:
            raise RefusedError(409, WORDS[409]) from None
        if filled.prefilled.status == "not_found":
            await _level(began)
        return kept

    async def _look(
        self,
        form_id: str,
        asked: PrefillRequest | SubmissionRequest,
        system: FormSystem,
        action: str,
        fields: set[str] | None = None,
    ) -> tuple[Filled, int]:
        release = self.current.release
        refusal = self._refusal(form_id, asked, system, fields)
        filled = None if refusal else self._fill(release, form_id, asked, system)
        access = Access(
            key=system.key_id,
            system=system.name,
            action=action,
            form=form_id if form_id in self._forms else None,
            purpose=asked.purpose,
            case_no=asked.case_no,
            persons=filled.persons if filled else (),
            outcome=filled.outcome if filled else "refused",
            release_id=release.release.release_id,
        )
        entry = await self.journal.write(access)
        if refusal or filled is None:
            raise refusal or RefusedError(500, WORDS[500])
        return filled, entry

    def _refusal(
        self, form_id: str, asked: PrefillRequest | SubmissionRequest, system: FormSystem, fields: set[str] | None
    ) -> RefusedError | None:
        form = self._forms.get(form_id)
        if form is None or not system.may_use(form_id):
            return RefusedError(404, WORDS[404])
        if asked.purpose not in self.purposes(form, system):
            return RefusedError(403, WORDS[403])
        if fields and not fields <= {field.name for field in form.fields}:
            return RefusedError(422, "fields: the form has no field of that name; GET /v1/forms/{form} names them.")
        return None

    def _fill(
        self, release: Published, form_id: str, asked: PrefillRequest | SubmissionRequest, system: FormSystem
    ) -> Filled:
        inquiry = Inquiry(form_id, asked.id_number, asked.purpose, asked.case_no)
        return fill(release, inquiry, self._sight(system))

    def _sight(self, system: FormSystem) -> Callable[[Dossier], bool]:
        return lambda dossier: system.covers(divisions_of(dossier, self.contracts))

    async def looks_at(self, person_id: str, system: FormSystem) -> AccessLogAnswer:
        """Who looked at a person's data. Raises RefusedError (404), the same for nobody and for not yours to see."""
        began = time.monotonic()
        release = self.current.release
        dossier = release.dossier(person_id)
        seen = dossier is not None and self._sight(system)(dossier)
        access = Access(
            key=system.key_id,
            system=system.name,
            action="access_log",
            form=None,
            purpose=None,
            case_no=None,
            persons=(person_id,) if dossier else (),
            outcome="answered" if seen else "withheld" if dossier else "not_found",
            release_id=release.release.release_id,
        )
        await self.journal.write(access)
        if not seen:
            await _level(began)
            raise RefusedError(404, WORDS[404])
        entries = await asyncio.to_thread(self._entries, release, person_id)
        return AccessLogAnswer(person_id=person_id, entries=entries)

    def _entries(self, release: Published, person_id: str) -> list[LookShown]:
        names = ("system", "action", "form", "purpose", "case_no", "outcome")
        found = self.journal.log.of_person(release.former_ids(person_id))
        return [LookShown(at=e.at, **{name: getattr(e.access, name) for name in names}) for e in found]


async def _level(began: float) -> None:
    took = time.monotonic() - began
    await asyncio.sleep(max(LEVEL, ceil(took / STEP) * STEP) - took)
