"""Event files of TensorBoard: records with checksums, in each a protocol buffer, of which only what
tells of scalars is looked at. Sources: tensorflow's record_writer.h, event.proto, summary.proto and
tensor.proto."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_HEAD = struct.Struct("<QI")
_CHECK = struct.Struct("<I")
_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)
_LARGE = 1 << 16
"""Bytes that no record of scalars has: what is larger is an image, a histogram or a graph."""
_MOST = 1 << 31
"""Bytes that no protocol buffer reaches: no record is as long."""
_FIXED = {1: 8, 5: 4}
"""Bytes of a value, by its wire type."""
_TENSORS = {1: ("<f", 5), 2: ("<d", 6)}
"""Of numbers: dtype -> format, and the field that has them when they are not packed together."""


class Scalar(NamedTuple):
    """A value of a tag, its step, and when it was written (seconds since 1970)."""

    tag: str
    value: float
    at: float
    step: int


def scalars(source: BinaryIO) -> Iterator[Scalar | None]:
    """The scalars of a file, as far as it is whole; None for a record without any."""
    for record in _records(source):
        try:
            read = _of_event(record)
        except (IndexError, UnicodeDecodeError, ValueError, struct.error):
            read = []  # whole, but not what we know
        yield from read or (None,)


def _records(source: BinaryIO) -> Iterator[bytes]:
    """Records that are whole; `source` is left at the end of the last one. After a length that is
    not whole, nothing can be told apart any more."""
    while len(head := source.read(_HEAD.size)) == _HEAD.size:
        length, check = _HEAD.unpack(head)
        if _masked(head[:8]) != check or length >= _MOST:
            break
        if length > _LARGE:
            source.seek(length + _CHECK.size, 1)
            yield b""
            continue
        record, end = source.read(length), source.read(_CHECK.size)
        if len(end) < _CHECK.size:
            head += record + end
            break
        if _masked(record) == _CHECK.unpack(end)[0]:
            yield record
    source.seek(-len(head), 1)


def _masked(data: bytes) -> int:
    """The CRC-32C of data, turned and shifted as record files keep it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _of_event(record: bytes) -> list[Scalar]:
    at, step, pairs = 0.0, 0, []
    for number, value in _fields(record):
        if number == 1 and isinstance(value, bytes):
            [at] = struct.unpack("<d", value)
        elif number == 2 and isinstance(value, int):
            step = value
        elif number == 5 and isinstance(value, bytes):
            pairs += [pair for _, part in _fields(value) if isinstance(part, bytes)
                      and (pair := _of_value(part))]  # fmt: skip
    return [Scalar(tag, value, at, step) for tag, value in pairs]


def _of_value(part: bytes) -> tuple[str, float] | None:
    tag, measured = "", None
    for number, value in _fields(part):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            tag = value.decode()
        elif number == 2:
            [measured] = struct.unpack("<f", value)
        elif number == 8:
            measured = _of_tensor(value)
    return None if measured is None else (tag, measured)


def _of_tensor(part: bytes) -> float | None:
    """The value of a tensor that holds one number."""
    parts = dict(_fields(part))
    dtype = parts.get(1)
    if not isinstance(dtype, int) or dtype not in _TENSORS:
        return None
    form, number = _TENSORS[dtype]
    kept = parts.get(4) or parts.get(number)
    if not isinstance(kept, bytes) or len(kept) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, kept)[0])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message by number: numbers, and bytes of everything else."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            number, at = _varint(data, at)
            yield key >> 3, number
            continue
        if wire == 2:
            length, at = _varint(data, at)
        else:
            length = _FIXED[wire] if wire in _FIXED else len(data)
        if at + length > len(data):
            raise ValueError("a field that ends after its message")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
