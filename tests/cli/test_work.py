"""What the commands that do the work pass on, and the status that they end with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import show_work
from cli.main import app
from cli.plainly import in_words
from cli.progress import Lines, listening
from generate.rates import Rates
from transforms.run import RunReport
from transforms.take_in.ledger import BatchReport, FileReport
from warehouse.form_plan import columns_read

Stand = Callable[..., None]


def renkou(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@dataclass(frozen=True)
class Finding:
    level: str
    file: str = "catalogue.yaml"
    where: str = "data.3"
    what: str = "two owners"
    remedy: str = "keep one"
    line: int = 7


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Put functions in place of a room's own."""

    def put(name: str, **functions: Any) -> None:
        module = ModuleType(name)
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, name, module)

    return put


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("status", "code"), [("published", 0), ("unchanged", 0), ("refused", 3)])
def test_run_ends_with_what_became_of_the_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: Any, code: int
) -> None:
    seen: dict[str, Any] = {}

    def run(home: Any, contracts: Any, landing: Path, as_of: date | None, listener: Any) -> RunReport:
        seen.update(landing=landing, as_of=as_of)
        listener.stage("link")
        listener.progress(1, 2, "pairs")
        listener.finished("link", 1.5, {"pairs": 2})
        return RunReport(status, "r1", stops=["build: a rule: a sentence"] * code)

    monkeypatch.setattr("transforms.run.run", run)
    answer = renkou("run", "--landing", str(tmp_path), "--as-of", "2026-11-20", "--json")

    assert answer.exit_code == code
    assert seen == {"landing": tmp_path, "as_of": date(2026, 11, 20)}
    told = json.loads(answer.stdout)
    assert (told["status"], told["release_id"], len(told["stops"])) == (status, "r1", code)
    assert json.loads(answer.stderr) == {"stage": "link", "seconds": 1.5, "figures": {"pairs": 2}}


def test_a_run_tells_how_many_rows_were_kept_out_and_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    def batch(department: str, kept_out: int) -> BatchReport:
        files = (FileReport("a.csv", "0" * 64, 1, 100, 100 - kept_out, kept_out),)
        return BatchReport(department, "register", date(2026, 11, 20), "accepted", "", files, "", Path())

    show_work.run(RunReport("published", "r1", [batch("hr", 2), batch("health", 7), batch("police", 0), batch("hr", 3)]), "current.duckdb")
    (kept_out, _) = capsys.readouterr().out.splitlines()
    assert kept_out.startswith("kept out rows: 7 of health, 5 of hr; ")
    assert kept_out.endswith("`renkou report health`")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("level", "code"), [("error", 1), ("warning", 0)])
def test_check_is_wrong_only_by_an_error(stand_in: Stand, level: str, code: int) -> None:
    stand_in("transforms.trial", examined=lambda read: [Finding(level)])
    answer, told = renkou("check"), renkou("check", "--json")

    assert (answer.exit_code, told.exit_code) == (code, code)
    assert f"{level}: catalogue.yaml:7: data.3: two owners; keep one" in answer.stdout
    assert json.loads(told.stdout)[0]["where"] == "data.3"


def test_generate_passes_on_what_was_asked(stand_in: Stand, tmp_path: Path) -> None:
    seen: list[Any] = []
    stand_in("generate.county", generate=lambda *args, **kwargs: seen.append((args, kwargs)))
    rates = tmp_path / "rates.yaml"
    rates.write_text("times: 4\nid_typo: 0.25\n", encoding="utf-8")
    plain = renkou("generate", "--persons", "50", "--seed", "7", "--out", str(tmp_path))
    told = renkou(
        "generate", "--persons", "50", "--out", str(tmp_path), "--days", "2", "--first-day", "2026-03-02", "--rates", str(rates)
    )

    assert (plain.exit_code, told.exit_code) == (0, 0)
    assert seen == [
        ((50, 7, tmp_path), {"days": 3, "first_day": date(2026, 11, 20), "rates": Rates()}),
        ((50, 1, tmp_path), {"days": 2, "first_day": date(2026, 3, 2), "rates": replace(Rates.harsh(), id_typo=0.25)}),
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [("id_tipo: 0.1", "id_tipo"), ("id_typo: 2", "from 0 to 1"), ("id_typo: often", "from 0 to 1"), ("[", "YAML"), ("- twins", "YAML")],
)
def test_rates_that_cannot_be_are_named(tmp_path: Path, words: str, told: str) -> None:
    rates = tmp_path / "rates.yaml"
    rates.write_text(words, encoding="utf-8")
    answer = renkou("generate", "--persons", "50", "--out", str(tmp_path / "county"), "--rates", str(rates))

    assert answer.exit_code == 2
    assert told in answer.stderr
    assert not (tmp_path / "county").exists()


@pytest.mark.usefixtures("home")
def test_a_surprise_shows_its_place_and_none_of_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any) -> RunReport:
        raise ValueError("张伟 330102198001010038")

    monkeypatch.setattr("transforms.run.run", run)
    plain = renkou("run", "--landing", str(tmp_path))
    monkeypatch.setenv("RENKOU_DEBUG", "1")
    whole = renkou("run", "--landing", str(tmp_path))

    assert (plain.exit_code, whole.exit_code) == (1, 1)
    assert "张伟" not in plain.output
    assert "ValueError" in plain.stderr
    assert "RENKOU_DEBUG=1" in plain.stderr
    assert "Traceback" in whole.stderr


def test_a_system_error_names_the_file() -> None:
    assert in_words(FileNotFoundError(2, "No such file or directory", "a.csv")) == (
        "a.csv: No such file or directory"
    )


def test_an_expression_that_cannot_be_read_is_for_check_to_find() -> None:
    with pytest.raises(Exception, match="Expecting") as fault:
        columns_read("coalesce(name")
    assert "at form_plan.py:" in in_words(fault.value)
    assert "renkou check says which one" in in_words(fault.value)


@pytest.mark.parametrize(
    ("home", "told"), [("/proc/home", "RENKOU_HOME is /proc/home: name a folder"), ("/dev/null/home", "/dev/null is a file")]
)
def test_a_home_that_cannot_be_is_told_with_what_to_do(home: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKOU_HOME", home)
    answer = renkou("run", "--landing", str(tmp_path))
    assert answer.exit_code in (1, 2)
    assert told in answer.stderr


def test_a_day_that_is_none_is_shown_as_it_was_typed() -> None:
    assert "2026-13-01" in renkou("run", "--landing", "/tmp", "--as-of", "2026-13-01").stderr


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_bars_and_anything_else_lines() -> None:
    terminal, log = Terminal(), StringIO()
    for stream in (terminal, log):
        with listening(stream) as listener:
            listener.stage("take in")
            listener.progress(3, 4, "rows")
            listener.finished("take in", 0.25, {"rows": 4000})

    assert "take in" in terminal.getvalue()
    assert "4,000" in terminal.getvalue()
    assert json.loads(log.getvalue())["figures"] == {"rows": 4000}
    assert isinstance(listener, Lines)
