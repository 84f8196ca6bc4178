"""Bytes of a delivered file as lines of UTF-8, block by block, with nothing replaced in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from contracts.model import FileLayout
from transforms.take_in import BatchRefused
from transforms.take_in.text_bytes import BOM, text_bytes

Item = TypeVar("Item")
Places = npt.NDArray[np.int64]

END_OF_FILE = b"\x1a"
"""What programs of DOS write behind the last line."""
BLOCK = 16 << 20
HEAD = 4 << 20
PIECE = 1 << 18
SPOKEN = {"utf-8": "UTF-8", "gb18030": "GB18030"}

# So many bytes of Chinese in GB18030 are never valid UTF-8 by chance (a word or two can be).
TELLING_BYTES = 24

# Python's gb18030 is the edition of 2000. These left the private-use area in 2005 and 2022; those of FE51,
# FE52, FE53, FE6C, FE76 and FE91 stay there in every edition.
MOVED = {
    "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864": "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
    "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793": "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16",
    "\ue794\ue795\ue796\ue7c7": "\ufe17\ufe18\ufe19\u1e3f",
}
MOVED_UTF8 = {
    old.encode(): new.encode() for olds, news in MOVED.items() for old, new in zip(olds, news, strict=True)
}
PRIVATE_UTF8 = re.compile(rb"\xee[\x9e-\xa1][\x80-\xbf]")


@dataclass(frozen=True)
class Block:
    """Whole lines of a file in UTF-8, each ended by a line feed.

    ``bad`` are the indexes of lines with bytes that the encoding does not have; those stand as ``\\xNN``.
    """

    text: bytes
    bad: tuple[int, ...]
    last: bool

    @cached_property
    def buffer(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.text, np.uint8)

    @cached_property
    def ends(self) -> Places:
        """For each line, the place after its line feed."""
        return self.places("\n") + 1

    @cached_property
    def starts(self) -> Places:
        return np.concatenate([np.zeros(1, np.int64), self.ends])[:-1]

    @property
    def count(self) -> int:
        return len(self.ends)

    def places(self, character: str) -> Places:
        return np.flatnonzero(self.buffer == ord(character))

    def edges(self, places: Places) -> Places:
        """For each line the index of its first of ``places``, and at last their number."""
        return np.searchsorted(places, np.append(self.starts, len(self.text)))

    def lines(self, start: int, end: int) -> str:
        """The text of some lines, line ends and all."""
        return self.text[self.starts[start] : self.ends[end - 1]].decode()

    def chosen(self, flags: npt.NDArray[np.bool_]) -> bytes:
        """The flagged lines alone, copied in as few pieces as there are runs of them."""
        if flags.all():
            return self.text
        turns = np.flatnonzero(np.diff(flags, prepend=False, append=False))
        starts, ends = self.starts[turns[::2]].tolist(), self.ends[turns[1::2] - 1].tolist()
        view = memoryview(self.text)
        return b"".join(view[start:end] for start, end in zip(starts, ends, strict=True))

    def after(self, before: Block, left: int) -> Block:
        """This block, and in front of it the lines of the block before from ``left`` on."""
        if left == before.count:
            return self
        bad = [line - left for line in before.bad if line >= left]
        bad += [line + before.count - left for line in self.bad]
        return Block(before.text[before.starts[left] :] + self.text, tuple(bad), self.last)


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, the next one being made in another thread while this one is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def choose_encoding(path: Path, layout: FileLayout) -> str:
    """The declared encoding, or the other one where the file decodes strictly as that and hardly as declared.

    Raises BatchRefused for broken gzip.
    """
    head = next(_raw_blocks(path, layout, HEAD), b"")
    other = "utf-8" if layout.encoding == "gb18030" else "gb18030"
    if _doubtful(head, layout.encoding) and _decodes(path, layout, other):
        return other
    return layout.encoding


def blocks(path: Path, layout: FileLayout, encoding: str) -> Iterator[Block]:
    """The file as decoded blocks of about 16 MB; a byte order mark at its beginning is left out.

    Raises BatchRefused for broken gzip, for what is no text, and for a line longer than a block.
    """
    coming = ahead(_raw_blocks(path, layout, BLOCK))
    raw, first = next(coming, None), True
    while raw is not None:
        following = next(coming, None)
        text, bad = _decoded(raw, encoding)
        yield Block(text.removeprefix(BOM) if first else text, bad, following is None)
        raw, first = following, False


def _doubtful(head: bytes, declared: str) -> bool:
    """Whether the head of a file speaks against its declared encoding."""
    if declared == "utf-8":
        return not _is_utf8(head) and _failing_share(head, declared) > 0.5
    if not _is_utf8(head):
        return False
    foreign = int(np.count_nonzero(np.frombuffer(head, np.uint8) >= 0x80))
    return head.startswith(BOM) or foreign >= TELLING_BYTES or _failing_share(head, declared) > 0.5


def _failing_share(head: bytes, encoding: str) -> float:
    """Of the lines that are not plain ASCII, the share that ``encoding`` cannot decode."""
    buffer = np.frombuffer(head, np.uint8)
    ends = np.flatnonzero(buffer == 0x0A)
    line_of_each = np.searchsorted(ends, np.flatnonzero(buffer >= 0x80))
    foreign = int(np.count_nonzero(np.diff(line_of_each, prepend=-1)))
    return len(_decoded(head, encoding)[1]) / max(foreign, 1)


def _decodes(path: Path, layout: FileLayout, encoding: str) -> bool:
    return not any(_decoded(raw, encoding)[1] for raw in _raw_blocks(path, layout, BLOCK))


def _decoded(raw: bytes, encoding: str) -> tuple[bytes, tuple[int, ...]]:
    """A block as UTF-8, and the indexes of its lines that are not valid."""
    if encoding == "utf-8" and _is_utf8(raw):
        return raw, ()
    parts, bad, line = list[bytes](), list[int](), 0
    for piece in _pieces(raw):
        text, found = _decoded_piece(piece, encoding)
        parts.append(text)
        bad += [line + at for at in found]
        line += piece.count(b"\n")
    return b"".join(parts), tuple(bad)


def _pieces(raw: bytes) -> Iterator[bytes]:
    """Whole lines of a block, so many that a processor's cache holds them."""
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at + PIECE) + 1 or len(raw)
        yield raw[at:end]
        at = end


def _decoded_piece(raw: bytes, encoding: str) -> tuple[bytes, list[int]]:
    if encoding == "utf-8" and _is_utf8(raw):
        return raw, []
    text, bad = _decoded_around(raw, encoding)
    utf8 = text.encode()
    if encoding == "gb18030" and b"\xee" in utf8:
        utf8 = PRIVATE_UTF8.sub(lambda m: MOVED_UTF8.get(m[0], m[0]), utf8)
    return utf8, bad


def _is_utf8(raw: bytes) -> bool:
    whole = pa.Array.from_buffers(
        pa.large_binary(), 1, [None, pa.py_buffer(np.array([0, len(raw)], np.int64)), pa.py_buffer(raw)]
    )
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _decoded_around(raw: bytes, encoding: str) -> tuple[str, list[int]]:
    """Decode strictly; a line that fails is decoded with its bad bytes escaped, and told."""
    view, parts, bad = memoryview(raw), list[str](), list[int]()
    at = line = 0
    while at < len(raw):
        try:
            parts.append(str(view[at:], encoding))
            break
        except UnicodeDecodeError as error:
            start = max(at, raw.rfind(b"\n", at, at + error.start) + 1)
            end = raw.find(b"\n", at + error.start) + 1 or len(raw)
        parts.append(str(view[at:start], encoding))
        # Without its line feed: that must not be taken for the rest of a character that was cut off.
        parts.append(str(view[start : end - 1], encoding, "backslashreplace") + "\n")
        line += raw.count(b"\n", at, start)
        bad.append(line)
        at, line = end, line + 1
    return "".join(parts), bad


def _raw_blocks(path: Path, layout: FileLayout, size: int) -> Iterator[bytes]:
    """The file's bytes in blocks of about ``size``, each of whole lines; the last line gets its line feed."""
    held, length = list[bytes](), 0
    for chunk in text_bytes(path, layout):
        held.append(chunk)
        length += len(chunk)
        if length < size:
            continue
        whole = b"".join(held)
        cut = whole.rfind(b"\n") + 1
        if not cut:
            raise BatchRefused(
                f"a line is longer than {size >> 20} MB",
                path.name,
                remedy="ask the department whether this is the right file",
            )
        yield whole[:cut]
        held, length = [whole[cut:]], length - cut
    if rest := b"".join(held).removesuffix(END_OF_FILE):
        yield rest if rest.endswith(b"\n") else rest + b"\n"
