"""Where batches are normalised: an engine with the macros, the placeholders and the crosswalks that every batch needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unicodedata import normalize

import duckdb

from contracts.model import Contracts
from transforms.sql_files import macros, sql
from warehouse.connection import in_memory, memory_allowed, threads_allowed
from warehouse.quoting import literal, literals

WITHOUT_MARKS = r"""regexp_replace(word, '^[(\[【［「“"]?(.+?)[)\]】］」”"]?[。!！]?$', '\1')"""
"""SQL: a text without what people put around a word for nothing, (空) and 无。"""


_kept: dict[tuple[str | None, ...], duckdb.DuckDBPyConnection] = {}
"""The engine of this process by what it was made of: planning the macros takes longer than normalising a small batch."""


@contextmanager
def engine(contracts: Contracts, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that has the normalisers, and temporary tables of its own; it spills into the folder ``spill``."""
    made_of = (contracts.intake_version, memory_allowed(), threads_allowed())
    if made_of not in _kept:
        _kept.clear()
        prepared = in_memory()
        prepare_normalisers(prepared, contracts)
        _kept[made_of] = prepared
    try:
        with _kept[made_of].cursor() as connection:
            connection.execute(f"SET temp_directory = {literal(spill)}")
            yield connection
    finally:
        if spill.exists():  # once an engine has spilled it spills nowhere else
            _kept.pop(made_of).close()


def prepare_normalisers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create the macros, the placeholders and the crosswalks that normalising needs."""
    cases = " ".join(
        f"WHEN word IN ({literals(texts)}) THEN {literal(reason)}" for reason, texts in contracts.placeholders.reasons.items()
    )
    connection.execute(f"CREATE OR REPLACE MACRO reason_of_word(word) AS CASE {cases} END")
    connection.execute(
        "CREATE OR REPLACE MACRO placeholder_reason(t) AS list_transform([t], lambda word:"  # planned once, whatever the text is made of
        f" coalesce(reason_of_word(word), reason_of_word({WITHOUT_MARKS})))[1]"
    )
    connection.execute(f"CREATE OR REPLACE MACRO is_read_as_gbk(t) AS regexp_matches(t, '^{_utf_8_read_as_gbk()}')")
    connection.execute(
        "CREATE OR REPLACE MACRO with_whole_characters(t) AS CASE WHEN regexp_matches(t, '[\\x{2E80}-\\x{2FDF}\\x{F900}-\\x{FAFF}]')"
        f" THEN nfc_normalize(translate(t, {literals(_radicals())})) ELSE t END"
    )
    for text in macros("normaliser"):
        connection.execute(text)
    pairs = [(c.id, raw, code) for c in contracts.crosswalks for raw, code in c.map.items()]
    connection.execute(
        "CREATE OR REPLACE TABLE crosswalk AS SELECT unnest($ids) AS id, unnest($raws) AS raw, unnest($codes) AS code",
        dict(zip(("ids", "raws", "codes"), map(list, zip(*pairs, strict=True)), strict=True)),
    )
    connection.execute(sql("normalise/crosswalk_key"))
    connection.execute(sql("normalise/divisions", divisions=literal(contracts.divisions)))


def _utf_8_read_as_gbk() -> str:
    """A regular expression: what two Chinese characters in UTF-8, six bytes, are to a program that reads GBK (寮犱笁 for 张三).

    Of the second and third pair one may be no character of GBK: both its bytes were lost, or the first, and the next character begins then.
    """
    lead, trail = range(0xE4, 0xEA), range(0x80, 0xC0)
    pairs = ((lead, trail), (trail, lead), (trail, trail))
    one, two, three = ("".join(bytes((a, b)).decode("gbk", "ignore") for a in first for b in last) for first, last in pairs)
    lost = r"[?\x{FFFD}\x{E000}-\x{F8FF}]"
    return f"[{one}]([{two}][{three}]|{lost}[{one}{three}]|[{two}]{lost})"


def _radicals() -> tuple[str, str]:
    """Radicals as signs of their own, which stand in texts that were copied from a page, and the characters that they look like."""
    simplified = "⺟⺠⺩⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳", "母民王虎西见角贝车长门青韦页风飞食马鬼鱼鸟卤麦黄齐齿龙龟"
    kangxi = "".join(map(chr, range(0x2F00, 0x2FD6)))
    return simplified[0] + kangxi, simplified[1] + normalize("NFKC", kangxi)
