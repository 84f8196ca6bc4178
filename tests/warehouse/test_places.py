"""An address told part by part, alike for one person and, in SQL, for everybody."""

from __future__ import annotations

import re

import duckdb
import pytest

from warehouse.places import ADDRESS, address_part

PARTS = ("province", "prefecture", "county", "township", "village", "detail")


@pytest.mark.parametrize(
    "parts",
    [
        ("浙江省", "杭州市", "余杭区", "良渚街道", None, "古墩路1号"),
        ("浙江省", "杭州市", "富阳区", "万市镇", "里湖村", "3组5号"),
        ("浙江省", "杭州市", "拱墅区", "米市巷街道", None, "江晖路3号2幢"),
        ("浙江省", "杭州市", "桐庐县", "旧县街道", None, "1号"),
        ("浙江省", None, "桐庐县", "旧县街道", None, "1号"),
        ("上海市", None, "静安区", "石门二路街道", None, "1号"),
        ("浙江省", "杭州市", "余杭区", None, None, "阳光小区古镇路1号"),
        ("浙江省", "杭州市", "余杭区", None, None, "文一西路古镇1号"),
    ],
)
def test_each_part_is_found_where_it_is_written(parts: tuple[str | None, ...]) -> None:
    address = "".join(filter(None, parts))
    assert tuple(address_part(address, part) for part in PARTS) == parts
    groups = [re.compile(ADDRESS).groupindex[part] for part in PARTS]
    by_sql = [duckdb.execute("SELECT nullif(regexp_extract($1, $2, $3), '')", [address, ADDRESS, group]).fetchone() for group in groups]
    assert tuple(found[0] for found in by_sql if found) == parts
