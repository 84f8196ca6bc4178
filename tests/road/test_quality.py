"""What the departments are like: figures that add up, and a page without any value of a person."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.expectations.county import spoil
from tests.support.county import DAYS, Travelled
from tests.support.release import rows
from warehouse.home import Home
from warehouse.publish import publish
from warehouse.quality import quality_page


@pytest.fixture(scope="module")
def page(travelled: Travelled, own_contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Written into a home of its own on the published release."""
    home = tmp_path_factory.mktemp("quality")
    (home / "warehouse").symlink_to(travelled.home.warehouse)
    return quality_page(Home(home), own_contracts).read_text(encoding="utf-8")


def test_every_release_has_its_figures(travelled: Travelled) -> None:
    days = rows(travelled.home.current, "SELECT DISTINCT as_of FROM quality WHERE measure = 'completeness' ORDER BY ALL")
    assert [day for (day,) in days] == list(DAYS)


def test_no_part_is_more_than_the_whole(travelled: Travelled) -> None:
    assert rows(travelled.home.current, "FROM quality WHERE part > whole AND measure <> 'days_behind'") == []


def test_the_figures_are_those_of_the_release(travelled: Travelled, own_contracts: Contracts) -> None:
    newest = "FROM quality WHERE as_of = (SELECT max(as_of) FROM quality)"
    disputed = rows(travelled.home.current, f"SELECT sum(part)::BIGINT {newest} AND measure = 'disputed'")
    assert disputed == rows(travelled.home.current, "SELECT count(*) FROM discrepancy")
    opened = rows(travelled.home.current, f"SELECT sum(part)::BIGINT {newest} AND measure = 'orders_open'")
    assert opened == rows(travelled.home.current, "SELECT count(*) FROM work_order WHERE status <> 'closed'")
    about = rows(travelled.home.current, f"SELECT datum, sum(part)::BIGINT {newest} AND measure = 'orders_open_about' GROUP BY datum")
    assert dict(about) == dict(
        rows(
            travelled.home.current,
            "SELECT datum, count(DISTINCT order_id) FROM work_order_item AS i JOIN work_order AS o USING (order_id)"
            " WHERE o.status <> 'closed' AND i.closed_on IS NULL GROUP BY datum",
        )
    )
    kept_out = rows(travelled.home.current, f"SELECT sum(part)::BIGINT {newest} AND measure = 'rows_kept_out'")
    assert kept_out == rows(travelled.home.current, "SELECT count(*) FROM quarantine")
    told = rows(travelled.home.current, f"SELECT datum, sum(part)::BIGINT {newest} AND measure = 'completeness' GROUP BY datum")
    owned = dict(
        rows(travelled.home.current, "SELECT datum, count(*) FROM person_datum WHERE standing = 'owner' GROUP BY datum")
    )
    withheld = {name for rule in own_contracts.rules for name in rule.withholds}  # told by the owner, and not published
    assert all(count >= owned.get(name, 0) for name, count in told if name in withheld)
    others = {name: count for name, count in told if name not in {"birth_date", "sex"} | withheld}
    assert others == {name: owned.get(name, 0) for name in others}


def test_the_page_speaks_of_every_department_and_datum_in_both_languages(page: str, own_contracts: Contracts) -> None:
    for dataset in own_contracts.datasets:
        assert dataset.office in page
        assert dataset.title in page
    owned = [d for d in own_contracts.catalogue.data if any(d.owner == s.id for s in own_contracts.datasets)]
    assert all(datum.label in page and datum.label_en in page for datum in owned)
    assert re.findall(r"(?:隔离的行|批次未接收)：([a-z_0-9]+)", page) == []


def test_departments_data_and_townships_have_their_trend_drawn(page: str, travelled: Travelled, own_contracts: Contracts) -> None:
    tables = page.split("<h2>")
    trend, data, townships = (next(part for part in tables if part.startswith(name)) for name in ("走势", "各数据项", "各乡镇街道"))
    assert trend.count("<svg") == 4
    assert all(f"</i>{dataset.office}" in trend for dataset in own_contracts.datasets)
    lines = data.count("<polyline")
    assert lines >= sum(any(d.owner == s.id for s in own_contracts.datasets) for d in own_contracts.catalogue.data)
    newest = "FROM quality WHERE as_of = (SELECT max(as_of) FROM quality) AND measure = 'completeness' AND township IS NOT NULL"
    ((many,),) = rows(travelled.home.current, f"SELECT count(*) FROM (SELECT township {newest} GROUP BY township HAVING sum(whole) >= 5)")
    assert townships.count("<polyline") >= many > 0


def test_the_page_holds_no_value_of_a_person(page: str, travelled: Travelled) -> None:
    personal = rows(
        travelled.home.current,
        "SELECT DISTINCT value FROM person_datum"
        " WHERE datum IN ('id_number', 'phone', 'residence_address', 'hukou_address', 'household_no')"
        " UNION SELECT DISTINCT person_id FROM person UNION SELECT DISTINCT record_key FROM person_record WHERE length(record_key) > 5",
    )
    assert [value for (value,) in personal if value in page] == []


def test_small_counts_are_not_shown(page: str, travelled: Travelled, own_contracts: Contracts, tmp_path: Path) -> None:
    assert "&lt;5" in page
    release = spoil(
        Path(shutil.copy(travelled.home.current.resolve(), tmp_path / "few.duckdb")),
        "DELETE FROM quality WHERE measure IN ('orders_open', 'orders_overdue');"
        " INSERT INTO quality BY NAME SELECT release_id, as_of, measure, department, 3 AS part, 3 AS whole"
        " FROM (SELECT DISTINCT release_id, as_of, department FROM quality),"
        " unnest(['orders_open', 'orders_overdue']) AS counted (measure)",
    )
    home = Home(tmp_path / "home")
    publish(release, home, f"{DAYS[-1]:%Y%m%d}-01")
    cards = quality_page(home, own_contracts).read_text(encoding="utf-8").partition('class="cards"')[2].partition("<h2>")[0]
    assert cards.count("&lt;5") == 2 * len(own_contracts.departments)
