"""Parts of addresses and of the names of divisions, for forms that ask for them one by one."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path

# Parts of an address from the largest; RE2 and Python read it alike. A part that is not written is not there.
ADDRESS = (
    r"^(?P<province>(?:北京|天津|上海|重庆)市|[^省市县区]{2,3}省|[^省市县]{2,8}自治区)?"
    r"(?P<prefecture>[^省市县区]{1,8}(?:市|地区|自治州|盟))?"
    r"(?P<county>[^省市县区镇乡]{1,8}(?:区|县|市|旗))?"
    r"(?P<township>[^省区镇乡路]{1,8}(?:路?街道|镇|乡))?"
    r"(?P<village>[^路街道号幢村]{1,8}(?:社区|村))?"
    r"(?P<detail>.*)$"
)
_ADDRESS = re.compile(ADDRESS)


def address_part(address: str, part: str) -> str | None:
    """One part of an address, None when it is not written in it."""
    found = _ADDRESS.match(address)
    return (found[part] or None) if found and part in _ADDRESS.groupindex else None


def division_part(code: str, part: str, divisions: Path) -> str | None:
    """The province, prefecture, county or whole ``name`` of the county in which a division lies (GB/T 2260)."""
    return division_names(divisions).get(code[:6], {}).get(part)


@lru_cache(maxsize=2)
def division_names(divisions: Path) -> dict[str, dict[str, str]]:
    """For each county code, also one that was abolished, the names of the divisions that it lies in."""
    found = {}
    with divisions.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["level"] == "county":
                prefecture = row["prefecture"] if row["prefecture"] not in ("", "直辖", row["name"]) else ""
                parts = {"province": row["province"], "prefecture": prefecture, "county": row["name"]}
                named = {part: name for part, name in parts.items() if name}
                found[row["code"]] = named | {"name": "".join(named.values())}
    return found
