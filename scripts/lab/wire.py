"""The wire of ttrpc and protobuf, for clients and stubs. Imports next to nothing: stubs must start at once."""

import struct

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2


def frame(body: bytes, stream: int, kind: int) -> bytes:
    """One ttrpc frame."""
    return HEADER.pack(len(body), stream, kind, 0) + body


def split_header(data: bytes) -> tuple[int, int, int]:
    """Length, stream and kind of a frame, from its first ten bytes."""
    length, stream, kind, _ = HEADER.unpack(data[: HEADER.size])
    return length, stream, kind


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def encode(fields: list[tuple[int, object]]) -> bytes:
    """A message: numbers and booleans as varints, text, bytes and lists of fields as length-delimited."""
    out = b""
    for number, value in fields:
        if isinstance(value, (bool, int)):
            if value:
                out += varint(number << 3) + varint(int(value))
            continue
        data = encode(value) if isinstance(value, list) else value.encode() if isinstance(value, str) else value
        if data:
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def decode(data: bytes) -> dict[int, object]:
    """Fields by number (the last one of each): ints, or bytes of what is length-delimited."""

    def number(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = data[at]
            value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
            if byte < 0x80:
                return value, at

    found, at = {}, 0
    while at < len(data):
        key, at = number(at)
        match key & 7:
            case 0:
                found[key >> 3], at = number(at)
            case 2:
                length, at = number(at)
                found[key >> 3], at = data[at : at + length], at + length
            case kind:
                raise ValueError(f"unexpected wire type {kind}")
    return found
