"""What makes a release: deliveries brought and taken in, a build, its publication; a county to try it on."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.as_json import as_json
from cli.options import Day, Json, day_of
from cli.plainly import told_and_gone_on, told_plainly

# Each command imports its own rooms, so that --help and a wrong option answer at once.
# ruff: noqa: PLC0415

app = typer.Typer()

FIRST_DAY = datetime(2026, 11, 20)
REFUSED = 3
STATUSES = {"published": 0, "unchanged": 0, "refused": REFUSED}


@app.command()
@told_plainly
def generate(
    persons: Annotated[int, typer.Option(min=10, help="How many persons the county has.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder to write to.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same county.")] = 1,
    days: Annotated[int, typer.Option(min=1, help="How many days of deliveries.")] = 3,
    first_day: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day of deliveries, YYYY-MM-DD.")
    ] = FIRST_DAY,
    rates: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="YAML, `fault: share` a line; `times: 4` makes all the others four times as frequent."
        ),
    ] = None,
) -> None:
    """Make a synthetic county's deliveries, with the truth beside them. 造一个县的示例数据"""
    from generate.county import generate as make
    from generate.rates import Rates, read_rates
    from warehouse.faults import WrongUseError

    try:
        planted = read_rates(rates) if rates else Rates()
    except ValueError as error:
        raise WrongUseError(str(error)) from error
    make(persons, seed, out, days=days, first_day=first_day.date(), rates=planted)
    typer.echo(
        f"{out}: {persons:,} persons, {days} days of deliveries; next: renkou run --landing {out / 'landing'}"
    )


@app.command()
@told_plainly
def run(
    landing: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of the deliveries.")],
    as_of: Day = None,
    json: Json = False,
) -> None:
    """Take in every delivery up to a day, build, validate, publish. 入库、构建、校验、发布"""
    from cli import show_work
    from cli.progress import listening
    from contracts.load import load_all
    from transforms.run import run as go
    from transforms.run_report import write_run_report
    from warehouse.at_home import at_home
    from warehouse.parts import RUN
    from warehouse.quality import quality_page

    with at_home(RUN) as home:
        with listening(sys.stderr) as listener:
            report = go(home, load_all(), home.here(landing), day_of(as_of), listener)
        if report.releases:
            with told_and_gone_on("the departments' page"):
                quality_page(home, load_all())
            with told_and_gone_on("the run report"):
                write_run_report(home, load_all())
    if json:
        typer.echo(as_json(report.to_json()))
    else:
        show_work.run(report, home.address(home.current))
    raise typer.Exit(STATUSES[report.status])


@app.command()
@told_plainly
def train(
    landing: Annotated[list[Path], typer.Option(exists=True, file_okay=False, help="A county's deliveries.")],
    truth: Annotated[
        list[Path], typer.Option(exists=True, file_okay=False, help="The truth of that county.")
    ],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the model is written.")],
    rules: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="The rules' file to write their measured precision into."
        ),
    ] = None,
) -> None:
    """Find the linking model's parameters on counties whose truth is known. 训练关联模型"""
    from contracts.load import load_all
    from transforms.linking.train import train as learn_from
    from transforms.linking.train import write_model, write_precision

    if len(landing) != len(truth):
        raise typer.BadParameter("give one --truth for each --landing")
    contracts = load_all()
    counts = learn_from(zip(landing, truth, strict=True), contracts)
    write_model(
        counts, contracts.linking, f"{len(landing)} counties, {counts.pairs:,} pairs of one person", out
    )
    for rule in contracts.linking.rules:
        right, wrong = counts.rules[(rule.name, True)], counts.rules[(rule.name, False)]
        typer.echo(f"rule {rule.name}: put {right + wrong:,} records with a person, {wrong} with another's")
    for block in contracts.linking.blocks:
        typer.echo(
            f"block {block.name}: finds {counts.blocks[block.name] / max(counts.pairs, 1):.1%} of the pairs of one person"
        )
    if rules is not None:
        write_precision(counts, rules)
    typer.echo(f"{out}: compare it with contracts/linking/model.yaml, and put it in its place")


@app.command()
@told_plainly
def pull(
    department: Annotated[str | None, typer.Argument(metavar="[DEPARTMENT]")] = None,
    landing: Annotated[Path | None, typer.Option(file_okay=False, help="Folder of the deliveries.")] = None,
    json: Json = False,
) -> None:
    """Bring what the departments offer on their servers into the landing folder. 从部门拉取数据"""

    from contracts.load import load_all
    from transforms.pull.connections import from_environment
    from transforms.pull.road import pull as bring
    from warehouse.at_home import at_home
    from warehouse.parts import PULL

    with at_home(PULL) as home:
        found = bring(
            home.here(landing) if landing else home.landing, load_all(), from_environment, department
        )
    if json:
        typer.echo(as_json(found))
    else:
        for one in found:
            typer.echo(f"{one.subject}: {one.status.replace('_', ' ')}{'; ' * bool(one.reason)}{one.reason}")
    raise typer.Exit(1 if any(one.status == "failed" for one in found) else 0)
