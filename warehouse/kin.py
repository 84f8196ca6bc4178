"""Who belongs to whom, as SQL over the published persons: what ``contracts/relatives/`` says of each kind of relative."""

from __future__ import annotations

from contracts.model import Contracts, Relative
from warehouse.form_plan import OF_APPLICANT, columns_read
from warehouse.lookup import quoted

KEY = "person_id"

# A household has a few members; a number that thousands share is no household.
MOST_RELATIVES = 50


def kin_sql(relative: Relative, contracts: Contracts, persons: str = "person", relatives: str = "person") -> str:
    """One row per person of ``persons`` and relative of that kind among ``relatives``.

    ``who``, ``person_id``, ``place`` from 1, and ``way``, which of ``first_of`` led there (1 where there is but one way).
    """
    if relative.first_of:
        ties = _first_of(relative, contracts, persons, relatives)
    elif relative.between:
        ties = _pairs(relative, persons, relatives)
    elif relative.same:
        ties = _sharing(relative, persons, relatives)
    else:
        ties = _named(relative, relatives)
    return f"SELECT who, {KEY}, row_number() OVER (PARTITION BY who ORDER BY way, rank_) AS place, way FROM ({ties})"


def _ranked(relative: Relative, relatives: str, within: str = "") -> str:
    """Who may be such a relative, with ``rank_``: the foremost has the lowest."""
    where = f" WHERE {relative.where}" if relative.where else ""
    order = f"{relative.order}, " if relative.order else ""
    return f"SELECT *, row_number() OVER ({within} ORDER BY {order}{KEY}) AS rank_ FROM {relatives}{where}"


def _named(relative: Relative, relatives: str) -> str:
    apart = "" if relative.includes_self else f" WHERE who <> {KEY}"
    ranked = _ranked(relative, relatives)
    ties = " UNION ".join(
        f"SELECT {quoted(name)} AS who, {KEY}, rank_ FROM ({ranked}) WHERE {quoted(name)} IS NOT NULL" for name in relative.of
    )
    return f"SELECT who, {KEY}, rank_, 1 AS way FROM ({ties}){apart}"


def _sharing(relative: Relative, persons: str, relatives: str) -> str:
    apart = "" if relative.includes_self else f" AND other.{KEY} <> one.{KEY}"
    same = quoted(str(relative.same))
    return (
        f"SELECT one.{KEY} AS who, other.{KEY}, other.rank_, 1 AS way FROM {persons} AS one"
        f" JOIN ({_members(relative, relatives)}) AS other ON one.{same} = other.{same}{apart}"
    )


def _members(relative: Relative, relatives: str) -> str:
    same = quoted(str(relative.same))
    ranked = _ranked(relative, relatives, f"PARTITION BY {same}")
    return f"SELECT * FROM ({ranked}) WHERE {same} IS NOT NULL AND rank_ <= {MOST_RELATIVES}"


def _pairs(relative: Relative, persons: str, relatives: str) -> str:
    """Two of whom each is the only one that the other could have."""
    read = columns_read(str(relative.between))
    own = [name.removeprefix(OF_APPLICANT) for name in read if name.startswith(OF_APPLICANT)]
    theirs = "".join(f", other.{quoted(name)}" for name in read if not name.startswith(OF_APPLICANT))
    ours = "".join(f", one.{quoted(name)} AS {OF_APPLICANT}{name}" for name in own)
    same = quoted(str(relative.same))
    return (
        f"SELECT who, {KEY}, 1 AS rank_, 1 AS way FROM (SELECT one.{KEY} AS who, other.{KEY}{theirs}{ours} FROM {persons} AS one"
        f" JOIN ({_members(relative, relatives)}) AS other ON one.{same} = other.{same} AND other.{KEY} <> one.{KEY})"
        f" WHERE {relative.between}"
        f" QUALIFY count(*) OVER (PARTITION BY who) = 1 AND count(*) OVER (PARTITION BY {KEY}) = 1"
    )


def _first_of(relative: Relative, contracts: Contracts, persons: str, relatives: str) -> str:
    """The relatives by the first way that leads to any."""
    ways = []
    for way, name in enumerate(relative.first_of, 1):
        step = contracts.relative(name)
        ties = (
            kin_sql(step, contracts, persons, relatives)
            if step
            else f"SELECT {KEY} AS who, {quoted(name)} AS {KEY}, 1 AS place FROM {persons} WHERE {quoted(name)} IS NOT NULL"
        )
        ways.append(f"SELECT who, {KEY}, place, {way} AS way FROM ({ties}) WHERE who <> {KEY}")
    ranked = f"SELECT {KEY}, rank_ FROM ({_ranked(relative, relatives)})"
    rank = "rank_" if relative.order else "place"
    return (
        f"SELECT who, {KEY}, {rank} AS rank_, way FROM ({' UNION ALL '.join(ways)}) JOIN ({ranked}) USING ({KEY})"
        " QUALIFY way = min(way) OVER (PARTITION BY who)"
    )
