"""Which parts of the home each kind of work reads and writes: what is brought from a store, locked there and written back.

A part is a folder right below the home; of several that are written the first is locked on the store.
"""

from __future__ import annotations

from dataclasses import replace

from warehouse.at_home import Work

_PEOPLE = ("decisions", "approvals", "submissions")  # what people said, which a build heeds
_KEEPS_LOG = ("access_log", "secrets")

RELEASE = Work(reads=("warehouse",))
BUILD = Work(reads=_PEOPLE, writes=("builds", "landed", "warehouse", "reports", "orders", "data_docs", "lineage"))
RUN = replace(BUILD, reads=(*BUILD.reads, "landing"), seals=("landing",))
WAITS = Work(reads=(*_PEOPLE, "landing", "landed", "builds", "warehouse"))
PULL = Work(writes=("landing",))
TAKE_IN = Work(reads=("landing", "approvals"), writes=("landed",), seals=("landing",))
EXTRACT = Work(reads=("warehouse",), writes=("extracts", "keys"))
REPORT = Work(reads=("warehouse",), writes=("reports", "lineage"))
ORDERS = Work(reads=("warehouse",), writes=("orders",))
REVIEW = Work(reads=("warehouse", "landed", "decisions", "approvals"))
DECIDE = Work(reads=("warehouse", "landed", "approvals"), writes=("decisions",))
APPROVE = Work(reads=("warehouse", "landed", "builds"), writes=("approvals",))
PURGE = Work(writes=("builds", "landed", "landing", "purges"))
FORM_KEYS = Work(reads=("api",))
CHANGE_FORM_KEYS = Work(writes=("api",))
LOOK = Work(reads=("warehouse",), adds=_KEEPS_LOG)
LOOK_AT_PAIR = Work(reads=REVIEW.reads, adds=_KEEPS_LOG)
SERVE = Work(reads=("warehouse", "api", *_KEEPS_LOG), adds=_KEEPS_LOG)
LOOKS = Work(reads=("warehouse", *_KEEPS_LOG))
RETIRE = Work(reads=("secrets",), writes=("access_log",))
EVERYTHING = Work(
    reads=(
        *("landing", "landed", "builds", "warehouse", "extracts", "decisions", "approvals", "submissions", "orders", "reports"),
        *("purges", "access_log", "secrets", "keys", "api", "lineage", "data_docs"),
    )
)
RESTORE = Work(writes=("builds", *(part for part in EVERYTHING.reads if part != "builds")))
