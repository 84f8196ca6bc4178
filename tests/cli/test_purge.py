"""``renkou purge``: what it refuses."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli.main import app


@pytest.mark.usefixtures("home")
def test_a_day_to_come_is_only_shown_and_not_deleted_by() -> None:
    refused, shown = (CliRunner().invoke(app, ["purge", "--as-of", "2099-01-01", *more]) for more in ((), ("--dry-run",)))
    assert (refused.exit_code, "with --dry-run it shows what" in refused.stderr) == (2, True)
    assert (shown.exit_code, shown.stdout.startswith("nothing has expired in ")) == (0, True)
