"""The benchmark itself: what it refuses, what it writes, and the figures of it that no machine's load can change."""

import json
import subprocess

import pytest

from lab.paths import ROOT

pytestmark = pytest.mark.vm


def bench(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "scripts/bench", *words], capture_output=True, text=True, timeout=300)


def test_a_vmm_that_the_shim_cannot_boot_is_an_error():
    done = bench("--vmm", "firecracker", "sizes")
    assert done.returncode == 2
    assert "can't measure with the VMM 'firecracker'" in done.stderr


def test_a_run_writes_table_and_figures_and_the_agent_is_asked_no_more_often_than_budgeted(tmp_path):
    done = bench("--short-pairs", "1", "--output", tmp_path, "host", "sizes")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / "bench.md").read_text()
    rows = {row["key"]: row for row in json.loads((tmp_path / "bench.json").read_text())["rows"]}
    for key in ("host-wall", "host-cpu"):
        assert rows[key]["median"] > 0
    for key in ("agent-calls-start", "agent-calls-exec"):
        assert rows[key]["budget"]["met"], rows[key]["detail"]
