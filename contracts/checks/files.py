"""Checks of the files themselves: the standard's schema, names and places, entries that replace others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any, Literal

import yaml
from jsonschema.validators import validator_for  # type: ignore[import-untyped]

from contracts import layout
from contracts.checks.base import Agreement, Check, Finding, close, doubled
from contracts.layout import catalogues, matching
from contracts.odcs import SLA_PROPERTIES, TYPE_OPTIONS, odcs
from contracts.parsing import yaml_of
from contracts.places import named_place

CSV_FILES = (layout.DIVISIONS, *(Path(f"codes/{name}.csv") for name in ("countries", "lookalikes", "name_variants", "surname_readings")))
SINGLE_FILES = (
    *layout.LINKING,
    layout.CATALOGUE,
    layout.ACCESS,
    layout.NORMALISERS,
    layout.PLACEHOLDERS,
    layout.ORDERS,
    layout.CALENDAR,
    *CSV_FILES,
)
NAMED_BY_ID = (
    layout.CODE_LISTS,
    layout.CROSSWALKS,
    layout.RULES,
    layout.EVENTS,
    layout.RULE_VIEWS,
    layout.FORMS,
    layout.RELATIVES,
    layout.DERIVED,
    layout.WORDINGS,
    layout.PURPOSES,
)
KINDS = (layout.INBOUND, layout.OUTBOUND, *NAMED_BY_ID)


@lru_cache(maxsize=1)
def _odcs_schema() -> Any:
    """The JSON schema of ODCS, as its authors ship it, ready to validate with."""
    package = resources("open_data_contract_standard")
    schema = json.loads((package / "schema.json").read_text(encoding="utf-8"))
    return validator_for(schema)(schema)


@lru_cache(maxsize=256)
def _not_odcs(text: str) -> tuple[tuple[str, str], ...]:
    """Places and words of what is not ODCS in a contract."""
    content = yaml.load(text, Loader=yaml.CSafeLoader)
    return tuple((named_place(content, f.absolute_path), f.message[:200]) for f in _odcs_schema().iter_errors(content))


def odcs_schema(agreed: Agreement) -> Iterator[Finding]:
    """Every inbound and outbound contract is what the Open Data Contract Standard says."""
    remedy = "write it as the standard says, or put what it has no word for into customProperties"
    for path in agreed.odcs_files():
        for where, message in _not_odcs(path.read_text(encoding="utf-8")):
            yield Finding("error", agreed.shown(path), where, f"not ODCS: {message}", remedy)


def every_file_is_read(agreed: Agreement) -> Iterator[Finding]:
    """A file under a name or in a folder where nothing looks is a slip."""
    read = {path for kind in KINDS for path in matching(agreed.files, kind)}
    for relative, path in agreed.files.items():
        if relative not in SINGLE_FILES and path not in read:
            yield Finding("error", agreed.shown(path), "(name)", "nothing reads a file of this name", _name_for(relative))


def _name_for(relative: Path) -> str:
    """What to call a file that nothing reads, by its own name, else where its kind belongs."""
    bare = relative.name.removesuffix(relative.suffix).removesuffix(".odcs")
    is_odcs = relative.parts[0] in {"inbound", "outbound"}
    wanted = relative.with_name(f"{bare}.odcs.yaml" if is_odcs else f"{bare}.yaml")
    if wanted != relative and (wanted in SINGLE_FILES or any(matching({wanted: wanted}, kind) for kind in KINDS)):
        return f"name it {wanted.name}"
    near = close(str(relative), (str(single) for single in SINGLE_FILES if single.parent == relative.parent))
    if near.startswith("did you mean"):
        return near
    return f"put it where its kind belongs: {', '.join(KINDS)}, or {', '.join(map(str, SINGLE_FILES))}"


def files_are_named_after_what_they_hold(agreed: Agreement) -> Iterator[Finding]:
    """The name of a file is the id in it, so that a later folder replaces what it means to replace."""
    for kind in NAMED_BY_ID:
        for path in matching(agreed.files, kind):
            held = str(yaml_of(path)["id"])
            if held != path.stem:
                yield _misnamed(agreed, path, "id", held, f"{held}.yaml")
    for dataset in agreed.contracts.datasets:
        path = dataset.source
        if (path.parent.name, path.name) != (dataset.department, f"{dataset.name}.odcs.yaml"):
            wanted = f"inbound/{dataset.department}/{dataset.name}.odcs.yaml"
            yield _misnamed(agreed, path, "domain, dataProduct", dataset.id, wanted)
    for subscription in agreed.contracts.subscriptions:
        if subscription.source.name != f"{subscription.subscriber}.odcs.yaml":
            wanted = f"outbound/{subscription.subscriber}.odcs.yaml"
            yield _misnamed(agreed, subscription.source, "domain", subscription.subscriber, wanted)


def _misnamed(agreed: Agreement, path: Path, where: str, held: str, wanted: str) -> Finding:
    what = f"the file holds {held}, its name says otherwise"
    return Finding("error", agreed.shown(path), where, what, f"name the file {wanted}, or mend the id")


def a_later_folder_says_what_it_replaces(agreed: Agreement) -> Iterator[Finding]:
    """Two folders, one datum: two owners, unless the later entry says ``replaces: true``."""
    earlier: dict[str, tuple[dict[str, Any], Path]] = {}
    for path in catalogues(agreed.contracts.folders):
        for entry in yaml_of(path)["data"]:
            name, where = entry["name"], f"data.{entry['name']}"
            replaces = bool(entry.get("replaces"))
            if name in earlier and not replaces:
                other, file = earlier[name]
                what = f"two owners for one datum: {entry['owner']} here, {other['owner']} in {agreed.shown(file)}"
                remedy = "name the datum otherwise, or say replaces: true, then this whole entry counts"
                yield Finding("error", agreed.shown(path), where, what, remedy)
            if replaces and name not in earlier:
                what = f"replaces: true, and no earlier folder has {name}"
                yield Finding(
                    "error", agreed.shown(path), where, what, close(name, earlier) or "leave it out"
                )
            if replaces and name in earlier and (lost := _left_out(earlier[name][0], entry)):
                what = f"counts whole, without {', '.join(lost)} that {agreed.shown(earlier[name][1])} has"
                yield Finding("note", agreed.shown(path), where, what, "repeat what is still so, or say what it is now ([], false)")
            earlier[name] = (entry, path)


def _left_out(before: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    """The keys of an entry that the one in its place does not have, and its owner where that has no voice any more."""
    voices = {entry["owner"], *entry.get("fallbacks", []), *entry.get("checked_by", [])}
    return [key for key in before if key not in {*entry, "replaces"}] + sorted({before["owner"]} - voices)


# What the project reads of customProperties (contracts/README.md); other tools may keep words of their own there.
OF_A_COLUMN = ("normaliser", "crosswalk", "sameAs", "twoDigitYears", "impossible", "notTaken", "usedFor", "mask")
OF_A_CONTRACT = {
    "inbound": ("delivery", "source", "persons", "events", "relations", "household", "answers"),
    "outbound": ("purposes", "where", "partitionBy", "regions", "smallCells", "cadence", "retentionDays", "encrypted"),
}


def custom_properties_are_known(agreed: Agreement) -> Iterator[Finding]:
    """A custom property that is misspelt would be passed over, and one that stands there twice would count once."""
    for kind, words in OF_A_CONTRACT.items():
        for path in matching(agreed.files, layout.INBOUND if kind == "inbound" else layout.OUTBOUND):
            contract = odcs(path)
            yield from _unknown_words(agreed, path, "customProperties", contract.customProperties, words)
            if kind == "inbound":
                for told in sorted({str(each.property) for each in contract.slaProperties or []} - set(SLA_PROPERTIES)):
                    if (remedy := close(told, SLA_PROPERTIES)).startswith("did you mean"):
                        what = f"nothing reads the property {told} of slaProperties"
                        yield Finding("error", agreed.shown(path), f"slaProperties.{told}", what, remedy)
            for each in (p for schema in contract.schema_ or [] for p in schema.properties or []):
                where = f"schema.properties.{each.name}.customProperties"
                yield from _unknown_words(agreed, path, where, each.customProperties, OF_A_COLUMN)
                where = f"schema.properties.{each.name}.logicalTypeOptions"
                for name in sorted(set(each.logicalTypeOptions or {}) - set(TYPE_OPTIONS)):
                    what = f"nothing reads the option {name}: no value is held against it"
                    yield Finding("note", agreed.shown(path), where, what, close(name, TYPE_OPTIONS))


def _unknown_words(
    agreed: Agreement, path: Path, where: str, found: list[Any] | None, words: tuple[str, ...]
) -> Iterator[Finding]:
    named = [str(each.property) for each in found or []]
    for name in doubled(named):
        yield Finding("error", agreed.shown(path), where, f"{name} stands there twice", "keep one")
    for name in sorted(set(named) - set(words)):
        remedy = close(name, words)
        level: Literal["error", "note"] = "error" if remedy.startswith("did you mean") else "note"
        yield Finding(level, agreed.shown(path), where, f"nothing reads the custom property {name}", remedy)


CHECKS: tuple[Check, ...] = (
    odcs_schema,
    custom_properties_are_known,
    every_file_is_read,
    files_are_named_after_what_they_hold,
    a_later_folder_says_what_it_replaces,
)
