"""What each figure is to be: docs/performance.md says why. A budget is for the median, or for the ratio of the pairs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """At most this much."""

    limit: float
    of: str = "median"

    def __str__(self) -> str:
        return f"≤ {self.limit:g}" + (" (ratio)" if self.of == "ratio" else "")


BUDGETS = {
    "start": Budget(1.0, "ratio"),
    "create-start": Budget(1.10, "ratio"),
    "create-start-cpu": Budget(10),
    "host-wall": Budget(15),
    "host-cpu": Budget(10),
    "agent-calls-start": Budget(3),
    "agent-calls-exec": Budget(2),
    "instructions": Budget(1.10, "ratio"),
    "shim-rss": Budget(11),
    "shim-private": Budget(2),
    "shim-threads": Budget(3),
    "shim-rss-execs": Budget(11),
    "shim-private-execs": Budget(2),
    "shim-threads-execs": Budget(3),
    "shim-killed": Budget(500),
    "monitor-killed": Budget(500),
    "size-containerd-shim-swiftlet-v2": Budget(22),
    "size-swiftlet-agent": Budget(22),
}
