"""What is asked of a published release: a person, a form, an extract, figures, and work orders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.as_json import as_json
from cli.options import Day, Json, day_of
from cli.plainly import told_plainly

# Each command imports its own rooms, so that --help and a wrong option answer at once.
# ruff: noqa: PLC0415

app = typer.Typer()


@app.command()
@told_plainly
def explain(
    who: Annotated[str, typer.Argument(metavar="PERSON_ID|ID_NUMBER")],
    as_of: Day = None,
    purpose: Annotated[str | None, typer.Option(help="What the look is for; the access log keeps it.")] = None,
    case: Annotated[str | None, typer.Option(help="The case number that the look belongs to.")] = None,
    json: Json = False,
) -> None:
    """Say where each datum of a person is from, and who disagrees. 一个人每项数据的来源"""
    from cli import show
    from contracts.load import load_all
    from warehouse.access_log import AccessLog, at_the_keyboard
    from warehouse.at_home import at_home
    from warehouse.explain import explain as answer_for
    from warehouse.faults import NotFoundError
    from warehouse.parts import LOOK
    from warehouse.publish import published

    with at_home(LOOK) as home:
        database = published(home)
        try:
            answer = answer_for(database, who, load_all(), day_of(as_of))
        except NotFoundError:
            AccessLog(home).write([at_the_keyboard("explain", (), "not_found", None, purpose=purpose, case=case)])
            raise
        looked_at = [person.person_id for person in answer.persons]
        AccessLog(home).write([at_the_keyboard("explain", looked_at, "shown", answer.release.release_id, purpose=purpose, case=case)])
    if json:
        typer.echo(as_json(answer))
    else:
        show.explanation(answer, load_all().linking)


@app.command()
@told_plainly
def prefill(
    form: Annotated[str, typer.Argument(metavar="FORM")],
    id_number: Annotated[str, typer.Argument(metavar="ID_NUMBER")],
    purpose: Annotated[str, typer.Option(help="One of the form's purposes.")],
    case: Annotated[str, typer.Option(help="The case number that the look belongs to.")],
    as_of: Day = None,
    json: Json = False,
) -> None:
    """Fill a form with what the departments hold. 表单预填"""
    from cli import show
    from contracts.load import load_all
    from warehouse.access_log import AccessLog, at_the_keyboard
    from warehouse.at_home import at_home
    from warehouse.parts import LOOK
    from warehouse.prefill import fill
    from warehouse.prefilled import Inquiry
    from warehouse.publish import published
    from warehouse.published import Published

    inquiry = Inquiry(form, id_number, purpose, case, as_of=day_of(as_of))
    with at_home(LOOK) as home:
        filled = fill(Published(published(home), load_all(), inquiry.as_of), inquiry)
        answer = filled.prefilled
        looked = at_the_keyboard(
            "prefill", filled.persons, filled.outcome, answer.release.release_id, form=form, purpose=purpose, case=case
        )
        AccessLog(home).write([looked])
    if json:
        typer.echo(as_json(answer))
    else:
        show.prefilled(answer)
    raise typer.Exit(0 if answer.status == "filled" else 1)


@app.command()
@told_plainly
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8080,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one a core unless told.")] = None,
) -> None:
    """Serve the HTTP API for form systems, and the page to see it. 表单接口"""
    from api.serve import serve as go
    from api.serve import workers_for

    go(host, port, workers or workers_for(None))


@app.command()
@told_plainly
def coverage(
    forms: Annotated[list[str] | None, typer.Argument(metavar="[FORM ...]", help="All forms when none is named.")] = None,
    truth: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="A made-up county's truth.")] = None,
    json: Json = False,
) -> None:
    """Measure how much of each form is filled for those who would use it. 表单预填率"""
    from cli import show_work
    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.coverage import coverage as measure
    from warehouse.parts import RELEASE
    from warehouse.publish import published

    with at_home(RELEASE) as home:
        told = measure(published(home), load_all(), forms or (), truth)
    if json:
        typer.echo(as_json(told))
    else:
        show_work.coverage(told)


@app.command()
@told_plainly
def extract(subscriber: Annotated[str, typer.Argument(metavar="SUBSCRIBER")], as_of: Day = None, json: Json = False) -> None:
    """Deliver a department's Parquet of the published release. 向部门交付数据"""
    from dataclasses import asdict

    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.extract import extract as deliver
    from warehouse.extract import extract_as_of
    from warehouse.parts import EXTRACT
    from warehouse.publish import published

    day, contracts = day_of(as_of), load_all()
    with at_home(EXTRACT) as home:
        if day is None:
            told = deliver(published(home), contracts, subscriber, home)
        else:
            told = extract_as_of(published(home), contracts, subscriber, home, day)
    folder = home.address(told.folder)
    if json:
        typer.echo(as_json(asdict(told) | {"folder": folder}))
        return
    (version,) = (each.version for each in contracts.subscriptions if each.subscriber == subscriber)
    before = "delivered before, nothing to do"
    if told.contract_version != version:
        before = f"delivered before by version {told.contract_version} of the contract; {version} delivers from the next release on"
    what = f"{told.rows:,} rows in {told.files} files" if told.delivered else before
    changes = "" if told.changes is None else f", changes since {told.since}: {told.changes}"
    typer.echo(f"{folder}: {what}{changes}")


@app.command()
@told_plainly
def events(
    since: Annotated[int, typer.Option(min=0, metavar="CURSOR", help="Only what was told after this cursor.")] = 0,
    kind: Annotated[list[str] | None, typer.Option(help="Only events of this kind; may be repeated.")] = None,
) -> None:
    """Print what happened to persons, in order, a JSON line each; the last cursor goes on from there. 事件流（一件事）"""
    from json import dumps

    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.events import follow
    from warehouse.parts import RELEASE
    from warehouse.publish import published

    with at_home(RELEASE) as home:
        for event in follow(published(home), load_all(), since, kind or ()):
            typer.echo(dumps(event, ensure_ascii=False, default=str))


@app.command()
@told_plainly
def quality(opened: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False) -> None:
    """Write the page that shows what the departments are like in the published release. 部门数据质量页"""
    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.parts import REPORT
    from warehouse.quality import quality_page

    with at_home(REPORT) as home:
        page = quality_page(home, load_all())
    typer.echo(home.address(page))
    if opened:
        typer.launch(page.as_uri())


@app.command()
@told_plainly
def report(department: Annotated[str, typer.Argument(metavar="DEPARTMENT")]) -> None:
    """Write a department's workbook of the published release: batches, rows kept out, differences. 部门核对清单"""
    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.parts import REPORT
    from warehouse.report import department_report

    with at_home(REPORT) as home:
        workbook = department_report(home, load_all(), department)
    typer.echo(home.address(workbook))


@app.command()
@told_plainly
def orders(department: Annotated[str | None, typer.Argument(metavar="[DEPARTMENT]")] = None, json: Json = False) -> None:
    """Send the work orders that wait for an answer: a workbook and a Parquet list a department. 校核工单"""
    from dataclasses import asdict

    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.orders import send_orders
    from warehouse.parts import ORDERS
    from warehouse.publish import current_release, published

    with at_home(ORDERS) as home:
        sent = send_orders(published(home), load_all(), home, current_release(home) or "", department)
    if json:
        typer.echo(as_json([asdict(one) | {"folder": home.address(one.folder)} for one in sent]))
        return
    for one in sent:
        workbook = home.address(one.folder / "orders.xlsx")
        typer.echo(f"{workbook}: {one.orders:,} orders wait for an answer, {one.overdue:,} overdue")


@app.command()
@told_plainly
def evaluate(
    truth: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of the truth tables.")],
    examples: Annotated[int, typer.Option(min=0, help="References to name of each kind that came out otherwise.")] = 0,
    json: Json = False,
) -> None:
    """Hold the published release against a made-up county's truth. 以真值评估关联质量"""
    from cli import show_work
    from transforms.evaluate import evaluate as measure
    from warehouse.at_home import at_home
    from warehouse.parts import RELEASE
    from warehouse.publish import published

    with at_home(RELEASE) as home:
        answer = measure(published(home), truth, examples)
    if json:
        typer.echo(as_json(answer))
    else:
        show_work.evaluation(answer)
