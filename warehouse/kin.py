"""Who belongs to whom, as SQL over the published persons: what ``contracts/relatives/`` says of each kind of relative."""

from __future__ import annotations

from contracts.model import Contracts, Relative
from warehouse.form_plan import OF_APPLICANT, columns_read
from warehouse.quoting import identifier

KEY = "person_id"

# A household has a few members; a number that thousands share is no household.
MOST_RELATIVES = 50


def kin_sql(relative: Relative, contracts: Contracts, persons: str = "person", relatives: str = "person") -> str:
    """One row per person of ``persons`` and relative of that kind among ``relatives``.

    ``who``, ``person_id``, ``place``, by which the foremost has the lowest, and ``way``, which of ``first_of`` led there (1
    where there is but one way).
    """
    if relative.first_of:
        return _first_of(relative, contracts, persons, relatives)
    if relative.between:
        return _pairs(relative, persons, relatives)
    if relative.same:
        return _sharing(relative, persons, relatives)
    return _named(relative, relatives)


def _order(relative: Relative) -> str:
    return f"{relative.order}, {KEY}" if relative.order else KEY


def _where(relative: Relative) -> str:
    return f"WHERE {relative.where}" if relative.where else ""


def _named(relative: Relative, relatives: str) -> str:
    apart = "" if relative.includes_self else f" WHERE who <> {KEY}"
    ranked = f"SELECT *, row_number() OVER (ORDER BY {_order(relative)}) AS place_ FROM {relatives} {_where(relative)}"
    ties = " UNION ".join(
        f"SELECT {identifier(name)} AS who, {KEY}, place_ AS place FROM ({ranked}) WHERE {identifier(name)} IS NOT NULL"
        for name in relative.of
    )
    return f"SELECT who, {KEY}, place, 1 AS way FROM ({ties}){apart}"


def _sharing(relative: Relative, persons: str, relatives: str) -> str:
    apart = "" if relative.includes_self else f" AND other.{KEY} <> one.{KEY}"
    same = identifier(str(relative.same))
    return (
        f"SELECT one.{KEY} AS who, other.{KEY}, other.place_ AS place, 1 AS way FROM {persons} AS one"
        f" JOIN ({_members(relative, relatives)}) AS other ON one.{same} = other.{same}{apart}"
    )


def _members(relative: Relative, relatives: str) -> str:
    same = identifier(str(relative.same))
    return (
        f"SELECT *, row_number() OVER (PARTITION BY {same} ORDER BY {_order(relative)}) AS place_ FROM {relatives} {_where(relative)}"
        f" QUALIFY {same} IS NOT NULL AND place_ <= {MOST_RELATIVES}"
    )


def _pairs(relative: Relative, persons: str, relatives: str) -> str:
    """Two of whom each is the only one that the other could have."""
    read = columns_read(str(relative.between))
    own = [name.removeprefix(OF_APPLICANT) for name in read if name.startswith(OF_APPLICANT)]
    theirs = "".join(f", other.{identifier(name)}" for name in read if not name.startswith(OF_APPLICANT))
    ours = "".join(f", one.{identifier(name)} AS {OF_APPLICANT}{name}" for name in own)
    same = identifier(str(relative.same))
    return (
        f"SELECT who, {KEY}, 1 AS place, 1 AS way FROM (SELECT one.{KEY} AS who, other.{KEY}{theirs}{ours} FROM {persons} AS one"
        f" JOIN ({_members(relative, relatives)}) AS other ON one.{same} = other.{same} AND other.{KEY} <> one.{KEY})"
        f" WHERE {relative.between}"
        f" QUALIFY count(*) OVER (PARTITION BY who) = 1 AND count(*) OVER (PARTITION BY {KEY}) = 1"
    )


def _first_of(relative: Relative, contracts: Contracts, persons: str, relatives: str) -> str:
    """The relatives by the first way that leads to any."""
    ways = []
    for way, name in enumerate(relative.first_of, 1):
        step = contracts.relative(name)
        named = f"SELECT {KEY} AS who, {identifier(name)} AS {KEY}, 1 AS place FROM {persons} WHERE {identifier(name)} IS NOT NULL"
        ties = kin_sql(step, contracts, persons, relatives) if step else named
        ways.append(f"SELECT who, {KEY}, place, {way} AS way FROM ({ties}) WHERE who <> {KEY}")
    found = " UNION ALL ".join(ways)
    if relative.where or relative.order:
        rank = f"row_number() OVER (ORDER BY {_order(relative)})" if relative.order else "NULL"
        allowed = f"SELECT {KEY}, {rank} AS rank_ FROM {relatives} {_where(relative)}"
        found = f"SELECT who, {KEY}, coalesce(rank_, place) AS place, way FROM ({found}) JOIN ({allowed}) USING ({KEY})"
    return f"SELECT * FROM ({found}) QUALIFY way = min(way) OVER (PARTITION BY who)"
