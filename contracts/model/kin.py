"""The few kinds of ties between persons that mean something to the pipeline itself; contracts may name any others.

A kind is also the name of the catalogue's datum of type person, where there is one.
"""

from __future__ import annotations

PARENTS = frozenset({"mother", "father"})
SPOUSE = "spouse"
WEDLOCK = frozenset({SPOUSE, "former_spouse"})
"""Ties that a marriage makes, and that a divorce leaves."""
HOUSEHOLD_TELLS = PARENTS | {SPOUSE}
"""What household number and relation to the head tell of a person's kin, without a column of its own."""
