"""Which units are compared with one another: blocks of the contract over what the units tell."""

from __future__ import annotations

import duckdb

from contracts.model import Linking
from transforms.sql_files import count, sql
from warehouse.quoting import literal

AT_A_TIME = 500_000
"""Units whose lists are gathered at a time."""


def find_pairs(connection: duckdb.DuckDBPyConnection, linking: Linking) -> None:
    """Fill ``link_found``, ``link_unit`` and ``link_blocked``. Needs ``link_record``, ``link_member`` and ``link_sound``."""
    contexts = ["parents", *(context.name for context in linking.contexts)]
    connection.execute(sql("link/seeker"))
    connection.execute(sql("link/told", contexts="".join(f", r.{name}" for name in contexts)))
    connection.execute(sql("link/kin"))
    connection.execute("CREATE OR REPLACE TEMP TABLE link_found (unit_l BIGINT, unit_r BIGINT, block VARCHAR)")
    for block in linking.blocks:
        by_kin = block.key == "kin"
        parts = {"block": literal(block.name), "limit": block.limit}
        if by_kin:
            connection.execute(sql("link/kin_block", **parts))
        else:
            connection.execute(sql("link/block", **parts, key=block.key, sought=block.sought or block.key))
    lists = "".join(
        f",\n           list_sort(list_distinct(flatten(list({name}) FILTER ({name} IS NOT NULL)))) AS {name}" for name in contexts
    )
    asked = [("alike", c.name) for c in linking.contexts if c.shared_by] + [("borne", c.name) for c in linking.contexts if c.listed]
    for beside, context in asked:
        connection.execute(sql(f"link/{beside}", context=context))
    flags = "".join(f",\n       unit_id IN (SELECT unit_id FROM link_{beside}_{name}) AS {name}_{beside}" for beside, name in asked)
    _gather_units(connection, lists, flags)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE link_blocked AS"
        " SELECT DISTINCT '0' AS match_key, unit_l AS join_key_l, unit_r AS join_key_r FROM link_found"
    )
    # the widest of all tables, and nobody asks it again
    connection.execute("DROP TABLE link_told")


def _gather_units(connection: duckdb.DuckDBPyConnection, contexts: str, flags: str) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE link_wanted AS SELECT unit_l AS unit_id FROM link_found UNION SELECT unit_r FROM link_found"
    )
    parts = count(connection, "SELECT count(*) FROM link_wanted") // AT_A_TIME + 1
    for part in range(parts):
        into = "INSERT INTO link_unit" if part else "CREATE OR REPLACE TEMP TABLE link_unit AS"
        connection.execute(sql("link/unit", into=into, contexts=contexts, flags=flags, parts=parts, part=part))
