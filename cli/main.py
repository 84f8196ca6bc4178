"""The command ``renkou``: what the DAGs do, by hand.

Exit status: 0 published or answered; 1 a fault; 2 wrong use; 3 a gate refused the release.
"""

from __future__ import annotations

import typer

from cli import access, answering, building, operating
from cli.plainly import PlainGroup
from cli.review import review

app = typer.Typer(
    name="renkou",
    cls=PlainGroup,
    help="人口: four departments' deliveries, one published record per person, one source per datum.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(building.app)
app.add_typer(answering.app)
app.add_typer(operating.app)
app.add_typer(access.keys, name="keys")
app.add_typer(access.log, name="access-log")
app.add_typer(review, name="review")

if __name__ == "__main__":
    app()
