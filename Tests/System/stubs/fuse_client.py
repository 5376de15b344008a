"""A front end of vhost-user that speaks FUSE to a file server, so that a test can say what no kernel would."""

import ctypes
import mmap
import os
import select
import socket
import struct

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL = 8, 9, 10, 12, 13
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, SET_VRING_ENABLE = 15, 16, 18
VERSION_1, PROTOCOL_FEATURES = 1 << 32, 1 << 30
QUEUE, ENTRIES = 1, 8
MEMORY = 1 << 20
DESCRIPTORS, AVAILABLE, USED, REQUEST, ANSWER = 0x0, 0x1000, 0x2000, 0x10000, 0x80000
ANSWER_SIZE = 0x20000
NEXT, WRITE = 1, 2


class FileServer:
    """The connection; `ask` sends one request and gives its error number and answer."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._unique = self._index = 0
        descriptor = os.memfd_create("guest-memory")
        os.ftruncate(descriptor, MEMORY)
        self._memory = mmap.mmap(descriptor, MEMORY)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        offered = self._question(GET_FEATURES)
        self._tell(SET_FEATURES, struct.pack("<Q", offered & (VERSION_1 | PROTOCOL_FEATURES)))
        self._question(GET_PROTOCOL_FEATURES)
        self._tell(SET_PROTOCOL_FEATURES, struct.pack("<Q", 0))
        self._tell(SET_OWNER)
        self._tell(SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, 0, MEMORY, address, 0), descriptor)
        self._kick, self._call = os.eventfd(0), os.eventfd(0)
        self._tell(SET_VRING_NUM, struct.pack("<II", QUEUE, ENTRIES))
        places = (address + DESCRIPTORS, address + USED, address + AVAILABLE, 0)
        self._tell(SET_VRING_ADDR, struct.pack("<IIQQQQ", QUEUE, 0, *places))
        self._tell(SET_VRING_BASE, struct.pack("<II", QUEUE, 0))
        self._tell(SET_VRING_CALL, struct.pack("<Q", QUEUE), self._call)
        self._tell(SET_VRING_KICK, struct.pack("<Q", QUEUE), self._kick)
        self._tell(SET_VRING_ENABLE, struct.pack("<II", QUEUE, 1))
        # INIT: version 7.36, no read-ahead, no flags.
        error, _ = self.ask(26, 0, struct.pack("<IIII", 7, 36, 0, 0))
        if error:
            raise OSError(error, "the file server refuses INIT")

    def _tell(self, request: int, body: bytes = b"", descriptor: int | None = None) -> None:
        message = struct.pack("<III", request, 1, len(body)) + body
        rights = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))]
        self._connection.sendmsg([message], rights)

    def _question(self, request: int) -> int:
        self._tell(request)
        return struct.unpack("<Q", self._connection.recv(20, socket.MSG_WAITALL)[12:])[0]

    def ask(self, operation: int, node: int, body: bytes) -> tuple[int, bytes]:
        """One request as root; (error number or 0, what follows the header of the answer)."""
        self._unique += 1
        request = struct.pack("<IIQQIIIHH", 40 + len(body), operation, self._unique, node, 0, 0, 1, 0, 0) + body
        self._memory[REQUEST : REQUEST + len(request)] = request
        self._memory[ANSWER : ANSWER + 16] = bytes(16)
        self._memory[DESCRIPTORS : DESCRIPTORS + 32] = struct.pack("<QIHH", REQUEST, len(request), NEXT, 1) + struct.pack(
            "<QIHH", ANSWER, ANSWER_SIZE, WRITE, 0
        )
        struct.pack_into("<H", self._memory, AVAILABLE + 4 + 2 * (self._index % ENTRIES), 0)
        self._index += 1
        struct.pack_into("<H", self._memory, AVAILABLE + 2, self._index % 65536)
        os.eventfd_write(self._kick, 1)
        while struct.unpack_from("<H", self._memory, USED + 2)[0] != self._index % 65536:
            if not select.select([self._call], [], [], 10)[0]:
                raise TimeoutError(f"no answer to FUSE operation {operation}")
            os.eventfd_read(self._call)
        length, error, _ = struct.unpack_from("<IiQ", self._memory, ANSWER)
        return -error, self._memory[ANSWER + 16 : ANSWER + max(length, 16)]

    # What the attacks are made of; each gives an error number first.

    def lookup(self, node: int, name: bytes) -> tuple[int, int]:
        error, answer = self.ask(1, node, name + b"\0")
        return error, 0 if error else struct.unpack_from("<Q", answer)[0]

    def symlink(self, node: int, name: bytes, target: bytes) -> int:
        return self.ask(6, node, name + b"\0" + target + b"\0")[0]

    def mknod(self, node: int, name: bytes, mode: int, device: int = 0) -> int:
        return self.ask(8, node, struct.pack("<IIII", mode, device, 0, 0) + name + b"\0")[0]

    def mkdir(self, node: int, name: bytes) -> int:
        return self.ask(9, node, struct.pack("<II", 0o755, 0) + name + b"\0")[0]

    def unlink(self, node: int, name: bytes) -> int:
        return self.ask(10, node, name + b"\0")[0]

    def rename(self, node: int, name: bytes, folder: int, target: bytes) -> int:
        return self.ask(12, node, struct.pack("<Q", folder) + name + b"\0" + target + b"\0")[0]

    def link(self, folder: int, name: bytes, node: int) -> int:
        return self.ask(13, folder, struct.pack("<Q", node) + name + b"\0")[0]

    def create(self, node: int, name: bytes) -> int:
        return self.ask(35, node, struct.pack("<IIII", os.O_RDWR | os.O_CREAT, 0o644, 0, 0) + name + b"\0")[0]

    def read(self, node: int, flags: int = os.O_RDONLY) -> tuple[int, bytes]:
        """Opens and reads the first bytes."""
        error, answer = self.ask(14, node, struct.pack("<II", flags, 0))
        if error:
            return error, b""
        handle = struct.unpack_from("<Q", answer)[0]
        return self.ask(15, node, struct.pack("<QQIIQII", handle, 0, 4096, 0, 0, flags, 0))
