"""Answers as tables for a terminal, and as JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from warehouse.coverage import Coverage, FormCoverage
from warehouse.explain import ExplainedDatum, ExplainedPerson, Explanation, LinkedRecord
from warehouse.linkage import Tie
from warehouse.lookup import Dispute, Origin
from warehouse.prefill import FilledField, Prefilled

if TYPE_CHECKING:
    from contracts.check import Finding
    from transforms.doctor import Found
    from transforms.evaluate import Evaluation, Kind
    from transforms.questions import Question
    from transforms.review import Pair, SideBySide
    from transforms.run import RunReport
    from warehouse.access_log import Entry
    from warehouse.decisions import Decision
    from warehouse.keys import FormSystem

# Tables for a pipe or a log must not be squeezed into 80 columns.
WIDE = 160


def as_json(answer: Any) -> str:
    """A typed answer, or several, as JSON; dates by ISO 8601."""
    return json.dumps(answer, ensure_ascii=False, indent=2, default=_told)


def _told(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


def console() -> Console:
    """Standard output."""
    fixed = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE
    return Console(width=fixed, highlight=False)


def explanation(answer: Explanation) -> None:
    """Print who is known under the number, datum by datum."""
    out = console()
    if answer.ambiguous:
        several = f"{len(answer.persons)} persons bear this number 重号"
        out.print(Text(f"{answer.asked}: {several}; by itself it does not say who is meant"))
    for step in answer.went:
        where = f"into {step.other_person_id}" if step.other_person_id else "out of use"
        out.print(Text(f"{step.person_id} went {where} in release {step.release_id} 已并入"))
    for person in answer.persons:
        _person(out, answer, person)


def prefilled(answer: Prefilled) -> None:
    """Print a form, field by field, and the documents that need not be asked for."""
    out = console()
    use = f"{answer.purpose} {answer.case}"
    fields = _table(
        f"{answer.title}  {answer.id_number}  {use}  release {answer.release.release_id}",
        ("栏目 field", "值 value", "来源 source", "截至 as of", "地位 standing", "异议 disputed"),
        (_field(field) for field in answer.fields),
    )
    documents = _table(
        "材料 attachments",
        ("材料 document", "要交吗 needed", "依据 because"),
        (
            (a.label, "免交 no" if a.unnecessary else "要 yes", "、".join(a.because))
            for a in answer.attachments
        ),
    )
    out.print(fields)
    out.print(documents)


def coverage(told: Coverage) -> None:
    """Print how much of each form is filled, the least filled first, then all forms together."""
    ordered = sorted(told.forms, key=lambda form: form.total("filled") / max(1, form.total("applies")))
    headings = ("表单 form", "人数 users", "已填 filled", "数源部门 owner", "有异议 disputed", "待问 left", "免交 saved", "正确 right")
    out = console()
    out.print(_table(f"release {told.release_id}, filled in on {told.filled_on}", headings, map(_covered, ordered)))
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


def _person(out: Console, answer: Explanation, person: ExplainedPerson) -> None:
    day = f"on {answer.as_of}" if answer.as_of else f"release {answer.release.release_id}"
    out.print(
        _table(
            f"person {person.person_id}  {day}",
            (
                "数据 datum",
                "值 value",
                "来源 source",
                "批次 batch",
                "地位 standing",
                "同 异 +/-",
                "谁有异议 who disagrees",
            ),
            (_datum(datum) for datum in person.data),
        )
    )
    if person.contradictions:
        out.print(
            _table(
                "矛盾 contradictions", ("kind", "who"), ((d.kind, _says(d)) for d in person.contradictions)
            )
        )
    records = (
        (
            f"{r.department}/{r.dataset}",
            r.record_key,
            r.role,
            r.method,
            _share(r.probability),
            _text(r.batch_date),
        )
        for r in person.records
    )
    out.print(
        _table(
            "关联记录 linked records",
            ("dataset", "record", "role", "method", "probability", "batch"),
            records,
        )
    )
    ties = [_tie(record, tie) for record in person.records for tie in record.ties]
    if ties:
        headings = ("record", "其他记录 other record", "outcome", "rule", "weight", "证据 evidence")
        out.print(_table("关联依据 what joined them, and what spoke against", headings, ties))
    if person.changes:
        changes = ((c.kind, _text(c.other_person_id), c.release_id) for c in person.changes)
        out.print(_table("身份变更 changes of identity", ("kind", "other person", "release"), changes))


def _tie(record: LinkedRecord, tie: Tie) -> Sequence[str]:
    evidence = "\n".join(f"{what}: {outcome}" for what, outcome in tie.evidence.items())
    return (
        f"{record.department}/{record.dataset} {record.record_key} {record.role}",
        f"{tie.department}/{tie.dataset} {tie.record_key} {tie.role}\n{_text(tie.other_person_id)}",
        tie.outcome,
        _text(tie.decided or tie.rule),
        "" if tie.weight is None else f"{tie.weight:+.1f} {_share(tie.probability)}",
        "\n".join(part for part in (evidence, _text(tie.why)) if part),
    )


def _datum(datum: ExplainedDatum) -> Sequence[str]:
    first = datum.origins[0] if datum.origins else None
    return (
        f"{datum.label} {datum.datum}",
        datum.words,
        "\n".join(_source(origin) for origin in datum.origins),
        _text(first.batch_date) if first else "",
        "、".join(dict.fromkeys(origin.standing for origin in datum.origins)),
        "\n".join(f"+{origin.agreeing} -{origin.disagreeing}" for origin in datum.origins),
        "\n".join(_says(dispute) for dispute in datum.disputes),
    )


def _field(field: FilledField) -> Sequence[str]:
    value = field.value
    if value is None and field.missing is not None:
        value = f"— {field.missing.text}" + (f"：{field.asks}" if field.asks else "")
    return (
        f"{field.label} {field.name}",
        value or "",
        "、".join(field.departments),
        _text(field.as_of),
        _text(field.standing),
        "有 yes" if field.disputed else "",
    )


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    # Values go in as Text: a square bracket in one is not markup.
    table = Table(title=Text(title), title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _source(origin: Origin) -> str:
    return f"{origin.department}/{origin.dataset} {_text(origin.record_key)}".rstrip()


def _says(dispute: Dispute) -> str:
    what = f"{dispute.kind}, {_text(dispute.record_key)}"
    return f"{_text(dispute.reporter)}: {_text(dispute.reported_value)} ({what})"


def _share(probability: float | None) -> str:
    return "" if probability is None else f"{probability:.4f}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


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
    for sentence in report.stops:
        print(f"stopped: {sentence}")
    stays = f"{report.release_id or 'nothing'} stays published" if report.release_id else "nothing is published yet"
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
        out.print(_table(question.subject, ("", "before 原", "now 现"), question.figures))
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
    out.print(_table(f"release {answer.release_id}", ("measure", "is", "of"), figures))
    headings = ("kind", "expected", "planted", "as expected", "doubtful", "with another", "pair precision", "pair recall", "otherwise")
    out.print(_table("植入的错误 planted kinds", headings, (_kind(kind) for kind in answer.kinds)))


def _kind(kind: Kind) -> Sequence[str]:
    return (
        kind.kind,
        kind.expected,
        str(kind.planted),
        _text(kind.as_expected),
        str(kind.doubtful or ""),
        str(kind.with_another or ""),
        _percent(kind.pairwise_precision),
        _percent(kind.pairwise_recall),
        "\n".join(kind.examples),
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.4%}"


def waiting(pairs: Sequence[Pair]) -> None:
    """Print the review queue, without a personal value."""
    rows = (
        (p.pair_id, f"{p.left}\n{p.right}", _text(p.rule), _share(p.probability), _evidence(p)) for p in pairs
    )
    headings = ("pair", "记录 records", "rule", "probability", "证据 evidence")
    console().print(_table(f"待审 {len(pairs)} pairs wait for a decision", headings, rows))


def decisions(taken: Sequence[Decision]) -> None:
    """Print what was decided, withdrawn decisions too."""
    rows = (
        (
            d.decision_id,
            d.decision,
            f"{d.left}\n{d.right}",
            d.who,
            f"{d.decided_at:%Y-%m-%d %H:%M}",
            d.why,
            "" if d.withdrawn_at is None else f"{d.withdrawn_at:%Y-%m-%d %H:%M} {d.withdrawn_by}: {d.withdrawn_why}",
        )
        for d in taken
    )
    headings = ("decision", "", "记录 records", "who", "when", "why", "撤回 withdrawn")
    console().print(_table(f"判定 {len(taken)} decisions", headings, rows))


def side_by_side(answer: SideBySide) -> None:
    """Print a pair side by side: what each says, what speaks for it and against."""
    pair = answer.pair
    heads = (f"{pair.left}  {_text(answer.left_person)}", f"{pair.right}  {_text(answer.right_person)}")
    console().print(_table(f"{pair.pair_id}  {_text(pair.rule)} {_share(pair.probability)}", ("datum", *heads), answer.data))
    for what, outcome in pair.evidence.items():
        print(f"{what}: {outcome}")
    if pair.why:
        print(pair.why)
    if answer.decisions:
        decisions(answer.decisions)
    if answer.is_masked:
        print("* agree, = the same; at a terminal --values shows the values")


def _evidence(pair: Pair) -> str:
    return "\n".join(f"{what}: {outcome}" for what, outcome in pair.evidence.items())


def key(system: FormSystem) -> dict[str, Any]:
    """A key as it may be told: without its digest."""
    return {name: told for name, told in dataclasses.asdict(system).items() if name != "digest"}


def keys(systems: Sequence[FormSystem]) -> None:
    """Print the keys of form systems, and what each is for."""
    table = Table("key", "of", "forms", "purposes", "regions", "calls a minute", "until")
    for each in systems:
        until = f"revoked {each.revoked_at}" if each.revoked_at else each.expires_at
        lists = (", ".join(each.forms), ", ".join(each.purposes), ", ".join(each.regions))
        table.add_row(each.key_id, each.name, *lists, str(each.rate), until)
    console().print(table)


def looks(entries: Sequence[Entry]) -> None:
    """Print who looked at a person's data, newest first."""
    table = Table("when (UTC)", "who", "what", "form", "purpose", "case", "outcome")
    for entry in entries:
        look = entry.access
        why = (look.form or "", look.purpose or "", look.case_no or "")
        table.add_row(entry.at, look.system, look.action, *why, look.outcome)
    console().print(table)
