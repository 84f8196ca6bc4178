"""Pull: what a department offers on its own server becomes immutable bytes in the landing folder, with a receipt.

Here stand the words that all kinds of sources share; ``transforms.pull.road.pull`` is the way in.
"""

from __future__ import annotations

import os
import ssl
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from warehouse.faults import RenkouError, has_no_memory, has_no_room, place_of

T = TypeVar("T")


class PullError(RenkouError):
    """A source that does not answer as agreed; the message names the connection, never its secret."""


class InterruptedPullError(PullError):
    """A fault that may pass by itself; ``after`` are the seconds that the source asks to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


@dataclass(frozen=True)
class Connection:
    """Where a source is and how to enter, in Airflow's own terms. Nothing secret is in its ``repr``."""

    id: str
    kind: str
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """Where the share of a source of kind ``folder`` is mounted."""
        return Path(str(self.extra.get("path") or self.host or f"/{self.schema}"))


def certificate_refused(connection: Connection, error: BaseException | None) -> PullError | None:
    """What is to be said when nobody vouches for the server's certificate; the libraries tell it as the cause of another fault."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or type(error).__name__ == "CertificateError":  # urllib3's, of a host's name
            what = f"the server's certificate is not trusted ({getattr(error, 'verify_message', error)})"
            remedy = "ask the department whether its server was replaced; an authority of its own belongs in the connection's extra (ca)"
            return PullError(f"connection {connection.id}: {what}; {remedy}")
        error = error.__cause__ or error.__context__
    return None


Lookup = Callable[[str], Connection | None]


@dataclass(frozen=True)
class Patience:
    """How long a source is borne with: seconds without a byte, tries, the longest wait between them (seconds), and the
    slowest stream (bytes a second) that is not taken for a hanging one.
    """

    silence: float = 60
    tries: int = 5
    longest_wait: float = 300
    slowest: int = 4096

    def deadline(self, size: int) -> float:
        """Seconds that ``size`` bytes may take in all."""
        return self.silence + size / self.slowest

    def again(self, work: Callable[[], T]) -> T:
        """Do ``work``, again after each InterruptedPullError, waiting as asked or longer each time."""
        growing = wait_exponential_jitter(multiplier=min(1, self.longest_wait), max=self.longest_wait)

        def wait(state: RetryCallState) -> float:
            fault = state.outcome.exception() if state.outcome else None
            asked = getattr(fault, "after", None)
            return growing(state) if asked is None else min(asked, self.longest_wait)

        retrying = Retrying(
            stop=stop_after_attempt(self.tries),
            wait=wait,
            retry=retry_if_exception_type(InterruptedPullError),
            reraise=True,
        )
        return retrying(work)


@dataclass(frozen=True)
class Pulled:
    """What became of one batch or dataset.

    ``waiting``: the source is still writing it. ``unset``: the connection is not set up here, so that the
    department's files are expected in the landing folder.
    """

    subject: str
    status: Literal["landed", "up_to_date", "waiting", "unset", "failed"]
    reason: str = ""
    bytes: int = 0


def failed(subject: str, connection_id: str, error: Exception) -> Pulled:
    """What one source raised, of whatever kind, as an answer: the other sources go on. A library's own words may quote a
    value, so its kind and place are told. A full disk or memory is no source's fault, and is raised again.
    """
    if isinstance(error, RenkouError):
        return Pulled(subject, "failed", str(error))
    if has_no_room(error) or has_no_memory(error):
        raise error
    if os.environ.get("RENKOU_DEBUG") == "1":
        traceback.print_exception(error)
    why = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    what = f"{type(error).__name__} at {place_of(error)}{why}, which nobody foresaw"
    remedy = "look at the connection's setting and at what the department offers; RENKOU_DEBUG=1 shows all of it"
    return Pulled(subject, "failed", f"connection {connection_id}: {what}; {remedy}")
