"""How the pipeline fares, printed: runs, gates, figures, contracts, keys and who looked."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from cli.tables import console, table, text
from warehouse.coverage import Coverage, FormCoverage

if TYPE_CHECKING:
    from contracts.check import Finding
    from transforms.doctor import Found
    from transforms.evaluate import Evaluation, Kind
    from transforms.questions import Question
    from transforms.run import RunReport
    from warehouse.access_log import Entry
    from warehouse.keys import FormSystem


def run(report: RunReport, current: str) -> None:
    """What a run did, and for everything that was not taken in or not published: what, and what to do."""
    for folder in report.unknown:
        where = "<department>/<dataset>/<yyyymmdd>/ of a day not a year ahead of the others, and of a dataset that a contract speaks of"
        print(f"{folder}: not read; a delivery lies in {where}: lay it there, add the contract, or take it away")
    for batch in report.batches:
        if batch.reason:
            print(f"{batch.status} {batch.reference}: {batch.reason}")
        for note in batch.notes:
            print(f"noted {batch.reference}: {note}")
    if kept_out := _kept_out(report):
        told = ", ".join(f"{rows:,} of {department}" for department, rows in kept_out.items())
        print(f"kept out rows: {told}; file, line and reason of each: the table quarantine, or `renkou report {next(iter(kept_out))}`")
    for reference, answers in report.answers_kept_out.items():
        print(f"kept out answers of {reference}: {answers:,}; line and reason of each: `renkou report {reference.partition('/')[0]}`")
    for sentence in report.stops:
        print(f"stopped: {sentence}")
    stays = f"{report.release_id} stays published" if report.release_id else "nothing is published yet"
    words = {
        "published": f"published {report.release_id}: {current}",
        "unchanged": f"unchanged, {stays}: {current}",
        "refused": f"refused by a gate; {stays}: {current}; next: renkou approve, docs/runbooks/release-stopped.md",
    }
    print(words[report.status])


def _kept_out(report: RunReport) -> dict[str, int]:
    """How many rows of each department are in quarantine, the most first."""
    rows: Counter[str] = Counter()
    for batch in report.batches:
        rows[batch.department] += batch.quarantined
    return {department: count for department, count in rows.most_common() if count}


def examined(found: Sequence[Found]) -> None:
    """Print what the doctor found: a line each, what to do below it, to be copied as it stands."""
    out = console()
    for one in found:
        out.print(Text(f"{one.level:5}  {one.subject}: {one.what}"), soft_wrap=True)
        if one.remedy:
            out.print(Text(f"       -> {one.remedy}"), soft_wrap=True)


def questions(waiting: Sequence[Question]) -> None:
    """Print what waits for a person, the figures side by side."""
    out = console()
    for question in waiting:
        out.print(Text(f"\n{question.sentence}"))
        out.print(table(question.subject, ("", "before 原", "now 现"), question.figures))
    if waiting:
        out.print(Text(f"to decide: renkou approve {waiting[0].subject} --who NAME --why WORDS, with --reject to say no"), soft_wrap=True)
    else:
        out.print("nothing waits for a decision")


def evaluation(answer: Evaluation) -> None:
    """Print a release beside the truth: linking, rows kept out, and a row for each planted kind."""
    out, linking, kept_out = console(), answer.linking, answer.rows
    figures = (
        ("两两精确率 pairwise precision", _percent(linking.pairwise_precision), f"{linking.pairs_together:,} pairs together"),
        ("两两召回率 pairwise recall", _percent(linking.pairwise_recall), f"{linking.pairs_true:,} true pairs"),
        ("B-cubed precision", _percent(linking.b_cubed_precision), f"{linking.entries:,} entries, {linking.lost:,} lost"),
        ("B-cubed recall", _percent(linking.b_cubed_recall), f"{linking.persons:,} persons of {linking.true_persons:,} true ones"),
        ("分块召回率 blocking recall", _percent(linking.blocking_recall), "together, or compared at least"),
        ("自动判定 decided automatically", _percent(linking.decided_automatically), "of entries"),
        ("待审 doubtful", f"{linking.doubtful:,}", f"{_percent(linking.doubtful_per_person)} of persons"),
        ("隔离行 lines kept out", f"{kept_out.found:,} of {kept_out.expected_out:,}", f"{kept_out.wrongly_out:,} wrongly"),
    )
    out.print(table(f"release {answer.release_id}", ("measure", "is", "of"), figures))
    headings = ("kind", "expected", "planted", "as expected", "doubtful", "with another", "pair precision", "pair recall", "otherwise")
    out.print(table("植入的错误 planted kinds", headings, (_kind(kind) for kind in answer.kinds)))


def _kind(kind: Kind) -> Sequence[str]:
    return (
        kind.kind,
        kind.expected,
        str(kind.planted),
        text(kind.as_expected),
        str(kind.doubtful or ""),
        str(kind.with_another or ""),
        _percent(kind.pairwise_precision),
        _percent(kind.pairwise_recall),
        "\n".join(kind.examples),
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.4%}"


def coverage(told: Coverage) -> None:
    """Print how much of each form is filled, the least filled first, then all forms together."""
    ordered = sorted(told.forms, key=lambda form: form.total("filled") / max(1, form.total("applies")))
    headings = ("表单 form", "人数 users", "已填 filled", "数源部门 owner", "有异议 disputed", "待问 left", "免交 saved", "正确 right")
    out = console()
    out.print(table(f"release {told.release_id}, filled in on {told.filled_on}", headings, map(_covered, ordered)))
    applies = max(1, told.total("applies"))
    right = f", right {told.total('right') / applies:.1%}" if told.forms and told.forms[0].fields[0].right is not None else ""
    shares = [f"{told.total(name) / applies:.1%}" for name in ("filled", "owner", "proposed", "disputed")]
    out.print(
        f"{len(told.forms)} forms: filled {shares[0]}, by the owner {shares[1]}, proposed to be confirmed {shares[2]},"
        f" disputed {shares[3]}{right}; wrong though shown as the owner's: {told.total('wrong_owner')}"
    )
    documents, saved = sum(f.documents for f in told.forms), sum(f.saved for f in told.forms)
    out.print(f"documents saved: {saved:,} of {documents:,}")
    out.print(f"data left open by two forms: {len(told.asked_twice)}; asked again once submitted: {len(told.asked_twice_after)}")


def _covered(form: FormCoverage) -> Sequence[str]:
    applies = form.total("applies")
    shares = [f"{form.total(name) / applies:.1%}" if applies else "-" for name in ("filled", "owner", "disputed", "left")]
    right = f"{form.total('right') / applies:.1%}" if applies and form.fields[0].right is not None else "-"
    return (form.form, f"{form.users:,}", *shares, f"{form.saved:,} / {form.documents:,}", right)


def findings(found: Sequence[Finding]) -> None:
    """Print what does not hold between contracts, a line each."""
    for finding in found:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        print(f"{finding.level}: {place}: {finding.where}: {finding.what}; {finding.remedy}")
    errors = sum(finding.level == "error" for finding in found)
    print(f"{errors} errors, {len(found) - errors} other findings")


def key(system: FormSystem) -> dict[str, Any]:
    """A key as it may be told: without its digest."""
    return {name: told for name, told in dataclasses.asdict(system).items() if name != "digest"}


def keys(systems: Sequence[FormSystem]) -> None:
    """Print the keys of form systems, and what each is for."""
    shown = Table("key", "of", "forms", "purposes", "regions", "calls a minute", "until")
    for each in systems:
        until = f"revoked {each.revoked_at}" if each.revoked_at else each.expires_at
        lists = (", ".join(each.forms), ", ".join(each.purposes), ", ".join(each.regions))
        shown.add_row(each.key_id, each.name, *lists, str(each.rate), until)
    console().print(shown)


def looks(entries: Sequence[Entry]) -> None:
    """Print who looked at a person's data, newest first."""
    shown = Table("when (UTC)", "who", "what", "form", "purpose", "case", "outcome")
    for entry in entries:
        look = entry.access
        why = (look.form or "", look.purpose or "", look.case_no or "")
        shown.add_row(entry.at, look.system, look.action, *why, look.outcome)
    console().print(shown)
