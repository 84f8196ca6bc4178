"""``renkou review``: pairs of records that a person must decide, and what was decided."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.as_json import as_json
from cli.options import Json
from cli.plainly import PlainGroup, told_plainly

# Each command imports its own rooms, so that --help and a wrong option answer at once.
# ruff: noqa: PLC0415

review = typer.Typer(
    cls=PlainGroup,
    help="Doubtful pairs of records: look, decide, withdraw. 待审记录对：查看、判定、撤回",
    no_args_is_help=True,
)

Who = Annotated[str, typer.Option("--who", help="Who decides: the official's name or account.")]
Why = Annotated[str, typer.Option("--why", help="What it rests on; no personal values.")]


@review.command("list")
@told_plainly
def list_(
    decided: Annotated[
        bool, typer.Option("--decided", help="What was decided, in place of what waits.")
    ] = False,
    json: Json = False,
) -> None:
    """List the pairs that wait for a decision, by reference and evidence. 待审清单"""
    from cli import show
    from contracts.load import load_all
    from transforms.review import waiting
    from warehouse.at_home import at_home
    from warehouse.decisions import decisions
    from warehouse.parts import REVIEW

    with at_home(REVIEW) as home:
        if decided:
            taken = decisions(home)
            typer.echo(as_json(taken)) if json else show.decisions(taken)
            return
        pairs = waiting(home)
    typer.echo(as_json(pairs)) if json else show.waiting(pairs, load_all().linking)


@review.command()
@told_plainly
def show(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="As `renkou review list` names it.")],
    values: Annotated[
        bool, typer.Option("--values", help="The values themselves; at a terminal only.")
    ] = False,
    json: Json = False,
) -> None:
    """Put a pair side by side; of personal values only what differs is shown. 并排查看"""
    from cli import show as told
    from contracts.load import load_all
    from transforms.review import show as side_by_side
    from warehouse.access_log import AccessLog, at_the_keyboard
    from warehouse.at_home import at_home
    from warehouse.faults import WrongUseError
    from warehouse.parts import LOOK_AT_PAIR

    if values and not sys.stdout.isatty():
        raise WrongUseError(
            "--values shows personal data at a terminal only; leave it out for a file or another program"
        )
    with at_home(LOOK_AT_PAIR) as home:
        answer = side_by_side(home, load_all(), pair, values=values)
        looked_at = [person for person in (answer.left_person, answer.right_person) if person]
        outcome = "masked" if answer.is_masked else "shown"
        AccessLog(home).write([at_the_keyboard("review", looked_at, outcome, None, case=answer.pair.pair_id)])
    typer.echo(as_json(answer)) if json else told.side_by_side(answer, load_all().linking)


@review.command()
@told_plainly
def decide(
    verdict: Annotated[str, typer.Argument(metavar="linked|not_linked")],
    records: Annotated[
        list[str], typer.Argument(metavar="PAIR | RECORD RECORD", help="A pair, or any two records.")
    ],
    who: Who,
    why: Why,
) -> None:
    """Decide that two records speak of one person, or that they do not; the next run heeds it. 判定"""
    from transforms.review import decide_pair
    from warehouse.at_home import at_home
    from warehouse.decisions import VERDICTS, together
    from warehouse.faults import WrongUseError
    from warehouse.parts import DECIDE

    chosen = next((known for known in VERDICTS if known == verdict), None)
    if chosen is None:
        raise WrongUseError(
            f"a decision is one of {', '.join(VERDICTS)}; leave a pair alone to decide it later"
        )
    with at_home(DECIDE) as home:
        taken = decide_pair(home, chosen, tuple(records), who, why)
        others = together(home, taken) if chosen == "linked" else ()
    typer.echo(
        f"{taken.decision_id}: {taken.left} and {taken.right} {taken.decision}; next: renkou run --landing DIR"
    )
    if others:
        back = f"if it is another, renkou review withdraw {taken.decision_id}"
        typer.echo(f"with earlier decisions one person with them: {', '.join(map(str, others))}; {back}")


@review.command()
@told_plainly
def withdraw(
    decision: Annotated[
        str, typer.Argument(metavar="DECISION", help="As `renkou review list --decided` names it.")
    ],
    who: Who,
    why: Why,
) -> None:
    """Take a decision back; it stays on record, and the next run judges the pair anew. 撤回"""
    from warehouse.at_home import at_home
    from warehouse.decisions import withdraw as take_back
    from warehouse.parts import DECIDE

    with at_home(DECIDE) as home:
        taken = take_back(home, decision, who, why)
    typer.echo(f"{taken.decision_id} is withdrawn; next: renkou run --landing DIR")
