"""Zip archives that hold one agreed file: unpacked to be read, never taken for more than they say that they hold."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo

from contracts.model import Dataset, FileLayout, is_called
from transforms.take_in import BatchRefused

# As much as one file of a province has; what claims to be more is refused before any of it is unpacked.
LARGEST = 16 << 30
ZIP = ".zip"
ENCRYPTED, NAME_IS_UTF8 = 0x1, 0x800
UNPACK = "lay the files that are in it into the batch's folder in its place, or have the department deliver those"
DAMAGED = (BadZipFile, zlib.error, EOFError, NotImplementedError)


def layout_named(name: str, dataset: Dataset) -> FileLayout | None:
    """The agreed kind of file that a name stands for, whether its endings are written small or in capitals."""
    return next((layout for layout in dataset.delivery.layouts if is_called(name, layout.files)), None)


def is_archive(path: Path, dataset: Dataset) -> bool:
    """Whether a file is to be unpacked: a zip by its name, which is none that was agreed."""
    return path.suffix.lower() == ZIP and layout_named(path.name, dataset) is None


def agreed_member(path: Path, dataset: Dataset) -> str:
    """The name of the one agreed file in a zip archive. Raises BatchRefused where there is none or several, or it cannot be unpacked."""
    with _opened(path) as archive:
        return _member(archive, path, dataset)[0]


@contextmanager
def unpacked(path: Path, dataset: Dataset, beside: Path) -> Iterator[Path]:
    """The one agreed file in a zip archive, for a while in a folder within ``beside``. Raises BatchRefused as ``agreed_member`` does."""
    with TemporaryDirectory(dir=beside) as folder:
        with _opened(path) as archive:
            name, member = _member(archive, path, dataset)
            to = Path(folder) / name
            with archive.open(member) as packed, to.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)  # no more than the member's size, which zipfile holds it to
        yield to


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as archive:
            yield archive
    except DAMAGED:
        remedy = "ask the department to send it again"
        raise BatchRefused("the zip archive is cut off or damaged", path.name, remedy=remedy) from None


def _member(archive: ZipFile, path: Path, dataset: Dataset) -> tuple[str, ZipInfo]:
    agreed = ", ".join(layout.files for layout in dataset.delivery.layouts)
    members = [(_name(member), member) for member in archive.infolist() if not member.is_dir()]
    fitting = [(name, member) for name, member in members if layout_named(name, dataset)]
    if len(fitting) != 1:
        what = f"the zip archive holds {len(fitting) or 'no'} file{'s' * (len(fitting) != 1)} of a name agreed for {dataset.id} ({agreed})"
        raise BatchRefused(f"{what}, and one is read", path.name, remedy=UNPACK)
    ((name, member),) = fitting
    if member.flag_bits & ENCRYPTED:
        raise BatchRefused("the zip archive needs a password", path.name, remedy="ask the department to send it without one")
    if member.file_size > LARGEST:
        raise BatchRefused(f"what is in the zip archive is larger than {LARGEST >> 30} GB", path.name, remedy=UNPACK)
    return name, member


def _name(member: ZipInfo) -> str:
    """The name without its folders; where it is not said to be UTF-8, as Chinese Windows writes it."""
    name = member.filename
    if not member.flag_bits & NAME_IS_UTF8:
        name = name.encode("cp437", "replace").decode("gb18030", "replace")
    return PurePosixPath(name.replace("\\", "/")).name
