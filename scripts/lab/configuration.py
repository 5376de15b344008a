"""The configuration that tests, demo and benchmarks run with: QEMU under software emulation, paths in the checkout."""

import copy
import json

from .paths import GUEST, LAB

BASE = {
    "hypervisor.qemu": {
        "path": str(LAB / "bin/qemu-system-x86_64"),
        "kernel": str(GUEST / "vmlinux"),
        "initrd": str(GUEST / "initrd"),
        "firmware": str(LAB / "share/qemu/qboot.rom"),
        "machine_type": "q35",
        "accelerator": "tcg",
        "default_vcpus": 1,
        "default_memory": 512,
        "shared_fs": "virtio-fs",
        "virtio_fs_daemon": str(LAB / "bin/virtiofsd"),
        "vhost_user_vsock_daemon": str(LAB / "bin/vhost-device-vsock"),
    },
    "agent.kata": {},
    "runtime": {},
}


def render(changes: dict[str, dict] | None = None) -> str:
    """TOML text of the base with changes per table; a key that is changed to None is left out."""
    tables = copy.deepcopy(BASE)
    for table, keys in (changes or {}).items():
        tables.setdefault(table, {}).update(keys)
    lines = []
    for table, keys in tables.items():
        lines.append(f"[{table}]")
        # JSON's strings, numbers, booleans and arrays of these are TOML's too.
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items() if value is not None]
        lines.append("")
    return "\n".join(lines)
