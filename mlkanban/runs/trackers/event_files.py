"""Event files of TensorBoard: records with checksums, in each a protocol buffer, of which only
scalars and hyperparameters are looked at. Sources: tensorflow's record_writer.h, event.proto,
summary.proto and tensor.proto; tensorboard's plugin_data.proto of hparams, and protobuf's
struct.proto."""

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
_HPARAMS_TAG = "_hparams_/session_start_info"
_LARGE = 1 << 16
"""Bytes that no record of scalars has: what is larger is an image, a histogram or a graph."""
_MOST_BYTES = 1 << 31
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


class Hyperparameters(NamedTuple):
    """What a run was started with, as `add_hparams` writes it."""

    params: dict[str, str]


def contents(source: BinaryIO) -> Iterator[Scalar | Hyperparameters | None]:
    """The scalars and hyperparameters of a file, as far as it is whole; None for a record without
    any."""
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
        if _masked(head[:8]) != check or length >= _MOST_BYTES:
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


def _of_event(record: bytes) -> list[Scalar | Hyperparameters]:
    at, step = 0.0, 0
    found: list[tuple[str, float] | Hyperparameters] = []
    for number, value in _fields(record):
        if number == 1 and isinstance(value, bytes):
            [at] = struct.unpack("<d", value)
        elif number == 2 and isinstance(value, int):
            step = value
        elif number == 5 and isinstance(value, bytes):
            parts = (_of_value(part) for _, part in _fields(value) if isinstance(part, bytes))
            found += [part for part in parts if part is not None]
    return [
        part if isinstance(part, Hyperparameters) else Scalar(*part, at, step) for part in found
    ]


def _of_value(part: bytes) -> tuple[str, float] | Hyperparameters | None:
    tag, measured, plugin = "", None, b""
    for number, value in _fields(part):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            tag = value.decode()
        elif number == 2:
            [measured] = struct.unpack("<f", value)
        elif number == 8:
            measured = _of_tensor(value)
        elif number == 9:
            plugin = value
    if tag == _HPARAMS_TAG:
        return Hyperparameters(_hyperparameters(plugin))
    return None if measured is None else (tag, measured)


def _hyperparameters(metadata: bytes) -> dict[str, str]:
    """Those in the metadata of a summary: its plugin data, the content of that, the start of the
    session in it, and there a map of values by name."""
    content = metadata
    for number in (1, 2, 3):
        content = next(
            (v for n, v in _fields(content) if n == number and isinstance(v, bytes)), b""
        )
    params = {}
    for number, entry in _fields(content):
        if number == 1 and isinstance(entry, bytes):
            pair = dict(_fields(entry))
            name, value = pair.get(1, b""), pair.get(2, b"")
            if isinstance(name, bytes) and isinstance(value, bytes) and name:
                params[name.decode()] = _setting(value)
    return params


def _setting(value: bytes) -> str:
    """A google.protobuf.Value in words."""
    for number, part in _fields(value):
        if number == 2 and isinstance(part, bytes):
            [written] = struct.unpack("<d", part)
            return f"{written:.12g}"
        if number == 3 and isinstance(part, bytes):
            return part.decode()
        if number == 4:
            return str(bool(part))
    return "None"


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
