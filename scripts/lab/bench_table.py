"""Rows of measurements: medians, ratios, and how they are written down."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HEADER = ("what", "unit", "Swiftlet: median", "min", "beside it", "median", "min", "ratio", "runs")


@dataclass
class Row:
    """One measurement; values in the order in which they were taken, `beside` pair by pair with `values`."""

    key: str
    what: str
    unit: str
    values: list[float]
    #: what is measured beside it in the same run
    other: str = ""
    beside: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """The median of the pairs' ratios: a slow moment of the machine hits both of a pair."""
        pairs = [value / beside for value, beside in zip(self.values, self.beside) if beside]
        return median(pairs) if pairs else None

    def cells(self) -> list[str]:
        def both(values: list[float]) -> list[str]:
            return [number(median(values)), number(min(values))] if values else ["", ""]

        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.what, self.unit, *both(self.values), self.other, *both(self.beside), ratio, str(len(self.values))]

    def record(self) -> dict:
        """For the JSON file."""
        found = {"key": self.key, "what": self.what, "unit": self.unit, "values": self.values}
        found |= {"median": median(self.values), "min": min(self.values)}
        if self.beside:
            found["beside"] = {"what": self.other, "values": self.beside}
            found["beside"] |= {"median": median(self.beside), "min": min(self.beside)}
            found["ratio"] = self.ratio
        return found


def number(value: float) -> str:
    """Three digits that count; more would be noise."""
    if value == int(value) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(rows: list[Row]) -> str:
    cells = [list(HEADER), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    left = (0, 1, 4)
    rule = ["-" * (w if c in left else w - 1) + ("" if c in left else ":") for c, w in enumerate(widths)]

    def line(words: list[str]) -> str:
        aligned = [w.ljust(widths[c]) if c in left else w.rjust(widths[c]) for c, w in enumerate(words)]
        return f"| {' | '.join(aligned)} |"

    return "\n".join([line(cells[0]), line(rule), *map(line, cells[1:])])


def write(path: Path, rows: list[Row], conditions: dict, notes: list[str]) -> None:
    record = {"conditions": conditions, "notes": notes, "rows": [row.record() for row in rows]}
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(record, indent=2) + "\n")
    fresh.rename(path)
