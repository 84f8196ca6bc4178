"""``renkou keys`` and ``renkou access-log``: what they refuse, and what they say of a log without looks."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.warehouse.small_release import MAN
from warehouse.access_log import AccessLog
from warehouse.home import Home
from warehouse.keys import KeyRing

NAMED = ("社保经办大厅", "--form", "retirement")


def renkou(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("  ", "--form", "retirement"), "the name of the form system"),
        ((*NAMED, "--form", "birth", "--purpose", "退休申请"), "form birth is for none of these purposes; its own: 出生登记"),
        ((*NAMED, "--region", "999999"), "'999999' begins no division"),
        ((*NAMED, "--region", "西湖区"), "'西湖区' begins no division"),
        ((*NAMED, "--expires", "2020-01-01"), "would have expired on 2020-01-01"),
    ],
)
def test_a_key_that_would_open_nothing_is_not_made(home: Home, arguments: tuple[str, ...], what: str) -> None:
    answer = renkou("keys", "add", *arguments)
    assert (answer.exit_code, what in answer.stderr) == (2, True)
    assert KeyRing(home).systems() == ()


@pytest.mark.parametrize("region", ["33", "330102", "330102001"])
def test_a_region_is_the_beginning_of_a_code(home: Home, region: str) -> None:
    assert renkou("keys", "add", *NAMED, "--region", region).exit_code == 0
    assert [system.regions for system in KeyRing(home).systems()] == [(region,)]


@pytest.mark.usefixtures("served")
def test_the_log_is_shown_by_the_persons_id_and_says_when_nobody_looked() -> None:
    by_number, nobody, unseen = (renkou("access-log", "show", who) for who in (MAN, "p99", "p3"))
    assert (by_number.exit_code, "a person_id is needed" in by_number.stderr, MAN in by_number.output) == (2, True, False)
    assert (nobody.exit_code, "no person is called p99" in nobody.stderr) == (1, True)
    assert unseen.stdout == "nobody looked at p3\n"


def test_a_log_that_was_taken_away_is_not_said_to_be_whole(served: Home) -> None:
    renkou("explain", "p1")
    assert renkou("access-log", "verify").stdout == "1 entries are kept, each as it was written\n"
    shutil.rmtree(AccessLog(served).folder)
    assert renkou("access-log", "verify").stdout == "no look was ever written here\n"
