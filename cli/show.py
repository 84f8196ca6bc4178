"""What is known of persons, printed: whose values, forms, pairs of records that a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from cli.tables import console, share, table, text
from warehouse.explain import ExplainedDatum, ExplainedPerson, Explanation, LinkedRecord
from warehouse.linkage import Tie
from warehouse.lookup import Dispute, Origin
from warehouse.prefilled import FilledField, Prefilled

if TYPE_CHECKING:
    from contracts.model import Linking
    from transforms.review import Pair, SideBySide
    from warehouse.decisions import Decision


def explanation(answer: Explanation, linking: Linking) -> None:
    """Print who is known under the number, datum by datum."""
    out = console()
    if answer.borne:
        out.print(Text(f"{answer.asked}: nobody bears this number now 现无人使用; records or the past tell of it 曾用，或见于个别记录"))
    if answer.ambiguous:
        several = f"{len(answer.persons)} persons {'have or had' if answer.borne else 'bear'} this number 重号"
        out.print(Text(f"{answer.asked}: {several}; by itself it does not say who is meant"))
    if answer.borne:
        told = ((b.person_id, f"{b.department}/{b.dataset}", text(b.record_key)) for b in answer.borne)
        out.print(table("谁有此号码 who has or had it", ("person", "dataset", "record"), told))
    for step in answer.went:
        where = f"into {step.other_person_id}" if step.other_person_id else "out of use"
        out.print(Text(f"{step.person_id} went {where} in release {step.release_id} 已并入"))
    for person in answer.persons:
        _person(out, answer, person, linking)


def prefilled(answer: Prefilled) -> None:
    """Print a form, field by field, and the documents that need not be asked for."""
    out = console()
    use = f"{answer.purpose} {answer.case}"
    fields = table(
        f"{answer.title}  {answer.id_number}  {use}  release {answer.release.release_id}",
        ("栏目 field", "值 value", "来源 source", "截至 as of", "地位 standing", "异议 disputed"),
        (_field(field) for field in answer.fields),
    )
    documents = table(
        "材料 attachments",
        ("材料 document", "要交吗 needed", "依据 because"),
        (
            (a.label, "免交 no" if a.unnecessary else "要 yes", "、".join(a.because))
            for a in answer.attachments
        ),
    )
    for notice in answer.notices:
        out.print(f"{notice.label} {notice.label_en}", style="bold", markup=False)
    out.print(fields)
    out.print(documents)


def _person(out: Console, answer: Explanation, person: ExplainedPerson, linking: Linking) -> None:
    day = f"on {answer.as_of}" if answer.as_of else f"release {answer.release.release_id}"
    out.print(
        table(
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
            table(
                "矛盾 contradictions", ("kind", "who"), ((d.kind, _says(d)) for d in person.contradictions)
            )
        )
    records = (
        (
            f"{r.department}/{r.dataset}",
            r.record_key,
            r.role,
            r.method,
            share(r.probability),
            text(r.batch_date),
        )
        for r in person.records
    )
    out.print(
        table(
            "关联记录 linked records",
            ("dataset", "record", "role", "method", "probability", "batch"),
            records,
        )
    )
    ties = [_tie(record, tie, linking) for record in person.records for tie in record.ties]
    if ties:
        headings = ("record", "其他记录 other record", "outcome", "rule", "weight", "证据 evidence")
        out.print(table("关联依据 what joined them, and what spoke against", headings, ties))
    if person.changes:
        changes = ((c.kind, text(c.other_person_id), c.release_id) for c in person.changes)
        out.print(table("身份变更 changes of identity", ("kind", "other person", "release"), changes))


def _tie(record: LinkedRecord, tie: Tie, linking: Linking) -> Sequence[str]:
    evidence = "\n".join(linking.in_words(tie.evidence))
    return (
        f"{record.department}/{record.dataset} {record.record_key} {record.role}",
        f"{tie.department}/{tie.dataset} {tie.record_key} {tie.role}\n{text(tie.other_person_id)}",
        tie.outcome,
        text(tie.decided or tie.rule),
        "" if tie.weight is None else f"{tie.weight:+.1f} {share(tie.probability)}",
        "\n".join(part for part in (evidence, text(tie.why)) if part),
    )


def _datum(datum: ExplainedDatum) -> Sequence[str]:
    first = datum.origins[0] if datum.origins else None
    return (
        f"{datum.label} {datum.datum}",
        datum.words,
        "\n".join(_source(origin) for origin in datum.origins),
        text(first.batch_date) if first else "",
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
        text(field.as_of),
        text(field.standing),
        "有 yes" if field.disputed else "",
    )


def _source(origin: Origin) -> str:
    return f"{origin.department}/{origin.dataset} {text(origin.record_key)}".rstrip()


def _says(dispute: Dispute) -> str:
    what = f"{dispute.kind}, {text(dispute.record_key)}"
    return f"{text(dispute.reporter)}: {text(dispute.reported_value)} ({what})"


def waiting(pairs: Sequence[Pair], linking: Linking) -> None:
    """Print the review queue, without a personal value."""
    rows = (
        (f"{p.pair_id}\n{p.left}\n{p.right}\n{text(p.rule)} {share(p.probability)}", "\n".join(linking.in_words(p.evidence)))
        for p in pairs
    )
    headings = ("记录 pair, records, rule, probability", "证据 evidence")
    console().print(table(f"待审 {len(pairs)} pairs wait for a decision", headings, rows, whole=headings[:1]))


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
    console().print(table(f"判定 {len(taken)} decisions", headings, rows))


def side_by_side(answer: SideBySide, linking: Linking) -> None:
    """Print a pair side by side: what each says, what speaks for it and against."""
    pair = answer.pair
    heads = (f"{pair.left}  {text(answer.left_person)}", f"{pair.right}  {text(answer.right_person)}")
    console().print(table(f"{pair.pair_id}  {text(pair.rule)} {share(pair.probability)}", ("datum", *heads), answer.data))
    print(*linking.in_words(pair.evidence), sep="\n")
    if pair.why:
        print(pair.why)
    if answer.also_asked:
        print(f"one of these records is asked about too in {', '.join(answer.also_asked)}: with both linked, all of them are one person")
    if answer.decisions:
        decisions(answer.decisions)
    if answer.is_masked:
        print("* agree, = the same; at a terminal --values shows the values")
