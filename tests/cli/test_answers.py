"""What the commands that read a release print."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from contracts.layout import OWN
from tests.warehouse.small_release import BORNE, MAN, SHARED
from warehouse.access_log import AccessLog
from warehouse.home import Home

PURPOSE = ("--purpose", "退休申请", "--case", "2026-0001")
NOBODY = "330102199912311234"


def renkou(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.usefixtures("served")
def test_explain_shows_a_person_in_tables() -> None:
    answer = renkou("explain", MAN)

    assert answer.exit_code == 0
    for text in ("欧阳[志]强", "police/resident r-p1", "owner", "hr: 02", "same number and name"):
        assert text in answer.stdout


@pytest.mark.usefixtures("served")
def test_explain_for_machines() -> None:
    told = json.loads(renkou("explain", "p1", "--json").stdout)

    assert told["release"] == {"release_id": "r1", "as_of": "2026-11-22"}
    assert told["persons"][0]["data"][0]["origins"][0]["batch_date"] == "2026-11-22"


@pytest.mark.usefixtures("served")
def test_a_shared_number_is_said_to_be_shared() -> None:
    answer = renkou("explain", SHARED)

    assert answer.exit_code == 0
    assert "2 persons bear this number" in answer.stdout


@pytest.mark.usefixtures("served")
def test_of_a_number_that_nobody_bears_now_it_is_said_who_has_it() -> None:
    answer = renkou("explain", BORNE)

    assert answer.exit_code == 0
    for text in ("nobody bears this number now", "2 persons have or had this number", "hr/insured", "r-p2", "李芳"):
        assert text in answer.stdout
    assert BORNE not in answer.stdout


@pytest.mark.usefixtures("served")
def test_nobody_is_a_fault_that_shows_no_number() -> None:
    answer = renkou("explain", NOBODY)

    assert answer.exit_code == 1
    assert "330102********1234" in answer.stderr
    assert NOBODY not in answer.output
    assert len(answer.stderr.splitlines()) == 1


def test_who_looked_at_whom_and_why_is_written_down(served: Home) -> None:
    assert renkou("explain", MAN, "--purpose", "校核", "--case", "2026-9").exit_code == 0
    assert renkou("explain", NOBODY).exit_code == 1

    log = AccessLog(served)
    (entry,) = log.of_person(["p1"])
    look = entry.access
    assert (look.action, look.purpose, look.case_no, look.outcome) == ("explain", "校核", "2026-9", "shown")
    assert look.system == getpass.getuser()
    written = log.files()[0].read_text(encoding="utf-8").splitlines()
    assert (len(written), "not_found" in written[1], NOBODY in written[1]) == (2, True, False)
    assert log.verify() == []


@pytest.mark.usefixtures("served")
def test_prefill_shows_a_form() -> None:
    answer = renkou("prefill", "retirement", MAN, *PURPOSE)

    assert answer.exit_code == 0
    for text in ("1965年03月", "2025年04月", "没有部门提供", "免交"):
        assert text in answer.stdout


@pytest.mark.usefixtures("served")
def test_prefill_for_machines_that_cannot_say() -> None:
    answer = renkou("prefill", "retirement", SHARED, *PURPOSE, "--json")

    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["status"] == "cannot_say"


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    "arguments",
    [
        ("prefill", "retirement", MAN),
        ("prefill", "retirement", MAN, "--purpose", "好奇", "--case", "1"),
        ("prefill", "retirement", MAN, "--purpose", "退休申请", "--case", ""),
        ("prefill", "none", MAN, *PURPOSE),
        ("extract", "nobody"),
        ("explain", MAN, "--as-of", "yesterday"),
        ("run", "--landing", "no such folder"),
        ("no-such-command",),
    ],
)
def test_wrong_use_is_2(arguments: tuple[str, ...]) -> None:
    assert renkou(*arguments).exit_code == 2


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    "arguments",
    [
        ("prefill", MAN, "retirement", *PURPOSE),
        ("prefill", "retirement", MAN, "--purpose", MAN, "--case", "1"),
        ("extract", MAN),
        ("explain", "p1", MAN),
        ("explain", "p1", "--as-of", MAN),
        (MAN,),
    ],
)
def test_a_number_in_the_wrong_place_is_not_echoed(arguments: tuple[str, ...]) -> None:
    answer = renkou(*arguments)

    assert answer.exit_code == 2
    assert "330102********0015" in answer.stderr
    assert MAN not in answer.output


def test_extract_delivers_and_says_where(served: Home) -> None:
    first, again = renkou("extract", "hr"), renkou("extract", "hr")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "4 rows in 3 files" in first.stdout
    assert "nothing to do" in again.stdout
    assert (served.extracts / "hr" / "current").read_text() == "r1"


@pytest.mark.usefixtures("served")
def test_a_contract_that_changed_since_the_delivery_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renkou("extract", "hr")
    contract = (OWN / "outbound" / "hr.odcs.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine" / "outbound").mkdir(parents=True)
    (tmp_path / "mine" / "outbound" / "hr.odcs.yaml").write_text(contract.replace("version: 1.0.0", "version: 1.1.0"), encoding="utf-8")
    monkeypatch.setenv("RENKOU_CONTRACTS", str(tmp_path / "mine"))
    told = renkou("extract", "hr").stdout
    assert "delivered before by version 1.0.0 of the contract; 1.1.0 delivers from the next release on" in told


@pytest.mark.usefixtures("home")
def test_without_a_release_it_says_what_to_run() -> None:
    answer = renkou("explain", "p1")

    assert answer.exit_code == 1
    assert "renkou run --landing" in answer.stderr


@pytest.mark.usefixtures("served")
def test_a_broken_contract_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own" / "forms").mkdir(parents=True)
    (tmp_path / "own" / "forms" / "bad.yaml").write_text("id: bad\n", encoding="utf-8")
    monkeypatch.setenv("RENKOU_CONTRACTS", str(tmp_path / "own"))
    answer = renkou("explain", "p1")

    assert answer.exit_code == 1
    assert "bad.yaml: title" in answer.stderr
    assert "Traceback" not in answer.output


def test_a_broken_release_shows_no_trace_and_no_value(served: Home) -> None:
    served.current.resolve().chmod(0o644)
    served.current.resolve().write_bytes(b"not a database at all" * 100)
    answer = renkou("explain", "p1")

    assert answer.exit_code == 1
    assert f"{served.current.resolve()}: the file is damaged" in answer.stderr.replace("\n", "")
    assert "docs/runbooks/release-broken.md" in answer.stderr


def test_as_a_process_it_ends_with_the_status_and_help_is_quick(served: Home) -> None:
    command = [sys.executable, "-m", "cli.main"]
    asked = {**os.environ, "RENKOU_HOME": str(served.root), "PYTHONUTF8": "1"}
    found = subprocess.run(
        [*command, "explain", NOBODY], env=asked, capture_output=True, text=True, check=False
    )
    helped = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cli.main", "--help"],
        env=asked,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.count("\n") == 1
    assert "explain" in helped.stdout
    for heavy in ("duckdb", "pyarrow", "pydantic", "great_expectations", "sqlglot"):
        assert f" {heavy}\n" not in helped.stderr
