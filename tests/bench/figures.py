"""A figure, its bound, and the table of all of them."""

import dataclasses
import statistics
import sys

AT_MOST, AT_LEAST = "at most", "at least"


@dataclasses.dataclass
class Figure:
    """`rounds` has a value of each round, the median counts. Without a bound
    it is there to be read. `note` says why there is no value, if there is
    none, else what it was made of."""
    group: str
    name: str
    rounds: list
    side: str = AT_MOST
    bound: float = None
    unit: str = ""
    note: str = ""

    @property
    def value(self):
        return statistics.median(self.rounds) if self.rounds else None

    @property
    def ok(self):
        """None: there is nothing to judge."""
        if self.value is None or self.bound is None:
            return None
        if self.side == AT_MOST:
            return self.value <= self.bound
        return self.value >= self.bound

    def as_json(self):
        return {"group": self.group, "name": self.name, "value": self.value,
                "unit": self.unit, "rounds": self.rounds, "side": self.side,
                "bound": self.bound, "ok": self.ok, "note": self.note}


def number(value, unit=""):
    if value is None:
        return "-"
    text = f"{value:,.0f}" if value >= 1000 else (
        f"{value:.1f}" if unit and value >= 10 else f"{value:.2f}")
    return text + (" " + unit if unit else "")


def verdict(figure):
    return {True: "ok", False: "MISSED", None: ""}[figure.ok]


def table(figures):
    lines = []
    group = None
    for figure in figures:
        if figure.group != group:
            group = figure.group
            lines += ["", group]
        bound = figure.bound is not None and (
            f"{figure.side} {number(figure.bound, figure.unit)}") or ""
        lines.append(f"  {figure.name:<44}"
                     f"{number(figure.value, figure.unit):>15}  "
                     f"{bound:<20}{verdict(figure)}".rstrip())
        if figure.note:
            lines.append("    " + figure.note)
    return "\n".join(lines[1:])


def say(text):
    """What is under way."""
    print(text, file=sys.stderr, flush=True)
