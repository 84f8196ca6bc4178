"""What the operator of an installation does: decide, back up, seal, purge, look after it."""

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
def approve(
    subject: Annotated[str | None, typer.Argument(metavar="[SUBJECT]")] = None,
    who: Annotated[str, typer.Option(help="Who decides.")] = "",
    why: Annotated[str, typer.Option(help="Why; kept with the decision.")] = "",
    reject: Annotated[bool, typer.Option("--reject", help="Say no instead.")] = False,
    json: Json = False,
) -> None:
    """List what waits for a decision, or decide on a held batch or a stopped release. 人工审批"""
    from cli import show_work
    from contracts.load import load_all
    from transforms.questions import answer, questions
    from warehouse.approvals import Answer
    from warehouse.at_home import at_home
    from warehouse.parts import APPROVE, WAITS

    if subject is None:
        with at_home(WAITS) as home:
            waiting = questions(home, load_all())
        if json:
            typer.echo(as_json(waiting))
        else:
            show_work.questions(waiting)
        return
    with at_home(APPROVE) as home:
        made = answer(home, load_all(), subject, Answer("rejected" if reject else "approved", who, why))
    typer.echo(f"{made.subject} {made.verdict} by {made.who}; next: renkou run --landing DIR")


@app.command()
@told_plainly
def backup(
    to: Annotated[Path, typer.Argument(metavar="FOLDER", file_okay=False)], json: Json = False
) -> None:
    """Keep all that cannot be made again in one file, sealed when RENKOU_KEYS names a key. 备份"""
    from warehouse.at_home import at_home
    from warehouse.backup import backup as keep
    from warehouse.parts import EVERYTHING
    from warehouse.sealing import Keys

    with at_home(EVERYTHING) as home:
        kept = keep(home, to, Keys.from_environment())
    sealed = f"sealed with {kept.key}" if kept.key else "not sealed"
    typer.echo(
        as_json(kept)
        if json
        else f"{kept.path}: {kept.files:,} files, {kept.bytes:,} bytes, {sealed}, read back"
    )


@app.command()
@told_plainly
def restore(path: Annotated[Path, typer.Argument(metavar="BACKUP", dir_okay=False)]) -> None:
    """Put a backup into an empty RENKOU_HOME. 恢复"""
    from warehouse.at_home import at_home
    from warehouse.backup import restore as put_back
    from warehouse.parts import RESTORE
    from warehouse.sealing import Keys

    with at_home(RESTORE) as home:
        found = put_back(home, path, Keys.from_environment())
    typer.echo(
        f"{home.store or home.root}: {found.files:,} files as they were backed up; next: renkou doctor"
    )


@app.command()
@told_plainly
def reseal(
    backups: Annotated[list[Path] | None, typer.Argument(metavar="[BACKUP...]", dir_okay=False)] = None,
) -> None:
    """Seal backups, or RENKOU_HOME when none is named, with the current key, as when a key is replaced. 更换密钥"""
    from warehouse.at_home import reseal as reseal_home
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
        count = reseal_home(home, EVERYTHING.reads)
        typer.echo(f"{home.store}: {count:,} files sealed anew, all with {keys.current}")


@app.command()
@told_plainly
def unseal(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Files or folders as they lie in RENKOU_HOME.")
    ],
    to: Annotated[Path, typer.Option(file_okay=False, help="The folder to write to.")],
) -> None:
    """Hand out what lies in a sealed RENKOU_HOME or on a store, such as extracts/hr, readable. 取出明文"""
    from warehouse.at_home import Work, at_home, handed_out
    from warehouse.parts import EVERYTHING

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
    from contracts.load import load_all
    from transforms.purge import expired
    from transforms.purge import purge as delete
    from warehouse.at_home import at_home
    from warehouse.clock import today
    from warehouse.faults import WrongUseError
    from warehouse.parts import PURGE, WAITS

    day = day_of(as_of) or today()
    if day > today() and not dry:
        raise WrongUseError(f"--as-of {day} lies ahead, when more will have expired than has today: with --dry-run it shows what")
    with at_home(WAITS if dry else PURGE) as home:
        deliveries = home.here(landing) if landing else home.landing
        going = expired(home, load_all(), deliveries, day) if dry else []
        proof = None if dry else delete(home, load_all(), deliveries, day)
    for _, told in going:
        typer.echo(f"{told.reference}: {told.folder}, {len(told.files)} files")
    if proof:
        typer.echo(f"deleted; proof: {home.address(proof)}")
    elif not going:
        typer.echo(f"nothing has expired in {deliveries}; if deliveries lie elsewhere, name their folder by --landing")


@app.command()
@told_plainly
def doctor(
    landing: Annotated[Path | None, typer.Option(file_okay=False, help="Folder of the deliveries.")] = None,
    json: Json = False,
) -> None:
    """Look at the installation and say what is wrong and what to do. 体检"""
    from cli import show_work
    from contracts.load import load_all
    from transforms.doctor import Patient, examine
    from transforms.pull.connections import from_environment
    from warehouse.at_home import at_home
    from warehouse.parts import WAITS

    with at_home(WAITS) as home:
        found = examine(
            Patient(home, load_all(), home.here(landing) if landing else home.landing, from_environment)
        )
    if json:
        typer.echo(as_json(found))
    else:
        show_work.examined(found)
    raise typer.Exit(1 if any(one.level == "fault" for one in found) else 0)


@app.command()
@told_plainly
def check(json: Json = False) -> None:
    """Hold every contract against every other, before any data is read. 核对全部契约"""
    from cli import show_work
    from contracts.load import load_all
    from transforms.trial import examined

    findings = examined(load_all)
    if json:
        typer.echo(as_json(findings))
    else:
        show_work.findings(findings)
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)
