"""Which of a person's data are not to be relied on for now: what is disputed, and what a row that was kept out may have told."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.model import Contracts
from warehouse.lookup import CLOSED


def doubts_sql(contracts: Contracts) -> str:
    """One row per person and datum in doubt: ``person_id``, ``datum``.

    An open discrepancy doubts its own datum, and all that its rule names. A row in quarantine that came after the newest record
    of its key doubts what that record tells; where only the leading part of the key is shared, a set that may lack a member.
    """
    told_by = {dataset.id: [d for d in contracts.catalogue.data if d.owner == dataset.id] for dataset in contracts.datasets}
    whole = {name: [datum.name for datum in data] for name, data in told_by.items()}
    sets = {name: [datum.name for datum in data if datum.type == "set"] for name, data in told_by.items()}
    closed = ", ".join(map(_literal, CLOSED))
    return (
        f"WITH unsettled AS (SELECT person_id, kind, datum FROM discrepancy WHERE status NOT IN ({closed})),"
        " kept_out AS (SELECT department, dataset, record_key, max(batch_date) AS batch_date FROM quarantine"
        " WHERE record_key IS NOT NULL GROUP BY ALL),"
        " beside AS (SELECT department, dataset, split_part(record_key, '|', 1) AS leading, max(batch_date) AS batch_date"
        " FROM kept_out GROUP BY ALL)"
        " SELECT person_id, datum FROM unsettled WHERE datum IS NOT NULL UNION"
        f" SELECT person_id, unnest({_map((r.id, r.doubts) for r in contracts.rules)}[kind]) FROM unsettled UNION"
        f" SELECT r.person_id, unnest({_map(whole.items())}[r.department || '/' || r.dataset]) FROM person_record AS r JOIN kept_out AS q"
        " USING (department, dataset, record_key) WHERE r.batch_date < q.batch_date UNION"
        f" SELECT r.person_id, unnest({_map(sets.items())}[r.department || '/' || r.dataset]) FROM person_record AS r JOIN beside AS q"
        " ON r.department = q.department AND r.dataset = q.dataset AND split_part(r.record_key, '|', 1) = q.leading"
        " WHERE r.is_current AND r.record_key <> q.leading AND r.batch_date <= q.batch_date"
    )


def _map(pairs: Iterable[tuple[str, Iterable[str]]]) -> str:
    entries = (f"{_literal(key)}: [{', '.join(map(_literal, names))}]::VARCHAR[]" for key, names in pairs)
    return f"MAP {{{', '.join(entries)}}}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
