"""The command ``renkou``: what the DAGs do, by hand.

Exit status: 0 published or answered; 1 a fault; 2 wrong use; 3 a gate refused the release.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import access
from cli.plainly import PlainGroup, told_and_gone_on, told_plainly
from cli.review import review

# Each command imports its own rooms, so that --help and a wrong option answer at once.
# ruff: noqa: PLC0415

app = typer.Typer(
    name="renkou",
    cls=PlainGroup,
    help="人口: four departments' deliveries, one published record per person, one source per datum.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Day = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day, YYYY-MM-DD.")]

app.add_typer(access.keys, name="keys")
app.add_typer(access.log, name="access-log")

REFUSED = 3
STATUSES = {"published": 0, "unchanged": 0, "refused": REFUSED}


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@app.command()
@told_plainly
def generate(
    persons: Annotated[int, typer.Option(min=1, help="How many persons the county has.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder to write to.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same county.")] = 1,
    days: Annotated[int, typer.Option(min=1, help="How many days of deliveries.")] = 3,
) -> None:
    """Make a synthetic county's deliveries, with the truth beside them. 造一个县的示例数据"""
    from generate.county import generate as make

    make(persons, seed, out, days=days)
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
    from cli import show
    from cli.progress import listening
    from contracts.load import load_all
    from transforms.road import run as go
    from transforms.run_report import write_run_report
    from warehouse.parts import RUN
    from warehouse.quality import quality_page
    from warehouse.working_copy import at_home

    with at_home(RUN) as home:
        with listening(sys.stderr) as listener:
            report = go(home, load_all(), home.here(landing), _day(as_of), listener)
        if report.releases:
            with told_and_gone_on("the departments' page"):
                quality_page(home, load_all())
            with told_and_gone_on("the run report"):
                write_run_report(home, load_all())
    if json:
        typer.echo(show.as_json(report.to_json()))
    else:
        show.run(report, home.address(home.current))
    raise typer.Exit(STATUSES[report.status])


@app.command()
@told_plainly
def train(
    landing: Annotated[list[Path], typer.Option(exists=True, file_okay=False, help="A county's deliveries.")],
    truth: Annotated[list[Path], typer.Option(exists=True, file_okay=False, help="The truth of that county.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the model is written.")],
    rules: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The rules' file to write their measured precision into.")
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
    write_model(counts, contracts.linking, f"{len(landing)} counties, {counts.pairs:,} pairs of one person", out)
    for rule in contracts.linking.rules:
        right, wrong = counts.rules[(rule.name, True)], counts.rules[(rule.name, False)]
        typer.echo(f"rule {rule.name}: put {right + wrong:,} records with a person, {wrong} with another's")
    for block in contracts.linking.blocks:
        typer.echo(f"block {block.name}: finds {counts.blocks[block.name] / max(counts.pairs, 1):.1%} of the pairs of one person")
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
    from dataclasses import asdict

    from cli import show
    from contracts.load import load_all
    from transforms.pull.connections import from_environment
    from transforms.pull.road import pull as bring
    from warehouse.parts import PULL
    from warehouse.working_copy import at_home

    with at_home(PULL) as home:
        found = bring(home.here(landing) if landing else home.landing, load_all(), from_environment, department)
    if json:
        typer.echo(show.as_json([asdict(p) for p in found]))
    else:
        for one in found:
            typer.echo(f"{one.subject}: {one.status.replace('_', ' ')}{'; ' * bool(one.reason)}{one.reason}")
    raise typer.Exit(1 if any(one.status == "failed" for one in found) else 0)


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
    from warehouse.explain import explain as answer_for
    from warehouse.faults import NotFoundError
    from warehouse.parts import LOOK
    from warehouse.publish import published
    from warehouse.working_copy import at_home

    with at_home(LOOK) as home:
        database = published(home)
        try:
            answer = answer_for(database, who, load_all(), _day(as_of))
        except NotFoundError:
            AccessLog(home).write([at_the_keyboard("explain", (), "not_found", None, purpose=purpose, case=case)])
            raise
        looked_at = [person.person_id for person in answer.persons]
        AccessLog(home).write(
            [at_the_keyboard("explain", looked_at, "shown", answer.release.release_id, purpose=purpose, case=case)]
        )
    if json:
        typer.echo(show.as_json(answer))
    else:
        show.explanation(answer)


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
    from warehouse.parts import LOOK
    from warehouse.prefill import Inquiry, fill
    from warehouse.publish import published
    from warehouse.published import Published
    from warehouse.working_copy import at_home

    inquiry = Inquiry(form, id_number, purpose, case, as_of=_day(as_of))
    with at_home(LOOK) as home:
        filled = fill(Published(published(home), load_all(), inquiry.as_of), inquiry)
        answer = filled.prefilled
        looked = at_the_keyboard(
            "prefill", filled.persons, filled.outcome, answer.release.release_id, form=form, purpose=purpose, case=case
        )
        AccessLog(home).write([looked])
    if json:
        typer.echo(show.as_json(answer))
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
    from cli import show
    from contracts.load import load_all
    from warehouse.coverage import coverage as measure
    from warehouse.parts import RELEASE
    from warehouse.publish import published
    from warehouse.working_copy import at_home

    with at_home(RELEASE) as home:
        told = measure(published(home), load_all(), forms or (), truth)
    if json:
        typer.echo(show.as_json(told))
    else:
        show.coverage(told)


@app.command()
@told_plainly
def extract(
    subscriber: Annotated[str, typer.Argument(metavar="SUBSCRIBER")], as_of: Day = None, json: Json = False
) -> None:
    """Deliver a department's Parquet of the published release. 向部门交付数据"""
    from dataclasses import asdict

    from cli import show
    from contracts.load import load_all
    from warehouse.extract import extract as deliver
    from warehouse.extract import extract_as_of
    from warehouse.parts import EXTRACT
    from warehouse.publish import published
    from warehouse.working_copy import at_home

    day = _day(as_of)
    with at_home(EXTRACT) as home:
        if day is None:
            told = deliver(published(home), load_all(), subscriber, home)
        else:
            told = extract_as_of(published(home), load_all(), subscriber, home, day)
    folder = home.address(told.folder)
    if json:
        typer.echo(show.as_json(asdict(told) | {"folder": folder}))
        return
    what = (
        f"{told.rows:,} rows in {told.files} files" if told.delivered else "delivered before, nothing to do"
    )
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
    from warehouse.events import follow
    from warehouse.parts import RELEASE
    from warehouse.publish import published
    from warehouse.working_copy import at_home

    with at_home(RELEASE) as home:
        for event in follow(published(home), load_all(), since, kind or ()):
            typer.echo(dumps(event, ensure_ascii=False, default=str))


@app.command()
@told_plainly
def quality(
    opened: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write the page that shows what the departments are like in the published release. 部门数据质量页"""
    from contracts.load import load_all
    from warehouse.parts import REPORT
    from warehouse.quality import quality_page
    from warehouse.working_copy import at_home

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
    from warehouse.parts import REPORT
    from warehouse.report import department_report
    from warehouse.working_copy import at_home

    with at_home(REPORT) as home:
        workbook = department_report(home, load_all(), department)
    typer.echo(home.address(workbook))


@app.command()
@told_plainly
def orders(
    department: Annotated[str | None, typer.Argument(metavar="[DEPARTMENT]")] = None, json: Json = False
) -> None:
    """Send the work orders that wait for an answer: a workbook and a Parquet list a department. 校核工单"""
    from dataclasses import asdict

    from cli import show
    from contracts.load import load_all
    from warehouse.orders import send_orders
    from warehouse.parts import ORDERS
    from warehouse.publish import current_release, published
    from warehouse.working_copy import at_home

    with at_home(ORDERS) as home:
        sent = send_orders(published(home), load_all(), home, current_release(home) or "", department)
    if json:
        typer.echo(show.as_json([asdict(one) | {"folder": home.address(one.folder)} for one in sent]))
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
    from cli import show
    from transforms.evaluate import evaluate as measure
    from warehouse.parts import RELEASE
    from warehouse.publish import published
    from warehouse.working_copy import at_home

    with at_home(RELEASE) as home:
        answer = measure(published(home), truth, examples)
    if json:
        typer.echo(show.as_json(answer))
    else:
        show.evaluation(answer)


app.add_typer(review, name="review")


@app.command()
@told_plainly
def approve(
    subject: Annotated[str | None, typer.Argument(metavar="[SUBJECT]")] = None,
    who: Annotated[str, typer.Option(help="Who decides.")] = "",
    why: Annotated[str, typer.Option(help="Why; kept with the decision.")] = "",
    reject: Annotated[bool, typer.Option("--reject", help="Say no instead.")] = False,
    json: Json = False,
) -> None:
    """List what waits for a decision, or decide on a held batch or a stopped release. 人工审批"""
    from cli import show
    from contracts.load import load_all
    from transforms.questions import answer, questions
    from warehouse.approvals import Answer
    from warehouse.parts import APPROVE, WAITS
    from warehouse.working_copy import at_home

    if subject is None:
        with at_home(WAITS) as home:
            waiting = questions(home, load_all())
        if json:
            typer.echo(show.as_json([q.to_json() for q in waiting]))
        else:
            show.questions(waiting)
        return
    with at_home(APPROVE) as home:
        made = answer(home, load_all(), subject, Answer("rejected" if reject else "approved", who, why))
    typer.echo(f"{made.subject} {made.verdict} by {made.who}; next: renkou run --landing DIR")


@app.command()
@told_plainly
def backup(to: Annotated[Path, typer.Argument(metavar="FOLDER", file_okay=False)], json: Json = False) -> None:
    """Keep all that cannot be made again in one file, sealed when RENKOU_KEYS names a key. 备份"""
    from cli import show
    from warehouse.backup import backup as keep
    from warehouse.parts import EVERYTHING
    from warehouse.sealing import Keys
    from warehouse.working_copy import at_home

    with at_home(EVERYTHING) as home:
        kept = keep(home, to, Keys.from_environment())
    sealed = f"sealed with {kept.key}" if kept.key else "not sealed"
    typer.echo(show.as_json(kept) if json else f"{kept.path}: {kept.files:,} files, {kept.bytes:,} bytes, {sealed}, read back")


@app.command()
@told_plainly
def restore(path: Annotated[Path, typer.Argument(metavar="BACKUP", dir_okay=False)]) -> None:
    """Put a backup into an empty RENKOU_HOME. 恢复"""
    from warehouse.backup import restore as put_back
    from warehouse.parts import RESTORE
    from warehouse.sealing import Keys
    from warehouse.working_copy import at_home

    with at_home(RESTORE) as home:
        found = put_back(home, path, Keys.from_environment())
    typer.echo(f"{home.store or home.root}: {found.files:,} files as they were backed up; next: renkou doctor")


@app.command()
@told_plainly
def reseal(backups: Annotated[list[Path] | None, typer.Argument(metavar="[BACKUP...]", dir_okay=False)] = None) -> None:
    """Seal backups, or RENKOU_HOME when none is named, with the current key, as when a key is replaced. 更换密钥"""
    from warehouse import sealed_folder
    from warehouse.backup import reseal as again
    from warehouse.faults import WrongUseError
    from warehouse.home import Home
    from warehouse.parts import EVERYTHING
    from warehouse.sealing import Keys

    keys = Keys.from_environment()
    if keys is None:
        raise WrongUseError("RENKOU_KEYS names no file of keys")
    for path in backups or ():
        typer.echo(f"{again(path, keys).path}: sealed with {keys.current}")
    if not backups:
        home = Home.from_environment()
        if not home.is_sealed:
            raise WrongUseError(f"{home.store}: a store seals by its own keys; name the backups to be resealed")
        count = sealed_folder.reseal(home, EVERYTHING.reads)
        typer.echo(f"{home.store}: {count:,} files sealed anew, all with {keys.current}")


@app.command()
@told_plainly
def unseal(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Files or folders as they lie in RENKOU_HOME.")],
    to: Annotated[Path, typer.Option(file_okay=False, help="The folder to write to.")],
) -> None:
    """Hand out what lies in a sealed RENKOU_HOME or on a store, such as extracts/hr, readable. 取出明文"""
    from warehouse.parts import EVERYTHING
    from warehouse.working_copy import Work, at_home, handed_out

    known = tuple(part for part in EVERYTHING.reads if part != "secrets")
    parts = {name.partition("/")[0] for name in names}
    if wrong := sorted(parts - set(known)):
        raise typer.BadParameter(f"{wrong[0]}: one of {', '.join(known)}, or what lies below it")
    with at_home(Work(reads=tuple(parts))) as home:
        for name in names:
            typer.echo(f"{handed_out(home, name, to)}: readable by whoever may read {to}")


@app.command()
@told_plainly
def purge(
    landing: Annotated[Path | None, typer.Option(file_okay=False, help="Folder of the deliveries.")] = None,
    as_of: Day = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
) -> None:
    """Delete deliveries whose retention has passed, and keep a proof. 按契约清除过期数据"""
    from datetime import UTC

    from contracts.load import load_all
    from transforms.purge import expired
    from transforms.purge import purge as delete
    from warehouse.parts import PURGE, WAITS
    from warehouse.working_copy import at_home

    today = _day(as_of) or datetime.now(UTC).date()
    if dry:
        with at_home(WAITS) as home:
            going = expired(home, load_all(), home.here(landing) if landing else home.landing, today)
        for _, told in going:
            typer.echo(f"{told.reference}: {told.folder}, {len(told.files)} files")
        return
    with at_home(PURGE) as home:
        proof = delete(home, load_all(), home.here(landing) if landing else home.landing, today)
    typer.echo(f"deleted; proof: {home.address(proof)}" if proof else "nothing has expired")


@app.command()
@told_plainly
def doctor(
    landing: Annotated[Path | None, typer.Option(file_okay=False, help="Folder of the deliveries.")] = None,
    json: Json = False,
) -> None:
    """Look at the installation and say what is wrong and what to do. 体检"""
    from cli import show
    from contracts.load import load_all
    from transforms.doctor import Patient, examine
    from transforms.pull.connections import from_environment
    from warehouse.parts import WAITS
    from warehouse.working_copy import at_home

    with at_home(WAITS) as home:
        found = examine(Patient(home, load_all(), home.here(landing) if landing else home.landing, from_environment))
    if json:
        typer.echo(show.as_json(found))
    else:
        show.examined(found)
    raise typer.Exit(1 if any(one.level == "fault" for one in found) else 0)


@app.command()
@told_plainly
def check(json: Json = False) -> None:
    """Hold every contract against every other, before any data is read. 核对全部契约"""
    from cli import show
    from contracts.check import check as hold
    from contracts.load import ContractError, load_all
    from transforms.trial import tried

    try:
        findings = hold(load_all())
        if not any(finding.level == "error" for finding in findings):
            findings = tried(load_all()) + findings
    except ContractError as error:
        from contracts.check import unreadable

        findings = unreadable(error)
    if json:
        typer.echo(show.as_json(findings))
    else:
        show.findings(findings)
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)


if __name__ == "__main__":
    app()
