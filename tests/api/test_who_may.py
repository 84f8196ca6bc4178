"""Every way to see what one may not see fails, and tells nothing by how it fails."""

from __future__ import annotations

import errno
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.service import LEVEL
from tests.api.conftest import made_key
from tests.api.test_calls import ASKED, PREFILL, SUBMIT
from tests.warehouse.small_release import MAN, PEOPLE
from warehouse.access_log import Access, AccessLog, AccessLogBrokenError
from warehouse.digests import sm3
from warehouse.home import Home
from warehouse.keys import KeyRing

Key = Callable[..., dict[str, str]]
NOBODY = "330102199001011234"
SENT = ASKED | {"applicant_confirmed": True, "fields": {"name": PEOPLE["p1"]["name"]}}


def is_problem(answer: Any, status: int) -> bool:
    told = answer.json()
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and told["status"] == status
        and MAN not in answer.text
    )


@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer rk_00000000_x", "Basic cms6cms="])
def test_without_a_key_nothing(client: TestClient, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answers = [client.get("/v1/forms", headers=headers), client.post(PREFILL, json=ASKED, headers=headers)]
    assert all(is_problem(answer, 401) for answer in answers)


def test_an_expired_or_revoked_key_opens_nothing(client: TestClient, home: Home, key: Key) -> None:
    expired = key(expires_at=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())
    system, revoked = made_key(home)
    KeyRing(home).revoke(system.key_id)
    assert is_problem(client.post(PREFILL, json=ASKED, headers=expired), 401)
    assert is_problem(client.post(PREFILL, json=ASKED, headers={"Authorization": f"Bearer {revoked}"}), 401)


def test_a_key_is_not_kept(home: Home) -> None:
    _, key = made_key(home)
    assert key.split("_", 2)[2] not in home.keys.read_text(encoding="utf-8")


def test_another_form_or_purpose_is_refused_and_written_down(client: TestClient, home: Home, key: Key) -> None:
    other_form = client.post(PREFILL, json=ASKED, headers=key(forms=("another",)))
    no_form = client.post("/v1/forms/none/prefill", json=ASKED, headers=key())
    assert is_problem(other_form, 404)
    assert other_form.json() == no_form.json()
    assert is_problem(client.post(PREFILL, json=ASKED | {"purpose": "好奇"}, headers=key()), 403)
    assert is_problem(client.post(PREFILL, json=ASKED, headers=key(purposes=("养老待遇核定",))), 403)
    log = b"".join(path.read_bytes() for path in AccessLog(home).files())
    assert log.count(b'"outcome":"refused"') == 4


def test_a_submission_for_another_form_or_purpose_is_refused_and_written_down(client: TestClient, home: Home, key: Key) -> None:
    other_form = client.post(SUBMIT, json=SENT, headers=key(forms=("another",)))
    assert is_problem(other_form, 404)
    assert other_form.json() == client.post("/v1/forms/none/submissions", json=SENT, headers=key()).json()
    assert is_problem(client.post(SUBMIT, json=SENT | {"purpose": "好奇"}, headers=key()), 403)
    assert is_problem(client.post(SUBMIT, json=SENT, headers=key(purposes=("养老待遇核定",))), 403)
    log = b"".join(path.read_bytes() for path in AccessLog(home).files())
    assert log.count(b'"outcome":"refused"') == 4
    assert not list(home.submissions.glob("*/*"))


def test_a_submission_tells_nothing_of_whom_the_key_may_not_see(client: TestClient, home: Home, key: Key) -> None:
    elsewhere = key(regions=("330103",))
    for number in (MAN, NOBODY):
        told = client.post(SUBMIT, json=SENT | {"id_number": number}, headers=elsewhere).json()
        assert [(field["name"], field["outcome"]) for field in told["fields"]] == [("name", "added")]
    assert [json.loads(path.read_bytes())["person_id"] for path in home.submissions.glob("*/*.json")] == [None, None]


def test_another_systems_idempotency_key_is_another(client: TestClient, home: Home, key: Key) -> None:
    once = {"Idempotency-Key": "a-1"}
    assert client.post(SUBMIT, json=SENT, headers=key() | once).status_code == 201
    assert client.post(SUBMIT, json=SENT | {"case_no": "2026-0002"}, headers=key() | once).status_code == 201
    assert len(list(home.submissions.glob("*/*.json"))) == 2


def test_nobody_and_not_yours_to_see_are_told_the_same(client: TestClient, key: Key) -> None:
    elsewhere = key(regions=("330103",))
    hidden = client.post(PREFILL, json=ASKED, headers=elsewhere)
    nobody = client.post(PREFILL, json=ASKED | {"id_number": NOBODY}, headers=elsewhere)

    def told(answer: Any) -> Any:
        return answer.json() | {"id_number": ""}

    assert (hidden.status_code, told(hidden)) == (nobody.status_code, told(nobody))
    assert hidden.json()["status"] == "not_found"
    one, other = (client.get(f"/v1/persons/{who}/access-log", headers=elsewhere) for who in ("p1", "p999"))
    assert is_problem(one, 404)
    assert one.json() == other.json()
    assert client.post(PREFILL, json=ASKED, headers=key(regions=("330102",))).json()["status"] == "filled"


def test_the_time_does_not_tell_them_apart(client: TestClient, key: Key) -> None:
    elsewhere = key(regions=("330103",))

    def seconds(number: str) -> float:
        began = time.perf_counter()
        client.post(PREFILL, json=ASKED | {"id_number": number}, headers=elsewhere)
        return time.perf_counter() - began

    taken = [(seconds(MAN), seconds(NOBODY)) for _ in range(15)]
    hidden, nobody = (statistics.median(times) for times in zip(*taken, strict=True))
    assert min(hidden, nobody) >= LEVEL
    assert abs(hidden - nobody) < 0.8 * LEVEL


def test_no_call_tells_sooner_that_there_is_nobody(client: TestClient, key: Key) -> None:
    elsewhere = key(regions=("330103",))
    calls = (partial(client.post, SUBMIT, json=SENT | {"id_number": NOBODY}), partial(client.get, "/v1/persons/p999/access-log"))
    for call in calls:
        began = time.perf_counter()
        assert MAN not in call(headers=elsewhere).text
        assert time.perf_counter() - began >= LEVEL


@pytest.mark.parametrize("number", ["3301021965031200%", "330102*********16", "' OR 1=1 --      ", "_" * 18])
def test_no_wildcards(client: TestClient, key: Key, number: str) -> None:
    assert client.post(PREFILL, json=ASKED | {"id_number": number}, headers=key()).json()["status"] == "not_found"


@pytest.mark.parametrize("path", ["/v1/persons", "/v1/persons/", "/v1/forms/retirement/submissions", "/docs"])
def test_nothing_lists(client: TestClient, key: Key, path: str) -> None:
    assert client.get(path, headers=key()).status_code in (404, 405)


def test_purpose_and_case_are_compulsory_and_bodies_bounded(client: TestClient, key: Key) -> None:
    for lacking in ("purpose", "case_no"):
        asked = {name: value for name, value in ASKED.items() if name != lacking}
        assert is_problem(client.post(PREFILL, json=asked, headers=key()), 422)
    assert is_problem(client.post(PREFILL, json=[ASKED, ASKED], headers=key()), 422)
    assert is_problem(client.post(PREFILL, content=b"{}", headers=key() | {"Content-Length": "70000"}), 413)

    def pieces() -> Iterator[bytes]:
        yield from (b" " * 9_000 for _ in range(10))

    assert is_problem(client.post(PREFILL, content=pieces(), headers=key()), 413)


def test_too_often_is_told_when_to_come_back(client: TestClient, key: Key) -> None:
    headers = key(rate=60)
    answers = [client.get("/v1/forms", headers=headers) for _ in range(15)]
    late = next(answer for answer in answers if answer.status_code == 429)
    assert is_problem(late, 429)
    assert int(late.headers["retry-after"]) >= 1


def test_an_address_may_not_guess_keys_for_long(home: Home, key: Key) -> None:
    right, other = key(), key()
    guesses = {"Authorization": right["Authorization"][:-1] + "~"}
    with TestClient(create(home), client=("10.0.0.1", 1)) as guesser, TestClient(create(home), client=("10.0.0.2", 1)) as elsewhere:
        late = [guesser.get("/v1/forms", headers=guesses) for _ in range(15)][-1]
        assert is_problem(late, 429)
        assert int(late.headers["retry-after"]) >= 1
        assert is_problem(guesser.get("/v1/forms", headers=right), 429)  # a guess that is right looks like the others
        assert is_problem(guesser.get("/v1/forms"), 429)
        assert guesser.get("/v1/forms", headers=other).status_code == 200  # another system behind the same proxy
        assert elsewhere.get("/v1/forms", headers=right).status_code == 200
        assert is_problem(elsewhere.get("/v1/forms", headers=guesses), 401)


# --- the log ----------------------------------------------------------------------------------------------------


def look(number: int) -> Access:
    return Access("rk_1", "大厅", "prefill", "retirement", "退休申请", str(number), (f"p{number}",), "filled", "r1")


@pytest.fixture
def log(tmp_path: Path) -> AccessLog:
    log = AccessLog(Home(tmp_path / "home"))
    for number in range(6):
        log.write([look(number)])
    return log


def changed(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"case_no":"2"', b'"case_no":"9"') for line in lines]


def written_anew(lines: list[bytes]) -> list[bytes]:
    """A line changed, with a digest that fits it; only the line after it still tells of the old one."""
    content = json.loads(lines[2])["entry"]
    content["access"]["case_no"] = "9"
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    line = b'{"entry":' + text + b',"digest":"' + sm3(text).encode() + b'"}\n'
    return [*lines[:2], line, *lines[3:]]


TAMPERINGS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": changed,
    "written anew": written_anew,
    "removed": lambda lines: [*lines[:2], *lines[3:]],
    "moved": lambda lines: [*lines[:1], lines[2], lines[1], *lines[3:]],
    "added twice": lambda lines: [*lines[:3], *lines[2:]],
    "cut off": lambda lines: lines[:-1],
    "cut in a line": lambda lines: [*lines[:-1], lines[-1][:50]],
    "emptied": lambda lines: [],
    "first gone": lambda lines: lines[1:],
}


def test_what_is_missing_is_told_by_its_number(log: AccessLog) -> None:
    (path,) = log.files()
    path.write_bytes(b"".join(TAMPERINGS["removed"](path.read_bytes().splitlines(keepends=True))))
    assert [(finding.line, finding.what) for finding in log.verify()] == [(3, "entry 4 stands where 3 is due")]


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found(log: AccessLog, how: str) -> None:
    assert log.verify() == []
    (path,) = log.files()
    path.write_bytes(b"".join(TAMPERINGS[how](path.read_bytes().splitlines(keepends=True))))
    assert log.verify()


def test_a_log_made_anew_has_no_seal(log: AccessLog, tmp_path: Path) -> None:
    forged = AccessLog(Home(tmp_path / "forger"))
    forged.write([look(7)])
    for name in (log.files()[0].name, "head.json"):
        (log.folder / name).write_bytes((forged.folder / name).read_bytes())
    assert log.verify()
    with pytest.raises(AccessLogBrokenError):
        log.write([look(8)])


def test_lines_that_another_wrote_after_the_head_and_a_log_without_its_head_are_refused(log: AccessLog, tmp_path: Path) -> None:
    other = AccessLog(Home(tmp_path / "other"))
    other.write([look(7)])
    (path,) = log.files()
    kept = path.read_bytes()
    path.write_bytes(kept + other.files()[0].read_bytes())
    with pytest.raises(AccessLogBrokenError, match="do not belong"):
        log.write([look(8)])
    path.write_bytes(kept)
    (log.folder / "head.json").unlink()
    with pytest.raises(AccessLogBrokenError, match="is missing"):
        log.write([look(8)])
    assert log.verify()


def test_a_look_that_the_disk_did_not_take_is_not_answered(
    client: TestClient, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("warehouse.access_log.os.fdatasync", broken)
    answer = client.post(PREFILL, json=ASKED, headers=key())
    assert is_problem(answer, 500)
    assert "欧阳" not in answer.text


def test_after_a_cut_nobody_sees_anything(client: TestClient, home: Home, key: Key) -> None:
    headers = key()
    assert client.post(PREFILL, json=ASKED, headers=headers).status_code == 200
    (path,) = AccessLog(home).files()
    path.write_bytes(b"")
    answer = client.post(PREFILL, json=ASKED, headers=headers)
    assert is_problem(answer, 503)
    assert "欧阳" not in answer.text


def test_a_killed_writer_leaves_a_log_that_goes_on(log: AccessLog) -> None:
    (path,) = log.files()
    with path.open("ab") as file:
        file.write(b'{"entry":{"before":"')
    log.write([look(7)])
    assert log.verify() == []
    assert len(log.of_person(["p7"])) == 1


class LongAgo(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime(2020, 1, 31, tzinfo=tz)


def test_months_are_retired_and_the_chain_still_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AccessLog(Home(tmp_path / "home"))
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.access_log.datetime", LongAgo)
        log.write([look(1), look(2)])
    log.write([look(3), look(4)])

    assert log.retire(date(2023, 1, 1)) == ["202001.jsonl"]
    assert log.verify() == []
    anchor = log.folder / "anchor.json"
    sealed = anchor.read_text()
    anchor.write_text(sealed.replace('"seq":2', '"seq":1'))
    assert [finding for finding in log.verify() if "its seal is not ours" in finding.what]
    anchor.write_text(sealed)
    (path,) = log.files()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert log.verify()
