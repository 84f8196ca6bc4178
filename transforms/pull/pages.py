"""A paged HTTP API becomes a file of JSON lines; a pull that was cut off goes on from its last whole page."""

from __future__ import annotations

import hashlib
import json
import shutil
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from contracts.model import PagesSource
from transforms.pull import (
    Connection,
    InterruptedPullError,
    Patience,
    Pulled,
    PullError,
    certificate_refused,
    clock,
)
from transforms.pull.arrival import RECEIPT, Arrival, Landing, append_from
from warehouse import clock as county

BEGINNING = datetime(1970, 1, 1, tzinfo=county.COUNTY)
OVERLAP = timedelta(minutes=5)
"""Changes are asked for from a little before the last pull: what was being written then is not lost. A change that comes
twice is the same change."""

LARGEST_PAGE = 64 << 20
EMPTY_PAGES = 100
TOO_MANY = 429
ASKED_TO_WAIT = (TOO_MANY, 503)


def pull_pages(connection: Connection, landing: Landing, source: PagesSource, patience: Patience) -> Pulled:
    """Read every page since the last pull (a full register: from the beginning). The day is the server's own."""
    if not landing.is_due(county.today()):
        return Pulled(landing.dataset.id, "up_to_date")
    with _client(connection, patience) as client:
        return _Pull(client, connection, landing, source, patience).run()


class _EndlessError(PullError):
    """The pages go in a circle, or on for ever."""


class _RefusedError(PullError):
    """The server does not answer this request; another cursor, or none, it may."""


@dataclass(frozen=True)
class _Page:
    """What one answer brought, as it is written, and the cursor of the next."""

    lines: bytes
    rows: int
    next: str | int | None


class _Way:
    """The pages that a pull has gone through, to see that it goes in a circle or on for ever."""

    def __init__(self, cursor: str | int | None, longest: int) -> None:
        self.cursors, self.pages = {cursor}, set[bytes]()
        self.longest, self.empty = longest, 0

    def is_endless(self, page: _Page, number: int) -> str:
        """What shows that this page leads to no end, or nothing."""
        if page.next in self.cursors and page.next is not None:
            return "the same cursor comes again and again; ask the department"
        content = hashlib.sha256(page.lines).digest()
        if page.rows and content in self.pages:
            return "the same page comes again under another cursor; ask the department"
        self.empty = 0 if page.rows else self.empty + 1
        if self.empty >= EMPTY_PAGES and page.next is not None:
            return f"{EMPTY_PAGES} empty pages came one after another, and yet a cursor to go on; ask the department"
        if number >= self.longest and page.next is not None:
            return f"more than {self.longest} pages; ask the department, or agree to more (source.pages_at_most of the contract)"
        self.cursors.add(page.next)
        self.pages.add(content)
        return ""


class _Pull:
    """One dataset's pages on their way into one file."""

    def __init__(
        self, client: httpx.Client, connection: Connection, landing: Landing, source: PagesSource, patience: Patience
    ) -> None:
        self.client, self.connection, self.landing = client, connection, landing
        self.source, self.patience = source, patience

    def run(self) -> Pulled:
        since = self._since()
        arrival, progress = self._resumed(since)
        if arrival and arrival.heal():
            return Pulled(arrival.reference, "landed")
        if arrival:
            try:
                return self._landed(arrival, progress, None)
            except _RefusedError:
                arrival.begin_again()
        page, told = self._page(since, None)
        now = clock.agreed(self.connection, told)
        arrival = Arrival(self.landing, now.day)
        if self.landing.receipt(now.day) or self.landing.is_delivered_by_hand(now.day):
            return Pulled(self.landing.dataset.id, "up_to_date")
        arrival.begin_again()
        watermark = (now.moment - OVERLAP).astimezone(county.COUNTY).isoformat(timespec="seconds")
        progress = {"since": since, "cursor": None, "bytes": 0, "rows": 0, "pages": 0, "watermark": watermark}
        return self._landed(arrival, progress, page)

    def _landed(self, arrival: Arrival, progress: dict[str, Any], page: _Page | None) -> Pulled:
        file = arrival.partial / self.landing.file_name(arrival.day, "jsonl")
        try:
            self._write(arrival, file, progress, page)
        except _EndlessError:
            arrival.begin_again()  # what came last came before: nothing of it can be gone on with
            raise
        arrival.write_control(file, progress["rows"])
        names = [file.name, file.name + ".ctl"]
        size = arrival.land(self.connection.id, names, rows=progress["rows"], watermark=progress["watermark"])
        return Pulled(arrival.reference, "landed", bytes=size)

    def _since(self) -> str:
        if self.landing.dataset.delivery.mode == "delta":
            for receipt in self.landing.marked():
                if "watermark_type" not in receipt and _has_come(receipt["watermark"]):
                    return str(receipt["watermark"])
        return BEGINNING.isoformat(timespec="seconds")

    def _resumed(self, since: str) -> tuple[Arrival | None, dict[str, Any]]:
        """The pull that was cut off today, if it asked for the same. One of another day is begun again: the pages of two days
        do not make one register, and a cursor may have expired.
        """
        for partial in sorted(self.landing.folder.glob(".*.partial")):
            arrival = Arrival(self.landing, datetime.strptime(partial.name[1:9], "%Y%m%d").replace(tzinfo=UTC).date())
            progress = arrival.progress()
            if (partial / RECEIPT).exists():
                return arrival, progress
            is_of_today = arrival.day == county.today() and not self.landing.receipt(arrival.day)
            if is_of_today and progress.get("since") == since:
                return arrival, progress
            shutil.rmtree(partial, ignore_errors=True)
        return None, {}

    def _write(self, arrival: Arrival, file: Path, progress: dict[str, Any], page: _Page | None) -> None:
        """Append page after page; what was written is noted after each, so that a cut costs one page."""
        way = _Way(progress["cursor"], self.source.pages_at_most)
        with append_from(file, progress["bytes"]) as lines:
            while True:
                if page is None:
                    page, _ = self._page(progress["since"], progress["cursor"])
                progress["pages"] = progress.get("pages", 0) + 1
                if endless := way.is_endless(page, progress["pages"]):
                    raise _EndlessError(self._said(endless))
                lines.write(page.lines)
                lines.flush()
                progress |= {"rows": progress["rows"] + page.rows, "bytes": lines.tell(), "cursor": page.next}
                if page.next is None:
                    return
                arrival.note(progress)
                page = None

    def _page(self, since: str, cursor: str | int | None) -> tuple[_Page, datetime]:
        return self.patience.again(lambda: self._asked(since, cursor))

    def _asked(self, since: str, cursor: str | int | None) -> tuple[_Page, datetime]:
        """One page and the server's own time."""
        asked = {"since": since} if cursor is None else {"since": since, "cursor": cursor}
        try:
            with self.client.stream("GET", self.source.path, params=asked) as answer:
                self._check_status(answer)
                content = self._content(answer)
        except httpx.HTTPError as error:
            if refused := certificate_refused(self.connection, error):
                raise refused from None
            raise InterruptedPullError(self._said(f"{type(error).__name__}: no whole answer came")) from None
        return self._parsed(content), _moment(answer.headers.get("Date"))

    def _check_status(self, answer: httpx.Response) -> None:
        if answer.status_code in ASKED_TO_WAIT or answer.status_code >= 500:
            after = _seconds(answer.headers.get("Retry-After")) if answer.status_code in ASKED_TO_WAIT else None
            raise InterruptedPullError(self._said(f"it answers {answer.status_code}"), after)
        if answer.status_code in {401, 403}:
            raise PullError(self._said(f"it answers {answer.status_code}: renew the connection's token"))
        if answer.status_code != 200:
            raise _RefusedError(self._said(f"it answers {answer.status_code}; see the contract's path"))

    def _content(self, answer: httpx.Response) -> bytes:
        """The whole answer, bounded in size and in time: a server that drips never falls silent."""
        ends = time.monotonic() + self.patience.deadline(int(answer.headers.get("Content-Length") or 0))
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > LARGEST_PAGE:
                raise PullError(self._said(f"a page is larger than {LARGEST_PAGE >> 20} MiB; ask for smaller pages"))
            if time.monotonic() > ends:
                raise InterruptedPullError(self._said("the answer only drips"))
        return bytes(content)

    def _parsed(self, content: bytes) -> _Page:
        try:
            told = json.loads(content)
        except ValueError:
            raise InterruptedPullError(self._said("the answer is no whole JSON")) from None
        agreed = isinstance(told, dict) and isinstance(told.get("items"), list) and "next" in told
        agreed = agreed and isinstance(told["next"], str | int | None) and all(isinstance(item, dict) for item in told["items"])
        if not agreed:
            raise _RefusedError(self._said('the answer is not {"items": [...], "next": ...} as agreed; ask the department'))
        try:
            lines = b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in told["items"])
        except UnicodeEncodeError:
            raise PullError(self._said("an item has half a character in it (a lone surrogate); ask the department")) from None
        return _Page(lines, len(told["items"]), told["next"])

    def _said(self, what: str) -> str:
        return f"connection {self.connection.id}: {self.source.path}: {what}"


def _client(connection: Connection, patience: Patience) -> httpx.Client:
    host = connection.host if "://" in connection.host else f"{connection.schema or 'https'}://{connection.host}"
    port = f":{connection.port}" if connection.port else ""
    ca = connection.extra.get("ca")
    try:
        trusted = ssl.create_default_context(cafile=str(ca)) if ca else True
    except OSError as error:  # ssl's own errors among them
        what = f"its ca {ca} holds no certificate that can be read ({type(error).__name__}); mend its setting"
        raise PullError(f"connection {connection.id}: {what}") from None
    return httpx.Client(
        base_url=f"{host}{port}",
        headers={"Authorization": f"Bearer {connection.password}", "Accept": "application/json"},
        timeout=httpx.Timeout(patience.silence),
        verify=trusted,
        follow_redirects=False,  # the token is for this host alone
        trust_env=False,
    )


def _has_come(watermark: str) -> bool:
    """Whether it is a moment that has come: one that was told by a clock that was ahead hides every change since."""
    try:
        return datetime.fromisoformat(watermark) <= county.now() + clock.APART
    except (ValueError, TypeError):
        return False


def _moment(told: str | None) -> datetime:
    try:
        moment = parsedate_to_datetime(told or "")
    except ValueError:
        return county.now()
    return _with_zone(moment)


def _seconds(told: str | None) -> float | None:
    """Retry-After in either of its forms (RFC 9110, 10.2.3)."""
    if told is None:
        return None
    if told.strip().isdigit():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (_with_zone(until) - county.now()).total_seconds())


def _with_zone(moment: datetime) -> datetime:
    """A date of HTTP that says -0000 for its zone is in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
