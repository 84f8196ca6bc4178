"""Which of a person's data are not to be relied on for now: what is disputed, and what a row that was kept out may have told."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.model import Contracts
from warehouse.lookup import CLOSED
from warehouse.quoting import identifier, literal, literals

# Data that all records of a person make together, so that one that is missing may change them.
MADE_OF_ALL = ("union", "earliest")


def doubts_sql(contracts: Contracts) -> str:
    """One row per person and datum in doubt: ``person_id``, ``datum``.

    An open discrepancy doubts its own datum, and all that its rule names; nothing where its rule says so (``doubts: []``). A row
    in quarantine that was not delivered better since doubts all that its register owns of the person whose record it renews, or
    whose number it holds; where only the leading part of a key is shared, the data that are made of all records.
    """
    owned = {dataset.id: [d for d in contracts.catalogue.data if d.owner == dataset.id] for dataset in contracts.datasets}
    all_owned = _map((name, [datum.name for datum in data]) for name, data in owned.items())
    made_of_all = _map((name, [datum.name for datum in data if datum.pick in MADE_OF_ALL]) for name, data in owned.items())
    number = identifier(contracts.catalogue.number.name)
    return (
        f"WITH unsettled AS (SELECT person_id, kind, datum FROM discrepancy WHERE status NOT IN ({_listed(CLOSED)})"
        f" AND kind NOT IN ({_listed(r.id for r in contracts.rules if r.doubts == ())})),"
        " record AS (SELECT department || '/' || dataset AS told, record_key, person_id, batch_date, is_current FROM person_record),"
        f" kept_out AS ({_kept_out(contracts)}),"
        " renewed AS (SELECT person_id, told FROM record JOIN kept_out USING (told, record_key)"
        f" UNION SELECT person_id, told FROM person JOIN (SELECT told, unnest(numbers) AS {number} FROM kept_out) USING ({number})),"
        " beside AS (SELECT person_id, record.told FROM record JOIN kept_out ON record.told = kept_out.told"
        " AND split_part(record.record_key, '|', 1) = split_part(kept_out.record_key, '|', 1)"
        " WHERE is_current AND contains(record.record_key, '|'))"
        " SELECT * FROM (SELECT person_id, datum FROM unsettled"
        f" UNION SELECT person_id, unnest({_map((r.id, r.doubts or ()) for r in contracts.rules)}[kind]) FROM unsettled"
        f" UNION SELECT person_id, unnest({all_owned}[told]) FROM renewed"
        f" UNION SELECT person_id, unnest({made_of_all}[told]) FROM beside) WHERE datum IS NOT NULL"
    )


def _kept_out(contracts: Contracts) -> str:
    """Rows in quarantine of a register's newest state, with the identity numbers that they hold."""
    full = _listed(dataset.id for dataset in contracts.datasets if dataset.delivery.mode == "full")
    return (
        "SELECT q.told, q.record_key, regexp_extract_all(upper(q.raw), '[1-9][0-9]{16}[0-9X]') AS numbers"
        " FROM (SELECT *, department || '/' || dataset AS told FROM quarantine) AS q"
        " LEFT JOIN (SELECT department || '/' || dataset AS told, max(batch_date) AS day FROM batch WHERE status = 'accepted' GROUP BY ALL)"
        " AS newest ON newest.told = q.told"
        " ANTI JOIN record ON record.told = q.told AND record.record_key = q.record_key AND record.batch_date >= q.batch_date"
        f" WHERE q.told NOT IN ({full}) OR q.batch_date >= newest.day"
    )


def _map(pairs: Iterable[tuple[str, Iterable[str]]]) -> str:
    entries = (f"{literal(key)}: [{_listed(names)}]::VARCHAR[]" for key, names in pairs)
    return f"MAP {{{', '.join(entries)}}}"


def _listed(names: Iterable[str]) -> str:
    return literals(names) or "NULL"
