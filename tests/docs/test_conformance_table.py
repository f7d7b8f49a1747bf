"""The table of the standard's requirements names code and tests that really exist."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "xapi-conformance.md"
NAME = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, str, str, str]]:
    """The cells of each row that states a requirement."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]
    return [cell for cell in cells if cell[0] != "clause" and not set(cell[0]) <= set("-:")]


ROWS = rows()


def test_every_row_has_a_clause_a_requirement_code_and_a_test():
    assert ROWS
    assert [row for row in ROWS if len(row) != 4 or not row[0] or not row[1] or not NAME.search(row[2]) or not NAME.search(row[3])] == []


@pytest.mark.parametrize("name", sorted({name for row in ROWS for name in NAME.findall(row[2])}))
def test_the_code_of_a_row_exists(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return
    pytest.fail(f"{name} cannot be imported")


@pytest.mark.parametrize("name", sorted({name for row in ROWS for name in NAME.findall(row[3])}))
def test_the_test_of_a_row_exists(name):
    path, _, function = name.partition("::")
    assert function in named_in(path)


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
