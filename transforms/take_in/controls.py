"""Control files: what a department says of a file that it delivers, beside the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transforms.take_in import BatchRefused
from transforms.take_in.deliveries import CONTROL, FILES_A_BATCH, Delivery
from transforms.take_in.reading import check_name

COPY_FIRST = "wait until the copy is complete, then run again"
DELIVER_AGAIN = "ask the department to deliver again"


def _control(path: Path) -> dict[str, Any] | None:
    named = (path.with_name(path.name + ending) for ending in (CONTROL, CONTROL.upper(), CONTROL.title()))
    control = next((each for each in named if each.exists()), None)
    if control is None:
        return None
    try:
        content = json.loads(control.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise BatchRefused("the control file is not JSON", file=control.name, line=1, remedy=DELIVER_AGAIN) from None
    if not isinstance(content, dict):
        raise BatchRefused("the control file is no JSON object", file=control.name, line=1, remedy=DELIVER_AGAIN)
    return content


def check_controls(found: Delivery) -> None:
    """Hold data files against their control files. Raises BatchRefused where one is missing or says otherwise."""
    if found.coming:
        raise BatchRefused("it is still being copied", file=found.coming[0].name, remedy=COPY_FIRST)
    if not found.files:
        raise BatchRefused("the batch folder holds no data file", file=found.reference, remedy=DELIVER_AGAIN)
    if len(found.files) > FILES_A_BATCH:
        told = f"the batch holds {len(found.files):,} files, and {FILES_A_BATCH:,} at most are read"
        raise BatchRefused(told, file=found.reference, remedy="ask the department to deliver fewer, larger files")
    for path, sha in found.files:
        if not sha:
            raise BatchRefused("it cannot be read", file=path.name, remedy="let the pipeline's user read it, then run again")
        check_name(path, found.dataset)
    for control in found.controls:
        if not control.with_suffix("").exists():
            raise BatchRefused("its data file has not come", file=control.name, remedy=COPY_FIRST)
    for path, sha in found.files:
        _check_control(path, sha, found)


def _check_control(path: Path, sha: str, found: Delivery) -> None:
    control = _control(path)
    if control is None:
        if found.dataset.delivery.control == "required":
            raise BatchRefused("its control file has not come", file=path.name, remedy=COPY_FIRST)
        return
    control = {field: told for field, told in control.items() if told is not None}
    expected = {"file": path.name, "sha256": sha, "extract_date": found.batch_date.isoformat()}
    for field, now in expected.items():
        if field in control and _plainly(str(control[field]), field) != _plainly(now, field):
            raise BatchRefused(
                f"the control file's {field} disagrees with the data file",
                file=path.name,
                remedy="the copy is cut off or mixed up: ask the department to deliver again",
            )


def _plainly(told: str, field: str) -> str:
    """What a control file says, however it writes a day or a digest."""
    return "".join(filter(str.isdigit, told))[:8] if field == "extract_date" else told.lower()


def check_rows(path: Path, rows: int) -> None:
    """Raises BatchRefused when the control file of ``path`` speaks of another number of rows."""
    told = (_control(path) or {}).get("rows")
    if told is not None and str(told).strip().removesuffix(".0") != str(rows):
        raise BatchRefused(
            f"the control file says {told} rows, the file has {rows}",
            file=path.name,
            remedy="the copy is cut off or mixed up: ask the department to deliver again",
        )
