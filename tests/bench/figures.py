"""One figure is one JSON line: name, value, unit, compared_with, ratio, target, holds."""

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """A measured figure. `ratio` is value against the comparison of the same run; `target` says in words what should hold."""

    name: str
    value: float
    unit: str
    compared_with: str | None = None
    ratio: float | None = None
    target: str | None = None
    holds: bool | None = None


NOTE = ""  # said with every figure, when there is something to say of the whole run


def show(figure: Figure) -> None:
    """Print the figure as one JSON line."""
    row = asdict(figure) | ({"note": NOTE} if NOTE else {})
    row["value"] = round(figure.value, 3)
    row["ratio"] = None if figure.ratio is None else round(figure.ratio, 3)
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()
