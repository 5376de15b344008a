"""Rows of measurements: medians, ratios, and how they are written down."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .budgets import BUDGETS, Budget

HEADER = ("what", "unit", "Swiftlet: median", "min", "beside it", "median", "min", "ratio", "runs", "budget", "")


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
    #: what the figure is made of, in words; below the table
    detail: str = ""

    @property
    def budget(self) -> Budget | None:
        return BUDGETS.get(self.key)

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none, or nothing was measured beside it."""
        figure = self.ratio if self.budget and self.budget.of == "ratio" else median(self.values)
        return None if self.budget is None or figure is None else figure <= self.budget.limit

    @property
    def ratio(self) -> float | None:
        """The median of the pairs' ratios: a slow moment of the machine hits both of a pair."""
        pairs = [value / beside for value, beside in zip(self.values, self.beside) if beside]
        return median(pairs) if pairs else None

    def cells(self) -> list[str]:
        def both(values: list[float]) -> list[str]:
            return [number(median(values)), number(min(values))] if values else ["", ""]

        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {True: "met", False: "**missed**", None: ""}[self.met]
        budget = "" if self.budget is None else str(self.budget)
        figures = [*both(self.values), self.other, *both(self.beside), ratio, str(len(self.values))]
        return [self.what, self.unit, *figures, budget, verdict]

    def record(self) -> dict:
        """For the JSON file."""
        found = {"key": self.key, "what": self.what, "unit": self.unit, "values": self.values}
        found |= {"median": median(self.values), "min": min(self.values)}
        if self.beside:
            found["beside"] = {"what": self.other, "values": self.beside}
            found["beside"] |= {"median": median(self.beside), "min": min(self.beside)}
            found["ratio"] = self.ratio
        if self.budget is not None:
            found["budget"] = {"limit": self.budget.limit, "of": self.budget.of, "met": self.met}
        if self.detail:
            found["detail"] = self.detail
        return found


def number(value: float) -> str:
    """Three digits that count; more would be noise."""
    if value == int(value) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(rows: list[Row]) -> str:
    cells = [list(HEADER), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    left = (0, 1, 4, 9, 10)
    rule = ["-" * (w if c in left else w - 1) + ("" if c in left else ":") for c, w in enumerate(widths)]

    def line(words: list[str]) -> str:
        aligned = [w.ljust(widths[c]) if c in left else w.rjust(widths[c]) for c, w in enumerate(words)]
        return f"| {' | '.join(aligned)} |"

    return "\n".join([line(cells[0]), line(rule), *map(line, cells[1:])])


def report(rows: list[Row], conditions: dict[str, str], notes: list[str]) -> str:
    """The whole page in Markdown."""
    parts = [f"Measured on {', '.join(f'{name}: {value}' for name, value in conditions.items())}."]
    if rows:
        parts.append(markdown(rows))
    parts += [f"{row.what}: {row.detail}." for row in rows if row.detail]
    parts += [f"Note: {note}." for note in notes]
    return "\n\n".join(parts) + "\n"


def record(rows: list[Row], conditions: dict[str, str], notes: list[str]) -> str:
    """All of it as JSON, with every single value."""
    found = {"conditions": conditions, "notes": notes, "rows": [row.record() for row in rows]}
    return json.dumps(found, indent=2) + "\n"


def write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.rename(path)
