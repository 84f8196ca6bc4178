"""The bytes of a delivered text: inflated, UTF-16 as UTF-8, each line ended by a line feed."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from contracts.model import FileLayout
from transforms.take_in import BatchRefused

FEED = 1 << 20
# As many bytes as one engine may give at once.
INFLATED = 16 << 20
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"

# What other files begin with.
NO_TEXT = {
    b"PK\x03\x04": "a zip archive or a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook or a document of Office",
    b"%PDF": "a PDF",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xff\xfe\0\0": "UTF-32",
}
WHAT_TO_DO = "lay the text that is in it into the batch's folder under the agreed name, or have the department deliver that"


def text_bytes(path: Path, layout: FileLayout) -> Iterator[bytes]:
    """Pieces of the text; what is gzip is inflated, agreed or not.

    Raises BatchRefused for broken gzip, for broken UTF-16, and for a file that is no text.
    """
    with path.open("rb") as file:
        begin = file.read(4)
    for magic, what in NO_TEXT.items():
        if begin.startswith(magic):
            raise BatchRefused(f"the file is {what}", path.name, remedy=WHAT_TO_DO)
    if layout.compression == "gzip" and begin and not begin.startswith(GZIP):
        raise BatchRefused("the file is not compressed by gzip, as was agreed", path.name, remedy="ask the department to deliver it so")
    chunks = _inflated(path) if layout.compression == "gzip" or begin.startswith(GZIP) else _plain(path)
    return _with_line_feeds(_as_utf8(chunks, path.name))


def _as_utf8(chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
    """The same bytes; UTF-16, told by its byte order mark, as UTF-8 that begins with its own."""
    first = next(chunks, b"")
    if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from chain([first], chunks)
        return
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        yield BOM + decoder.decode(first).encode()
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        what = "the file is UTF-16, and cut off or damaged"
        raise BatchRefused(what, file, remedy="ask the department to send it again, as UTF-8") from None


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes; where lines end with carriage returns alone (old spreadsheets for the Macintosh), with line feeds.

    Neither byte occurs within a character of UTF-8 or GB18030.
    """
    first = next(chunks, b"")
    returns_alone = b"\r" in first and b"\n" not in first
    for chunk in chain([first], chunks):
        yield chunk.replace(b"\r", b"\n") if returns_alone else chunk


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(4 * FEED):
            yield chunk


def _inflated(path: Path) -> Iterator[bytes]:
    """What a gzip file of one or more members holds; its checksums are tested."""
    try:
        yield from _members(path)
    except (zlib.error, EOFError) as error:
        raise BatchRefused(
            "the gzip file is cut off or damaged", path.name, remedy="ask the department to send it again"
        ) from error


def _members(path: Path) -> Iterator[bytes]:
    engine, fed = zlib.decompressobj(31), b""
    with path.open("rb") as file:
        while fed := fed or file.read(FEED):
            if engine.eof:
                fed = fed.lstrip(b"\0")
                if not fed:
                    continue
                engine = zlib.decompressobj(31)
            yield engine.decompress(fed, INFLATED)
            fed = engine.unconsumed_tail or engine.unused_data
    yield engine.flush()
    if not engine.eof:
        raise EOFError
