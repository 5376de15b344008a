"""The uncompressed kernel out of a bzImage, and the modules a guest needs out of a kernel package."""

import lzma
import re
import struct
import subprocess
import zlib
from pathlib import Path


class KernelError(Exception):
    """A kernel that can't be used; the text says why."""


def by_tool(command: list[str]):
    """A decompressor that pipes through a program: there is none in the standard library."""

    def decompress(data: bytes) -> bytes:
        try:
            done = subprocess.run(command, input=data, capture_output=True)
        except FileNotFoundError:
            raise KernelError(f"can't decompress the kernel: '{command[0]}' is missing; run scripts/setup") from None
        if done.returncode != 0:
            raise KernelError(f"can't decompress the kernel: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    return decompress


def gunzip(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(data)


def unxz(data: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(data)


#: first bytes of a compressed kernel, and what decompresses it
FORMATS = (
    (b"\x28\xb5\x2f\xfd", by_tool(["zstd", "-dqc"])),
    (b"\x02\x21\x4c\x18", by_tool(["lz4", "-dqc"])),
    (b"\x1f\x8b\x08", gunzip),
    (b"\xfd7zXZ\0", unxz),
    (b"\x5d\0\0", unxz),
)


def vmlinux(image: bytes) -> bytes:
    """The ELF kernel inside a bzImage: where the payload lies is in the boot header (protocol 2.08 and later)."""
    if image[:4] == b"\x7fELF":
        return image
    if len(image) < 0x264 or image[0x202:0x206] != b"HdrS":
        raise KernelError("can't find a kernel: neither an ELF file nor a bzImage")
    (version,) = struct.unpack_from("<H", image, 0x206)
    if version < 0x208:
        raise KernelError(f"can't find the payload: boot protocol {version:#x} is older than 2.08")
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = ((image[0x1F1] or 4) + 1) * 512 + offset
    payload = image[start : start + length]
    for magic, decompress in FORMATS:
        if payload.startswith(magic):
            # All but gzip are followed by four bytes with the uncompressed size.
            return decompress(payload if magic == b"\x1f\x8b\x08" else payload[:-4])
    raise KernelError(f"can't decompress the kernel: unknown first bytes {payload[:6].hex()}")


def has_pvh_entry(elf: bytes) -> bool:
    """Whether a VMM can start the ELF kernel directly: it has the note 'Xen', type 18."""
    (header_offset,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for index in range(count):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", elf, header_offset + index * size)
        if kind == 4 and struct.pack("<III", 4, 8, 18) + b"Xen\0" in elf[offset : offset + length]:
            return True
    return False


def without_signature(module: bytes) -> bytes:
    """The module alone. Checking its signature costs a guest ten times what loading it costs, and proves nothing
    there: whoever could change a module in the initramfs could change the agent or the kernel beside it."""
    magic = b"~Module signature appended~\n"
    if not module.endswith(magic):
        return module
    # Before the mark: a 12-byte trailer; before that: signer, key id and signature, whose lengths it holds.
    trailer = len(module) - len(magic) - 12
    signer, key, length = struct.unpack_from(">3xBB3xI", module, trailer)
    return module[: trailer - signer - key - length]


class Modules:
    """The modules of one kernel release; names are matched with '-' and '_' as the same."""

    def __init__(self, folder: Path):
        self.files = {}
        for path in folder.rglob("*.ko*"):
            if match := re.fullmatch(r"(.+)\.ko(\.xz|\.zst|\.gz)?", path.name):
                self.files[match[1].replace("-", "_")] = path
        self.builtin = {
            Path(line).name.removesuffix(".ko").replace("-", "_")
            for line in (folder / "modules.builtin").read_text().splitlines()
        }

    def content(self, name: str) -> bytes:
        path = self.files[name]
        data = path.read_bytes()
        match path.suffix:
            case ".xz":
                return unxz(data)
            case ".gz":
                return gunzip(data)
            case ".zst":
                return by_tool(["zstd", "-dqc"])(data)
        return data

    def in_order(self, wanted: list[str]) -> list[tuple[str, bytes]]:
        """The wanted modules that aren't built in, each after what it depends on.

        The package has no modules.dep (it is made on installation); a module names what it needs itself.
        """
        order: dict[str, bytes] = {}

        def add(name: str, path: tuple[str, ...]) -> None:
            name = name.replace("-", "_")
            if name in order or name in self.builtin:
                return
            if name in path:
                raise KernelError(f"can't order the modules: {' needs '.join((*path, name))}")
            if name not in self.files:
                raise KernelError(f"can't find the module {name}: neither built in nor in the package")
            data = self.content(name)
            depends = re.search(rb"\0depends=([^\0]*)\0", data)
            for needed in depends[1].decode().split(",") if depends and depends[1] else ():
                add(needed, (*path, name))
            order[name] = without_signature(data)

        for name in wanted:
            add(name, ())
        return list(order.items())
