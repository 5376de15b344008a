"""What a guest does that has been taken over: each a way to answer one call. Used by stub-guest."""

import socket
import time

from wire import HEADER, RESPONSE, encode, frame

TEXT = b"\x00\x1b[2J\x1b]0;owned\x07\nlevel=error msg=forged\r\n"


def act(how: dict, stream: socket.socket, number: int, reply, proper) -> None:
    """Does what `do` names. `reply` answers the call, `proper` as it should be."""

    def raw(length: int, identifier: int, kind: int, body: bytes = b"") -> None:
        stream.sendall(HEADER.pack(length, identifier, kind, 0) + body)

    def flood(data: bytes, megabytes: int) -> None:
        """Until all is sent or nobody reads any more."""
        block = data * (1 + (1 << 16) // len(data))
        for _ in range(1 + (megabytes << 20) // len(block)):
            stream.sendall(block)

    match how["do"]:
        case "error":
            stream.sendall(frame(encode([(1, [(1, how.get("code", 13)), (2, "the guest refuses")])]), number, RESPONSE))
        case "never":
            pass
        case "answer":
            reply([tuple(field) for field in how["fields"]])
        case "close":
            stream.shutdown(socket.SHUT_RDWR)
        case "exit":
            raise SystemExit(how.get("status", 0))
        case "oversized":
            raw((4 << 20) + 1, number, RESPONSE)
            flood(b"x", 64)
        case "four-gigabytes":
            raw((1 << 32) - 1, number, RESPONSE)
            flood(b"x", 256)
        case "zero":
            # A response of no bytes is an empty message; a million of them are not.
            raw(0, number, RESPONSE)
            flood(HEADER.pack(0, number, RESPONSE, 0), 10)
        case "wrong-stream":
            raw(0, number + 1000, RESPONSE)
        case "stream-zero":
            raw(0, 0, RESPONSE)
        case "unknown-type":
            raw(0, number, 77)
        case "request":
            raw(0, number, 1)
        case "duplicate":
            proper()
            proper()
        case "slow":
            for byte in frame(encode([(2, b"x" * 100)]), number, RESPONSE):
                stream.sendall(bytes([byte]))
                time.sleep(1)
        case "unsolicited":
            flood(frame(encode([(2, b"x" * 1000)]), number + 1_000_000, RESPONSE), 1024)
        case "stream-data":
            flood(frame(b"x" * 1000, number, 3), 1024)
        case "invalid-protobuf":
            stream.sendall(frame(b"\xff" * 1000, number, RESPONSE))
        case "invalid-message":
            stream.sendall(frame(encode([(2, b"\xff" * 1000)]), number, RESPONSE))
        case "huge-numbers":
            reply([(field, (1 << 64) - 1) for field in range(1, 16)])
        case "long-text":
            text = TEXT * ((4 << 20) // len(TEXT) - 10)
            stream.sendall(frame(encode([(1, [(1, 13), (2, text)])]), number, RESPONSE))
        case "escapes":
            stream.sendall(frame(encode([(1, [(1, 13), (2, TEXT * 1000)])]), number, RESPONSE))
        case "long-data":
            reply([(1, b"\x1b\x00" * (2 << 20))])
        case "half":
            stream.sendall(HEADER.pack(1000, number, RESPONSE, 0) + b"x" * 10)
        case unknown:
            raise SystemExit(f"stub-guest: no way '{unknown}' to be hostile")
