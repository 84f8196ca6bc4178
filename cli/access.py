"""``renkou keys`` and ``renkou access-log``: who may look, and who did."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.as_json import as_json
from cli.options import Json
from cli.plainly import PlainGroup, told_plainly

if TYPE_CHECKING:
    from contracts.model import Contracts

# ruff: noqa: PLC0415

keys = typer.Typer(cls=PlainGroup, no_args_is_help=True, help="Keys of form systems. 表单系统的密钥")
log = typer.Typer(cls=PlainGroup, no_args_is_help=True, help="Who looked at whose data, when and why. 访问日志")


@keys.command("add")
@told_plainly
def add(  # noqa: PLR0913, PLR0917 - what a key is for, an option each
    name: Annotated[str, typer.Argument(help="The form system that gets the key.")],
    form: Annotated[list[str], typer.Option(help="A form that it may use, or all; may be repeated.")],
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose; all of the forms' unless told.")] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="The beginning of a division's code; the whole county unless told."),
    ] = None,
    rate: Annotated[int, typer.Option(min=1, help="Calls a minute.")] = 600,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; a year from now unless told.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key, and show it this once."""
    from contracts.load import load_all
    from warehouse.at_home import at_home
    from warehouse.clock import COUNTY
    from warehouse.faults import WrongUseError
    from warehouse.keys import ALL, FormSystem, KeyRing
    from warehouse.parts import CHANGE_FORM_KEYS

    if not name.strip():
        raise WrongUseError("a key needs the name of the form system that gets it: people read it in their access log")
    _check_reach(load_all(), form, purpose or [ALL], region or [])
    now = datetime.now(UTC)
    last = expires.replace(tzinfo=COUNTY) + timedelta(days=1) if expires else now + timedelta(days=365)
    if last <= now:
        raise WrongUseError(f"the key would have expired on {expires:%Y-%m-%d}; give a later day")
    wanted = FormSystem(
        key_id="",
        name=name,
        digest="",
        forms=tuple(form),
        purposes=tuple(purpose or [ALL]),
        regions=tuple(region or [ALL]),
        rate=rate,
        made_at=now.isoformat(timespec="seconds"),
        expires_at=last.isoformat(timespec="seconds"),
    )
    with at_home(CHANGE_FORM_KEYS) as home:
        made, key = KeyRing(home).add(wanted)
    if json:
        typer.echo(as_json({"key_id": made.key_id, "key": key, "expires_at": made.expires_at}))
    else:
        typer.echo(f"{key}\n{made.key_id} of {name}, until {made.expires_at}. It is not shown again: hand it over now.")


def _check_reach(contracts: Contracts, wanted: list[str], purposes: list[str], regions: list[str]) -> None:
    """Raises WrongUseError for a form, purpose or region that is not there, and a form that none of the purposes is for."""
    from contracts.divisions import begins_a_division
    from warehouse.faults import WrongUseError
    from warehouse.keys import ALL

    there = {each.id: each.purposes for each in contracts.forms}
    known = {purpose for of_form in there.values() for purpose in of_form}
    for kind, told, names in (("form", wanted, set(there)), ("purpose", purposes, known)):
        for unknown in sorted(set(told) - names - {ALL}):
            raise WrongUseError(f"no {kind} is called {unknown!r}; there are: {', '.join(sorted(names))}")
    for form in wanted:
        if form != ALL and ALL not in purposes and not {*purposes} & {*there[form]}:
            raise WrongUseError(f"form {form} is for none of these purposes; its own: {', '.join(there[form])}")
    for region in regions:
        if region != ALL and not begins_a_division(region, contracts.divisions):
            raise WrongUseError(f"{region!r} begins no division; give the first digits of a code, such as 330102")


@keys.command("list")
@told_plainly
def list_(json: Json = False) -> None:
    """Say which keys there are, and what each is for."""
    from cli import show_work
    from warehouse.at_home import at_home
    from warehouse.keys import KeyRing
    from warehouse.parts import FORM_KEYS

    with at_home(FORM_KEYS) as home:
        systems = KeyRing(home).systems()
    if json:
        typer.echo(as_json([show_work.key(system) for system in systems]))
    else:
        show_work.keys(systems)


@keys.command("revoke")
@told_plainly
def revoke(key_id: Annotated[str, typer.Argument(help="As `renkou keys list` says it.")]) -> None:
    """Make a key open nothing, from now on."""
    from warehouse.at_home import at_home
    from warehouse.keys import KeyRing
    from warehouse.parts import CHANGE_FORM_KEYS

    with at_home(CHANGE_FORM_KEYS) as home:
        gone = KeyRing(home).revoke(key_id)
    typer.echo(f"{gone.key_id} of {gone.name} opens nothing any more")


@log.command("verify")
@told_plainly
def verify(json: Json = False) -> None:
    """Say whether anybody changed, removed or moved an entry."""
    from warehouse.access_log import AccessLog
    from warehouse.at_home import at_home
    from warehouse.parts import LOOKS

    with at_home(LOOKS) as home:
        chains = AccessLog(home)
        found = chains.verify()
        kept = 0 if found else chains.kept()
    if json:
        typer.echo(as_json(found))
    elif not found:
        typer.echo(f"{kept:,} entries are kept, each as it was written" if kept else "no look was ever written here")
    else:
        for finding in found:
            typer.echo(f"{finding.file}:{finding.line}: {finding.what}", err=True)
        typer.echo("see docs/runbooks/access-log-tampered.md", err=True)
    raise typer.Exit(1 if found else 0)


@log.command("show")
@told_plainly
def show_(
    person_id: Annotated[str, typer.Argument(help="Whose data were looked at.")], json: Json = False
) -> None:
    """Say who looked at a person's data, when and why, newest first."""
    from cli import show_work
    from contracts.load import load_all
    from warehouse.access_log import AccessLog
    from warehouse.at_home import at_home
    from warehouse.faults import NotFoundError, WrongUseError
    from warehouse.identity import tidy
    from warehouse.parts import LOOKS
    from warehouse.publish import published
    from warehouse.published import Published

    with at_home(LOOKS) as home:
        if re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9X]", tidy(person_id)):
            raise WrongUseError("a person_id is needed, not a number; a prefilled form names it, and so does `renkou explain`")
        release = Published(published(home), load_all())
        entries = AccessLog(home).of_person(release.former_ids(person_id))
        if not entries and release.dossier(person_id) is None:
            raise NotFoundError(f"no person is called {person_id}, and no look at one was written")
    if json:
        typer.echo(as_json(entries))
    elif not entries:
        typer.echo(f"nobody looked at {person_id}")
    else:
        show_work.looks(entries)


@log.command("retire")
@told_plainly
def retire() -> None:
    """Take away the months that need not be kept any longer."""
    from contracts.load import load_all
    from warehouse.access_log import AccessLog
    from warehouse.at_home import at_home
    from warehouse.clock import today
    from warehouse.parts import RETIRE

    years = load_all().access.keep_years
    day = today()
    with at_home(RETIRE) as home:
        gone = AccessLog(home).retire(day.replace(year=day.year - years, day=1))
    typer.echo(f"{', '.join(gone) or 'nothing'} taken away: older than {years} years")
