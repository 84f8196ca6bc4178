"""The review queue at the console: what waits, side by side, decided, withdrawn."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.identity import RECORD, REGISTER, Story, number, reference
from warehouse.access_log import AccessLog
from warehouse.connection import open_database
from warehouse.decisions import Reference, decide, decisions, pair_id
from warehouse.home import Home
from warehouse.publish import publish, published

NUMBER = number("33010619800307123")
PAIR = pair_id(reference(REGISTER, "p1"), reference(RECORD, "h1"))
WHO = ("--who", "王科长", "--why", "same address")


def renkou(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["review", *arguments])


def with_doubtful_pair(home: Home) -> None:
    """The published release again, with one pair that waits for a person."""
    again = home.root / "again.duckdb"
    shutil.copy(published(home), again)
    again.chmod(0o644)
    with open_database(again) as connection:
        connection.execute("DELETE FROM link_pair")
        connection.execute(
            "INSERT INTO link_pair VALUES ('police', 'resident', 'p1', 'subject', 'health', 'record', 'h1', 'subject',"
            """ 'model', 1.0, 0.6, '{"name": "similar", "birth": "same"}', 'doubtful', NULL)"""
        )
        connection.execute("CHECKPOINT")
    publish(again, home, "20261120-02")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    story = Story(Home(tmp_path_factory.mktemp("review")))
    story.resident("p1", id_number=NUMBER, name="王小明", birth_date="19800307", sex="1", phone="13957112345")
    story.clinic("h1", name="王小朋", birth_date="1980-03-07", sex="1", phone="13957112345")
    story.deliver()
    with_doubtful_pair(story.home)
    return story.home.root


@pytest.fixture
def home(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of one's own with the pair in it."""
    shutil.copytree(told, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("RENKOU_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.mark.usefixtures("home")
def test_what_waits_is_listed_by_reference_and_evidence() -> None:
    (pair,) = json.loads(renkou("list", "--json").stdout)

    assert (pair["pair_id"], pair["evidence"]) == (PAIR, {"name": "similar", "birth": "same"})
    listed = renkou("list").stdout
    assert "health/record/h1/subject" in listed
    for value in (NUMBER, "王小明", "王小朋", "13957112345"):
        assert value not in listed


@pytest.mark.usefixtures("home")
def test_side_by_side_only_what_differs_can_be_read() -> None:
    shown = renkou("show", PAIR)

    assert shown.exit_code == 0
    assert "**明" in shown.stdout
    assert "**朋" in shown.stdout
    for value in (NUMBER, "王小", "13957112345", "1980"):
        assert value not in shown.stdout


def test_who_looked_at_a_pair_is_written_down(home: Home) -> None:
    assert renkou("show", PAIR).exit_code == 0

    (written,) = AccessLog(home).files()[0].read_text(encoding="utf-8").splitlines()
    look = json.loads(written)["entry"]["access"]
    assert (look["action"], look["case_no"], look["outcome"]) == ("review", PAIR, "masked")
    assert len(look["persons"]) == 2
    assert AccessLog(home).verify() == []


def test_what_else_becomes_of_a_decision_is_told(home: Home) -> None:
    """The same record may be asked about twice; both answered with yes, persons are put together about whom nobody was asked."""
    other = Reference.parse("police/resident/p2/subject")
    decide(home, "linked", (other, Reference.parse("health/record/h1/subject")), "李科长", "same name")
    assert "D000001" in renkou("show", PAIR).stdout
    told = renkou("decide", "linked", PAIR, *WHO).stdout
    assert f"one person with them: {other}; if it is another, renkou review withdraw D000002" in told


@pytest.mark.usefixtures("home")
def test_values_are_shown_to_a_terminal_only() -> None:
    refused = renkou("show", PAIR, "--values")

    assert refused.exit_code == 2
    assert "王小明" not in refused.output


def test_a_decided_pair_waits_no_more_until_it_is_withdrawn(home: Home) -> None:
    assert renkou("decide", "linked", PAIR, *WHO).exit_code == 0
    assert json.loads(renkou("list", "--json").stdout) == []
    assert "D000001" in renkou("list", "--decided").stdout
    assert renkou("decide", "not_linked", PAIR, *WHO).exit_code == 2

    assert renkou("withdraw", "D000001", *WHO).exit_code == 0
    assert [pair["pair_id"] for pair in json.loads(renkou("list", "--json").stdout)] == [PAIR]
    assert len(decisions(home)) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("linked", "police/resident/p1/subject", "health/record/h1/subject"), 0),
        (("linked", "police/resident/p1/subject", "health/record/nobody/subject"), 1),
        (("linked", "police/resident/p1/subject"), 1),
        (("later", PAIR), 2),
        (("linked", "p1", "h1"), 2),
    ],
)
@pytest.mark.usefixtures("home")
def test_any_two_records_of_the_release_can_be_decided(arguments: tuple[str, ...], status: int) -> None:
    assert renkou("decide", *arguments, *WHO).exit_code == status
